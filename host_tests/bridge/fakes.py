"""Bridges that run in this process, and the piles they are connected to."""

import asyncio
import contextlib
from pathlib import Path

from msgspec import structs

from bridge.fake_pile import LIFE, PILE, T0, FakePile, MqttPile, record
from bridge.fake_platform import FakePlatform, until
from pilebridge import config
from pilebridge.application import Application
from pilebridge.settings import BrokerChild

__all__ = ["LIFE", "PILE", "T0", "FakePile", "MqttPile", "record"]

EXAMPLE = Path(config.__file__).with_name("example.toml")
CONNECTOR = "31010100010101"
SECRET = bytes.fromhex(config.load(EXAMPLE).pile[0].key)


def seq(number=1):
    """A StartChargeSeq of the peer."""
    return f"MA5TEST01{number:018d}"


def settings(folder, peer_port=9, **replaced):
    """The example settings with free ports, in a folder of the test."""
    text = EXAMPLE.read_text("utf-8")
    changes = {
        "port = 8102": "port = 0",
        "start = true": "start = true, psk_port = 0",
        "port = 1883": f"port = 0\noffline_grace_s = {replaced.pop('grace_s', 30)}",
        "http://127.0.0.1:8202": f"http://127.0.0.1:{peer_port}",
        'tariff = "day and night"\n': (
            'tariff = "day and night"\nretry_max_s = 0.5\n'
            f"status_interval_s = {replaced.pop('interval_s', 50)}\n"
        ),
        **replaced,
    }
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return config.parse(text, Path(folder))


class LocalLink:
    """Stands where the MQTT client stands and hands messages over directly."""

    def __init__(self, application):
        self.application = application
        self.connected = True
        self.pile = None
        self.sent = []
        self.tasks = set()
        self.retained = {}
        self.remembered = {}

    def publish(self, topic, payload, retain=False):
        self.sent.append((topic, payload))
        if retain:
            self.retained[topic] = payload
        if self.pile is not None and self.connected:
            asyncio.get_running_loop().call_soon(self.pile.on_down, topic, payload)
        return self.connected

    def up(self, topic, payload, retain=False):
        """A message of the pile as it is sent; `remembered` is what a new connection gets."""
        if retain:
            self.remembered[topic] = payload
        self.deliver(topic, payload, False)

    def deliver(self, topic, payload, retained):
        work = self.application.hub.link.on_message(topic, payload, retained)
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def run(self):
        self.application.hub.on_link(True)
        await asyncio.Event().wait()


class LocalApplication(Application):
    """The bridge without a broker: `link` carries messages in this process."""

    def _make_link(self):
        from pilebridge.pile_link import PileLink

        self.link = LocalLink(self)
        piles = {connector.pile for connector in self.hub.connectors}
        self.hub.link = PileLink(piles, self.store, self.link, self.hub, self.keyring, self._clock)
        return self.link


@contextlib.asynccontextmanager
async def charging_station(folder, **replaced):
    """(platform, application, pile, client) all connected, without a broker."""
    async with contextlib.AsyncExitStack() as stack:
        peer = await stack.enter_async_context(FakePlatform().serve())
        bridge, pile = await stack.enter_async_context(local_bridge(folder, peer.port, **replaced))
        client = await stack.enter_async_context(peer.calling(bridge))
        yield peer, bridge, pile, client


@contextlib.asynccontextmanager
async def running(application):
    """Start an application and stop it at the end."""
    await application.start()
    try:
        yield application
    finally:
        await application.stop()


@contextlib.asynccontextmanager
async def local_bridge(folder, peer_port=9, pile_class=FakePile, **replaced):
    """(application, pile) without a broker."""
    configured = settings(folder, peer_port, **replaced)
    mqtt = structs.replace(configured.mqtt, broker=BrokerChild(start=False))
    configured = structs.replace(configured, mqtt=mqtt)
    async with running(LocalApplication(configured)) as application:
        pile = pile_class(application.link.up, SECRET)
        application.link.pile = pile
        pile.connect()
        await until(lambda: application.hub.reachable(PILE))
        yield application, pile
