"""The foreign server by itself: right frames pass, and each kind of wrong frame is caught, in both versions."""

import pytest
from foreign_process import installed
from foreign_server import foreign_server
from scripted_station import StationError, scripted_station

UTC = "2026-03-04T05:06:07Z"
BOOT_16 = {"chargePointVendor": "PileLink", "chargePointModel": "devkitc"}
BOOT_201 = {
    "reason": "PowerUp",
    "chargingStation": {"vendorName": "PileLink", "model": "devkitc"},
}
START_16 = {"connectorId": 1, "idTag": "04A2B3C4", "meterStart": 10, "timestamp": UTC}
EVENT_201 = {
    "eventType": "Started",
    "timestamp": UTC,
    "triggerReason": "RemoteStart",
    "seqNo": 0,
    "transactionInfo": {"transactionId": "t1"},
    "idToken": {"idToken": "04A2B3C4", "type": "ISO14443"},
}
LONG = "x" * 37
BAD = {
    "ocpp1.6": (
        ("missing", "StartTransaction", {k: START_16[k] for k in ("connectorId", "idTag")}),
        ("too long", "StartTransaction", START_16 | {"idTag": LONG}),
        ("wrong type", "StartTransaction", START_16 | {"meterStart": "10"}),
        (
            "bad enumeration",
            "StatusNotification",
            {"connectorId": 1, "errorCode": "NoError", "status": "Broken"},
        ),
        ("extra key", "Heartbeat", {"extra": 1}),
        ("unknown action", "HeartBeat", {}),
        ("bad time", "StartTransaction", START_16 | {"timestamp": "yesterday"}),
    ),
    "ocpp2.0.1": (
        ("missing", "TransactionEvent", {k: EVENT_201[k] for k in ("eventType", "timestamp")}),
        ("too long", "TransactionEvent", EVENT_201 | {"transactionInfo": {"transactionId": LONG}}),
        ("wrong type", "TransactionEvent", EVENT_201 | {"seqNo": "0"}),
        ("bad enumeration", "TransactionEvent", EVENT_201 | {"triggerReason": "Whim"}),
        ("extra key", "Heartbeat", {"extra": 1}),
        ("unknown action", "StartTransaction", START_16),
        ("bad time", "TransactionEvent", EVENT_201 | {"timestamp": "yesterday"}),
    ),
}


@pytest.mark.parametrize("version", BAD)
async def test_each_kind_of_wrong_frame_is_caught_and_the_link_goes_on(version: str) -> None:
    async with (
        foreign_server() as server,
        scripted_station(server.url, "P1", version) as station,
    ):
        for count, (kind, action, payload) in enumerate(BAD[version], 1):
            with pytest.raises(StationError):
                await station.call(action, payload)
            caught = await server.wait("violation", count)
            assert (caught["where"], caught["action"]) == ("call", action), kind
        assert len(server.violations) == 7
        await station.call("Heartbeat")
        assert server.calls("Heartbeat", "P1") == [{}]


async def test_a_right_charge_of_each_version_passes() -> None:
    async with foreign_server() as server:
        async with scripted_station(server.url, "P16", "ocpp1.6") as station:
            assert (await station.call("BootNotification", BOOT_16))["status"] == "Accepted"
            await station.call("Authorize", {"idTag": "04A2B3C4"})
            ids = [(await station.call("StartTransaction", START_16))["transactionId"]]
            ids += [(await station.call("StartTransaction", START_16))["transactionId"]]
            assert ids[1] > ids[0] > 0
            stop = {"transactionId": ids[0], "meterStop": 20, "timestamp": UTC}
            assert await station.call("StopTransaction", stop) == {}
        async with scripted_station(server.url, "P201", "ocpp1.6", "ocpp2.0.1") as station:
            assert station.socket.subprotocol == "ocpp2.0.1"
            assert (await station.call("BootNotification", BOOT_201))["status"] == "Accepted"
            answer = await station.call("TransactionEvent", EVENT_201)
            assert answer == {"idTokenInfo": {"status": "Accepted"}}
            ended = EVENT_201 | {"eventType": "Ended", "seqNo": 1}
            del ended["idToken"]
            assert await station.call("TransactionEvent", ended) == {}
        assert server.violations == []


async def test_calls_go_to_the_station_and_wrong_answers_are_caught() -> None:
    async with (
        foreign_server() as server,
        scripted_station(server.url, "P1", "ocpp1.6") as station,
    ):
        station.answers["Reset"] = {"status": "Accepted"}
        answer = await server.call("P1", "Reset", {"type": "Soft"})
        assert (answer["event"], answer["payload"]) == ("answer", {"status": "Accepted"})
        assert station.heard == [("Reset", {"type": "Soft"})]
        station.answers["Reset"] = {"status": "Perhaps"}
        assert (await server.call("P1", "Reset", {"type": "Hard"}))["event"] == "error"
        assert (await server.call("P1", "ClearCache", {}))["code"] == "NotSupported"
        assert (await server.call("P9", "ClearCache", {}))["code"] == "NotConnected"
        (caught,) = server.violations
        assert (caught["where"], caught["action"]) == ("answer", "Reset")


async def test_text_that_is_no_frame_is_caught() -> None:
    async with (
        foreign_server() as server,
        scripted_station(server.url, "P1", "ocpp2.0.1") as station,
    ):
        assert (await station.send_raw("{"))[:3] == [4, "-1", "RpcFrameworkError"]
        assert (await station.send_raw('[7,"1"]'))[2] == "MessageTypeNotSupported"
        assert [event["where"] for event in server.violations] == ["frame", "frame"]


async def test_a_password_is_demanded_when_one_is_set() -> None:
    async with foreign_server("secret") as server:
        with pytest.raises(Exception, match="401"):
            async with scripted_station(server.url, "P1", "ocpp1.6", password="wrong"):
                pass
        async with scripted_station(server.url, "P1", "ocpp1.6", password="secret") as station:
            assert "currentTime" in await station.call("Heartbeat")


def test_a_machine_without_npm_fails_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(pytest.fail.Exception, match=r"node and npm not on PATH.*nodejs npm"):
        installed()
