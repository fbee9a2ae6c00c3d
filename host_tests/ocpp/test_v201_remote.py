"""Remote control, tokens, local list, reservations (C, D, F, H)."""

import pytest
from fakes201 import LOST, T0, Bench, event

from pilebridge.commands import Reply
from pilebridge.model import ConnectorState
from pilebridge.platforms.ocpp import events
from pilebridge.platforms.ocpp.context import CallError
from pilebridge.platforms.ocpp.v201.words import stamp
from pilebridge.station_services import Authorization, Reservation, TokenEntry

START = {"idToken": {"idToken": "DRIVER-1", "type": "Central"}, "remoteStartId": 7, "evseId": 1}
TX_PROFILE = {
    "id": 12, "stackLevel": 0, "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": [{
        "id": 1, "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.5}],
    }],
}  # fmt: skip


async def test_f01_a_remote_start_is_written_down_before_it_is_acted_on():
    bench = Bench()
    group = {"groupIdToken": {"idToken": "FLEET", "type": "Central"}}
    assert await bench.ask("RequestStartTransaction", {**START, **group}) == {"status": "Accepted"}
    ((ref, *rest),) = bench.context.expected
    assert rest == [1, "DRIVER-1", "Central", 7, None, "FLEET"]
    assert ref.startswith("ocpp-")
    assert len(ref) == 37
    assert bench.services.of("start") == [(1, ref, "ocpp", "DRIVER-1")]


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply("refused", "no_meter"), "InternalError"),
        (Reply("refused", "busy"), "TxInProgress"),
        (Reply("refused", "fault"), "InternalError"),
        (Reply("stale", ""), "Unspecified"),
        (None, "Unspecified"),
    ],
)
async def test_f01_f02_a_refused_start_says_why(reply, code):
    bench = Bench()
    bench.services.replies["start"] = reply
    answer = await bench.ask("RequestStartTransaction", {**START, "chargingProfile": TX_PROFILE})
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", code)
    assert not bench.services.installed


async def test_f01_without_an_evse_it_starts_where_a_vehicle_waits():
    bench = Bench()
    anywhere = {name: value for name, value in START.items() if name != "evseId"}
    answer = await bench.ask("RequestStartTransaction", anywhere)
    assert answer["statusInfo"]["reasonCode"] == "MissingParam"
    bench.services.states[2].status = "preparing"
    assert (await bench.ask("RequestStartTransaction", anywhere))["status"] == "Accepted"
    assert bench.services.of("start")[0][0] == 2
    answer = await bench.ask("RequestStartTransaction", {**START, "evseId": 3})
    assert answer["statusInfo"]["reasonCode"] == "UnknownEvse"


async def test_k05_a_remote_start_brings_its_profile():
    bench = Bench()
    answer = await bench.ask("RequestStartTransaction", {**START, "chargingProfile": TX_PROFILE})
    assert answer["status"] == "Accepted"
    (profile,) = bench.services.installed.values()
    assert (profile.purpose, profile.connector, profile.periods[0].a10) == ("tx", 1, 105)
    assert profile.ref == bench.services.of("start")[0][1]
    assert [each[0] for each in bench.services.asked] == ["set_profile", "start"]
    wrong = {**TX_PROFILE, "chargingProfilePurpose": "TxDefaultProfile"}
    answer = await bench.ask("RequestStartTransaction", {**START, "chargingProfile": wrong})
    assert answer["statusInfo"]["reasonCode"] == "InvalidProfile"


@pytest.mark.parametrize(("verdict", "starts"), [("Accepted", 1), ("Blocked", 0), (None, 0)])
async def test_c05_a_remote_start_may_have_to_be_authorised(verdict, starts):
    bench = Bench()
    assert await bench.set("AuthCtrlr", "AuthorizeRemoteStart", "true") == "Accepted"
    bench.context.answers["Authorize"] = {"idTokenInfo": {"status": verdict}} if verdict else LOST
    assert (await bench.ask("RequestStartTransaction", START, then=False))["status"] == "Accepted"
    # Asked after the answer has gone
    assert not bench.sent("Authorize")
    await bench.settle()
    assert len(bench.services.of("start")) == starts


async def test_c05_nobody_is_asked_while_a_charge_runs():
    bench = Bench()
    assert await bench.set("AuthCtrlr", "AuthorizeRemoteStart", "true") == "Accepted"
    bench.runs()
    answer = await bench.ask("RequestStartTransaction", START)
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "TxInProgress")
    assert not bench.sent("Authorize")


async def test_f03_a_remote_stop():
    bench = Bench()
    identity = bench.runs(ref="ocpp-1")
    ask = {"transactionId": identity}
    assert await bench.ask("RequestStopTransaction", ask) == {"status": "Accepted"}
    assert bench.services.of("stop") == [(1, "ocpp-1", "remote")]
    answer = await bench.ask("RequestStopTransaction", {"transactionId": "another"})
    assert answer["statusInfo"]["reasonCode"] == "TxNotFound"
    bench.services.replies["stop"] = None
    assert (await bench.ask("RequestStopTransaction", ask))["status"] == "Rejected"


async def test_f05_unlock():
    bench = Bench()
    ask = {"evseId": 1, "connectorId": 1}
    assert await bench.ask("UnlockConnector", ask) == {"status": "Unlocked"}
    bench.services.replies["unlock"] = Reply("refused", "unlock_failed")
    assert (await bench.ask("UnlockConnector", ask))["status"] == "UnlockFailed"
    bench.services.replies["unlock"] = Reply("refused", "no_lock")
    assert (await bench.ask("UnlockConnector", ask))["statusInfo"]["reasonCode"] == "FixedCable"
    bench.runs()
    assert await bench.ask("UnlockConnector", ask) == {"status": "OngoingAuthorizedTransaction"}
    for unknown in ({"evseId": 1, "connectorId": 2}, {"evseId": 9, "connectorId": 1}):
        assert await bench.ask("UnlockConnector", unknown) == {"status": "UnknownConnector"}


@pytest.mark.parametrize(
    ("info", "verdict"),
    [
        ({"status": "Accepted"}, Authorization("accepted")),
        ({"status": "NoCredit"}, Authorization("blocked")),
        ({"status": "Unknown"}, Authorization("invalid")),
        ({"status": "ConcurrentTx"}, Authorization("concurrent")),
        (
            {
                "status": "Accepted",
                "cacheExpiryDateTime": stamp(T0 + 60),
                "groupIdToken": {"idToken": "FLEET", "type": "Central"},
            },
            Authorization("accepted", T0 + 60, "FLEET"),
        ),
        ({"status": "Accepted", "evseId": [2]}, Authorization("accepted")),
        ({"status": "Accepted", "evseId": [7]}, Authorization("invalid")),
    ],
)
async def test_c01_a_card_is_asked_for(info, verdict):
    bench = Bench()
    bench.context.answers["Authorize"] = {"idTokenInfo": info}
    assert await bench.station.authorize("04A2B3C4") == verdict
    assert bench.sent("Authorize") == [{"idToken": {"idToken": "04A2B3C4", "type": "ISO14443"}}]


@pytest.mark.parametrize("wrong", [LOST, CallError("InternalError")])
async def test_c01_no_verdict_is_none(wrong):
    bench = Bench()
    bench.context.answers["Authorize"] = wrong
    assert await bench.station.authorize("04A2B3C4") is None


async def test_c11_clear_cache():
    bench = Bench()
    assert await bench.ask("ClearCache") == {"status": "Accepted"}
    bench.services.replies["clear_cache"] = None
    assert (await bench.ask("ClearCache"))["status"] == "Rejected"


def entry(token, status="Accepted", **info):
    return {
        "idToken": {"idToken": token, "type": "ISO14443"},
        "idTokenInfo": {"status": status, **info},
    }


async def send(bench, version, kind, *entries):
    payload = {"versionNumber": version, "updateType": kind}
    if entries:
        payload["localAuthorizationList"] = list(entries)
    return (await bench.ask("SendLocalList", payload))["status"]


async def test_c13_c14_d01_full_and_differential_lists():
    bench = Bench()
    until = {"cacheExpiryDateTime": stamp(T0)}
    assert await send(bench, 1, "Full", entry("A1"), entry("B2", "Blocked", **until)) == "Accepted"
    assert bench.services.local == (1, [TokenEntry("A1"), TokenEntry("B2", "blocked", T0)])
    gone = {"idToken": {"idToken": "A1", "type": "ISO14443"}}
    group = {"groupIdToken": {"idToken": "FLEET", "type": "Central"}}
    changed = entry("B2", **group)
    assert await send(bench, 2, "Differential", gone, changed, entry("C3")) == "Accepted"
    assert bench.services.local == (2, [TokenEntry("B2", group="FLEET"), TokenEntry("C3")])
    assert await send(bench, 2, "Differential", entry("D4")) == "VersionMismatch"
    assert await send(bench, 3, "Full") == "Accepted"
    assert bench.services.local == (3, [])


async def test_d01_bad_lists_fail_and_change_nothing():
    bench = Bench()
    assert await send(bench, 1, "Full", entry("A1")) == "Accepted"
    before = bench.services.local
    assert await send(bench, 0, "Full", entry("B2")) == "Failed"
    assert await send(bench, 2, "Full", entry("B2"), entry("B2")) == "Failed"
    bare = {"idToken": {"idToken": "B2", "type": "ISO14443"}}
    assert await send(bench, 2, "Full", bare) == "Failed"
    bench.services.room = 1
    assert await send(bench, 2, "Differential", entry("B2")) == "Failed"
    assert bench.services.local == before


async def test_d02_the_version_is_told():
    bench = Bench()
    assert await bench.ask("GetLocalListVersion") == {"versionNumber": 0}
    await send(bench, 4, "Full", entry("A1"))
    assert await bench.ask("GetLocalListVersion") == {"versionNumber": 4}
    assert await bench.value("LocalAuthListCtrlr", "Entries") == "1"
    await bench.set("LocalAuthListCtrlr", "Enabled", "false")
    assert await bench.ask("GetLocalListVersion") == {"versionNumber": 0}
    assert await send(bench, 5, "Full", entry("A1")) == "Failed"


RESERVE = {
    "id": 3, "evseId": 1, "expiryDateTime": stamp(T0 + 600),
    "idToken": {"idToken": "04A2B3C4", "type": "ISO14443"},
}  # fmt: skip


async def test_h01_a_reservation_and_its_use():
    bench = Bench()
    assert await bench.ask("ReserveNow", RESERVE) == {"status": "Accepted"}
    assert bench.services.of("reserve") == [(Reservation(3, 1, "04A2B3C4", T0 + 600),)]
    # H03: the card that it was made for begins its transaction
    await bench.station.deliver(event(events.STARTED, id_token="04A2B3C4"))
    assert bench.sent("TransactionEvent")[0]["reservationId"] == 3
    bench.context.now = T0 + 700
    await bench.station.heartbeat()
    assert not bench.sent("ReservationStatusUpdate")


async def test_h03_a_remote_start_uses_the_reservation_of_its_token():
    bench = Bench()
    await bench.ask("ReserveNow", {**RESERVE, "idToken": START["idToken"]})
    await bench.ask("RequestStartTransaction", START)
    assert bench.context.expected[0][5] == 3


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("fault", "Faulted"),
        ("occupied", "Occupied"),
        ("unavailable", "Unavailable"),
        ("x", "Rejected"),
    ],
)
async def test_h01_what_stands_in_the_way_is_named(reason, status):
    bench = Bench()
    bench.services.replies["reserve"] = Reply("refused", reason)
    assert (await bench.ask("ReserveNow", RESERVE))["status"] == status
    over = {**RESERVE, "expiryDateTime": stamp(T0 - 1)}
    assert (await bench.ask("ReserveNow", over))["status"] == "Rejected"
    unknown = {**RESERVE, "evseId": 9}
    assert (await bench.ask("ReserveNow", unknown))["statusInfo"]["reasonCode"] == "UnknownEvse"
    # Of the schema only if formats are checked where it comes in
    bad = {**RESERVE, "expiryDateTime": "tomorrow"}
    assert await bench.refuses("ReserveNow", bad) == "PropertyConstraintViolation"


async def test_h02_a_reservation_is_given_up():
    bench = Bench()
    await bench.ask("ReserveNow", RESERVE)
    assert await bench.ask("CancelReservation", {"reservationId": 3}) == {"status": "Accepted"}
    bench.services.replies["cancel_reservation"] = Reply("refused", "no_reservation")
    answer = await bench.ask("CancelReservation", {"reservationId": 3})
    assert answer["statusInfo"]["reasonCode"] == "NotFound"
    bench.context.now = T0 + 700
    await bench.station.heartbeat()
    assert not bench.sent("ReservationStatusUpdate")


async def test_h04_an_end_without_use_is_told_once():
    bench = Bench()
    await bench.ask("ReserveNow", RESERVE)
    await bench.ask("ReserveNow", {**RESERVE, "id": 4, "evseId": 2})
    bench.services.states[2] = ConnectorState("faulted")
    await bench.station.status(bench.services.connectors[1], T0)
    assert bench.sent("ReservationStatusUpdate") == [
        {"reservationId": 4, "reservationUpdateStatus": "Removed"}
    ]
    assert bench.services.of("cancel_reservation") == [(4,)]
    bench.context.now = T0 + 600
    bench.again()
    await bench.station.heartbeat()
    await bench.station.heartbeat()
    assert bench.sent("ReservationStatusUpdate")[1:] == [
        {"reservationId": 3, "reservationUpdateStatus": "Expired"}
    ]
