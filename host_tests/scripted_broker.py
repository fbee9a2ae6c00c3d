"""A broker on loopback that answers as a test tells it and keeps what came."""

import asyncio
import struct

CONNACK = b"\x20\x02\x00\x00"


class Broker:
    """Answers as a test tells it; keeps what came."""

    def __init__(self, answer_connect=CONNACK, acknowledge=True, pong=True):
        self.packets = []
        self.connected = asyncio.Event()
        self._answer_connect = answer_connect
        self._acknowledge = acknowledge
        self._pong = pong
        self.writer = None

    async def serve(self, reader, writer):
        self.writer = writer
        try:
            while True:
                kind = (await reader.readexactly(1))[0]
                size = shift = 0
                while True:
                    byte = (await reader.readexactly(1))[0]
                    size |= (byte & 0x7F) << shift
                    shift += 7
                    if not byte & 0x80:
                        break
                body = await reader.readexactly(size)
                self.packets.append((kind, body))
                self._answer(kind, body)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, kind, body):
        if kind == 0x10:
            self.writer.write(self._answer_connect)
            self.connected.set()
        elif kind & 0xF0 == 0x30 and kind & 6 and self._acknowledge:
            topic_size = struct.unpack("!H", body[:2])[0]
            self.writer.write(b"\x40\x02" + body[2 + topic_size : 4 + topic_size])
        elif kind == 0x82:
            self.writer.write(b"\x90\x03" + body[:2] + b"\x01")
        elif kind == 0xC0 and self._pong:
            self.writer.write(b"\xd0\x00")

    def send(self, topic, payload, qos=1):
        body = struct.pack("!H", len(topic)) + topic + (b"\x00\x07" if qos else b"") + payload
        size = b""
        left = len(body)
        while left > 0x7F:
            size += bytes((left & 0x7F | 0x80,))
            left >>= 7
        self.writer.write(bytes((0x30 | qos << 1,)) + size + bytes((left,)) + body)

    def published(self):
        """(topic, packet id, payload) of every QoS 1 publish that came."""
        found = []
        for kind, body in self.packets:
            if kind & 0xF0 == 0x30 and kind & 6:
                size = struct.unpack("!H", body[:2])[0]
                packet_id = struct.unpack("!H", body[2 + size : 4 + size])[0]
                found.append((body[2 : 2 + size], packet_id, body[4 + size :]))
        return found
