"""MQTT 3.1.1 over asyncio with umqtt.simple as it ships, driven sans-IO.

umqtt only encodes: its socket is a buffer, asyncio moves the bytes, one whole packet at a time. That
takes care of what it cannot do alone: it never blocks, a message that comes while a publish waits cannot
deadlock, packet ids wrap, lengths are bytes, PINGRESP is awaited, and a broken packet is an OSError.
Every failure of the connection is an OSError; the caller reconnects.
"""

import asyncio

import umqtt.simple
from micropython import const

from .secure import close

_TIMEOUT_MS = const(10000)
# Larger packets from the broker are read past, acknowledged and counted
_MOST_BYTES = const(2048)
# By the code in CONNACK
_REFUSALS = ("", "version", "client id", "not ready", "user or password", "not authorised")


class _Wire:
    """What umqtt finds in place of a socket, and of the module that it takes one from: a buffer each way."""

    def __init__(self):
        self.out = b""
        self.into = b""

    def socket(self):
        return self

    def getaddrinfo(self, _host, _port):
        return ((0, 0, 0, "", None),)

    def connect(self, _address):
        pass

    def settimeout(self, _seconds):
        pass

    def setblocking(self, _flag):
        pass

    def write(self, data, size=None):
        self.out += bytes(data) if size is None else bytes(data[:size])

    def read(self, size):
        data, self.into = self.into[:size], self.into[size:]
        return data


class MqttLink:
    """One connection. `on_message(topic, payload)` gets text and bytes, None for a payload too large
    to take; it must not block. `user` and `password` are bytes, or None.

    One task receives, one publishes and subscribes, one watches; `failure` is the exception that ended it.
    """

    def __init__(self, client_id, on_message, will, keepalive_s, user=None, password=None):
        self.failure = None
        self._on_message = on_message
        self._keepalive_ms = keepalive_s * 1000
        self._reader = self._writer = None
        self._awaited = 0  # packet id whose acknowledgement has not come, 0 for none
        self._heard = asyncio.Event()
        self._silent_ms = 0  # since something was heard
        self._unanswered_ms = 0  # since what is awaited was
        self._unsent_ms = -1  # since what is being sent was begun, negative for nothing
        self._wire = _Wire()
        codec = self._codec = umqtt.simple.MQTTClient(
            client_id.encode(), "", user=user, password=password, keepalive=keepalive_s
        )
        codec.set_last_will(will[0].encode(), will[1], retain=True, qos=1)
        codec.set_callback(on_message)

    async def connect(self, open_with):
        """Log in over the (reader, writer) of `await open_with(packet)`, which sends the packet first.

        Raises OSError when the broker refuses.
        """
        wire = umqtt.simple.socket = self._wire
        # Each answer that umqtt waits for is laid ready before it asks
        wire.into = b"\x20\x02\0\0"
        self._codec.connect(clean_session=True)
        packet, wire.out = wire.out, b""
        self._reader, self._writer = await open_with(packet)
        try:
            kind, body = await asyncio.wait_for_ms(self._packet(), _TIMEOUT_MS)
        except asyncio.TimeoutError:
            raise OSError("no answer to CONNECT")
        code = body[1] if kind == 0x20 and body and len(body) == 2 else 0xFF
        if code:
            why = _REFUSALS[code] if code < len(_REFUSALS) else "answer %02x" % code
            raise OSError("broker refused: " + why)

    async def subscribe(self, topic, qos=1):
        """Subscribe and wait for the broker's word, watch() bounds the time."""
        self._lay(b"\x90\x03", bytes((qos,)))
        self._codec.subscribe(topic.encode(), qos)
        await self._acknowledged()

    async def publish(self, topic, payload, retain=False, qos=1):
        """Publish bytes; with QoS 1 returns when the broker has taken it, watch() bounds the time."""
        self._lay(b"\x40\x02", b"")
        self._codec.publish(topic.encode(), payload, retain, qos)
        if qos:
            await self._acknowledged()
        else:
            await self.send()

    async def send(self):
        """Send what is due: packets of the publisher's, and what receiving and watching have added."""
        wire = self._wire
        data, wire.out = wire.out, b""
        if data:
            self._unsent_ms = 0
            self._writer.write(data)
            await self._writer.drain()
            self._unsent_ms = -1

    async def run(self):
        """Receive until the connection fails; `failure` says by what."""
        try:
            await self._receive()
        except Exception as error:
            self.failure = error

    def watch(self, dt_ms):
        """Look once, `dt_ms` after the last time: pings when nothing was heard for half the keep-alive.

        Raises OSError when nobody reads or answers.
        """
        half_ms = self._keepalive_ms // 2
        if self._unsent_ms >= 0:
            self._unsent_ms += dt_ms
            if self._unsent_ms > half_ms:
                raise OSError("the broker does not read")
        elif self._awaited:
            self._unanswered_ms += dt_ms
            if self._unanswered_ms > _TIMEOUT_MS:
                raise OSError("no acknowledgement")
        was_ms = self._silent_ms
        self._silent_ms += dt_ms
        if was_ms < half_ms <= self._silent_ms:
            self._wire.out += b"\xc0\0"
        if self._silent_ms > 2 * half_ms:
            raise OSError("no answer to ping")

    async def close(self):
        """Drop the connection without a word: the broker sends the last will."""
        writer, self._writer = self._writer, None
        if writer:
            await close(writer)

    def _lay(self, head, tail):
        codec = self._codec
        if codec.pid >= 65535:
            codec.pid = 0
        self._wire.into = head + (codec.pid + 1).to_bytes(2, "big") + tail

    async def _acknowledged(self):
        self._awaited = self._codec.pid
        self._unanswered_ms = 0
        await self.send()
        while self._awaited:
            await self._heard.wait()
            self._heard.clear()
            await self.send()

    async def _receive(self):
        while True:
            kind, body = await self._packet()
            self._silent_ms = 0
            if kind & 0xF0 == 0x30:
                if body is not None:
                    self._deliver(kind, body)
            elif kind in (0x40, 0x90):
                if kind == 0x90 and body[2:3] == b"\x80":
                    raise OSError("subscription refused")
                if int.from_bytes(body[:2], "big") == self._awaited:
                    self._awaited = 0
            elif kind != 0xD0:
                raise OSError("packet type %02x" % kind)
            self._heard.set()

    def _deliver(self, kind, body):
        at = 2 + int.from_bytes(body[:2], "big")
        topic, packet_id = body[2:at], b""
        if kind & 6:
            packet_id = body[at : at + 2]
            at += 2
        if at > len(body) or kind & 4:
            raise OSError("broken packet")
        self._hand_on(topic, body[at:], packet_id)

    def _hand_on(self, topic, payload, packet_id):
        try:
            topic = str(topic, "utf-8")
        except UnicodeError:
            raise OSError("broken packet")
        self._on_message(topic, payload)
        if packet_id:
            self._wire.out += b"\x40\x02" + packet_id

    async def _packet(self):
        """(first byte, body); body None for a PUBLISH too large to take."""
        kind = (await self._exactly(1))[0]
        size = shift = 0
        while True:
            byte = (await self._exactly(1))[0]
            size |= (byte & 0x7F) << shift
            if not byte & 0x80:
                break
            shift += 7
            if shift > 21:
                raise OSError("packet length")
        if size > _MOST_BYTES:
            await self._skip(kind, size)
            return kind, None
        return kind, await self._exactly(size)

    async def _skip(self, kind, size):
        if kind & 0xF0 != 0x30:
            raise OSError("packet length")
        topic_size = int.from_bytes(await self._exactly(2), "big")
        if topic_size > _MOST_BYTES:
            raise OSError("topic length")
        topic, packet_id = await self._exactly(topic_size), b""
        size -= 2 + topic_size
        if kind & 6:
            packet_id = await self._exactly(2)
            size -= 2
        while size > 0:
            size -= len(await self._exactly(min(size, 256)))
        self._hand_on(topic, None, packet_id)

    async def _exactly(self, size):
        if not size:
            return b""
        try:
            return await self._reader.readexactly(size)
        except EOFError:
            raise OSError("closed by the broker")
