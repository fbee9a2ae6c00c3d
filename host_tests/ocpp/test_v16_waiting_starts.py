"""A remote start that comes before the vehicle: it waits, and the connector says so."""

import pytest
from fake_waiting import plugged, turns
from fakes16 import TAG, UTC, YES, Bench, refused
from test_v16_core_calls import tx_profile

NOT_PLUGGED = refused("not_plugged")


async def waiting_bench(timeout_s=60, **fields):
    """A station at which a start waits."""
    bench = Bench()
    bench.pile.settings["start_timeout_s"] = timeout_s
    bench.pile.replies["start"] = NOT_PLUGGED
    fields = {"idTag": TAG, "connectorId": 1, **fields}
    assert await bench.status_of("RemoteStartTransaction", **fields) == "Accepted"
    return bench


def starts(bench):
    return [each for each in bench.pile.asked if each[0] == "start"]


async def told(bench):
    """What the connector is called now."""
    await bench.station.status(bench.pile.connectors[0], UTC)
    rows = bench.context.named("StatusNotification")
    return [row["status"] for row in rows if row["connectorId"] == 1][-1]


async def test_a_start_waits_for_the_vehicle_and_the_connector_is_preparing():
    bench = await waiting_bench()
    assert bench.context.looked_at == [1]
    assert await told(bench) == "Preparing"
    bench.pile.replies["start"] = YES
    await plugged(bench.context, 1)
    first, second = starts(bench)
    assert second[1:] == (1, bench.context.expected[1][0], "ocpp", TAG)
    # A pile answers a reference it knows as it did before: each try has its own
    assert first[2] != second[2]
    assert not bench.context.waiting_starts.at(1)
    assert bench.context.looked_at == [1, 1]


async def test_it_waits_through_a_new_connection_and_brings_its_profile():
    bench = await waiting_bench(chargingProfile=tx_profile())
    assert bench.pile.held == []
    bench.again()
    assert await told(bench) == "Preparing"
    bench.pile.replies["start"] = YES
    await plugged(bench.context, 1)
    await bench.settle()
    assert [held.ref for held in bench.pile.held] == [bench.context.expected[-1][0]]


async def test_nobody_plugs_in():
    bench = await waiting_bench(timeout_s=0)
    assert await told(bench) == "Preparing"
    while bench.context.waiting_starts.at(1):
        await turns()
    assert await told(bench) == "Available"
    await plugged(bench.context, 1)
    assert len(starts(bench)) == 1


async def test_a_vehicle_plugged_in_while_the_pile_answered_is_seen():
    bench = Bench()
    bench.pile.put(status="preparing")
    bench.pile.replies["start"] = NOT_PLUGGED
    await bench.ask("RemoteStartTransaction", idTag=TAG, connectorId=1)
    bench.pile.replies["start"] = YES
    await turns()
    assert len(starts(bench)) == 2
    assert not bench.context.waiting_starts.at(1)


@pytest.mark.parametrize("reply", [None, refused("fault"), refused("reserved")])
async def test_a_pile_that_does_not_start_then_is_not_asked_again(reply):
    bench = await waiting_bench()
    bench.pile.replies["start"] = reply
    await plugged(bench.context, 1)
    bench.pile.replies["start"] = YES
    await plugged(bench.context, 1)
    assert len(starts(bench)) == 2


async def test_a_transaction_of_another_ends_the_waiting():
    bench = await waiting_bench()
    bench.pile.put(tx="a55a41c3-9")
    await plugged(bench.context, 1)
    assert len(starts(bench)) == 1
    assert not bench.context.waiting_starts.at(1)
    status = await bench.status_of("RemoteStartTransaction", idTag=TAG, connectorId=1)
    assert status == "Rejected"
    assert len(starts(bench)) == 1


@pytest.mark.parametrize(
    ("action", "payload"),
    [("UnlockConnector", {"connectorId": 1}), ("Reset", {"type": "Soft"})],
)
async def test_an_order_ends_the_waiting(action, payload):
    bench = await waiting_bench()
    await bench.ask(action, **payload)
    bench.pile.replies["start"] = YES
    await plugged(bench.context, 1)
    assert len(starts(bench)) == 1


async def test_a_connector_out_of_service_ends_the_waiting():
    bench = await waiting_bench()
    await plugged(bench.context, 1, "unavailable")
    assert not bench.context.waiting_starts.at(1)
    assert await told(bench) == "Unavailable"


async def test_the_same_tag_waits_anew_and_another_is_rejected():
    bench = await waiting_bench()
    ask = {"connectorId": 1}
    assert await bench.status_of("RemoteStartTransaction", idTag="OTHER", **ask) == "Rejected"
    assert await bench.status_of("RemoteStartTransaction", idTag=TAG, **ask) == "Accepted"
    await turns()
    assert bench.context.waiting_starts.at(1)
    bench.pile.replies["start"] = YES
    await plugged(bench.context, 1)
    assert len(starts(bench)) == 3


async def test_a_connector_that_is_kept_for_another_does_not_wait():
    bench = Bench()
    bench.pile.put(status="reserved")
    bench.pile.replies["start"] = NOT_PLUGGED
    status = await bench.status_of("RemoteStartTransaction", idTag=TAG, connectorId=1)
    assert status == "Rejected"
    assert starts(bench) == []
