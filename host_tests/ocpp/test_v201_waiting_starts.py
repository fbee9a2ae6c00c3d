"""A remote start that comes before the vehicle (F02)."""

from fake_waiting import plugged, turns
from fakes201 import Bench
from test_v201_remote import START, TX_PROFILE

from pilebridge.commands import Reply

YES, NOT_PLUGGED = Reply("accepted", ""), Reply("refused", "not_plugged")


async def waiting_bench(timeout_s=60, **more):
    """A station at which a start waits."""
    bench = Bench()
    bench.services.settings["start_timeout_s"] = timeout_s
    bench.services.replies["start"] = NOT_PLUGGED
    answer = await bench.ask("RequestStartTransaction", {**START, **more})
    assert answer == {"status": "Accepted"}
    return bench


async def test_f02_a_start_waits_for_the_vehicle():
    bench = await waiting_bench(chargingProfile=TX_PROFILE)
    assert not bench.services.installed
    bench.services.replies["start"] = YES
    await plugged(bench.context, 1)
    first, second = (row[1] for row in bench.services.of("start"))
    assert first != second
    # The transaction tells the remote start that it comes from
    assert bench.context.expected[-1][:5] == (second, 1, "DRIVER-1", "Central", 7)
    assert [profile.ref for profile in bench.services.installed.values()] == [second]
    assert not bench.context.waiting_starts.at(1)


async def test_f02_nobody_plugs_in():
    bench = await waiting_bench(timeout_s=0)
    while bench.context.waiting_starts.at(1):
        await turns()
    await plugged(bench.context, 1)
    assert len(bench.services.of("start")) == 1
    assert not bench.sent("TransactionEvent")


async def test_f02_what_else_has_the_connector_is_named():
    bench = await waiting_bench()
    other = {**START, "idToken": {"idToken": "DRIVER-2", "type": "Central"}}
    answer = await bench.ask("RequestStartTransaction", other)
    assert (answer["status"], answer["statusInfo"]["additionalInfo"]) == ("Rejected", "occupied")
    bench.services.states[1].tx = "a55a41c3-9"
    await plugged(bench.context, 1)
    answer = await bench.ask("RequestStartTransaction", START)
    assert answer["statusInfo"]["reasonCode"] == "TxInProgress"
    bench.services.states[2].status = "reserved"
    answer = await bench.ask("RequestStartTransaction", {**START, "evseId": 2})
    assert answer["statusInfo"]["additionalInfo"] == "reserved"
    assert len(bench.services.of("start")) == 1


async def test_f02_orders_end_the_waiting():
    for action, payload in (
        ("UnlockConnector", {"evseId": 1, "connectorId": 1}),
        ("Reset", {"type": "Immediate"}),
    ):
        bench = await waiting_bench()
        await bench.ask(action, payload)
        assert not bench.context.waiting_starts.at(1), action
