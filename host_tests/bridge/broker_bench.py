"""A real mosquitto as the bridge starts it, the bridge's own client, and piles that log in."""

import asyncio
import contextlib

from pile_client import pile_client
from pilebridge.broker import Broker
from pilebridge.mqtt_client import MqttClient

ONE, TWO, THREE = bytes(range(32)), bytes(range(32, 64)), bytes(range(64, 96))
KEYS = [("P001", 1, ONE), ("P002", 1, TWO)]
KINDS = ("psk", "password")
# Longer than mosquitto takes to hand a message on
LONG_S = 0.3


@contextlib.asynccontextmanager
async def running(folder, keys=KEYS, certificate=None):
    """A started Broker."""
    broker = Broker(folder / "broker", keys=keys, certificate=certificate)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()


def login(broker, station, secret, kind="psk", **more):
    """pile_client of a station with one of its secrets."""
    port = broker.psk_port if kind == "psk" else broker.port
    return pile_client(station=station, secret=secret.hex(), kind=kind, port=port, **more)


class Bridge:
    """The bridge's own client, with all that it hears."""

    def __init__(self, port, credentials):
        self.heard = []
        self.links = 0
        topics = ("pile/#", "site/#", "other/#")
        self.client = MqttClient(
            "127.0.0.1", port, "pilebridge", topics, self._hear, self._on_link, credentials
        )

    async def _hear(self, topic, payload, _retained):
        self.heard.append((topic, payload.decode()))

    def _on_link(self, up):
        self.links += up

    def tell(self, topic, payload):
        """Publish text."""
        assert self.client.publish(topic, payload.encode())


@contextlib.asynccontextmanager
async def bench(folder):
    """(broker, bridge), and a stack for whoever else logs in."""
    async with contextlib.AsyncExitStack() as stack:
        broker = await stack.enter_async_context(running(folder))
        bridge = await stack.enter_async_context(bridge_of(broker.port, broker.credentials))
        yield broker, bridge, stack


@contextlib.asynccontextmanager
async def bridge_of(port, credentials):
    """A Bridge that is logged in."""
    bridge = Bridge(port, credentials)
    task = asyncio.create_task(bridge.client.run())
    try:
        await until(lambda: bridge.client.connected)
        yield bridge
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition):
    """Wait for a condition, 10 s at most."""
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("never happened")
