"""Piles and a version handler of a test, and a platform on both that is connected to a scripted central system."""

import asyncio
import contextlib
from dataclasses import dataclass

from scripted_central import Central, accepted

from pilebridge.commands import Reply
from pilebridge.model import Connector, ConnectorState, Transaction
from pilebridge.platforms.ocpp import station as station_module
from pilebridge.platforms.ocpp.adapter import OcppPlatform
from pilebridge.platforms.ocpp.context import Boot, Settings
from pilebridge.station_services import Authorization
from pilebridge.store import InlineStore

T0 = 1_767_225_600


@dataclass(frozen=True)
class Fact:
    """As the assembly hands it over."""

    utc: int
    wh: int
    w: int | None = None
    reason: str = ""
    fault: str = ""


class FakeServices:
    """One pile with one connector."""

    def __init__(self, pile):
        self.pile = pile
        self.connectors = [
            Connector("S1", pile, 1, f"{pile}1", "E1", "cable", 320, 220, 1, 7000),
        ]
        self.hello = {"life": "a55a41c3", "boot": 7, "firmware": "1.0.0"}
        self.reachable = True
        self.live = ConnectorState(status="available")
        self.stops = []
        self.stop_reply = Reply("accepted", "")

    def state(self, number):
        if number != 1:
            raise KeyError(number)
        return self.live

    def holder(self, number):
        return ""

    async def read_settings(self, keys):
        return dict.fromkeys(keys, 60)

    async def stop(self, number, ref, reason="remote"):
        self.stops.append((number, ref, reason))
        return self.stop_reply


class FakeHandler:
    """The least that a version can be: each thing it is told becomes one call."""

    subprotocol = "ocpp1.6"

    def __init__(self, context):
        self.context = context
        self.boots = 0

    async def boot(self, reason):
        payload = {"chargePointVendor": "v", "chargePointModel": reason[:20]}
        answer = await self.context.call("BootNotification", payload)
        return Boot(answer["status"], answer["interval"], None)

    async def heartbeat(self):
        await self.context.call("Heartbeat", {})

    async def status(self, connector, changed_utc):
        status = self.context.services.state(connector.number).status.capitalize()
        await self.context.call(
            "StatusNotification",
            {"connectorId": connector.number, "errorCode": "NoError", "status": status},
        )

    async def announce(self):
        for connector in self.context.services.connectors:
            await self.status(connector, 0)

    async def answer(self, action, payload):
        if action == "Reset":
            self.context.reconnect()
        return {"status": "Accepted"}

    async def deliver(self, event):
        data = f"{event.tx} {event.seq} {event.kind} {event.wh}"
        answer = await self.context.call("DataTransfer", {"vendorId": "tx", "data": data})
        assert answer["status"] == "Accepted"

    async def authorize(self, token):
        await self.context.call("Authorize", {"idTag": token})
        return Authorization("accepted")

    async def security(self, kind, utc, text):
        await self.context.call("DataTransfer", {"vendorId": "security", "data": kind})


class Reopened:
    """The same database opened again and again, each time as after the end of the process."""

    def __init__(self, folder):
        self._path = str(folder / "bridge.sqlite")
        self._stores = []

    def __call__(self, passing=lambda _point: None):
        self.end()
        store = InlineStore(self._path, passing)
        store.open()
        self._stores.append(store)
        return store

    def end(self):
        for store in self._stores:
            store.kill()
        self._stores.clear()


class FakeHub:
    def __init__(self):
        self.greeters = []


def taken(_payload):
    """The central system's answer to a fact."""
    return {"status": "Accepted"}


def told(central):
    """The facts that reached a central system: (tx, seq, kind, wh)."""
    rows = (p["data"].split() for p in central.payloads("DataTransfer") if p["vendorId"] == "tx")
    return [(tx, int(seq), kind, int(wh)) for tx, seq, kind, wh in rows]


def charge(pile="P1", tx="a-1", ref="", by="rfid"):
    """A transaction as the assembly has it at its start."""
    return Transaction(pile, tx, "a", 1, ref or "04A2B3C4", by, 1, 1000, T0, "")


async def record(platform, store, kind, transaction, wh, **fields):
    """What the assembly does with one record."""
    effects = platform.effects(kind, transaction, Fact(T0, wh, **fields))

    def job(conn):
        for effect in effects:
            effect(conn)

    await store.submit(job)
    platform.after(kind, transaction)


async def whole_charge(platform, store, transaction, samples=2):
    """A charge of `samples` readings, from start to end."""
    await record(platform, store, "tx_start", transaction, 1000)
    await record(platform, store, "tx_charging", transaction, 1000)
    for number in range(samples):
        await record(platform, store, "tx_sample", transaction, 1100 + number)
    await record(platform, store, "tx_stop", transaction, 2000, reason="local")


def make_platform(central, store, piles=("P1",), clock=lambda: T0, **settings):
    """A platform that is not running, and the services of its piles."""
    services = {pile: FakeServices(pile) for pile in piles}
    options = {"url": central.url, "call_timeout_s": 2.0, "retry_max_s": 0.2, **settings}
    hub = FakeHub()
    platform = OcppPlatform(Settings(name="cs", **options), services, hub, store, clock)
    platform.hub = hub
    return platform, services


@contextlib.asynccontextmanager
async def running(platform, monkeypatch, handler=FakeHandler):
    """A platform whose stations live."""
    monkeypatch.setattr(station_module, "handler_class", lambda _version: handler)
    task = asyncio.create_task(platform.run())
    try:
        yield platform
        assert not task.done(), "the platform has ended by itself"
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


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
