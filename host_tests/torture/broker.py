"""A small MQTT broker in one process: sessions of piles from their bytes, the bridge as a durable subscriber.

It takes CONNECT, PUBLISH, PUBACK, SUBSCRIBE, PINGREQ; it keeps retained messages and last wills, and hands the
bridge everything again that it did not finish taking. Between the two ends the weather does what it likes.
"""

import asyncio
import struct

from .network import Lane

_KEEPALIVE_PERCENT = 150


class Broker:
    """`down` refuses connections; `restart(keep)` drops all, and without `keep` forgets all."""

    def __init__(self, weather, say):
        self.down = False
        self.retained = {}
        self.bridge = None  # BridgePort while one is attached
        self._weather = weather
        self._say = say
        self._sessions = {}
        # Of the bridge's durable session: number -> (topic, payload, retained), and what is not yet its
        self._owed = {}
        self._number = 0
        self._history = []
        self._to_bridge = Lane(weather, self._offer)

    def accept(self, connection):
        """A pile connects; False refuses it."""
        if self.down:
            return False
        session = _Session(self, connection)
        connection.on_bytes = session.take
        connection.on_end = session.lost
        return True

    def stop(self, keep):
        """End every connection; queues and retained messages are kept or forgotten."""
        self.down = True
        for session in list(self._sessions.values()):
            session.will = None
            session.connection.reset()
        self._sessions.clear()
        self._to_bridge.cut()
        self._to_bridge = Lane(self._weather, self._offer)
        if self.bridge is not None:
            self.bridge.broker_gone()
        if not keep:
            self.retained.clear()
            self._owed.clear()

    def start(self):
        """Take connections again."""
        self.down = False

    def attach(self, port):
        """The bridge is here: what was remembered, then what it is owed."""
        self.bridge = port
        for topic, payload in self.retained.items():
            if topic.startswith("pile/"):
                self._to_bridge.send(None, topic, payload, True)
        for number, (topic, payload) in list(self._owed.items()):
            self._to_bridge.send(number, topic, payload, False)

    def detach(self, port, lose):
        """The bridge has gone; with `lose` what it had not finished is gone too."""
        if self.bridge is port:
            self.bridge = None
        self._to_bridge.cut()
        self._to_bridge = Lane(self._weather, self._offer)
        if lose:
            self._owed.clear()

    def taken(self, number):
        """The bridge has finished a message."""
        self._owed.pop(number, None)

    def publish(self, topic, payload, retain):
        """From either end; each copy takes its own way."""
        if retain:
            self.retained[topic] = payload
        self._history.append((topic, payload))
        for delay_s in self._weather.fates():
            if delay_s:
                asyncio.get_running_loop().call_later(delay_s, self._route, topic, payload)
            else:
                self._route(topic, payload)

    def echo(self, chance):
        """Somebody says once more what was said before."""
        if self._history:
            topic, payload = chance.choice(self._history)
            self._say("broker: repeats an old %s" % topic)
            self._route(topic, payload)

    def _route(self, topic, payload):
        if topic.startswith("pile/") and topic.rsplit("/", 1)[1] not in ("ack", "command"):
            self._number += 1
            self._owed[self._number] = (topic, payload)
            if self.bridge is not None:
                self._to_bridge.send(self._number, topic, payload, False)
        for session in list(self._sessions.values()):
            if topic in session.topics:
                session.give(topic, payload, False)

    def _offer(self, number, topic, payload, retained):
        if self.bridge is not None and (number is None or number in self._owed):
            self.bridge.deliver(number, topic, payload, retained)

    def login(self, client_id, session):
        """A client id has one session: the older one is ended."""
        old = self._sessions.pop(client_id, None)
        if old is not None:
            old.connection.reset()
        self._sessions[client_id] = session

    def logout(self, session):
        """A connection ended without a word: its last will."""
        for client_id, other in list(self._sessions.items()):
            if other is session:
                del self._sessions[client_id]
        if session.will is not None:
            topic, payload = session.will
            self.publish(topic, payload, True)


class _Session:
    """One connection of a pile."""

    def __init__(self, broker, connection):
        self.connection = connection
        self.topics = set()
        self.will = None
        self._broker = broker
        self._buffer = bytearray()
        self._packet_id = 0
        self._silence = None
        self._keepalive_s = 0

    def take(self, data):
        """Bytes of the pile."""
        self._buffer += data
        self._listen()
        while (packet := self._packet()) is not None:
            self._handle(*packet)

    def lost(self):
        """The connection ended."""
        if self._silence is not None:
            self._silence.cancel()
        self._broker.logout(self)

    def give(self, topic, payload, retained):
        """PUBLISH to the pile with QoS 1."""
        self._packet_id = self._packet_id % 65535 + 1
        name = topic.encode()
        body = struct.pack("!H", len(name)) + name + struct.pack("!H", self._packet_id) + payload
        self.connection.send_down(bytes((0x32 | retained,)) + _size(len(body)) + body)

    def _listen(self):
        if self._silence is not None:
            self._silence.cancel()
        if self._keepalive_s:
            wait_s = self._keepalive_s * _KEEPALIVE_PERCENT / 100
            loop = asyncio.get_running_loop()
            self._silence = loop.call_later(wait_s, self.connection.reset)

    def _packet(self):
        size = shift = 0
        at = 1
        while True:
            if at >= len(self._buffer):
                return None
            byte = self._buffer[at]
            size |= (byte & 0x7F) << shift
            shift, at = shift + 7, at + 1
            if not byte & 0x80:
                break
        if len(self._buffer) < at + size:
            return None
        kind, body = self._buffer[0], bytes(self._buffer[at : at + size])
        del self._buffer[: at + size]
        return kind, body

    def _handle(self, kind, body):
        send = self.connection.send_down
        if kind == 0x10:
            self._connect(body)
            send(b"\x20\x02\0\0")
        elif kind & 0xF0 == 0x30:
            topic, at = _text(body, 0)
            if kind & 6:
                send(b"\x40\x02" + body[at : at + 2])
                at += 2
            self._broker.publish(topic, body[at:], bool(kind & 1))
        elif kind == 0x82:
            topic, _at = _text(body, 2)
            self.topics.add(topic)
            send(b"\x90\x03" + body[:2] + b"\x01")
            if topic in self._broker.retained:
                self.give(topic, self._broker.retained[topic], True)
        elif kind == 0xC0:
            send(b"\xd0\0")
        elif kind != 0x40:
            self.connection.reset()

    def _connect(self, body):
        _protocol, at = _text(body, 0)
        flags = body[at + 1]
        self._keepalive_s = struct.unpack_from("!H", body, at + 2)[0]
        client_id, at = _text(body, at + 4)
        if flags & 4:
            topic, at = _text(body, at)
            size = struct.unpack_from("!H", body, at)[0]
            self.will = (topic, body[at + 2 : at + 2 + size])
        self._broker.login(client_id, self)
        self._listen()


def _text(body, at):
    size = struct.unpack_from("!H", body, at)[0]
    return str(body[at + 2 : at + 2 + size], "utf-8"), at + 2 + size


def _size(size):
    data = b""
    while size > 0x7F:
        data += bytes((size & 0x7F | 0x80,))
        size >>= 7
    return data + bytes((size,))
