"""Availability, reset, triggers, and calls that are not answered (B09 to B12, F06, G03, G04, P01)."""

import pytest
from fakes201 import T0, Bench, event, schema_actions

from pilebridge.commands import Reply
from pilebridge.platforms.ocpp import events
from pilebridge.platforms.ocpp.v201 import actions
from pilebridge.platforms.ocpp.v201.words import stamp


@pytest.mark.parametrize(
    ("evse", "number"), [(None, 0), ({"id": 2}, 2), ({"id": 2, "connectorId": 1}, 2)]
)
async def test_g03_g04_availability(evse, number):
    bench = Bench()
    ask = {"operationalStatus": "Inoperative"} | ({"evse": evse} if evse else {})
    assert await bench.ask("ChangeAvailability", ask) == {"status": "Accepted"}
    assert bench.services.of("set_availability") == [(number, False)]
    bench.services.replies["set_availability"] = Reply("accepted", "scheduled")
    assert await bench.ask("ChangeAvailability", ask) == {"status": "Scheduled"}
    bench.services.replies["set_availability"] = None
    assert (await bench.ask("ChangeAvailability", ask))["status"] == "Rejected"


async def test_g03_what_is_not_there_cannot_be_available():
    bench = Bench()
    for evse in ({"id": 3}, {"id": 1, "connectorId": 2}):
        answer = await bench.ask(
            "ChangeAvailability", {"operationalStatus": "Operative", "evse": evse}
        )
        assert answer["statusInfo"]["reasonCode"] == "UnknownEvse"


async def test_b11_reset_without_a_transaction():
    bench = Bench()
    assert await bench.ask("Reset", {"type": "OnIdle"}) == {"status": "Accepted"}
    assert await bench.ask("Reset", {"type": "Immediate"}) == {"status": "Accepted"}
    assert bench.services.of("reset") == [(False,), (False,)]
    assert bench.context.security_events == ["ResetOrReboot"] * 2
    answer = await bench.ask("Reset", {"type": "Immediate", "evseId": 1})
    assert answer["statusInfo"]["reasonCode"] == "UnsupportedParam"
    assert bench.context.values.get("next_boot_reason") == "RemoteReset"
    bench.services.replies["reset"] = None
    assert (await bench.ask("Reset", {"type": "Immediate"}))["status"] == "Rejected"
    assert bench.context.values.get("next_boot_reason") is None


async def test_b12_reset_on_idle_waits_for_the_last_transaction():
    bench = Bench()
    bench.runs()
    bench.runs(tx="a55a41c3-40", evse=2)
    assert await bench.ask("Reset", {"type": "OnIdle"}) == {"status": "Scheduled"}
    bench.again()
    await bench.station.deliver(event(events.ENDED, 4, reason="local"))
    assert not bench.services.of("reset")
    bench.context.open[0].ended = True
    # The store may not yet have marked it as ended
    await bench.station.deliver(
        event(events.ENDED, 4, reason="local", tx="a55a41c3-40", connector=2)
    )
    assert bench.services.of("reset") == [(False,)]
    assert bench.context.values.get("next_boot_reason") == "ScheduledReset"


async def test_b12_an_immediate_reset_ends_what_runs():
    bench = Bench()
    bench.runs()
    assert await bench.ask("Reset", {"type": "Immediate"}) == {"status": "Accepted"}
    await bench.station.deliver(event(events.ENDED, 4, reason="reset_soft"))
    told = bench.sent("TransactionEvent")[0]
    assert told["transactionInfo"]["stoppedReason"] == "ImmediateReset"
    assert told["triggerReason"] == "ResetCommand"


async def trigger(bench, message, then=True, **evse):
    ask = {"requestedMessage": message} | ({"evse": evse} if evse else {})
    return (await bench.ask("TriggerMessage", ask, then))["status"]


async def test_f06_triggered_messages_follow_the_answer():
    bench = Bench()
    state = bench.services.states[1]
    assert await trigger(bench, "MeterValues") == "Rejected"
    state.wh, state.mv, state.sampled_utc = 1234, (220_000,), T0 - 3
    for message, action in [
        ("Heartbeat", "Heartbeat"),
        ("MeterValues", "MeterValues"),
        ("LogStatusNotification", "LogStatusNotification"),
        ("FirmwareStatusNotification", "FirmwareStatusNotification"),
        ("SignChargingStationCertificate", "SignCertificate"),
    ]:
        assert await trigger(bench, message, then=False) == "Accepted"
        assert not bench.sent(action)
        await bench.settle()
        assert len(bench.sent(action)) == 1
    assert bench.sent("LogStatusNotification") == [{"status": "Idle"}]
    assert bench.sent("FirmwareStatusNotification") == [{"status": "Idle"}]
    (told,) = bench.sent("MeterValues")
    assert told["evseId"] == 1
    assert told["meterValue"][0]["timestamp"] == stamp(T0 - 3)
    assert {v["context"] for v in told["meterValue"][0]["sampledValue"]} == {"Trigger"}


async def test_f06_a_status_is_told_though_it_is_known():
    bench = Bench()
    await bench.station.announce()
    assert await trigger(bench, "StatusNotification", id=2, connectorId=1) == "Accepted"
    assert [each["evseId"] for each in bench.sent("StatusNotification")] == [1, 2, 2]
    assert await trigger(bench, "StatusNotification") == "Rejected"
    assert await trigger(bench, "StatusNotification", id=3, connectorId=1) == "Rejected"


async def test_f06_a_transaction_event_on_demand():
    bench = Bench()
    assert await trigger(bench, "TransactionEvent", id=1) == "Rejected"
    bench.runs()
    assert await trigger(bench, "TransactionEvent", id=1) == "Accepted"
    assert bench.context.triggered == ["a55a41c3-37"]
    await bench.station.deliver(event(events.TRIGGERED, 3, state="charging", w=7000))
    told = bench.sent("TransactionEvent")[0]
    assert (told["eventType"], told["triggerReason"]) == ("Updated", "Trigger")
    assert told["meterValue"][0]["sampledValue"][0]["context"] == "Trigger"


@pytest.mark.parametrize(
    "message",
    ["SignV2GCertificate", "SignCombinedCertificate", "PublishFirmwareStatusNotification"],
)
async def test_f06_what_cannot_be_sent_is_not_implemented(message):
    assert await trigger(Bench(), message) == "NotImplemented"


async def test_f06_a_boot_notification_only_before_it_was_accepted():
    assert await trigger(Bench(), "BootNotification") == "Rejected"


async def test_b09_the_network_is_the_operators():
    data = {
        "ocppVersion": "OCPP20", "ocppTransport": "JSON", "ocppCsmsUrl": "wss://elsewhere",
        "messageTimeout": 30, "securityProfile": 2, "ocppInterface": "Wired0",
    }  # fmt: skip
    answer = await Bench().ask(
        "SetNetworkProfile", {"configurationSlot": 1, "connectionData": data}
    )
    assert answer["status"] == "Rejected"


async def test_p01_data_of_vendors_is_unknown():
    answer = await Bench().ask("DataTransfer", {"vendorId": "com.example", "data": [1, 2]})
    assert answer == {"status": "UnknownVendorId"}


UNSUPPORTED = (
    "SetDisplayMessage", "GetDisplayMessages", "ClearDisplayMessage", "PublishFirmware",
    "UnpublishFirmware",
)  # fmt: skip


@pytest.mark.parametrize("action", UNSUPPORTED)
async def test_o01_l03_what_is_known_and_not_there_is_not_supported(action):
    assert await Bench().refuses(action) == "NotSupported"


@pytest.mark.parametrize("action", sorted(actions.FROM_STATION - {"DataTransfer"}))
async def test_calls_that_only_a_station_makes_are_not_supported(action):
    assert await Bench().refuses(action) == "NotSupported"


@pytest.mark.parametrize("action", ["", "StartTransaction", "SetDefaultTariff", "getVariables"])
async def test_unknown_actions_are_not_implemented(action):
    assert await Bench().refuses(action) == "NotImplemented"


def test_the_actions_are_those_of_the_package():
    assert schema_actions() == actions.ALL
    assert len(actions.ALL) == 64
