"""The life of a station: the boot states, what is told when, and coming back."""

import asyncio
import contextlib

import pytest
from fake_station import FakeHandler, make_platform, running
from scripted_central import Central, RefusedError, SilentError, accepted

from pilebridge.model import ConnectorState
from pilebridge.platforms.ocpp import charger as charger_module
from pilebridge.platforms.ocpp import station as station_module
from pilebridge.platforms.ocpp.context import Boot
from pilebridge.store import InlineStore


@pytest.fixture
def store(tmp_path):
    store = InlineStore(str(tmp_path / "bridge.sqlite"))
    store.open()
    yield store
    store.kill()


@contextlib.asynccontextmanager
async def connected(store, monkeypatch, central=None, handler=FakeHandler, **settings):
    """(central system, platform, services of P1) while the station lives."""
    central = central or Central()
    async with central.serve():
        platform, services = make_platform(central, store, **settings)
        async with running(platform, monkeypatch, handler):
            yield central, platform, services["P1"]


def scripted(*rows):
    """Answers to boot notifications, (status, interval) one after the other, the last for ever."""
    rows = list(rows)

    def answer(payload):
        status, interval = rows.pop(0) if len(rows) > 1 else rows[0]
        return accepted(payload, status, interval)

    return answer


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


async def test_a_pile_that_restarted_is_told_with_its_reason(store, monkeypatch):
    async with connected(store, monkeypatch) as (central, platform, services):
        await central.until(lambda: platform.counts()["accepted"] == 1)
        platform.hub.greeters[0]("P1", services.hello)
        await quiet(0.05)
        services.hello = {**services.hello, "boot": 8}
        platform.hub.greeters[0]("P1", services.hello)
        await central.until(lambda: len(central.payloads("BootNotification")) == 2)
        await central.until(lambda: platform.counts()["accepted"] == 1)
        context = platform.stations["P1"].charger
        await context.values.set(station_module.NEXT_BOOT, "RemoteReset")
        services.hello = {**services.hello, "boot": 9}
        platform.on_status(services.connectors[0])
        await central.until(lambda: len(central.payloads("BootNotification")) == 3)
        await central.until(lambda: platform.counts()["accepted"] == 1)
        services.hello = {**services.hello, "boot": 10, "firmware": "1.1.0"}
        platform.on_reconnect()
        await central.until(lambda: len(central.payloads("BootNotification")) == 4)
        reasons = [payload["chargePointModel"] for payload in central.payloads("BootNotification")]
        assert reasons == ["PowerUp", "PowerUp", "RemoteReset", "FirmwareUpdate"]
        assert context.values.get(station_module.NEXT_BOOT) is None


async def test_the_next_run_of_the_bridge_says_what_restarted(store, monkeypatch):
    async with connected(store, monkeypatch) as (central, platform, _):
        await central.until(lambda: platform.counts()["accepted"] == 1)
    async with connected(store, monkeypatch) as (central, platform, _):
        await central.until(lambda: platform.counts()["accepted"] == 1)
        assert central.payloads("BootNotification")[0]["chargePointModel"] == "ApplicationReset"


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


async def test_a_refused_boot_notification_comes_again(store, monkeypatch):
    refusals = [1, 1]

    def answer(payload):
        if refusals:
            refusals.pop()
            raise RefusedError("InternalError")
        return accepted(payload)

    monkeypatch.setattr("pilebridge.platforms.ocpp.boot._OWN_FIRST_S", 0.1)
    central = Central(BootNotification=answer)
    async with connected(store, monkeypatch, central) as (_, platform, _):
        await central.until(lambda: platform.counts()["accepted"] == 1)
        assert central.actions()[:3] == ["BootNotification"] * 3


async def test_a_triggered_boot_notification_lets_the_station_in(store, monkeypatch):
    class Triggered(FakeHandler):
        async def answer(self, action, payload):
            self.context.later(self.boot("Triggered"))
            return {"status": "Accepted"}

    central = Central(BootNotification=scripted(("Pending", 3600), ("Accepted", 300)))
    async with connected(store, monkeypatch, central, Triggered):
        await central.until(central.actions)
        await central.call("P1", "TriggerMessage", {"requestedMessage": "BootNotification"})
        await central.until(lambda: "StatusNotification" in central.actions())
        assert [frame[0] for _, frame in central.frames][:3] == [2, 3, 2]
        assert len(central.payloads("BootNotification")) == 2


async def test_another_version_is_another_boot(store, monkeypatch):
    central = Central()
    central.subprotocols = speaks = ["ocpp1.6"]
    async with central.serve(select_subprotocol=lambda _link, _offered: speaks[0]):
        platform, _ = make_platform(central, store)
        async with running(platform, monkeypatch):
            await central.until(lambda: platform.counts()["accepted"] == 1)
            speaks[0] = "ocpp2.0.1"
            payload = {"reason": "PowerUp", "chargingStation": {"model": "m", "vendorName": "v"}}
            monkeypatch.setattr(FakeHandler, "boot", boot201(payload))
            central.links["P1"].transport.abort()
            await central.until(lambda: len(central.payloads("BootNotification")) == 2)
            assert central.payloads("BootNotification")[1] == payload


def boot201(payload):
    async def boot(self, _reason):
        answer = await self.context.call("BootNotification", payload)
        return Boot(answer["status"], answer["interval"], None)

    return boot


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
