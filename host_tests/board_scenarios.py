"""What every board must do before anyone solders it: one story each, played on the whole firmware."""

import asyncio
import json
import socket

from evse.core import faults
from pilesim import host
from pilesim.card import Card
from pilesim.residual_current import FAULT_TRIP_US
from scripted_broker import Broker

GREETED_S = 1_763_600_000
TOKEN = "04A1B2C3D4E5F6"
_FASTER_PERMILLE = 20_000


def active(r):
    """Names of the faults that stand."""
    return faults.names(r.station.loop.faults.active)


def command(name, now_s, **args):
    """A command message as the bridge writes it."""
    args = {"connector": 1, **args}
    return {"id": "%s:%d" % (name, now_s), "name": name, "args": args, "utc": now_s, "ttl_s": 300}


def tell(r, message):
    """Hand a signed command to the downlink; its reply."""
    r.station.downlink.receive(*r.signed("command", message))
    return json.loads(r.station.downlink.replies.pop(0))


async def plugged(r):
    """Vehicle in, meter and self-test ready."""
    await r.until(lambda: r.station.session.status() == "available")
    r.world.vehicle.plug()
    await r.until(lambda: r.station.loop.machine.name() == "B1")
    await r.until(lambda: r.station.register.wh is not None)


async def finished(r):
    """The transaction is over and the vehicle leaves; its records."""
    await r.until(lambda: r.station.session.tx is None, 40000)
    assert not r.world.contactor.closed
    await r.until(lambda: not r.world.vehicle.lock or not r.world.lock.locked)
    assert r.world.vehicle.unplug()
    await r.until(lambda: r.station.session.status() == "available", 60000)
    return r.records("tx_start", "tx_charging", "tx_stop")


async def self_test(r):
    """The residual-current monitor is made to trip before each closing, and no part is missing."""
    tested = r.world.residual_current.tests if "rcm_test" in r.board.PINS else None
    await r.charge()
    await r.run(2000)
    assert not active(r) or active(r) == ["clock_unknown"], r.picture()
    assert r.station.loop.protection.missing == []
    if tested is not None:
        assert r.world.residual_current.tests > tested
        # One that does not trip in its test: nothing may close
        r.world.set_fault("rcm_dead", True)
        assert r.station.stop_local() == ""
        await r.until(lambda: r.station.session.tx is None, 40000)
        assert r.station.authorize_local() == ""
        await r.until(lambda: "residual_current_test" in active(r), 90000)
        assert not r.world.contactor.closed
    return "passed, and a dead monitor is found"


async def rfid_charge(r):
    """A card starts and the same card stops; one that is not known does neither."""
    world = r.world
    await plugged(r)
    world.rfid.present(Card(bytes.fromhex("04FFFFFFFFFFFF")))
    await r.run(2000)
    world.rfid.remove()
    assert r.station.session.tx is None
    await r.run(1500)
    world.rfid.present(Card(bytes.fromhex(TOKEN)))
    await r.until(lambda: r.station.session.status() == "charging", 90000)
    assert (r.station.session.tx.ref, r.station.session.tx.by) == (TOKEN, "rfid")
    await r.run(20000)
    world.rfid.remove()
    await r.run(1500)
    world.rfid.present(Card(bytes.fromhex(TOKEN)))
    start, _charging, stop = await finished(r)
    assert (start["ref"], start["by"], stop["reason"]) == (TOKEN, "rfid", "local")
    assert stop["wh"] > start["wh"]
    return "%d Wh" % (stop["wh"] - start["wh"])


async def remote_charge(r):
    """Started and stopped by the bridge's signed commands."""
    await plugged(r)
    r.greet(GREETED_S)
    assert tell(r, command("start", GREETED_S + 1, ref="X", by="tcec102"))["result"] == "accepted"
    await r.until(lambda: r.station.session.status() == "charging", 90000)
    await r.run(20000)
    assert tell(r, command("stop", GREETED_S + 30, ref="X"))["result"] == "accepted"
    start, _charging, stop = await finished(r)
    assert (start["ref"], start["by"], stop["reason"]) == ("X", "tcec102", "remote")
    assert stop["wh"] > start["wh"]
    return "%d Wh" % (stop["wh"] - start["wh"])


async def residual_current_trip(r):
    """The monitor trips while charging."""
    await r.charge()
    await r.run(2000)
    begun_us = r.world.clock.now_us
    if "rcm_trip" not in r.board.PINS:
        assert "residual_current" in r.board.INSTALLED_OUTSIDE
        return "outside of this board"
    r.world.set_fault("residual_current", True)
    await r.until(r.station.loop.blocking, 3000)
    assert "residual_current" in active(r)
    open_us = r.world.contactor.last_open_command_us - begun_us
    assert 0 < open_us <= FAULT_TRIP_US[1] + 11000
    # It has retries: the charge waits
    assert r.station.session.status() == "suspended_evse"
    assert [record["fault"] for record in r.records("fault")] == ["residual_current"]
    return "open command after %.1f ms" % (open_us / 1000)


async def meter_loss(r):
    """The meter falls silent while charging."""
    await r.charge()
    await r.run(5000)
    begun_ms = r.now_ms
    r.world.set_fault("silent", True)
    await r.until(lambda: "meter_lost" in active(r), 12000)
    named_ms = r.now_ms - begun_ms
    await r.until(lambda: not r.world.contactor.closed, 12000)
    assert r.now_ms - begun_ms <= faults.row("meter_lost")["open_ms"] + 1000
    r.world.set_fault("silent", False)
    await r.until(lambda: r.station.session.tx is None, 60000)
    stop = r.records("tx_stop")[-1]
    assert (stop["reason"], stop["fault"]) == ("fault", "meter_lost")
    return "named after %d ms" % named_ms


async def link_loss(r):
    """The broker goes away while charging; the charge goes on and its records arrive afterwards."""
    brokers, servers = [], []

    async def accept(reader, writer):
        brokers.append(Broker())
        await brokers[-1].serve(reader, writer)

    async def serve():
        servers.append(await asyncio.start_server(accept, "127.0.0.1", r.port))

    r.world.clock.pace(host.RealTime(), _FASTER_PERMILLE)
    await serve()
    await plugged(r)
    await r.until(lambda: brokers and brokers[-1].published(), 60000)
    r.greet(GREETED_S)
    assert tell(r, command("start", GREETED_S + 1, ref="L", by="ocpp"))["result"] == "accepted"
    await r.until(lambda: r.station.session.status() == "charging", 90000)
    lost = brokers[-1]
    servers[-1].close()
    lost.writer.close()
    await r.until(lambda: not r.station.uplink.online, 40000)
    await r.run(10000)
    assert r.world.contactor.closed
    assert r.station.stop_local() == ""
    await r.until(lambda: r.station.session.tx is None, 40000)
    await serve()
    await r.until(lambda: brokers[-1] is not lost and brokers[-1].published(), 120000)
    r.greet(GREETED_S + 200)
    await r.until(lambda: _told(brokers[-1]), 60000)
    servers[-1].close()
    kinds = [record["kind"] for record in r.records("tx_start", "tx_charging", "tx_stop")]
    assert kinds == ["tx_start", "tx_charging", "tx_stop"]
    return "charged on, records sent on return"


def _told(broker):
    return [topic for topic, _id, _payload in broker.published() if topic.endswith(b"journal")]


def free_port():
    """A TCP port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


SCENARIOS = {
    "self-test": self_test,
    "RFID charge": rfid_charge,
    "remote charge": remote_charge,
    "residual-current trip": residual_current_trip,
    "meter loss": meter_loss,
    "link loss": link_loss,
}
