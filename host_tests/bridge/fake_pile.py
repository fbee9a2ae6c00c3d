"""A pile that speaks the wire and seals its records, for the bridge's tests."""

import asyncio
import json
import secrets
import time

from gmqtt import Client, Message, Subscription

from evse.core import mac, messages, records

PILE = "CP0001"
LIFE = "a55a41c3"
T0 = 1763600000


def record(number, kind, /, **fields):
    """A journal record, at T0 + seq unless said otherwise."""
    base = {"seq": number, "kind": kind, "boot": 7, "up": number, "utc": T0 + number, "c": 1}
    if isinstance(fields.get("tx"), str):
        # The name it has in the books ends with the number it has in the records
        fields["tx"] = int(fields["tx"].rpartition("-")[2])
    return {**base, "wh": 1000, **fields}


class Sealer:
    """Seals records one behind the other, as a pile's journal does."""

    def __init__(self, secret, life=LIFE, link=records.NO_LINK):
        self.life = life
        self.link = link
        self.use(secret)

    def use(self, secret):
        self.secret = secret
        self.key = mac.Mac(mac.derive(secret, mac.JOURNAL))

    def seal(self, row):
        """Bytes of a record dict; the next links to it."""
        data = records.encode(row, self.life, self.link, self.key)
        self.link = records.tag_of(data)[: records.LINK_BYTES]
        return data


class FakePile:
    """The pile's state and what it answers; `send(topic name, payload bytes, retained)` goes up.

    `held` are its sealed records that no acknowledgement has freed, by number.
    """

    def __init__(self, send, secret, name=PILE, life=LIFE):
        self.name = name
        self.send = send
        self.sealer = Sealer(secret, life)
        self.key = 1
        self.nonce = ""
        self.boot = 7
        self.status = "preparing"
        self.tx = self.ref = None
        self.wh = 1000
        self.seq = 0
        self.acked = 0
        self.held = {}
        self.time_utc = None
        self.forged = 0
        self.commands = []
        self.answer = None
        self.silent = False
        self.answers = {}
        self.clock = time.time
        self.hold = []

    @property
    def life(self):
        return self.sealer.life

    def adopt(self, other):
        """Go on as another one, of which a new bridge knows."""
        for name in ("tx", "ref", "seq", "status", "sealer", "held", "acked", "key", "boot"):
            setattr(self, name, getattr(other, name))

    def connect(self):
        self.publish("online", b"1", True)
        self.publish("hello", messages.encode(self.hello()), True)
        self.state()

    def hello(self):
        self.nonce = secrets.token_hex(8)
        return {
            "boot": self.boot,
            "firmware": "0.1.0",
            "python": "fake",
            "board": "fake",
            "profile": "gbt_18487_1_2015",
            "site": "demo",
            "connectors": [{"id": 1, "kind": "cable", "rated_a10": 320}],
            "life": self.life,
            "first": min(self.held, default=0),
            "next": self.seq + 1,
            "key": self.key,
            "nonce": self.nonce,
        }

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
            "w": 7012,
            "wh": self.wh,
        }
        now = int(self.clock())
        body = {"boot": self.boot, "up": 100, "utc": now, "connectors": [connector]}
        self.publish("state", messages.encode({**body, "notes": [], "counts": {}}), True)

    def write(self, kind, utc=None, **fields):
        """Seal a record and keep it; the record as a dict."""
        self.seq += 1
        now = int(self.clock()) if utc is None else utc
        entry = record(self.seq, kind, **{"utc": now, "wh": self.wh, "boot": self.boot, **fields})
        self.held[self.seq] = self.sealer.seal(entry)
        return entry

    def journal(self, kind, utc=None, **fields):
        """Write a record and send it."""
        entry = self.write(kind, utc, **fields)
        self.tell([self.held[self.seq]], self.seq)
        return entry

    def tell(self, sealed, first):
        """One journal message."""
        self.publish("journal", messages.encode_journal(self.life, first, sealed))

    def tell_held(self):
        """Everything that is not acknowledged, as after a reconnect."""
        numbers = sorted(self.held)
        first = self.acked + 1
        for at in range(0, len(numbers), 8):
            self.tell([self.held[number] for number in numbers[at : at + 8]], first)
            first = numbers[at : at + 8][-1] + 1

    def on_down(self, topic, payload):
        """A message from the bridge; what is not signed does nothing."""
        name = topic.rsplit("/", 1)[1]
        key = mac.Mac(mac.derive(self.sealer.secret, mac.COMMAND))
        try:
            messages.check_signature(topic, payload, key)
        except messages.ProtocolError:
            self.forged += 1
            return
        message = messages.decode(name, payload)
        if name == "ack":
            self.on_ack(message)
            return
        self.commands.append(message)
        if self.silent:
            self.hold.append(message)
            return
        self.reply(message)
        if message["name"] == "report":
            self.state()

    def on_ack(self, message):
        if message["life"] != self.life:
            return
        self.acked = max(self.acked, message["upto"])
        for number in [number for number in self.held if number <= self.acked]:
            del self.held[number]
        if message.get("nonce") == self.nonce:
            self.time_utc = message["utc"]
            self.tell_held()

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
            self.tx, self.ref = f"{self.life}-{self.seq + 1}", args["ref"]
            self.journal("tx_start", tx=self.tx, ref=self.ref, by=args["by"])
        elif command["name"] == "stop":
            if not self.tx:
                return {"result": "refused", "reason": "no_transaction"}
            self.stop("remote")
        elif command["name"] == "rotate":
            self.rotate(args)
        return {"result": "accepted", "reason": ""}

    def rotate(self, args):
        covered = bytes.fromhex(args["cover"])
        self.sealer.use(mac.cover(self.sealer.secret, args["nonce"].encode(), covered))
        self.key = args["number"]
        self.journal("key", c=0, wh=None, number=self.key)

    def charging(self, utc=None):
        self.journal("tx_charging", utc, tx=self.tx)
        self.state(status="charging")

    def restart(self):
        """Power was away: what ran is forgotten."""
        self.boot += 1
        self.status, self.tx, self.ref = "preparing", None, None
        self.journal("boot", cause="power_on")
        self.connect()

    def lose_memory(self, life):
        """A new board or an erased flash, and the same secret: another life begins."""
        self.sealer = Sealer(self.sealer.secret, life)
        self.seq, self.boot, self.held, self.acked = 0, 0, {}, 0
        self.restart()

    def stop(self, reason, utc=None):
        self.journal("tx_stop", utc, tx=self.tx, reason=reason, fault="")
        self.state(status="finishing", tx=None, ref=None)


class MqttPile(FakePile):
    """The same pile on a real broker."""

    def __init__(self, port, secret, name=PILE):
        super().__init__(self._send, secret, name)
        self._port = port
        self.client = None

    def _send(self, topic, payload, retained):
        if self.client.is_connected:
            self.client.publish(topic, payload, qos=1, retain=retained)

    async def open(self):
        will = Message(messages.topic(self.name, "online"), b"0", qos=1, retain=True)
        self.client = Client(self.name, clean_session=True, will_message=will)
        self.client.set_config({"reconnect_retries": -2})
        key = mac.derive(self.sealer.secret, mac.PSK)
        self.client.set_auth_credentials(self.name, key.hex())

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


def acks(sent):
    """The acknowledgements among messages (topic, payload)."""
    return [json.loads(body) for topic, body in sent if topic.endswith("/ack")]
