"""An uplink in virtual time, with scripted brokers behind one port and a station that always says the same."""

import asyncio
import json

from pilesim import host
from pilesim.world import World
from scripted_broker import Broker


class Source:
    """A station that always has the same to say."""

    def __init__(self):
        self.waiting = [1, 2]
        self.refreshed = 0

    def hello(self):
        return b'{"hello":1}'

    def state(self):
        return None

    def meter(self):
        return None

    def refresh(self):
        self.refreshed += 1

    def journal(self, _most_bytes):
        if not self.waiting:
            return None, 0
        return json.dumps(self.waiting).encode(), self.waiting[-1]


class Downlink:
    """Takes nothing, owes nothing, unless a test says so."""

    topics = ("pile/P/command", "pile/P/ack")

    def __init__(self):
        self.replies = []
        self.updates = []
        self.asking = None
        self.on_message = lambda topic, payload: None

    def receive(self, topic, payload):
        self.on_message(topic, payload)


class Bench:
    """Scripted brokers behind one port, one for each connection."""

    def __init__(self):
        self.brokers = []
        self.source = Source()
        self.downlink = Downlink()
        self.security = self.uplink = None

    async def accept(self, reader, writer):
        broker = Broker()
        self.brokers.append(broker)
        await broker.serve(reader, writer)

    def names(self, number=-1):
        return [
            topic.decode().split("/")[-1] for topic, _id, _p in self.brokers[number].published()
        ]

    def journals(self, number=-1):
        return [
            json.loads(payload)
            for topic, _id, payload in self.brokers[number].published()
            if topic.endswith(b"journal")
        ]

    async def until(self, condition, within_s=30):
        for _ in range(within_s * 20):
            if condition():
                return
            await asyncio.sleep(0.05)
        raise AssertionError([self.names(i) for i in range(len(self.brokers))])


def play(story):
    world = World(1)
    host.install(world)
    world.clock.pace(host.RealTime(), 10_000)

    async def main():
        from evse.link.bearer import Bearer
        from evse.link.dialer import Dialer
        from evse.link.secure import Security
        from evse.link.uplink import Uplink

        bench = Bench()
        server = await asyncio.start_server(bench.accept, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()[:2]
        bench.security = Security("P")
        bench.security.use(1, bytes(32))
        dialer = Dialer(address, Bearer(None, None, None, None, None), bench.security)
        bench.uplink = Uplink("P", 10, dialer, bench.source, bench.downlink, lambda: 0.5)
        running = asyncio.create_task(bench.uplink.run())
        try:
            return await story(bench, running)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            server.close()
            await server.wait_closed()

    try:
        return host.run(main())
    finally:
        host.uninstall()
