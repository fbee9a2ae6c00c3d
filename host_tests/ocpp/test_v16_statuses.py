"""StatusNotification: what each status and each fault is called, and when it is told."""

import asyncio

import pytest
from fakes16 import UTC, UTC_TEXT, Bench

from evse.core import fault_codes
from pilebridge.platforms.ocpp.v16.statuses import STATUS
from pilebridge.wire import messages


async def tell(bench, number=1, utc=UTC):
    await bench.station.status(bench.pile.connectors[number - 1], utc)


@pytest.mark.parametrize("status", [*messages.STATUSES, "offline"])
async def test_every_status_of_a_pile_has_its_name(status):
    bench = Bench(connectors=2)
    bench.pile.put(1, status=status)
    await tell(bench)
    told = {each["connectorId"]: each for each in bench.context.named("StatusNotification")}
    assert told[1]["status"] == STATUS[status]
    assert told[1]["timestamp"] == UTC_TEXT
    assert told[0]["status"] == "Available"


@pytest.mark.parametrize("row", fault_codes.TABLE, ids=lambda row: row[0])
async def test_every_fault_has_its_code(row):
    bench = Bench()
    bench.pile.put(status="faulted", faults=(row[0],))
    await tell(bench)
    for told in bench.context.named("StatusNotification"):
        assert (told["status"], told["errorCode"]) == ("Faulted", row[1])
        assert told["vendorErrorCode"] == row[2]
        assert told["vendorId"] == "PileLink"
        assert 0 < len(told["info"]) <= 50


async def test_a_fault_with_a_code_goes_before_a_warning():
    bench = Bench()
    bench.pile.put(status="faulted", faults=("temperature_lost", "meter_lost"))
    await tell(bench)
    assert bench.context.named("StatusNotification")[0]["errorCode"] == "PowerMeterFailure"


async def test_a_fault_that_nobody_knows_is_still_told():
    bench = Bench()
    bench.pile.put(status="faulted", faults=("from_the_future",))
    await tell(bench)
    told = bench.context.named("StatusNotification")[0]
    assert (told["errorCode"], told["vendorErrorCode"]) == ("OtherError", "from_the_future")


async def test_a_pile_that_is_away_is_unavailable_as_a_whole():
    bench = Bench()
    bench.pile.put(status="offline")
    await tell(bench)
    told = bench.context.named("StatusNotification")
    assert {each["connectorId"]: each["status"] for each in told} == {
        0: "Unavailable",
        1: "Unavailable",
    }
    assert {each["vendorErrorCode"] for each in told} == {"PileOffline"}


async def test_the_same_status_is_told_once():
    bench = Bench()
    await tell(bench)
    assert len(bench.context.sent) == 2
    await tell(bench)
    assert len(bench.context.sent) == 2
    # A fault more under the same status is news
    bench.pile.put(faults=("temperature_lost",))
    await tell(bench)
    assert [each["connectorId"] for each in bench.context.named("StatusNotification")[2:]] == [1]


async def test_what_could_not_be_told_is_told_the_next_time():
    bench = Bench()
    bench.context.answers["StatusNotification"] = [OSError("link"), {}, {}]
    with pytest.raises(OSError, match="link"):
        await tell(bench)
    await tell(bench)
    assert len(bench.context.sent) == 3


async def test_a_short_status_is_not_told(monkeypatch):
    bench = Bench()
    await tell(bench)
    await bench.configure(MinimumStatusDuration="5")
    bench.context.sent.clear()
    naps = []

    async def nap(seconds):
        naps.append(seconds)
        if len(naps) == 1:
            bench.pile.put(status="available")

    monkeypatch.setattr(asyncio, "sleep", nap)
    bench.pile.put(status="preparing")
    await tell(bench, utc=UTC + 1)
    assert bench.context.sent == []
    await bench.settle()
    assert naps == [5, 5]
    assert bench.context.sent == []
    bench.pile.put(status="preparing")
    await tell(bench, utc=UTC + 9)
    await bench.settle()
    told = bench.context.named("StatusNotification")
    assert [(each["status"], each["timestamp"]) for each in told] == [
        ("Preparing", "2026-03-04T05:06:16Z")
    ]
    # A fault does not wait
    bench.pile.put(status="faulted", faults=("meter_lost",))
    await tell(bench)
    assert {each["status"] for each in bench.context.named("StatusNotification")[1:]} == {
        "Faulted"
    }
