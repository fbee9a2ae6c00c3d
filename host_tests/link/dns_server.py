"""The simulated world's name server on a port of loopback."""

import asyncio


class DnsServer(asyncio.DatagramProtocol):
    """Answers from `names`; `questions` keeps when, from where and what."""

    def __init__(self, names):
        self.names = names
        self.questions = []
        self.port = 0
        # Gives the packets instead of `names`, if set
        self.answers = None
        self._transport = None

    async def start(self):
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        return self

    def stop(self):
        self._transport.close()

    def send(self, packet, address):
        self._transport.sendto(packet, address)

    def connection_made(self, transport):
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data, address):
        self.questions.append((asyncio.get_running_loop().time(), address, data))
        for packet in (self.answers or self.names.answers)(data):
            self.send(packet, address)
