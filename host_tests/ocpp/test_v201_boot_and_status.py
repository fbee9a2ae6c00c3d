"""Boot, heartbeat, statuses and what is said after a time away (B01 to B04, G01, G02, A04)."""

import pytest
from fakes201 import LOST, T0, Bench

from pilebridge.platforms.ocpp.context import CallError
from pilebridge.platforms.ocpp.v201.words import STATUS, stamp
from pilebridge.wire import messages


async def test_b01_boot_tells_who_it_is_and_takes_the_interval():
    bench = Bench()
    boot = await bench.station.boot("PowerUp")
    assert (boot.status, boot.interval_s, boot.utc) == ("Accepted", 120, T0)
    (sent,) = bench.sent("BootNotification")
    assert sent["reason"] == "PowerUp"
    assert sent["chargingStation"]["serialNumber"] == "P-0001"
    assert sent["chargingStation"]["firmwareVersion"] == "0.1.0"
    assert await bench.value("OCPPCommCtrlr", "HeartbeatInterval") == "120"
    assert bench.context.rules == (3, 60)


async def test_b02_pending_answers_but_starts_nothing_and_says_nothing():
    bench = Bench()
    bench.context.boot_status = "Pending"
    start = {"idToken": {"idToken": "A", "type": "Central"}, "remoteStartId": 1, "evseId": 1}
    answer = await bench.ask("RequestStartTransaction", start)
    assert answer["status"] == "Rejected"
    assert answer["statusInfo"]["reasonCode"] == "CSNotAccepted"
    stop = {"transactionId": bench.runs()}
    assert (await bench.ask("RequestStopTransaction", stop))["status"] == "Rejected"
    await bench.station.announce()
    assert not bench.context.calls
    assert not bench.services.asked
    # F06: a boot notification may be asked for now
    wanted = {"requestedMessage": "BootNotification"}
    assert (await bench.ask("TriggerMessage", wanted))["status"] == "Accepted"
    assert bench.sent("BootNotification")[0]["reason"] == "Triggered"


async def test_b03_rejected_answers_nothing():
    bench = Bench()
    bench.context.boot_status = "Rejected"
    assert await bench.refuses("GetLocalListVersion") == "SecurityError"


async def test_g01_a_status_is_told_once_and_in_the_five_words():
    bench = Bench()
    one = bench.services.connectors[0]
    for status in STATUS:
        bench.services.states[1].status = status
        await bench.station.status(one, T0 + 5)
    assert bench.sent("StatusNotification")[0] == {
        "timestamp": stamp(T0 + 5),
        "connectorStatus": "Available",
        "evseId": 1,
        "connectorId": 1,
    }
    words = [each["connectorStatus"] for each in bench.sent("StatusNotification")]
    assert words == ["Available", "Occupied", "Reserved", "Unavailable", "Faulted", "Unavailable"]


def test_every_status_of_the_wire_has_a_word():
    assert {*messages.STATUSES, "offline"} == set(STATUS)


async def test_b04_offline_threshold_decides_what_is_told_again():
    bench = Bench()
    await bench.station.boot("PowerUp")
    await bench.station.announce()
    assert len(bench.sent("StatusNotification")) == 2
    assert await bench.set("OCPPCommCtrlr", "OfflineThreshold", "300") == "Accepted"
    bench.context.now += 200
    bench.services.states[2].status = "preparing"
    bench.again()
    await bench.station.announce()
    assert [each["evseId"] for each in bench.sent("StatusNotification")[2:]] == [2]
    bench.context.now += 301
    bench.again()
    await bench.station.announce()
    assert [each["evseId"] for each in bench.sent("StatusNotification")[3:]] == [1, 2]


async def test_a_status_that_was_not_heard_is_told_again():
    bench = Bench()
    one = bench.services.connectors[0]
    bench.context.answers["StatusNotification"] = LOST
    with pytest.raises(type(LOST)):
        await bench.station.status(one, T0)
    del bench.context.answers["StatusNotification"]
    await bench.station.status(one, T0)
    assert len(bench.sent("StatusNotification")) == 1


async def test_a_refused_status_does_not_keep_back_the_rest():
    bench = Bench()
    bench.context.answers["StatusNotification"] = CallError("InternalError")
    bench.services.states[1].faults = ("over_voltage",)
    await bench.station.status(bench.services.connectors[0], T0)
    assert len(bench.sent("NotifyEvent")) == 1


async def test_g02_heartbeat_brings_the_time():
    bench = Bench()
    assert await bench.station.heartbeat() == T0


async def test_a04_security_events_are_told_and_logged_once():
    bench = Bench()
    bench.context.answers["SecurityEventNotification"] = LOST
    with pytest.raises(type(LOST)):
        await bench.station.security("StartupOfTheDevice", T0, "life a55a41c3")
    del bench.context.answers["SecurityEventNotification"]
    await bench.station.security("StartupOfTheDevice", T0, "life a55a41c3")
    assert bench.sent("SecurityEventNotification") == [
        {"type": "StartupOfTheDevice", "timestamp": stamp(T0), "techInfo": "life a55a41c3"}
    ]
    assert len(bench.context.values.get("v201.security_log")) == 1
