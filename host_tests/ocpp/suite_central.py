"""The two central systems of the suite behind one set of words: the sandbox, and the strict server of others."""

import asyncio
import contextlib
import time
from collections import Counter
from types import SimpleNamespace

from foreign_server import foreign_server

from sandbox.csms.behaviour import Verdict
from sandbox.csms.books import Books
from sandbox.csms.commands import Commands
from sandbox.csms.link import RefusedError
from sandbox.csms.model import iso
from sandbox.csms.store import Store
from sandbox.csms.system import CentralSystem

PILE = "P001"


class Sandbox:
    """tools/sandbox/csms: knows the order of messages and what a transaction is."""

    def __init__(self, version):
        self.version = version
        self.system = CentralSystem(versions=(version,), ping_interval_s=None)
        self.commands = Commands(self.system)
        # Rules that a scenario breaks on purpose
        self.allowed = []

    @contextlib.asynccontextmanager
    async def serve(self, clock, login):
        self.login(**login)
        self.system.books.clock = clock
        await self.system.start()
        try:
            yield self
        finally:
            await self.system.stop()

    @property
    def url(self):
        return self.system.url

    def last(self, count):
        """The newest calls, for a failing test."""
        rows = list(self.system.books.exchanges)[-count:]
        return [(row.by, row.action, row.payload, row.answer, row.error) for row in rows]

    def said(self, action):
        """Payloads that the station called an action with."""
        return [row.payload for row in self.system.books.calls(action, PILE)]

    @property
    def connected(self):
        return PILE in self.system.links

    # What it is to do

    def login(self, password="", **_more):
        """The password that stations must have."""
        self.system.passwords = password.encode() or None

    def boots(self, *statuses, interval_s=60):
        """Answers to the next boot notifications, all with this interval."""
        self.system.books.behaviour.boots = list(statuses)
        self.system.books.behaviour.interval_s = interval_s

    def judge(self, token, status):
        """Its verdict on a token from now on."""
        self.system.books.behaviour.tokens[token] = Verdict(status)

    def starts(self, *answers):
        """(status, transaction id) that the next StartTransactions get; -1 is the right id."""
        self.system.books.behaviour.starts += answers

    def fail(self, action, *codes):
        """CALLERROR codes of the next calls."""
        self.system.books.behaviour.errors[action] = list(codes)

    def silence(self, action, count=1):
        """No answer to the next calls."""
        self.system.books.behaviour.mute[action] = count

    def lose(self, action):
        """The next call is taken, and the link ends before the answer."""
        self.system.books.behaviour.close_after[action] = 1

    async def leave(self):
        """Go away without a word."""
        await self.system.stop(abruptly=True)

    async def come_back(self):
        """Be there again, on the same port with the same store."""
        await self.system.start()

    def drop(self):
        """The link to the station breaks."""
        self.system.links[PILE].abort()

    async def settle(self):
        """Everything that was said is in the books."""

    def exchanged(self):
        """Actions of the calls in both directions."""
        return {row.action for row in self.system.books.exchanges}

    def frames(self):
        """Only the foreign server's are counted."""
        return {}

    def faults(self):
        """What was wrong with the station's frames."""
        return self.system.books.broken(*self.allowed)


class _Link:
    """As Commands asks it."""

    def __init__(self, central):
        self.version = central.version
        self._central = central

    async def call(self, action, payload, _timeout_s=30.0):
        central = self._central
        central.asking += 1
        try:
            answer = await central.server.call(PILE, action, payload)
        finally:
            central.asking -= 1
        central.books.note(action, payload, answer)
        if answer["event"] == "error":
            raise RefusedError(answer["code"], answer["text"])
        return answer["payload"]


class _ForeignBooks(Books):
    def __init__(self):
        super().__init__(Store())
        self.asked = []

    def note(self, action, payload, answer):
        self.asked.append((action, payload, answer))


class Foreign:
    """ocpp-rpc in strict mode: knows the schemas, takes any order."""

    allowed = ()

    def __init__(self, version):
        self.version = version
        self.server = None
        # One for each act
        self.servers = []
        # Calls of its own that are not answered; True while it takes no station
        self.asking = 0
        self.away = False
        # It was told to leave a call without an answer, some time or other
        self.is_silent = False
        self.books = _ForeignBooks()
        self.commands = Commands(SimpleNamespace(link=lambda _: _Link(self), books=self.books))
        self._clock = None

    @contextlib.asynccontextmanager
    async def serve(self, clock, login):
        self._clock = clock
        loop = asyncio.get_running_loop()
        hurry = loop._selector.select
        # Its start and its end take real time, and nobody hurries it
        loop._selector.select = patient = _unhurried(loop)
        async with foreign_server(login.get("password")) as self.server:
            self.servers.append(self.server)
            loop._selector.select = hurry
            try:
                yield self
            finally:
                loop._selector.select = patient

    @property
    def url(self):
        return self.server.url

    def last(self, count):
        return [(row["action"], row["payload"]) for row in self.server.of("call")[-count:]]

    def said(self, action):
        return [row for server in self.servers for row in server.calls(action, PILE)]

    @property
    def connected(self):
        counts = [len(self.server.of(kind)) for kind in ("connected", "disconnected")]
        return counts[0] > counts[1]

    def boots(self, *statuses, interval_s=60):
        now = iso(self._clock())
        rows = [
            {"payload": {"status": status, "currentTime": now, "interval": interval_s}}
            for status in (*statuses, "Accepted")
        ]
        self._script("BootNotification", rows)

    def login(self, password):
        """The password that stations must have from now on."""
        self.server.tell(password=password)

    def judge(self, token, status):
        self.server.tell(verdicts={token: status})

    def starts(self, *answers):
        rows = [
            {"payload": {"transactionId": number, "idTagInfo": {"status": status}}}
            for status, number in answers
        ]
        self._script("StartTransaction", rows)

    def fail(self, action, *codes):
        self._script(action, [{"error": code} for code in codes])

    def silence(self, action, count=1):
        self.is_silent = True
        self._script(action, [{"silent": True}] * count)

    def lose(self, action):
        self._script(action, [{"lost": True}])

    async def leave(self):
        self.away = True
        self.server.tell(away=True)
        await self._until(lambda: not self.connected)

    async def come_back(self):
        self.away = False
        self.server.tell(away=False)

    def drop(self):
        self.server.tell(away=True)
        self.server.tell(away=False)

    async def settle(self):
        """The lines of its last events have come."""
        await _real_time(0.05)

    def faults(self):
        return [row for server in self.servers for row in server.violations]

    def exchanged(self):
        said = {row["action"] for server in self.servers for row in server.of("call")}
        return said | {action for action, _payload, _answer in self.books.asked}

    def frames(self):
        """Frames of the station that were good: "version calls|answers action" -> how many."""
        calls = [f"calls {row['action']}" for server in self.servers for row in server.of("call")]
        answers = [
            f"answers {action}"
            for action, _payload, answer in self.books.asked
            if answer["event"] == "answer"
        ]
        return Counter(f"{self.version} {each}" for each in (*calls, *answers))

    async def _until(self, condition):
        while not condition():
            await _real_time(0.01)

    def _script(self, action, answers):
        self.server.tell(script={action: answers})


async def _real_time(seconds):
    await asyncio.to_thread(time.sleep, seconds)


def _unhurried(loop):
    inner, real = loop._selector.select, getattr(loop._selector, "_real", None)
    if real is None:
        # A loop in real time
        return inner

    def select(timeout=None):
        is_idle = timeout is None or timeout > 0
        return real.select(0.05 if is_idle else 0) or inner(timeout)

    return select


CENTRALS = {"sandbox": Sandbox, "foreign": Foreign}
