"""The sandbox's central system takes no frame that is wrong, and nothing before an accepted boot."""

import json

import pytest
from central_bench import BOOT, V16, V201, at, central_system, event, joined, rules, start
from scripted_station import StationError, scripted_station

BOTH = pytest.mark.parametrize("version", [V16, V201])
WRONG = {
    V16: (
        ("StartTransaction", {"connectorId": 1}, "OccurenceConstraintViolation"),
        ("StartTransaction", start(tag="x" * 21), "PropertyConstraintViolation"),
        ("StartTransaction", start(wh="10"), "TypeConstraintViolation"),
        ("StartTransaction", start(connector=0), "PropertyConstraintViolation"),
        ("Heartbeat", {"extra": 1}, "FormationViolation"),
        ("Heartbeat", [], "FormationViolation"),
        ("HeartBeat", {}, "NotImplemented"),
        ("RemoteStartTransaction", {"idTag": "CARD1"}, "NotSupported"),
        ("StopTransaction", {"transactionId": 99, "meterStop": 1, "timestamp": at(1)}, "PropertyConstraintViolation"),
        (
            "MeterValues",
            {"connectorId": 1, "meterValue": [{"timestamp": at(1), "sampledValue": [{"value": "much"}]}]},
            "PropertyConstraintViolation",
        ),
    ),
    V201: (
        ("TransactionEvent", {"eventType": "Started"}, "OccurrenceConstraintViolation"),
        ("TransactionEvent", event("Started", 0, 0, tx="x" * 37), "PropertyConstraintViolation"),
        ("TransactionEvent", event("Started", "0", 0), "TypeConstraintViolation"),
        ("TransactionEvent", event("Begun", 0, 0), "PropertyConstraintViolation"),
        ("TransactionEvent", event("Started", 0, 0, timestamp="noon"), "PropertyConstraintViolation"),
        ("Heartbeat", {"extra": 1}, "FormatViolation"),
        ("StartTransaction", start(), "NotImplemented"),
        ("RequestStopTransaction", {"transactionId": "t1"}, "NotSupported"),
    ),
}  # fmt: skip
STATUS = {
    V16: lambda number: {"connectorId": number, "errorCode": "NoError", "status": "Available"},
    V201: lambda number: {
        "timestamp": at(0),
        "evseId": number,
        "connectorId": 1,
        "connectorStatus": "Available",
    },
}
NO_FRAMES = (
    "",
    "{",
    "[]",
    "null",
    "{}",
    "[2]",
    '["2", "m1", "Heartbeat", {}]',
    '[2, 7, "Heartbeat", {}]',
    '[2, "", "Heartbeat", {}]',
    json.dumps([2, "m" * 37, "Heartbeat", {}]),
    '[true, "m1", {}]',
    b"\x00\x01",
)


@BOTH
async def test_each_wrong_call_gets_its_error_and_a_complaint(version: str) -> None:
    async with joined(version) as (system, _, station):
        for action, payload, code in WRONG[version]:
            with pytest.raises(StationError) as caught:
                await station.call(action, payload)
            assert caught.value.code == code, (action, payload)
        await station.call("Heartbeat")
        assert rules(system) == ["call"] * len(WRONG[version])
        assert system.books.store.transactions == []


@BOTH
async def test_what_is_no_frame_gets_an_error_and_the_link_goes_on(version: str) -> None:
    async with joined(version) as (system, _, station):
        for text in NO_FRAMES:
            answer = await station.send_raw(text)
            assert answer[:2] == [4, "-1"]
            assert answer[2] == ("GenericError" if version == V16 else "RpcFrameworkError"), text
        for text, code in (('[2, "m1"]', "Form"), ('[2, "m2", "Heartbeat", {}, 1]', "Form")):
            assert (await station.send_raw(text, json.loads(text)[1]))[2].startswith(code)
        unknown = await station.send_raw('[5, "m3", {}]', "m3")
        assert unknown[2] == ("GenericError" if version == V16 else "MessageTypeNotSupported")
        await station.call("Heartbeat", message_id="m4")
        assert (await station.send_raw('[2, "m4", "Heartbeat", {}]', "m4"))[0] == 4
        await station.call("Heartbeat")
        assert rules(system) == ["frame"] * (len(NO_FRAMES) + 4)


async def test_answers_to_nothing_and_answers_of_no_shape_are_complained_of() -> None:
    async with joined(V16) as (system, _, station):
        await station.socket.send('[3, "nothing", {}]')
        await station.socket.send('[4, "nothing", "FormatViolation", "", {}]')
        await station.call("Heartbeat")
        # The error code is one of 2.0.1
        assert rules(system) == ["answer_to_nothing", "frame", "answer_to_nothing"]


@BOTH
async def test_nothing_is_taken_before_an_accepted_boot(version: str) -> None:
    async with joined(version, boot=False) as (system, _, station):
        with pytest.raises(StationError, match="SecurityError"):
            await station.call("Heartbeat")
        system.books.behaviour.boots = ["Pending", "Rejected"]
        system.books.behaviour.interval_s = 7
        answer = await station.call("BootNotification", BOOT[version])
        assert (answer["status"], answer["interval"]) == ("Pending", 7)
        with pytest.raises(StationError, match="SecurityError"):
            await station.call("Heartbeat")
        system.books.behaviour.interval_s = 0
        assert (await station.call("BootNotification", BOOT[version]))["status"] == "Rejected"
        assert (await station.call("BootNotification", BOOT[version]))["status"] == "Accepted"
        await station.call("Heartbeat")
        assert rules(system) == ["call", "call"]


@BOTH
async def test_a_pending_station_may_send_what_it_was_asked_for(version: str) -> None:
    async with joined(version, boot=False) as (system, commands, station):
        system.books.behaviour.boots = ["Pending"]
        await station.call("BootNotification", BOOT[version])
        station.answers["TriggerMessage"] = {"status": "Accepted"}
        await commands.trigger("P1", "Heartbeat")
        await station.call("Heartbeat")
        await commands.trigger("P1", "StatusNotification")
        for number in (1, 2):
            await station.call("StatusNotification", STATUS[version](number))
        assert rules(system) == []
        with pytest.raises(StationError, match="SecurityError"):
            await station.call("Heartbeat")


async def test_a_rejected_station_that_comes_too_early_is_complained_of() -> None:
    async with joined(V16, boot=False) as (system, _, station):
        system.books.behaviour.boots = ["Rejected"]
        await station.call("BootNotification", BOOT[V16])
        await station.call("BootNotification", BOOT[V16])
        assert rules(system) == ["boot_too_early"]


async def test_a_reconnected_station_needs_no_boot_and_a_second_link_ends_the_first() -> None:
    async with joined(V16) as (system, _, first):
        async with scripted_station(system.url, "P1", V16) as second:
            await second.call("Heartbeat")
            await first.socket.wait_closed()
            await second.call("Heartbeat")
        assert rules(system) == []
        assert system.books.store.stations["P1"].boots == 1


async def test_a_second_call_while_one_is_in_hand_is_refused() -> None:
    async with joined(V16) as (system, _, station):
        system.books.behaviour.delays_s = {"Authorize": 0.2}
        await station.socket.send('[2, "a1", "Authorize", {"idTag": "CARD1"}]')
        assert (await station.send_raw('[2, "a2", "Heartbeat", {}]', "a2"))[2] == "GenericError"
        assert rules(system) == ["frame"]


async def test_versions_passwords_and_names_decide_who_is_let_in() -> None:
    options = {"passwords": {"P1": b"\x00:\xff"}, "identities": {"P1", "P 2"}, "versions": (V16,)}
    async with central_system(**options) as system:
        for identity, password, word in (
            ("P1", None, "401"),
            ("P1", b"\x00:\xfe", "401"),
            ("P3", None, "404"),
            ("x/P1", None, "404"),
        ):
            with pytest.raises(Exception, match=word):
                async with scripted_station(system.url, identity, V16, password=password):
                    pass
        async with scripted_station(system.url, "P%202", V201, V16) as station:
            assert station.socket.subprotocol == V16
            await station.call("BootNotification", BOOT[V16])
            assert list(system.links) == ["P 2"]
        async with scripted_station(system.url, "P1", V201, password=b"\x00:\xff") as station:
            assert station.socket.subprotocol is None
            await station.socket.wait_closed()
            assert station.socket.close_code == 1002
        assert rules(system) == ["subprotocol"]


async def test_a_frame_of_ten_megabytes_ends_the_link_only() -> None:
    async with joined(V16) as (system, _, station):
        await station.socket.send("x" * 10_000_000)
        await station.socket.wait_closed()
        assert station.socket.close_code == 1009
        async with scripted_station(system.url, "P1", V16) as again:
            await again.call("Heartbeat")


@BOTH
async def test_statuses_are_kept_and_impossible_ones_complained_of(version: str) -> None:
    async with joined(version) as (system, _, station):
        await station.call("StatusNotification", STATUS[version](1))
        assert system.books.store.stations["P1"].connectors[1]["status"] == "Available"
        assert rules(system) == []
        impossible = STATUS[version](0)
        if version == V16:
            impossible["status"] = "Charging"
        await station.call("StatusNotification", impossible)
        assert rules(system) == ["status_of_zero"]
        if version == V16:
            await station.call("StatusNotification", STATUS[V16](1) | {"status": "Faulted"})
            assert rules(system) == ["status_of_zero", "fault_without_code"]
