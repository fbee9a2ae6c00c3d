"""Facts of transactions from the journal's commit to the central system: durable, in order, D.4's rules."""

import asyncio
import contextlib

import pytest
from fake_station import (
    FakeHandler,
    Reopened,
    charge,
    make_platform,
    running,
    taken,
    told,
    whole_charge,
)
from scripted_central import Central, RefusedError, SilentError

from pilebridge import alarms
from pilebridge.model import ConnectorState
from pilebridge.platforms.ocpp import queue
from pilebridge.platforms.ocpp import station as station_module

WHOLE = [
    ("a-1", 0, "started", 1000),
    ("a-1", 1, "charging", 1000),
    ("a-1", 2, "sample", 1100),
    ("a-1", 3, "sample", 1101),
    ("a-1", 4, "ended", 2000),
]


class PowerLoss(BaseException):
    """The process ends here."""


@pytest.fixture
def opened(tmp_path):
    """opened(passing): a store of the same database."""
    make = Reopened(tmp_path)
    yield make
    make.end()


@contextlib.asynccontextmanager
async def served(**answers):
    async with Central(**{"DataTransfer": taken, **answers}).serve() as central:
        yield central


async def test_a_charge_arrives_once_in_order_with_its_numbers(opened, monkeypatch):
    store = opened()
    async with served() as central:
        platform, _ = make_platform(central, store)
        async with running(platform, monkeypatch):
            await central.until(lambda: platform.counts()["accepted"] == 1)
            await whole_charge(platform, store, charge())
            await central.until(lambda: len(told(central)) == 5)
            await central.until(lambda: platform.counts()["due"] == 0)
            assert told(central) == WHOLE
            assert platform.stations["P1"].charger.transactions() == []


async def test_what_happened_offline_comes_when_the_central_system_is_there(opened, monkeypatch):
    store = opened()
    async with served() as central:
        central.status = 503
        platform, _ = make_platform(central, store)
        async with running(platform, monkeypatch):
            for number in range(1, 8):
                await whole_charge(platform, store, charge(tx=f"a-{number}"), samples=4)
            waiting = queue.due(store.read, "cs", "P1", 100)
            assert len(waiting) == 49
            assert all(each.event.offline for each in waiting)
            central.status = None
            await central.until(lambda: len(told(central)) == 49)
            rows = [(f"a-{number}", seq) for number in range(1, 8) for seq in range(7)]
            assert [row[:2] for row in told(central)] == rows


async def test_nothing_goes_before_the_station_is_let_in(opened, monkeypatch):
    store = opened()
    answer = {"status": "Pending", "currentTime": "2026-01-01T00:00:00Z", "interval": 60}
    async with served(BootNotification=lambda _: answer) as central:
        platform, _ = make_platform(central, store)
        async with running(platform, monkeypatch):
            await central.until(central.actions)
            await whole_charge(platform, store, charge())
            await asyncio.sleep(0.1)
            assert central.actions() == ["BootNotification"]
            assert platform.counts()["due"] == 5


async def test_a_refused_fact_holds_back_the_next_and_is_given_up_after_the_last_try(
    opened, monkeypatch
):
    tries = []

    def refuse_the_second(payload):
        if payload["data"].startswith("a-1 1 "):
            tries.append(asyncio.get_running_loop().time())
            raise RefusedError("InternalError")
        return {"status": "Accepted"}

    class Patient(FakeHandler):
        def __init__(self, context):
            super().__init__(context)
            context.delivery_rules(3, 1)

    store = opened()
    async with served(DataTransfer=refuse_the_second) as central:
        platform, _ = make_platform(central, store)
        async with running(platform, monkeypatch, Patient):
            await whole_charge(platform, store, charge())
            await central.until(lambda: platform.counts()["given_up"] == 1)
            await central.until(lambda: told(central)[-1:] == WHOLE[-1:])
            assert [row[1] for row in told(central)] == [0, 1, 1, 1, 2, 3, 4]
            first, second = tries[1] - tries[0], tries[2] - tries[1]
            assert 1.0 <= first < 1.6
            assert 2.0 <= second < 2.6
            (alarm,) = alarms.standing(store.read, "P1")
            assert (alarm.kind, alarm.subject) == ("undelivered", "cs/a-1")
            assert "charging of transaction a-1: InternalError" in alarm.text


async def test_no_answer_counts_and_a_lost_link_does_not(opened, monkeypatch):
    how = ["drop"] * 6 + ["silent"]

    def answer(_payload):
        mode = how.pop(0) if how else "take"
        if mode == "drop":
            central.links["P1"].transport.abort()
        if mode != "take":
            raise SilentError
        return {"status": "Accepted"}

    class Hasty(FakeHandler):
        def __init__(self, context):
            super().__init__(context)
            context.delivery_rules(2, 0)

    store = opened()
    async with served(DataTransfer=answer) as central:
        platform, _ = make_platform(central, store, call_timeout_s=0.2, retry_max_s=0.05)
        async with running(platform, monkeypatch, Hasty):
            await whole_charge(platform, store, charge())
            await central.until(lambda: platform.counts()["due"] == 0)
            assert told(central)[7:] == WHOLE
            assert {row[1] for row in told(central)[:7]} == {0}
            assert platform.counts()["given_up"] == 0


async def test_a_status_overtakes_what_waits(opened, monkeypatch):
    class Stubborn(FakeHandler):
        def __init__(self, context):
            super().__init__(context)
            context.delivery_rules(5, 60)

    def refuse(_payload):
        raise RefusedError("InternalError")

    store = opened()
    async with served(DataTransfer=refuse) as central:
        platform, services = make_platform(central, store)
        async with running(platform, monkeypatch, Stubborn):
            await whole_charge(platform, store, charge())
            await central.until(lambda: "DataTransfer" in central.actions())
            services["P1"].live = ConnectorState(status="finishing")
            platform.on_status(services["P1"].connectors[0])
            await central.until(lambda: central.actions()[-1] == "StatusNotification")
            assert central.actions().count("DataTransfer") == 1


@pytest.mark.parametrize("point", ["begin", "job", "commit", "committed"])
@pytest.mark.parametrize("number", [1, 3, 5])
async def test_a_crash_between_sending_and_marking_loses_nothing(
    opened, monkeypatch, point, number
):
    armed = count = 0

    def passing(here):
        nonlocal count
        if armed and here == point:
            count += 1
            if count == number:
                raise PowerLoss

    store = opened(passing)
    async with served() as central:
        platform, _ = make_platform(central, store)
        await whole_charge(platform, store, charge())
        armed = 1
        await until_the_loss(platform, monkeypatch)
        sent = len(told(central))
        # At every point but the last, the one that was sent last is not marked
        store = opened()
        left = len(queue.due(store.read, "cs", "P1"))
        marked = 5 - left
        assert sent - marked in ({0} if point == "committed" else {0, 1})
        platform, _ = make_platform(central, store)
        async with running(platform, monkeypatch):
            await central.until(lambda: platform.counts()["due"] == 0)
        facts = told(central)
        assert facts[-left:] == WHOLE[-left:] or left == 0
        assert sorted(set(facts)) == sorted(WHOLE)
        assert len(facts) - len(WHOLE) <= 1


async def until_the_loss(platform, monkeypatch):
    """Run a platform whose store ends the process."""
    monkeypatch.setattr(station_module, "handler_class", lambda _version: FakeHandler)
    with pytest.raises(BaseExceptionGroup) as raised:
        async with asyncio.timeout(5):
            await platform.run()
    assert raised.group_contains(PowerLoss)
