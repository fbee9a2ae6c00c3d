"""The OCPP central system: the sandbox's own, strict, in a process that is killed and comes back with its store.

Its stations come through `connect`, which stands for websockets.asyncio.client.connect. Where the link to it
is bad, that is `weather` of its own, not the pile's.
"""

import asyncio
import contextlib
import json
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.csms.behaviour import Behaviour
from sandbox.csms.books import Books
from sandbox.csms.commands import Commands
from sandbox.csms.frames import CALL, RESULT
from sandbox.csms.link import NoAnswerError, RefusedError
from sandbox.csms.store import Store
from sandbox.csms.system import CentralSystem

from . import websocket
from .pile import STATION
from .process import Process
from .weather import Weather

NAME = "central"
URL = "ws://central/ocpp"
# The bridge's patience with an answer, and a little less of ours with its next call
CALL_TIMEOUT_S = 8.0
# A message that is refused comes again as often and as soon as it takes; the protocol's own bound loses it
ATTEMPTS, RETRY_S = 90, 1
_RULES = {
    "ocpp1.6": (
        ("TransactionMessageAttempts", ATTEMPTS),
        ("TransactionMessageRetryInterval", RETRY_S),
    ),
    "ocpp2.0.1": (("MessageAttempts", ATTEMPTS), ("MessageAttemptInterval", RETRY_S)),
}
INTERVAL_S = 25
_AGAIN_S = 2.0
# What 1.6 answers to a start while it is still creating the station; -1 is the right number
_EARLY = (("Invalid", -1), ("Accepted", 0), ("Invalid", 0))
# A call is taken and not yet answered
_LOST_S = 0.001
_PATIENCE_S = 10.0
_FILE = Path("central.sqlite")


class Heard:
    """A call that came from a station: when, and when its answer came there, None if it never did."""

    def __init__(self, at_s, action, payload):
        self.at_s = at_s
        self.action = action
        self.payload = payload
        self.answer = None
        self.answered_s = None


class _Complaints(list):
    """`at_s` says when each was made."""

    def __init__(self, now_s):
        super().__init__()
        self.at_s = []
        self._now_s = now_s

    def append(self, complaint):
        self.at_s.append(self._now_s())
        super().append(complaint)


class Central:
    """`on()`, `kill()`; its file and `books` outlive it. `asked` is token -> answers to its remote starts."""

    def __init__(self, bench, version):
        self.version = version
        self.weather = Weather(bench.random)
        self.store = Store(_FILE)
        self.behaviour = Behaviour()
        # Complaints and exchanges: no memory of the program, and so the bench's
        self.books = Books(self.store)
        self.books.complaints = _Complaints(lambda: bench.now_s)
        self.calls = {}  # id -> Heard
        self.system = self.process = None
        self.starts = 0
        self.asked = {}
        # Tokens and remote start ids as they were sent
        self.remote_ids = {}
        self.silent = self.refusing = False
        self._bench = bench
        self._remote_starts = 0
        self._told_rules = False
        self._dies = None  # in how many calls, and whether it takes that one
        self._sockets = []
        self.calm()
        self.be_early(bench.random)

    @property
    def running(self):
        """True while the process lives."""
        return self.process is not None and not self.process.dead

    def calm(self):
        """Obliging from now on, and so is the link."""
        self.weather.calm()
        self.silent = self.refusing = False
        self.behaviour.__init__(
            interval_s=INTERVAL_S,
            random=self._bench.random,
            station_patience_s=CALL_TIMEOUT_S - 2,
        )

    def be_early(self, chance):
        """The next answers to starts are those of a central system that does not know its station yet."""
        self.behaviour.starts += [chance.choice(_EARLY) for _ in range(chance.randrange(4))]

    def on(self):
        """Start the process."""
        if self.running:
            return
        self.starts += 1
        self.store.close()
        self.store = Store(_FILE)
        self.system = system = CentralSystem(self.store, versions=(self.version,))
        books = system.books
        books.behaviour, books.complaints = self.behaviour, self.books.complaints
        books.exchanges, books.clock = self.books.exchanges, self._bench.true_s
        self.process = Process("central", self._died)
        self._bench.processes.append(self.process)
        self._bench.say("central: start %d" % self.starts)

    def kill(self):
        """SIGKILL."""
        if self.process is not None:
            self.process.kill()

    def _died(self):
        bench = self._bench
        bench.say("central: killed")
        # The machine may be gone with it, and then nobody closes anything
        self.hang_up(silently=bench.random.random() < 0.3)
        bench.central_died()

    def hang_up(self, silently=False):
        """End every connection at this end, or let it go silent."""
        sockets, self._sockets = self._sockets, []
        for socket in sockets:
            if silently:
                socket.silence()
            else:
                socket.abort()

    def go_silent(self):
        """What stands goes silent, and nobody answers who connects."""
        self.silent = True
        self.hang_up(silently=True)

    def bridge_died(self, silently):
        """The stations are gone: their ends close, or the machine that held them is gone as well."""
        for socket in self._sockets:
            if silently:
                socket.silence()
            else:
                socket.peer.abort()

    async def connect(self, uri, *, subprotocols, open_timeout, **_options):
        """A station's end of a new connection, or what the real one raises."""
        async with asyncio.timeout(open_timeout):
            await asyncio.sleep(self.weather.latency_s())
            if self.silent:
                await asyncio.sleep(open_timeout + 1)
            if self.refusing or not self.running:
                raise ConnectionRefusedError("connection refused")
            if self.version not in subprotocols:
                raise AssertionError("the station does not offer %s" % self.version)
            path = urlsplit(uri).path
            names = (self.weather, self.version, path, self._answered, self._called)
            ours, theirs = websocket.pair(*names)
            self._sockets = [end for end in self._sockets if not end.ended]
            self._sockets.append(theirs)
            self.process.spawn(self._serve(theirs))
            return ours

    def die_with(self, calls, taken):
        """The n-th call from now on is the last of the process; `taken`: only its answer is lost."""
        self._dies = [calls, taken]

    def _called(self, text):
        frame = json.loads(text)
        if frame[0] != CALL:
            return
        self.calls[frame[1]] = Heard(self._bench.now_s, *frame[2:])
        if self._dies:
            self._dies[0] -= 1
            if not self._dies[0]:
                taken, self._dies = self._dies[1], None
                if taken:
                    self.hang_up(silently=True)
                asyncio.get_running_loop().call_later(_LOST_S if taken else 0, self.kill)

    def _answered(self, text):
        frame = json.loads(text)
        if frame[0] == RESULT:
            heard = self.calls[frame[1]]
            heard.answer, heard.answered_s = frame[2], self._bench.now_s

    async def _serve(self, socket):
        system = self.system
        rules = asyncio.create_task(self._tell_rules(system))
        await system._connected(socket)
        rules.cancel()

    async def _tell_rules(self, system):
        """Have the station try again until it is told; once, for it keeps that."""
        while not self._told_rules:
            await asyncio.sleep(_AGAIN_S)
            if self.store.station(STATION).accepted:
                with contextlib.suppress(NoAnswerError, RefusedError):
                    await self._set_rules(Commands(system))

    async def _set_rules(self, commands):
        for name, value in _RULES[self.version]:
            if self.version == "ocpp1.6":
                answer = await commands.change_configuration(STATION, name, str(value))
                taken = answer["status"] == "Accepted"
            else:
                row = {
                    "component": {"name": "OCPPCommCtrlr"},
                    "variable": {"name": name, "instance": "TransactionEvent"},
                    "attributeValue": str(value),
                }
                answer = await commands.call(STATION, "SetVariables", {"setVariableData": [row]})
                taken = answer["setVariableResult"][0]["attributeStatus"] == "Accepted"
            if not taken:
                raise AssertionError("%s is not taken: %s" % (name, answer))
        self._told_rules = True
        self._bench.say("central: its rules are set")

    # What somebody asks of it

    async def start(self, token, connector=1):
        """A remote start: True accepted, False refused, None when no answer came."""
        answers = self.asked.setdefault(token, [])
        answers.append(None)
        at = len(answers) - 1
        answer = await self._ask(self._start_call(token, connector))
        if answer is not None:
            answers[at] = answer["status"] == "Accepted"
        return answers[at]

    def _start_call(self, token, connector):
        if self.version == "ocpp1.6":
            payload = {"idTag": token, "connectorId": connector}
            return "RemoteStartTransaction", payload
        # As large as it comes: Commands begins anew with the process
        self._remote_starts += 1
        self.remote_ids.setdefault(token, []).append(self._remote_starts)
        payload = {
            "remoteStartId": self._remote_starts,
            "idToken": {"idToken": token, "type": "ISO14443"},
            "evseId": connector,
        }
        return "RequestStartTransaction", payload

    async def stop(self, token):
        """A remote stop of what runs for a token: True accepted or over, False refused, None no answer or unknown."""
        found = [item for item in self.store.of(STATION) if item.token == token]
        if not found:
            return None
        if not found[-1].open:
            return True
        name = found[-1].id
        if self.version == "ocpp1.6":
            call = ("RemoteStopTransaction", {"transactionId": int(name)})
        else:
            call = ("RequestStopTransaction", {"transactionId": name})
        answer = await self._ask(call)
        return None if answer is None else answer["status"] == "Accepted"

    async def _ask(self, call):
        if not self.running:
            return None
        try:
            link = self.system.link(STATION)
            return await link.call(*call, _PATIENCE_S)
        except (NoAnswerError, RefusedError) as error:
            self._bench.say("central: %s: %s" % (call[0], str(error)[:100]))
            return None
