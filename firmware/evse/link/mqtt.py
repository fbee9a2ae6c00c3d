"""MQTT 3.1.1 over asyncio with umqtt.simple as it ships, driven sans-IO.

umqtt only encodes and decodes: its socket is a buffer, asyncio moves the bytes, one whole packet
at a time. That takes care of what it cannot do alone: it never blocks, a publish from within a
callback cannot deadlock, packet ids wrap, lengths are bytes, PINGRESP is awaited, and a broken
packet is an OSError. Every failure of the connection is an OSError; the caller reconnects.
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
    """The buffer umqtt finds in place of a socket."""

    def __init__(self):
        self.out = b""
        self.into = b""

    def connect(self, _address):
        pass

    def settimeout(self, _seconds):
        pass

    def setblocking(self, _flag):
        pass

    def close(self):
        pass

    def write(self, data, size=None):
        self.out += bytes(data) if size is None else bytes(data[:size])

    def read(self, size):
        if not 0 <= size <= len(self.into):
            raise IndexError("packet shorter than it says")
        data, self.into = self.into[:size], self.into[size:]
        return data


class _NoNetwork:
    """Stands where umqtt looks for the socket module."""

    wire = None

    def socket(self):
        return self.wire

    def getaddrinfo(self, _host, _port):
        return ((0, 0, 0, "", None),)


_network = _NoNetwork()


class _Codec(umqtt.simple.MQTTClient):
    """umqtt as encoder and decoder; each answer it waits for is laid ready before it asks."""

    def connect_packet(self):
        umqtt.simple.socket = _network
        self.wire = _network.wire = _Wire()
        self.wire.into = b"\x20\x02\0\0"
        self.connect(clean_session=True)
        return self._take()

    def publish_packet(self, topic, payload, retain, qos):
        if self.pid >= 65535:
            self.pid = 0
        if qos:
            self.wire.into = b"\x40\x02" + (self.pid + 1).to_bytes(2, "big")
        self.publish(topic, payload, retain, qos)
        return self._take()

    def subscribe_packet(self, topic, qos):
        if self.pid >= 65535:
            self.pid = 0
        self.wire.into = b"\x90\x03" + (self.pid + 1).to_bytes(2, "big") + bytes((qos,))
        self.subscribe(topic, qos)
        return self._take()

    def feed(self, packet):
        """Decode one whole PUBLISH; the callback gets it; returns the acknowledgement to send."""
        self.wire.into = packet
        self.wait_msg()
        return self._take()

    def _take(self):
        data, self.wire.out = self.wire.out, b""
        return data


class MqttLink:
    """One connection. `on_message(topic, payload)` gets text and bytes, None for a payload too large
    to take; it must not block. `user` and `password` are bytes, or None.
    """

    def __init__(self, client_id, on_message, will, keepalive_s, user=None, password=None):
        self._codec = _Codec(
            client_id.encode(), "", user=user, password=password, keepalive=keepalive_s
        )
        self._codec.set_last_will(will[0].encode(), will[1], retain=True, qos=1)
        self._codec.set_callback(self._deliver)
        self._on_message = on_message
        self._keepalive_ms = keepalive_s * 1000
        self._reader = self._writer = None
        self._lock = asyncio.Lock()
        self._acks = {}
        self._pong = asyncio.Event()
        self._heard = False
        self._sent = 0
        self._delivered = None

    async def connect(self, open_with):
        """Log in over the (reader, writer) of `await open_with(packet)`, which sends the packet first.

        Raises OSError when the broker refuses.
        """
        self._acks = {}
        self._reader, self._writer = await open_with(self._codec.connect_packet())
        try:
            kind, body = await asyncio.wait_for_ms(self._packet(), _TIMEOUT_MS)
        except asyncio.TimeoutError:
            raise OSError("no answer to CONNECT")
        code = body[1] if kind == 0x20 and body and len(body) == 2 else 0xFF
        if code:
            why = _REFUSALS[code] if code < len(_REFUSALS) else "answer %02x" % code
            raise OSError("broker refused: " + why)

    async def subscribe(self, topic, qos=1):
        """Subscribe and wait for the broker's word."""
        await self._acknowledged(self._codec.subscribe_packet(topic.encode(), qos))

    async def publish(self, topic, payload, retain=False, qos=1):
        """Publish bytes; with QoS 1 returns when the broker has taken it."""
        packet = self._codec.publish_packet(topic.encode(), payload, retain, qos)
        if qos:
            await self._acknowledged(packet)
        else:
            await self._send(packet)

    async def run(self):
        """Receive until the connection fails; always ends with OSError."""
        while True:
            kind, body = await self._packet()
            self._heard = True
            if kind & 0xF0 == 0x30:
                if body is not None:
                    acknowledgement = self._decode(kind, body)
                    self._on_message(*self._delivered)
                    await self._send(acknowledgement)
            elif kind in (0x40, 0x90):
                if kind == 0x90 and body[2:3] == b"\x80":
                    raise OSError("subscription refused")
                event = self._acks.pop(int.from_bytes(body[:2], "big"), None)
                if event:
                    event.set()
            elif kind == 0xD0:
                self._pong.set()
            else:
                raise OSError("packet type %02x" % kind)

    async def keep_alive(self):
        """Ping when nothing was heard; raises OSError when no answer comes or nobody reads."""
        while True:
            self._heard = False
            sent = self._sent
            await asyncio.sleep_ms(self._keepalive_ms // 2)
            if self._lock.locked() and sent == self._sent:
                raise OSError("the broker does not read")
            if self._heard:
                continue
            self._pong.clear()
            await self._send(b"\xc0\0")
            try:
                await asyncio.wait_for_ms(self._pong.wait(), self._keepalive_ms // 2)
            except asyncio.TimeoutError:
                raise OSError("no answer to ping")

    async def close(self):
        """Drop the connection without a word: the broker sends the last will."""
        writer, self._writer = self._writer, None
        if writer:
            await close(writer)

    def _deliver(self, topic, payload):
        # Kept, not handed on: what the station does with it is no part of decoding
        self._delivered = str(topic, "utf-8"), payload

    def _decode(self, kind, body):
        try:
            return self._codec.feed(bytes((kind,)) + _remaining(len(body)) + body)
        except (IndexError, AssertionError, UnicodeError, TypeError):
            raise OSError("broken packet")

    async def _acknowledged(self, packet):
        event = self._acks[self._codec.pid] = asyncio.Event()
        await self._send(packet)
        try:
            await asyncio.wait_for_ms(event.wait(), _TIMEOUT_MS)
        except asyncio.TimeoutError:
            raise OSError("no acknowledgement")

    async def _send(self, data):
        if not data:
            return
        async with self._lock:
            if not self._writer:
                raise OSError("closed")
            self._writer.write(data)
            await self._writer.drain()
            self._sent += 1

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
        topic = await self._exactly(topic_size)
        size -= 2 + topic_size
        if kind & 6:
            packet_id = await self._exactly(2)
            size -= 2
            await self._send(b"\x40\x02" + packet_id)
        while size > 0:
            size -= len(await self._exactly(min(size, 256)))
        try:
            self._on_message(str(topic, "utf-8"), None)
        except UnicodeError:
            raise OSError("broken packet")

    async def _exactly(self, size):
        if not self._reader:
            raise OSError("closed")
        if not size:
            return b""
        try:
            return await self._reader.readexactly(size)
        except EOFError:
            raise OSError("closed by the broker")


def _remaining(size):
    data = b""
    while size > 0x7F:
        data += bytes((size & 0x7F | 0x80,))
        size >>= 7
    return data + bytes((size,))
