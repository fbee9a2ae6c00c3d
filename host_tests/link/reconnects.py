"""Runs under MicroPython: an uplink whose bridge hangs up on it again and again, in a heap that is all but full.

Arguments: the broker's port, the connections to make, and the bytes that stay free.
Last line: bytes held with a connection standing, at the start and at the end.
"""

import asyncio
import gc
import sys

from evse.link import uplink
from evse.link.bearer import Bearer
from evse.link.dialer import Dialer
from evse.link.secure import Security

# As long as the bridge needs, not as long as a fleet may take
uplink._BACKOFF_FIRST_MS = 1
uplink._BACKOFF_MOST_MS = 2
uplink._LOOK_MS = 5
uplink._ROUND_MS = 5


class Source:
    """A station that greets, and when told has records, on which the bridge hangs up."""

    def __init__(self):
        self.greetings = 0
        self.has_records = False

    def hello(self):
        self.greetings += 1
        return b'{"hello":%d}' % self.greetings

    def state(self):
        return None

    def meter(self):
        return None

    def refresh(self):
        pass

    def journal(self, _most_bytes):
        if not self.has_records:
            return None, 0
        return b'{"v":1,"records":["%s"]}' % (b"A" * 600), self.greetings


class Downlink:
    """Takes what the bridge says as its word that it is there."""

    topics = ("pile/P/command", "pile/P/ack")
    replies = ()
    updates = ()
    asking = None
    uplink = None

    def receive(self, _topic, _payload):
        self.uplink.acknowledged(0)


def filled(free_bytes):
    """Pieces that fill the heap but for one hole of so many bytes, in which all that follows must go on."""
    pieces = None
    gc.collect()
    hole = bytearray(free_bytes)
    for size in (32768, 2048, 256, 64):
        while gc.mem_free() > size:
            try:
                pieces = (bytearray(size), pieces)
            except MemoryError:
                break
    del hole
    return pieces


def held():
    """Bytes in use, when what is to be had back is back."""
    gc.collect()
    gc.collect()
    return gc.mem_alloc()


async def quiet(link):
    """Return when the bridge has answered and nothing is under way."""
    while not link.online:
        await asyncio.sleep_ms(1)
    await asyncio.sleep_ms(200)


async def main(port, connections, free_bytes):
    """Connect so often; a failure of the heap comes out."""
    source, downlink = Source(), Downlink()
    security = Security("P")
    security.use(1, bytes(32))
    dialer = Dialer(("127.0.0.1", port), Bearer(None, None, None, None, None), security)
    link = downlink.uplink = uplink.Uplink("P", 10, dialer, source, downlink, lambda: 0.5)
    running = asyncio.create_task(link.run())
    await quiet(link)
    pieces = filled(free_bytes)
    begun = held()
    source.has_records = True
    while source.greetings < connections and not running.done():
        await asyncio.sleep_ms(1)
    if running.done():
        await running
    source.has_records = False
    await asyncio.sleep_ms(200)
    await quiet(link)
    print(begun, held(), gc.mem_free(), source.greetings, link.last_error)
    del pieces


asyncio.run(main(*[int(word) for word in sys.argv[1:]]))
