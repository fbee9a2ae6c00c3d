"""A pile that speaks the wire, and bridges to connect it to, for the bridge's tests."""

import asyncio
import contextlib
import json
import time
from pathlib import Path

from gmqtt import Client, Message, Subscription
from msgspec import structs

from bridge.fake_platform import FakePlatform, until
from evse.core import messages
from pilebridge import config
from pilebridge.application import Application
from pilebridge.journal import OFFERS_FROM
from pilebridge.settings import BrokerChild

EXAMPLE = Path(config.__file__).with_name("example.toml")
PILE = "CP0001"
CONNECTOR = "31010100010101"
T0 = 1763600000


def seq(number=1):
    """A StartChargeSeq of the peer."""
    return f"MA5TEST01{number:018d}"


def settings(folder, peer_port=9, **replaced):
    """The example settings with free ports, in a folder of the test."""
    text = EXAMPLE.read_text("utf-8")
    changes = {
        "port = 8102": "port = 0",
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


def record(number, kind, **fields):
    """A journal record, at T0 + seq unless said otherwise."""
    base = {"seq": number, "kind": kind, "boot": 7, "up": number, "utc": T0 + number, "c": 1}
    return {**base, "wh": 1000, **fields}


class FakePile:
    """The pile's state and what it answers; `send(topic name, payload bytes, retained)` goes up."""

    def __init__(self, send, name=PILE):
        self.name = name
        self.send = send
        self.boot = 7
        self.status = "preparing"
        self.tx = self.ref = None
        self.wh = 1000
        self.seq = 0
        self.acked = 0
        self.commands = []
        self.answer = None
        self.silent = False
        self.answers = {}
        self.clock = time.time
        self.hold = []

    def connect(self):
        self.publish("online", b"1", True)
        hello = {
            "boot": self.boot,
            "firmware": "0.1.0",
            "python": "fake",
            "board": "fake",
            "profile": "gbt_18487_1_2015",
            "site": "demo",
            "connectors": [{"id": 1, "kind": "cable", "rated_a10": 320}],
        }
        self.publish("hello", messages.encode(hello), True)
        self.state()

    def publish(self, name, payload, retained=False):
        self.send(messages.topic(self.name, name), payload, retained)

    def state(self, **changes):
        self.__dict__.update(changes)
        connector = {
            "id": 1,
            "status": self.status,
            "cp": "B2",
            "cp_mv": 9000,
            "duty": 533,
            "faults": [],
            "limit_a10": 320,
            "limit_by": "rated",
            "tx": self.tx,
            "ref": self.ref,
            "w": 7012,
            "wh": self.wh,
        }
        now = int(self.clock())
        body = {"boot": self.boot, "up": 100, "utc": now, "connectors": [connector]}
        self.publish("state", messages.encode({**body, "notes": [], "counts": {}}), True)

    def journal(self, kind, utc=None, **fields):
        self.seq += 1
        now = int(self.clock()) if utc is None else utc
        entry = record(self.seq, kind, **{"utc": now, "wh": self.wh, "boot": self.boot, **fields})
        self.publish("journal", messages.encode({"records": [entry]}))
        return entry

    def on_down(self, topic, payload):
        """A message from the bridge."""
        name = topic.rsplit("/", 1)[1]
        if name == "ack":
            upto = json.loads(payload)["upto"]
            if upto < OFFERS_FROM:
                self.acked = max(self.acked, upto)
            return
        command = messages.decode("command", payload)
        self.commands.append(command)
        if self.silent:
            self.hold.append(command)
            return
        self.reply(command)
        if command["name"] == "report":
            self.state()

    def reply(self, command):
        reply = self.answers.get(command["id"]) or self.act(command)
        self.answers[command["id"]] = reply
        self.publish("reply", messages.encode({"id": command["id"], **reply}))

    def act(self, command):
        if self.answer is not None:
            return self.answer
        args = command["args"]
        if command["name"] == "start":
            if self.tx:
                return {"result": "refused", "reason": "busy"}
            if self.status == "available":
                return {"result": "refused", "reason": "not_plugged"}
            self.tx, self.ref = f"7-{self.seq}", args["ref"]
            self.journal("tx_start", tx=self.tx, ref=self.ref, by=args["by"])
        elif command["name"] == "stop":
            if not self.tx:
                return {"result": "refused", "reason": "no_transaction"}
            self.stop("remote")
        return {"result": "accepted", "reason": ""}

    def charging(self, utc=None):
        self.journal("tx_charging", utc, tx=self.tx)
        self.state(status="charging")

    def restart(self):
        """Power was away: what ran is forgotten."""
        self.boot += 1
        self.seq = self.boot * 100_000
        self.status, self.tx, self.ref = "preparing", None, None
        self.journal("boot", cause="power_on")
        self.connect()

    def stop(self, reason, utc=None):
        self.journal("tx_stop", utc, tx=self.tx, ref=self.ref, reason=reason, fault="")
        self.state(status="finishing", tx=None, ref=None)


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
        self.hub.link = PileLink(piles, self.store, self.link, self.hub, self._clock)
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
async def local_bridge(folder, peer_port=9, **replaced):
    """(application, pile) without a broker."""
    configured = settings(folder, peer_port, **replaced)
    mqtt = structs.replace(configured.mqtt, broker=BrokerChild(start=False))
    configured = structs.replace(configured, mqtt=mqtt)
    async with running(LocalApplication(configured)) as application:
        pile = FakePile(application.link.up)
        application.link.pile = pile
        pile.connect()
        await until(lambda: application.hub.reachable(PILE))
        yield application, pile


class MqttPile(FakePile):
    """The same pile on a real broker."""

    def __init__(self, port, name=PILE):
        super().__init__(self._send, name)
        self._port = port
        self.client = None

    def _send(self, topic, payload, retained):
        if self.client.is_connected:
            self.client.publish(topic, payload, qos=1, retain=retained)

    async def open(self):
        will = Message(messages.topic(self.name, "online"), b"0", qos=1, retain=True)
        self.client = Client(self.name, clean_session=True, will_message=will)
        self.client.set_config({"reconnect_retries": -2})

        async def on_message(_client, topic, payload, _qos, _properties):
            self.on_down(topic, payload)
            return 0

        self.client.on_message = on_message
        subscribed = asyncio.Event()
        self.client.on_subscribe = lambda *_: subscribed.set()
        await self.client.connect("127.0.0.1", self._port, keepalive=5)
        topics = [messages.topic(self.name, name) for name in messages.DOWN_TOPICS]
        self.client.subscribe([Subscription(topic, qos=1) for topic in topics])
        await asyncio.wait_for(subscribed.wait(), 5)
        self.connect()

    async def close(self):
        if self.client is not None:
            await self.client.disconnect()
