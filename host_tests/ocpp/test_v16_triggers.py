"""TriggerMessage, ExtendedTriggerMessage and the meter values that go by the clock."""

import asyncio

import pytest
from fakes16 import TX, UTC, Bench, event

from pilebridge.platforms.ocpp.context import NotDeliveredError
from pilebridge.platforms.ocpp.events import ENDED, SAMPLE, STARTED

BOTH = ("TriggerMessage", "ExtendedTriggerMessage")


async def trigger(bench, action, message, **fields):
    """The answer's status and what followed; nothing goes out before the answer."""
    answer = await bench.ask(action, requestedMessage=message, **fields)
    assert bench.context.sent == []
    await bench.settle()
    return answer["status"]


@pytest.mark.parametrize(
    ("action", "message", "sent"),
    [
        (BOTH[0], "BootNotification", "BootNotification"),
        (BOTH[0], "Heartbeat", "Heartbeat"),
        (BOTH[0], "DiagnosticsStatusNotification", "DiagnosticsStatusNotification"),
        (BOTH[0], "FirmwareStatusNotification", "FirmwareStatusNotification"),
        (BOTH[0], "MeterValues", "MeterValues"),
        (BOTH[0], "StatusNotification", "StatusNotification"),
        (BOTH[1], "BootNotification", "BootNotification"),
        (BOTH[1], "Heartbeat", "Heartbeat"),
        (BOTH[1], "LogStatusNotification", "LogStatusNotification"),
        (BOTH[1], "FirmwareStatusNotification", "SignedFirmwareStatusNotification"),
        (BOTH[1], "MeterValues", "MeterValues"),
        (BOTH[1], "SignChargePointCertificate", "SignCertificate"),
        (BOTH[1], "StatusNotification", "StatusNotification"),
    ],
)
async def test_each_message_can_be_asked_for(action, message, sent):
    bench = Bench()
    assert await trigger(bench, action, message) == "Accepted"
    assert {name for name, _ in bench.context.sent} == {sent}


@pytest.mark.parametrize("action", BOTH)
@pytest.mark.parametrize(
    ("fields", "numbers"),
    [({}, [0, 1, 2]), ({"connectorId": 0}, [0]), ({"connectorId": 2}, [2])],
)
async def test_status_of_all_or_of_one_also_when_it_was_told(action, fields, numbers):
    bench = Bench(connectors=2)
    await bench.station.announce()
    bench.context.sent.clear()
    assert await trigger(bench, action, "StatusNotification", **fields) == "Accepted"
    told = bench.context.named("StatusNotification")
    assert [each["connectorId"] for each in told] == numbers


@pytest.mark.parametrize("action", BOTH)
@pytest.mark.parametrize("message", ["StatusNotification", "MeterValues"])
async def test_no_such_connector_is_rejected(action, message):
    bench = Bench()
    assert await trigger(bench, action, message, connectorId=2) == "Rejected"
    assert bench.context.sent == []


async def test_values_that_were_asked_for_are_of_now():
    bench = Bench(connectors=2)
    bench.running()
    bench.pile.put(1, wh=1500, w=3512)
    bench.pile.put(2, wh=9000)
    assert await trigger(bench, BOTH[0], "MeterValues") == "Accepted"
    assert ("report",) in bench.pile.asked
    first, second = bench.context.named("MeterValues")
    assert (first["connectorId"], first["transactionId"]) == (1, 7)
    rows = first["meterValue"][0]["sampledValue"]
    assert [(row["value"], row["context"]) for row in rows] == [
        ("1500", "Trigger"),
        ("3512", "Trigger"),
    ]
    assert second["connectorId"] == 2
    assert "transactionId" not in second


async def test_a_register_never_goes_back():
    bench = Bench()
    bench.running()
    await bench.station.deliver(event(SAMPLE, wh=1700))
    bench.context.sent.clear()
    # The live value is from before the record
    bench.pile.put(1, wh=1690)
    await trigger(bench, BOTH[0], "MeterValues", connectorId=1)
    row = bench.context.named("MeterValues")[0]["meterValue"][0]["sampledValue"][0]
    assert row["value"] == "1700"


async def test_a_pile_that_is_away_has_no_values_of_now():
    bench = Bench()
    bench.pile.put(1, status="offline")
    assert await trigger(bench, BOTH[0], "MeterValues", connectorId=1) == "Accepted"
    assert bench.context.sent == []


async def test_a_message_that_does_not_go_out_ends_nothing():
    bench = Bench()
    bench.context.answers["Heartbeat"] = NotDeliveredError("link")
    assert await trigger(bench, BOTH[0], "Heartbeat") == "Accepted"


class Clock:
    """Time that passes by sleeping, and stops after some naps."""

    def __init__(self, bench, monkeypatch, naps):
        self.bench = bench
        self.left = naps
        self.told = []
        monkeypatch.setattr(asyncio, "sleep", self.sleep)

    async def sleep(self, seconds):
        if self.left == 0:
            raise asyncio.CancelledError
        self.left -= 1
        self.bench.context.now += seconds

    async def run(self):
        """Everything that waits, until the naps are used up."""
        work, self.bench.context.waiting = self.bench.context.waiting, []
        await asyncio.gather(*work, return_exceptions=True)


async def test_values_go_by_the_clock(monkeypatch):
    bench = Bench()
    bench.running()
    await bench.station.announce()
    assert bench.context.waiting == []
    answer = await bench.ask("ChangeConfiguration", key="ClockAlignedDataInterval", value="900")
    assert answer == {"status": "Accepted"}
    bench.context.sent.clear()
    await Clock(bench, monkeypatch, naps=2).run()
    told = bench.context.named("MeterValues")
    assert [each["meterValue"][0]["timestamp"] for each in told] == [
        "2026-03-04T05:15:00Z",
        "2026-03-04T05:30:00Z",
    ]
    assert told[0]["transactionId"] == 7
    assert told[0]["meterValue"][0]["sampledValue"] == [
        {
            "value": "1000",
            "context": "Sample.Clock",
            "measurand": "Energy.Active.Import.Register",
            "unit": "Wh",
        }
    ]


async def test_a_charge_of_another_platform_has_no_number(monkeypatch):
    bench = Bench()
    bench.pile.put(status="charging", tx="other-1", ref="tcec-1")
    await bench.ask("ChangeConfiguration", key="ClockAlignedDataInterval", value="900")
    await Clock(bench, monkeypatch, naps=1).run()
    (told,) = bench.context.named("MeterValues")
    assert "transactionId" not in told


async def test_one_report_for_each_station_whatever_the_connections(monkeypatch):
    bench = Bench()
    await bench.ask("ChangeConfiguration", key="ClockAlignedDataInterval", value="900")
    for _ in range(3):
        bench.again()
        await bench.station.announce()
    bench.context.sent.clear()
    assert len(bench.context.waiting) == 4
    await Clock(bench, monkeypatch, naps=4).run()
    assert len(bench.context.named("MeterValues")) == 1


async def test_interval_0_ends_the_report(monkeypatch):
    bench = Bench()
    for value in ("900", "0"):
        await bench.ask("ChangeConfiguration", key="ClockAlignedDataInterval", value=value)
    await Clock(bench, monkeypatch, naps=5).run()
    assert bench.context.sent == []


async def test_values_by_the_clock_are_kept_for_the_end(monkeypatch):
    bench = Bench()
    await bench.configure(StopTxnAlignedData="Energy.Active.Import.Register")
    bench.running(transaction_id="")
    await bench.station.deliver(event(STARTED, id_token="04A2B3C4"))
    bench.pile.put(wh=1400)
    await bench.ask("ChangeConfiguration", key="ClockAlignedDataInterval", value="900")
    await Clock(bench, monkeypatch, naps=1).run()
    await bench.station.deliver(event(ENDED, utc=UTC + 900, wh=1500, reason="remote"))
    (row,) = bench.context.named("StopTransaction")[0]["transactionData"]
    assert row["timestamp"] == "2026-03-04T05:15:00Z"
    (value,) = row["sampledValue"]
    assert (value["context"], value["value"]) == ("Sample.Clock", "1400")
    assert bench.context.values.get(f"tx:{TX}") is None
