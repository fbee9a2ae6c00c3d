"""A time server on loopback that answers as a test tells it."""

import asyncio
import struct

FROM_1900_S = 2208988800


def answer(question, utc_s, **changed):
    """The packet of a good server, with fields changed: first, stratum, originate, seconds, fraction."""
    fields = {
        "first": 0x24,
        "stratum": 2,
        "originate": question[40:48],
        "seconds": (utc_s + FROM_1900_S) & 0xFFFFFFFF,
        "fraction": 0,
    }
    fields.update(changed)
    head = bytes((fields["first"], fields["stratum"], 6, 0xEC)) + bytes(20)
    receive = bytes(8)
    transmit = struct.pack(">II", fields["seconds"], fields["fraction"])
    return head + fields["originate"] + receive + transmit


class NtpServer(asyncio.DatagramProtocol):
    """`answers(question)` gives the packets that go back; `questions` keeps what came and when."""

    def __init__(self, answers):
        self.answers = answers
        self.questions = []
        self.port = 0
        self._transport = None

    async def start(self):
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        return self

    def stop(self):
        self._transport.close()

    def connection_made(self, transport):
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data, address):
        self.questions.append((asyncio.get_running_loop().time(), data))
        for packet in self.answers(data):
            self._transport.sendto(packet, address)
