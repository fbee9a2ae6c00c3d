"""Calls of the Core profile that a pile carries out: each answer is what the pile answered."""

import pytest
from fakes16 import TAG, UTC, YES, Bench, refused

from pilebridge.commands import Reply
from pilebridge.platforms.ocpp.context import CallError, NotDeliveredError
from pilebridge.station_services import TX, TokenEntry


def tx_profile(**changes):
    schedule = {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8}],
    }
    return {
        "chargingProfileId": 5,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": schedule,
        **changes,
    }


def starts(bench):
    return [each for each in bench.pile.asked if each[0] == "start"]


async def remote_start(bench, **fields):
    return await bench.status_of("RemoteStartTransaction", idTag=TAG, **fields)


async def test_remote_start_is_written_down_and_then_done():
    bench = Bench()
    bench.pile.put(status="preparing")
    assert await remote_start(bench, connectorId=1) == "Accepted"
    ((ref, number, token, reservation),) = bench.context.expected
    assert (number, token, reservation) == (1, TAG, None)
    assert starts(bench) == [("start", 1, ref, "ocpp", TAG)]
    assert ref.startswith("ocpp-")
    assert len(ref) == 37
    await remote_start(bench, connectorId=1)
    assert bench.context.expected[1][0] != ref


@pytest.mark.parametrize("reply", [None, refused("fault"), refused("busy"), Reply("stale", "")])
async def test_remote_start_is_rejected_when_the_pile_does_not_start(reply):
    bench = Bench()
    bench.pile.replies["start"] = reply
    assert await remote_start(bench, connectorId=1, chargingProfile=tx_profile()) == "Rejected"
    assert bench.pile.held == []


@pytest.mark.parametrize("number", [0, 2, -1])
async def test_remote_start_of_no_such_connector(number):
    bench = Bench()
    assert await remote_start(bench, connectorId=number) == "Rejected"
    assert bench.pile.asked == []


async def test_remote_start_without_a_connector_takes_the_one_that_is_plugged():
    bench = Bench(connectors=3)
    bench.pile.put(1, status="charging", tx="x")
    bench.pile.put(3, status="preparing")
    assert await remote_start(bench) == "Accepted"
    assert starts(bench)[0][1] == 3
    # Two to choose from: nobody knows which driver asked
    bench.pile.put(2, status="preparing")
    assert await remote_start(bench) == "Rejected"


async def test_remote_start_before_the_station_is_registered():
    bench = Bench()
    bench.running()
    bench.context.boot_status = "Pending"
    assert await remote_start(bench, connectorId=1) == "Rejected"
    assert await bench.status_of("RemoteStopTransaction", transactionId=7) == "Rejected"
    assert bench.pile.asked == []


async def test_remote_start_with_a_profile_of_its_transaction():
    bench = Bench()
    assert await remote_start(bench, connectorId=1, chargingProfile=tx_profile()) == "Accepted"
    (held,) = bench.pile.held
    assert (held.purpose, held.ref, held.periods[0].a10) == (TX, bench.context.expected[0][0], 80)


@pytest.mark.parametrize(
    "changes",
    [{"chargingProfilePurpose": "TxDefaultProfile"}, {"stackLevel": 1000}],
)
async def test_remote_start_with_a_wrong_profile_starts_nothing(changes):
    bench = Bench()
    profile = tx_profile(**changes)
    assert await remote_start(bench, connectorId=1, chargingProfile=profile) == "Rejected"
    assert bench.pile.asked == []


async def test_remote_start_asks_first_when_it_is_told_to():
    bench = Bench()
    await bench.configure(AuthorizeRemoteTxRequests="true")
    answer = await bench.ask("RemoteStartTransaction", idTag=TAG, connectorId=1)
    assert answer == {"status": "Accepted"}
    assert starts(bench) == []
    await bench.settle()
    assert bench.context.named("Authorize") == [{"idTag": TAG}]
    assert len(starts(bench)) == 1


@pytest.mark.parametrize(
    "verdict",
    [{"idTagInfo": {"status": "Blocked"}}, CallError("InternalError"), NotDeliveredError("link")],
)
async def test_remote_start_that_is_not_authorized_starts_nothing(verdict):
    bench = Bench()
    await bench.configure(AuthorizeRemoteTxRequests="true")
    bench.context.answers["Authorize"] = verdict
    assert await remote_start(bench, connectorId=1) == "Accepted"
    assert starts(bench) == []


async def test_remote_start_goes_by_the_local_list_first():
    bench = Bench()
    await bench.configure(AuthorizeRemoteTxRequests="true")
    bench.pile.list = (1, [TokenEntry(TAG, "blocked")])
    assert await remote_start(bench, connectorId=1) == "Rejected"
    bench.pile.list = (2, [TokenEntry(TAG)])
    assert await remote_start(bench, connectorId=1) == "Accepted"
    assert len(starts(bench)) == 1
    assert bench.context.sent == []
    bench.pile.list = (3, [TokenEntry(TAG, until_utc=UTC - 1)])
    await remote_start(bench, connectorId=1)
    assert bench.context.named("Authorize") == [{"idTag": TAG}]


@pytest.mark.parametrize("tag", ["", "Käse", "a\nb"])
async def test_remote_start_with_a_tag_that_no_pile_can_hold(tag):
    bench = Bench()
    status = await bench.status_of("RemoteStartTransaction", idTag=tag, connectorId=1)
    assert status == "Rejected"
    assert bench.pile.asked == []


async def test_remote_stop_ends_the_transaction_of_that_number():
    bench = Bench()
    bench.running()
    assert await bench.status_of("RemoteStopTransaction", transactionId=7) == "Accepted"
    assert bench.pile.asked == [("stop", 1, "ocpp-1", "remote")]
    assert await bench.status_of("RemoteStopTransaction", transactionId=8) == "Rejected"
    for reply in (None, refused("no_transaction")):
        bench.pile.replies["stop"] = reply
        assert await bench.status_of("RemoteStopTransaction", transactionId=7) == "Rejected"


@pytest.mark.parametrize(("kind", "hard"), [("Hard", True), ("Soft", False)])
async def test_reset(kind, hard):
    bench = Bench()
    assert await bench.status_of("Reset", type=kind) == "Accepted"
    assert bench.pile.asked == [("reset", hard)]
    assert bench.context.events == ["ResetOrReboot"]
    bench.pile.replies["reset"] = refused("busy")
    assert await bench.status_of("Reset", type=kind) == "Rejected"
    assert bench.context.events == ["ResetOrReboot"]


async def test_reset_is_tried_as_often_as_configured():
    bench = Bench()
    await bench.configure(ResetRetries="2")
    bench.pile.replies["reset"] = None
    assert await bench.status_of("Reset", type="Hard") == "Rejected"
    assert bench.pile.asked == [("reset", True)] * 3


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (YES, "Unlocked"),
        (refused("unlock_failed"), "UnlockFailed"),
        (refused("no_lock"), "NotSupported"),
        (None, "UnlockFailed"),
    ],
)
async def test_unlock(reply, status):
    bench = Bench()
    bench.pile.replies["unlock"] = reply
    assert await bench.status_of("UnlockConnector", connectorId=1) == status
    assert bench.pile.asked == [("unlock", 1)]


async def test_unlock_of_no_such_connector():
    assert await Bench().status_of("UnlockConnector", connectorId=9) == "NotSupported"


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (YES, "Accepted"),
        (Reply("accepted", "scheduled"), "Scheduled"),
        (refused("no_connector"), "Rejected"),
        (None, "Rejected"),
    ],
)
@pytest.mark.parametrize("number", [0, 1])
async def test_change_availability(reply, status, number):
    bench = Bench()
    bench.pile.replies["availability"] = reply
    asked = {"connectorId": number, "type": "Inoperative"}
    assert await bench.status_of("ChangeAvailability", **asked) == status
    assert bench.pile.asked == [("availability", number, False)]


async def test_change_availability_of_no_such_connector():
    bench = Bench()
    asked = {"connectorId": 2, "type": "Operative"}
    assert await bench.status_of("ChangeAvailability", **asked) == "Rejected"
    assert bench.pile.asked == []


async def test_a_whole_station_out_of_service_is_told_so():
    bench = Bench()
    await bench.status_of("ChangeAvailability", connectorId=0, type="Inoperative")
    bench.pile.put(status="unavailable")
    await bench.station.status(bench.pile.connectors[0], UTC)
    told = {
        each["connectorId"]: each["status"] for each in bench.context.named("StatusNotification")
    }
    assert told == {0: "Unavailable", 1: "Unavailable"}
    await bench.status_of("ChangeAvailability", connectorId=0, type="Operative")
    bench.pile.put(status="available")
    await bench.station.status(bench.pile.connectors[0], UTC)
    told = {
        each["connectorId"]: each["status"] for each in bench.context.named("StatusNotification")
    }
    assert told == {0: "Available", 1: "Available"}


@pytest.mark.parametrize(
    ("reply", "status"), [(YES, "Accepted"), (None, "Rejected"), (refused("busy"), "Rejected")]
)
async def test_clear_cache(reply, status):
    bench = Bench()
    bench.pile.replies["clear_cache"] = reply
    assert await bench.status_of("ClearCache") == status
    assert bench.pile.asked == [("clear_cache",)]
