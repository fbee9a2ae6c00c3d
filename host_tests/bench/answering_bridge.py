"""A broker on loopback with a bridge behind it that commits at once whatever the pile sends, and may give orders."""

import asyncio
import json
import sys
import threading

from evse.core import mac, messages, records, reports
from interpreters import ROOT

sys.path.insert(0, str(ROOT / "host_tests" / "link"))

from scripted_broker import Broker

NOW_S = 1_763_600_000


class _Bridge(Broker):
    """Answers every hello and acknowledges every journal message, signed with the pile's key."""

    def __init__(self, secret, now_s, orders):
        super().__init__()
        self.journals = 0
        self.greetings = 0
        self.replies = []
        self._orders = orders
        self._now_s = now_s
        self._key = mac.Mac(mac.derive(secret, mac.COMMAND))

    def _answer(self, kind, body):
        super()._answer(kind, body)
        if kind & 0xF0 != 0x30:
            return
        size = int.from_bytes(body[:2], "big")
        station, name = body[2 : 2 + size].decode().split("/")[1:]
        payload = body[2 + size + (2 if kind & 6 else 0) :]
        if name == "hello":
            said = messages.decode(name, payload, reports.FIELDS)
            answer = {"upto": said["next"] - 1, "utc": self._now_s(), "nonce": said["nonce"]}
            self._acknowledge_up_to(station, {"life": said["life"], **answer})
            self.greetings += 1
            if self.greetings == 1:
                self._order(station)
        elif name == "reply":
            self.replies.append(json.loads(payload))
            self._order(station)
        elif name == "journal":
            self.journals += 1
            said = messages.decode(name, payload, reports.FIELDS)
            last = messages.decode_base64("records", said["records"][-1])
            self._acknowledge_up_to(station, {"life": said["life"], "upto": records.seq_of(last)})

    def _acknowledge_up_to(self, station, message):
        self._send("ack", station, message)

    def _order(self, station):
        """The next order, once the one before has its reply."""
        # What is asked to come again comes again
        number = sum(reply.get("reason") != "busy" for reply in self.replies)
        if number < len(self._orders):
            name, args = self._orders[number]
            # Nothing is older than the greeting
            order = {"id": str(len(self.replies)), "name": name, "args": args}
            self._send("command", station, {**order, "utc": self._now_s() + 1, "ttl_s": 300})

    def _send(self, name, station, message):
        topic = messages.topic(station, name)
        self.send(topic.encode(), messages.sign(topic, messages.encode(message), self._key))


class AnsweringBridge:
    """The bridge in a thread of its own, for a pile in another process; a context manager. `now_s()` is its time.

    `orders`: (name, args) of commands that it gives one after the other from its first answer on.
    """

    def __init__(self, secret, now_s=lambda: NOW_S, orders=()):
        self.port = 0
        self._bridge = _Bridge(secret, now_s, orders)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)

    @property
    def journals(self):
        """Journal messages that came."""
        return self._bridge.journals

    @property
    def greetings(self):
        """Hellos that were answered."""
        return self._bridge.greetings

    @property
    def replies(self):
        """What the pile replied to the orders."""
        return self._bridge.replies

    def hang_up(self):
        """End the connection; the pile makes another and is greeted anew."""
        self._loop.call_soon_threadsafe(self._bridge.writer.close)

    def __enter__(self):
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_exc):
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self):
        self._over = asyncio.Event()
        server = await asyncio.start_server(self._bridge.serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        server.close()
        if self._bridge.writer:
            self._bridge.writer.close()
        await server.wait_closed()
