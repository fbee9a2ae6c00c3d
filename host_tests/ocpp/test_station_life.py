"""The life of a station: the boot states, what is told when, and coming back."""

import asyncio

import pytest
from fake_station import FakeHandler, connected, scripted
from scripted_central import Central, SilentError

from pilebridge.model import ConnectorState
from pilebridge.platforms.ocpp import charger as charger_module
from pilebridge.store import InlineStore


@pytest.fixture
def store(tmp_path):
    store = InlineStore(str(tmp_path / "bridge.sqlite"))
    store.open()
    yield store
    store.kill()


async def quiet(seconds=0.15):
    await asyncio.sleep(seconds)


async def test_accepted_then_status_then_heartbeats(store, monkeypatch):
    central = Central(BootNotification=scripted(("Accepted", 1)))
    async with connected(store, monkeypatch, central):
        await central.until(lambda: central.actions().count("Heartbeat") == 2)
        assert central.actions() == [
            "BootNotification",
            "StatusNotification",
            "Heartbeat",
            "Heartbeat",
        ]


async def test_pending_answers_and_says_nothing_unasked(store, monkeypatch):
    central = Central(BootNotification=scripted(("Pending", 1), ("Accepted", 300)))
    async with connected(store, monkeypatch, central) as (_, platform, services):
        await central.until(central.actions)
        platform.on_status(services.connectors[0])
        assert (await central.call("P1", "ClearCache", {}))[2] == {"status": "Accepted"}
        await quiet()
        assert central.actions() == ["BootNotification"]
        assert platform.counts()["accepted"] == 0
        await central.until(lambda: "StatusNotification" in central.actions())
        assert central.actions() == ["BootNotification", "BootNotification", "StatusNotification"]
        assert platform.counts()["accepted"] == 1


async def test_rejected_is_silence_in_both_directions(store, monkeypatch):
    central = Central(BootNotification=scripted(("Rejected", 1), ("Accepted", 300)))
    async with connected(store, monkeypatch, central) as (_, platform, services):
        await central.until(central.actions)
        platform.on_status(services.connectors[0])
        with pytest.raises(TimeoutError):
            await central.call("P1", "ClearCache", {}, seconds=0.2)
        assert await platform.authorize("P1", "04A2") is None
        assert central.actions() == ["BootNotification"]
        await central.until(lambda: "StatusNotification" in central.actions())
        assert (await central.call("P1", "ClearCache", {}))[0] == 3


async def test_a_new_connection_does_not_shorten_a_rejection(store, monkeypatch):
    central = Central(BootNotification=scripted(("Rejected", 60)))
    async with connected(store, monkeypatch, central):
        await central.until(central.actions)
        link = central.links.pop("P1")
        link.transport.abort()
        await central.until(lambda: "P1" in central.links)
        await quiet()
        assert central.actions() == ["BootNotification"]
        with pytest.raises(TimeoutError):
            await central.call("P1", "ClearCache", {}, seconds=0.1)


async def test_a_handler_may_not_call_before_it_is_let_in(store, monkeypatch):
    errors = []

    class Eager(FakeHandler):
        async def boot(self, reason):
            try:
                await self.heartbeat()
            except Exception as error:
                errors.append(type(error).__name__)
            return await super().boot(reason)

    async with connected(store, monkeypatch, handler=Eager) as (central, _, _):
        await central.until(lambda: "StatusNotification" in central.actions())
        assert central.actions()[0] == "BootNotification"
        assert errors == ["NotDeliveredError"]


async def test_a_mere_reconnect_sends_no_second_boot_notification(store, monkeypatch):
    async with connected(store, monkeypatch) as (central, platform, _):
        for _ in range(2):
            await central.until(lambda: platform.counts()["accepted"] == 1)
            await central.until(lambda: central.actions()[-1:] == ["StatusNotification"])
            del central.frames[1:]
            central.links.pop("P1").transport.abort()
            await central.until(lambda: "P1" in central.links)
            await central.until(lambda: len(central.actions()) == 2)
        assert central.actions() == ["BootNotification", "StatusNotification"]


async def test_a_heartbeat_without_answer_makes_a_new_connection(store, monkeypatch):
    silent = True

    def heartbeat(_payload):
        if silent:
            raise SilentError
        return {"currentTime": "2026-01-01T00:00:00Z"}

    central = Central(BootNotification=scripted(("Accepted", 1)), Heartbeat=heartbeat)
    async with connected(store, monkeypatch, central, call_timeout_s=0.2) as (_, platform, _):
        await central.until(lambda: len(central.paths) >= 2)
        silent = False
        assert len(central.payloads("BootNotification")) == 1
        assert platform.counts()["unanswered"] >= 1


async def test_status_changes_are_told_once_accepted(store, monkeypatch):
    async with connected(store, monkeypatch) as (central, platform, services):
        await central.until(lambda: "StatusNotification" in central.actions())
        services.live = ConnectorState(status="charging")
        platform.on_status(services.connectors[0])
        await central.until(lambda: len(central.payloads("StatusNotification")) == 2)
        assert central.payloads("StatusNotification")[-1]["status"] == "Charging"


async def test_a_handler_that_asks_for_a_new_connection_has_answered_before(store, monkeypatch):
    async with connected(store, monkeypatch) as (central, platform, _):
        await central.until(lambda: platform.counts()["accepted"] == 1)
        assert (await central.call("P1", "Reset", {"type": "Soft"}))[0] == 3
        await central.until(lambda: len(central.paths) == 2)
        await central.until(lambda: platform.counts()["accepted"] == 1)
        assert len(central.payloads("BootNotification")) == 1


async def test_security_events_wait_until_they_may_be_told(store, monkeypatch):
    central = Central(
        BootNotification=scripted(("Pending", 60)),
        DataTransfer=lambda _: {"status": "Accepted"},
    )
    async with connected(store, monkeypatch, central) as (_, platform, _):
        await central.until(central.actions)
        context = platform.stations["P1"].charger
        context.security_event("StartupOfTheDevice")
        context.security_event("TamperDetectionActivated")
        await quiet()
        assert central.actions() == ["BootNotification"]
    # The next run has them still
    central = Central(DataTransfer=lambda _: {"status": "Accepted"})
    async with connected(store, monkeypatch, central) as (_, platform, _):
        await central.until(lambda: len(central.payloads("DataTransfer")) == 2)
        await quiet(0.05)
        told = [payload["data"] for payload in central.payloads("DataTransfer")]
        assert told == ["StartupOfTheDevice", "TamperDetectionActivated"]
        values = platform.stations["P1"].charger.values
        assert values.get(charger_module.SECURITY_EVENTS) is None


async def test_the_verdict_on_a_card(store, monkeypatch):
    central = Central(Authorize=lambda _: {"idTagInfo": {"status": "Accepted"}})
    async with connected(store, monkeypatch, central) as (_, platform, _):
        await central.until(lambda: platform.counts()["accepted"] == 1)
        verdict = await platform.authorize("P1", "04A2B3C4")
        assert verdict is not None
        assert verdict.status == "accepted"
        assert await platform.authorize("P9", "04A2B3C4") is None
        central.answers["Authorize"] = lambda _: {}
        assert await platform.authorize("P1", "04A2B3C4") is None
