"""A canned central system of OCPP 1.6 in a process of its own: answers at once, and counts what stations told it.

Words come on stdin, one a line, and each is answered by one line of JSON: `open` and `shut` (it drops every
connection and refuses new ones), `forget` (connections and boots are counted anew), `report`, and
`change KEY VALUE`, a ChangeConfiguration for every station.
"""

import asyncio
import contextlib
import http
import json
import sys
import time
from collections import Counter
from pathlib import Path

import msgspec
import websockets
from certificates import Authority
from websockets.asyncio.server import serve

FACTS = ("StartTransaction", "MeterValues", "StopTransaction")
_ALIGNED = b'"Sample.Clock"'
_decode, _encode = msgspec.json.decode, msgspec.json.encode


class Central:
    """What every station said that matters, by identity."""

    def __init__(self):
        self.refuses = False
        self.links = {}
        self.boots = Counter()
        self.came_s = []
        self.facts = {}
        self.aligned = 0
        self.sample = ""
        self.others = Counter()
        self.changed = 0

    def request(self, connection, _request):
        """Judge a handshake."""
        if self.refuses:
            return connection.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, "shut\n")
        self.came_s.append(time.monotonic())
        return None

    async def station(self, link):
        """Serve one connection."""
        identity = link.request.path.rpartition("/")[2]
        self.links[identity] = link
        with contextlib.suppress(websockets.ConnectionClosed):
            async for text in link:
                frame = _decode(text)
                if frame[0] == 2:
                    answer = self.answer(identity, frame[2], frame[3], text)
                    await link.send(_encode((3, frame[1], answer)), text=True)
                else:
                    self.changed += frame[0] == 3 and frame[2].get("status") == "Accepted"
        if self.links.get(identity) is link:
            del self.links[identity]

    def answer(self, identity, action, payload, text):
        """What a call gets."""
        if action == "MeterValues":
            self.sample = text
            if _ALIGNED in text.encode():
                self.aligned += 1
            else:
                value = payload["meterValue"][0]
                context = value["sampledValue"][0]["context"]
                self.told(identity, value["timestamp"], action, context)
        elif action == "StartTransaction":
            self.told(identity, payload["timestamp"], action, "")
            return {"transactionId": 1 + len(self.facts), "idTagInfo": {"status": "Accepted"}}
        elif action == "StopTransaction":
            self.told(identity, payload["timestamp"], action, "")
        elif action == "BootNotification":
            self.boots[identity] += 1
            return {"status": "Accepted", "currentTime": now(), "interval": 3600}
        elif action == "Heartbeat":
            return {"currentTime": now()}
        else:
            self.others[action] += 1
        return {}

    def told(self, identity, timestamp, action, context):
        """A fact of a transaction has come."""
        self.facts.setdefault(identity, []).append((timestamp, FACTS.index(action), context))

    async def obey(self, word, *rest):
        """Carry out a word of the bench; what to say to it."""
        if word == "open":
            self.refuses = False
        elif word == "shut":
            self.refuses = True
            for link in self.links.values():
                link.transport.abort()
        elif word == "forget":
            self.boots.clear()
            self.came_s.clear()
            self.changed = 0
        elif word == "change":
            payload = {"key": rest[0], "value": rest[1]}
            frame = _encode((2, "change", "ChangeConfiguration", payload))
            for link in list(self.links.values()):
                # A minimal client goes without a word
                with contextlib.suppress(websockets.ConnectionClosed):
                    await link.send(frame, text=True)
        return self.report()

    def report(self):
        """What was counted: a fact that came again is doubled, one that came behind a later one misplaced."""
        rows = self.facts.values()
        return {
            "booted": len(self.boots),
            "boots": self.boots.total(),
            "connects": len(self.came_s),
            "connects_s": self.came_s[-1] - self.came_s[0] if self.came_s else 0,
            "facts": sum(map(len, rows)),
            "doubled": sum(len(facts) - len(set(facts)) for facts in rows),
            "misplaced": sum(facts != sorted(facts) for facts in rows),
            "aligned": self.aligned,
            "changed": self.changed,
            "sample": self.sample,
        }


async def main(folder=""):
    """Serve until stdin ends; over TLS when there is a folder for certificates."""
    central = Central()
    context = Authority(Path(folder)).server_context("127.0.0.1") if folder else None
    options = {"compression": None, "ping_interval": None, "close_timeout": 1, "ssl": context}
    where = ("127.0.0.1", 0)
    async with serve(
        central.station,
        *where,
        subprotocols=["ocpp1.6"],
        process_request=central.request,
        backlog=1024,
        **options,
    ) as server:
        say({"port": server.sockets[0].getsockname()[1]})
        while line := await asyncio.to_thread(sys.stdin.readline):
            say(await central.obey(*line.split()))
        for link in central.links.values():
            link.transport.abort()


def now():
    """UTC as OCPP writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def say(message):
    """One line for the bench."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
