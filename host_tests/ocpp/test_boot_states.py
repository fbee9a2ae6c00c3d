"""The boot states as plain rules, and which boot notifications a station sends with what reason."""

import asyncio

import pytest
from fake_station import FakeHandler, connected, make_platform, running, scripted
from scripted_central import Central, RefusedError, accepted

from pilebridge.platforms.ocpp import station as station_module
from pilebridge.platforms.ocpp.boot import BootState
from pilebridge.platforms.ocpp.context import Boot
from pilebridge.store import InlineStore


@pytest.fixture
def store(tmp_path):
    store = InlineStore(str(tmp_path / "bridge.sqlite"))
    store.open()
    yield store
    store.kill()


async def quiet(seconds=0.15):
    await asyncio.sleep(seconds)


def test_the_rules_of_the_boot_states():
    boot = BootState("PowerUp", 100)
    assert (boot.status, boot.needed, boot.answers, boot.may_ask) == ("", True, True, False)
    assert boot.answered("Rejected", 60) == 60
    assert (boot.needed, boot.answers, boot.may_ask) == (True, False, False)
    pauses = [boot.answered("Pending", 0) for _ in range(6)]
    assert (boot.needed, boot.answers, boot.may_ask) == (True, True, True)
    assert all(5 <= pause <= 100 for pause in pauses)
    assert pauses[0] <= 10
    assert pauses[-1] >= 50
    assert boot.answered("Pending", 10**9) == 86400
    assert boot.answered("Accepted", 30) == 0
    assert (boot.needed, boot.heartbeat_s, boot.answers) == (False, 30, True)
    boot.again("RemoteReset")
    assert (boot.status, boot.reason, boot.needed, boot.may_ask) == (
        "",
        "RemoteReset",
        True,
        False,
    )


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
        paths = len(central.paths)
        await central.call("P1", "Reset", {"type": "Hard"})
        await central.until(lambda: len(central.paths) > paths)
        await central.until(lambda: platform.counts()["accepted"] == 1)
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


async def test_an_old_greeting_that_a_broker_repeats_is_no_new_start(store, monkeypatch):
    async with connected(store, monkeypatch) as (central, platform, services):
        await central.until(lambda: platform.counts()["accepted"] == 1)
        services.hello = {**services.hello, "boot": 6}
        platform.hub.greeters[0]("P1", services.hello)
        await quiet()
        assert len(central.payloads("BootNotification")) == 1


async def test_a_pile_that_starts_anew_does_not_shorten_a_rejection(store, monkeypatch):
    central = Central(BootNotification=scripted(("Rejected", 60)))
    async with connected(store, monkeypatch, central) as (_, platform, services):
        await central.until(central.actions)
        services.hello = {**services.hello, "boot": 8}
        platform.hub.greeters[0]("P1", services.hello)
        await quiet()
        assert len(central.payloads("BootNotification")) == 1


@pytest.mark.parametrize("greets_first", [False, True])
async def test_a_new_pile_has_powered_up_whenever_it_greets(store, monkeypatch, greets_first):
    central = Central()
    async with central.serve():
        platform, services = make_platform(central, store)
        hello = services["P1"].hello
        services["P1"].hello = hello if greets_first else None
        monkeypatch.setattr(station_module, "_HELLO_PATIENCE_S", 0.05)
        if greets_first:
            platform.hub.greeters[0]("P1", hello)
        async with running(platform, monkeypatch):
            await central.until(lambda: platform.counts()["accepted"] == 1)
            services["P1"].hello = hello
            platform.hub.greeters[0]("P1", hello)
            await quiet(0.05)
        assert central.payloads("BootNotification") == [
            {"chargePointVendor": "v", "chargePointModel": "PowerUp"}
        ]


async def test_the_next_run_of_the_bridge_says_what_restarted(store, monkeypatch):
    async with connected(store, monkeypatch) as (central, platform, _):
        await central.until(lambda: platform.counts()["accepted"] == 1)
    async with connected(store, monkeypatch) as (central, platform, _):
        await central.until(lambda: platform.counts()["accepted"] == 1)
        assert central.payloads("BootNotification")[0]["chargePointModel"] == "ApplicationReset"


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
