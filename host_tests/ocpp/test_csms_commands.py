"""Commands of the central system reach a station in its version's own words, and its answers come back."""

import pytest
from central_bench import V16, V201, at, event, joined, rules, start
from scripted_station import StationError

from sandbox.csms.link import NoAnswerError, RefusedError
from sandbox.csms.schemas import FaultError

OK = {"status": "Accepted"}
LIMITS = {"id": 1, "connector": 1, "purpose": "tx", "periods": [[0, 16.1], [60, 6, 1]]}
# (method, arguments, (action, payload) of 1.6, (action, payload) of 2.0.1)
ORDERS = (
    (
        "remote_start",
        {"token": "CARD1", "connector": 1},
        ("RemoteStartTransaction", {"idTag": "CARD1", "connectorId": 1}),
        (
            "RequestStartTransaction",
            {"remoteStartId": 1, "idToken": {"idToken": "CARD1", "type": "ISO14443"}, "evseId": 1},
        ),
    ),
    (
        "remote_stop",
        {"transaction": "7"},
        ("RemoteStopTransaction", {"transactionId": 7}),
        ("RequestStopTransaction", {"transactionId": "7"}),
    ),
    ("reset", {"hard": True}, ("Reset", {"type": "Hard"}), ("Reset", {"type": "Immediate"})),
    ("reset", {}, ("Reset", {"type": "Soft"}), ("Reset", {"type": "OnIdle"})),
    (
        "availability",
        {"operative": False, "connector": 1},
        ("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"}),
        ("ChangeAvailability", {"operationalStatus": "Inoperative", "evse": {"id": 1}}),
    ),
    (
        "reserve",
        {"reservation": 5, "token": "CARD1", "until": at(30), "connector": 1, "parent": "FAMILY"},
        (
            "ReserveNow",
            {
                "connectorId": 1,
                "expiryDate": at(30),
                "idTag": "CARD1",
                "reservationId": 5,
                "parentIdTag": "FAMILY",
            },
        ),
        (
            "ReserveNow",
            {
                "id": 5,
                "expiryDateTime": at(30),
                "idToken": {"idToken": "CARD1", "type": "ISO14443"},
                "evseId": 1,
                "groupIdToken": {"idToken": "FAMILY", "type": "Central"},
            },
        ),
    ),
    (
        "cancel_reservation",
        {"reservation": 5},
        ("CancelReservation", {"reservationId": 5}),
        ("CancelReservation", {"reservationId": 5}),
    ),
    (
        "send_list",
        {"version": 3, "entries": [{"token": "CARD1", "status": "Accepted"}, {"token": "OLD"}]},
        (
            "SendLocalList",
            {
                "listVersion": 3,
                "updateType": "Full",
                "localAuthorizationList": [
                    {"idTag": "CARD1", "idTagInfo": {"status": "Accepted"}},
                    {"idTag": "OLD"},
                ],
            },
        ),
        (
            "SendLocalList",
            {
                "versionNumber": 3,
                "updateType": "Full",
                "localAuthorizationList": [
                    {
                        "idToken": {"idToken": "CARD1", "type": "ISO14443"},
                        "idTokenInfo": {"status": "Accepted"},
                    },
                    {"idToken": {"idToken": "OLD", "type": "ISO14443"}},
                ],
            },
        ),
    ),
    (
        "set_profile",
        {"profile": {**LIMITS, "transaction": "7"}},
        (
            "SetChargingProfile",
            {
                "connectorId": 1,
                "csChargingProfiles": {
                    "chargingProfileId": 1,
                    "stackLevel": 0,
                    "chargingProfilePurpose": "TxProfile",
                    "chargingProfileKind": "Relative",
                    "transactionId": 7,
                    "chargingSchedule": {
                        "chargingRateUnit": "A",
                        "chargingSchedulePeriod": [
                            {"startPeriod": 0, "limit": 16.1},
                            {"startPeriod": 60, "limit": 6.0, "numberPhases": 1},
                        ],
                    },
                },
            },
        ),
        (
            "SetChargingProfile",
            {
                "evseId": 1,
                "chargingProfile": {
                    "id": 1,
                    "stackLevel": 0,
                    "chargingProfilePurpose": "TxProfile",
                    "chargingProfileKind": "Relative",
                    "transactionId": "7",
                    "chargingSchedule": [
                        {
                            "id": 1,
                            "chargingRateUnit": "A",
                            "chargingSchedulePeriod": [
                                {"startPeriod": 0, "limit": 16.1},
                                {"startPeriod": 60, "limit": 6.0, "numberPhases": 1},
                            ],
                        }
                    ],
                },
            },
        ),
    ),
    (
        "clear_profiles",
        {"profile": 1},
        ("ClearChargingProfile", {"id": 1}),
        ("ClearChargingProfile", {"chargingProfileId": 1}),
    ),
    (
        "trigger",
        {"message": "StatusNotification", "connector": 1},
        ("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 1}),
        ("TriggerMessage", {"requestedMessage": "StatusNotification", "evse": {"id": 1}}),
    ),
    ("clear_cache", {}, ("ClearCache", {}), ("ClearCache", {})),
)


@pytest.mark.parametrize(("version", "place"), [(V16, 2), (V201, 3)])
async def test_each_command_is_said_in_the_words_of_the_version(version: str, place: int) -> None:
    async with joined(version) as (system, commands, station):
        for order in ORDERS:
            action, payload = order[place]
            station.answers[action] = OK
            answer = await getattr(commands, order[0])("P1", **order[1])
            assert answer == OK
            assert station.heard[-1] == (action, payload)
        assert len(station.heard) == len(ORDERS)
        assert rules(system) == []


async def test_settings_are_read_and_written() -> None:
    async with joined(V16) as (_, commands, station):
        told = {
            "configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "9"}]
        }
        station.answers |= {"GetConfiguration": told, "ChangeConfiguration": OK}
        assert await commands.get_configuration("P1", ["HeartbeatInterval"]) == told
        assert await commands.change_configuration("P1", "HeartbeatInterval", "9") == OK
        assert station.heard[-1][1] == {"key": "HeartbeatInterval", "value": "9"}
    async with joined(V201) as (system, commands, station):
        named = {"component": {"name": "TxCtrlr"}, "variable": {"name": "StopTxOnInvalidId"}}
        station.answers["SetVariables"] = {
            "setVariableResult": [{"attributeStatus": "Accepted", **named}]
        }
        await commands.change_configuration("P1", "TxCtrlr.StopTxOnInvalidId", "true")
        assert station.heard[-1][1] == {"setVariableData": [{**named, "attributeValue": "true"}]}
        station.answers["GetBaseReport"] = OK
        await commands.base_report("P1")
        row = {**named, "variableAttribute": [{"value": "true"}]}
        part = {"requestId": 1, "generatedAt": at(0), "reportData": [row]}
        await station.call("NotifyReport", {**part, "seqNo": 0, "tbc": True})
        await station.call("NotifyReport", {**part, "seqNo": 1})
        assert rules(system) == []
        await station.call("NotifyReport", {**part, "requestId": 2, "seqNo": 1})
        assert rules(system) == ["part_order"]
        known = system.books.store.stations["P1"].variables
        assert known == {"TxCtrlr.StopTxOnInvalidId": "true"}


async def test_refusals_silence_and_wrong_answers_are_told_apart() -> None:
    async with joined(V16) as (system, commands, station):
        with pytest.raises(RefusedError, match="NotSupported"):
            await commands.clear_cache("P1")
        station.answers["ClearCache"] = StationError("InternalError")
        with pytest.raises(RefusedError, match="InternalError"):
            await commands.clear_cache("P1")
        assert rules(system) == []
        station.answers["ClearCache"] = None
        with pytest.raises(NoAnswerError):
            await commands.call("P1", "ClearCache", timeout_s=0.05)
        station.answers["ClearCache"] = {"status": "Maybe"}
        with pytest.raises(NoAnswerError):
            await commands.clear_cache("P1")
        assert rules(system) == ["wrong_answer"]
        with pytest.raises(NoAnswerError, match="not connected"):
            await commands.clear_cache("P9")
        with pytest.raises(FaultError):
            await commands.call("P1", "Reset", {"type": "Gently"})
        assert [e.error for e in system.books.calls("ClearCache", by="csms")] == [
            "NotSupported",
            "InternalError",
            "none",
            "wrong",
        ]


async def test_text_may_be_sent_as_it_stands() -> None:
    async with joined(V16) as (system, _, station):
        station.answers["Reset"] = StationError("FormationViolation")
        link = system.link("P1")
        frame = await link.provoke('[2, "x1", "Reset", {"type": 7}]', "x1", 5)
        assert frame[:3] == [4, "x1", "FormationViolation"]
        assert rules(system) == []


async def test_accepted_profiles_are_remembered_until_cleared_and_replaced_by_place() -> None:
    async with joined(V16) as (system, commands, station):
        station.answers |= {"SetChargingProfile": OK, "ClearChargingProfile": OK}
        row = {"id": 1, "connector": 1, "purpose": "default", "periods": [[0, 10]]}
        await commands.set_profile("P1", row)
        await commands.set_profile("P1", {**row, "id": 2, "periods": [[0, 8]]})
        await commands.set_profile("P1", {**row, "id": 3, "connector": 0, "purpose": "max"})
        known = system.books.store.stations["P1"]
        assert sorted(known.profiles) == [2, 3]
        station.answers["SetChargingProfile"] = {"status": "Rejected"}
        await commands.set_profile("P1", {**row, "id": 4, "stack": 2})
        await commands.clear_profiles("P1", profile=2)
        assert sorted(known.profiles) == [3]
        await commands.clear_profiles("P1")
        assert known.profiles == {}


async def test_the_commands_of_a_running_charge_reach_it() -> None:
    async with joined(V16) as (system, commands, station):
        station.answers["RemoteStopTransaction"] = OK
        number = (await station.call("StartTransaction", start(0)))["transactionId"]
        await commands.remote_stop("P1", number)
        assert await station.wait_heard("RemoteStopTransaction") == {"transactionId": number}
    async with joined(V201) as (system, commands, station):
        station.answers["RequestStopTransaction"] = OK
        await station.call("TransactionEvent", event("Started", 0, 0))
        (item,) = system.books.store.transactions
        await commands.remote_stop("P1", item.id)
        assert await station.wait_heard("RequestStopTransaction") == {"transactionId": "t1"}
