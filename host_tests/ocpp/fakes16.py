"""A context and a pile for the station of OCPP 1.6; every payload passes the published schemas."""

import asyncio
import json
from dataclasses import replace

from fake_waiting import waiting_starts
from schemas16 import conform

from pilebridge.commands import Reply
from pilebridge.model import Connector, ConnectorState
from pilebridge.platforms.ocpp.context import OpenTransaction, Settings
from pilebridge.platforms.ocpp.events import TxEvent
from pilebridge.platforms.ocpp.v16.station import Station16
from pilebridge.station_services import Period

UTC = 1772600767  # 2026-03-04T05:06:07Z
UTC_TEXT = "2026-03-04T05:06:07Z"
PILE, TX, TAG = "P001", "a55a41c3-37", "04A2B3C4"
YES = Reply("accepted", "")


def refused(reason):
    """What a pile says to a command that it does not carry out."""
    return Reply("refused", reason)


def connector(number=1, phases=1):
    """A connector of 32 A at 230 V."""
    return Connector(
        "S1", PILE, number, f"C{number}", "E1", "socket", 320, 230, phases, 7360 * phases
    )


def _place(profile):
    return profile.connector, profile.purpose, profile.stack, profile.ref


class FakeServices:
    """`replies[name]` is what a command of that name gets, `asked` are the commands."""

    def __init__(self, connectors=1, phases=1):
        self.pile = PILE
        self.connectors = [connector(number + 1, phases) for number in range(connectors)]
        self.hello = {"firmware": "1.0.0", "board": "devkitc"}
        self.reachable = True
        self.states = {c.number: ConnectorState("available", wh=1000) for c in self.connectors}
        self.replies = {}
        self.asked = []
        self.settings = {"sample_interval_s": 60, "start_timeout_s": 60}
        self.held = []
        self.list = (0, [])
        self.schedule = [Period(0, 320)]
        self.fits = True
        self.bundles = []

    def state(self, number):
        return self.states[number]

    def put(self, number=1, **changes):
        """Change the live state of a connector."""
        self.states[number] = replace(self.states[number], **changes)

    def _reply(self, name, *args):
        self.asked.append((name, *args))
        return self.replies.get(name, YES)

    def holder(self, number):
        return "another"

    async def start(self, number, ref, by, token=""):
        return self._reply("start", number, ref, by, token)

    async def stop(self, number, ref, reason="remote"):
        return self._reply("stop", number, ref, reason)

    async def unlock(self, number):
        return self._reply("unlock", number)

    async def set_availability(self, number, operative):
        return self._reply("availability", number, operative)

    async def reset(self, hard):
        return self._reply("reset", hard)

    async def reserve(self, reservation):
        return self._reply("reserve", reservation)

    async def cancel_reservation(self, reservation_id):
        return self._reply("unreserve", reservation_id)

    async def set_profile(self, profile):
        reply = self._reply("profile", profile)
        if reply is not None and reply.result == "accepted":
            kept = [each for each in self.held if each.id != profile.id]
            self.held = [each for each in kept if _place(each) != _place(profile)] + [profile]
        return reply

    async def clear_profiles(self, ids):
        before = len(self.held)
        self.held = [each for each in self.held if each.id not in ids]
        return before - len(self.held)

    def profiles(self):
        return self.held

    def composite(self, number, start_utc, duration_s):
        self.asked.append(("composite", number, start_utc, duration_s))
        return self.schedule

    def token_version(self):
        return self.list[0]

    def tokens(self):
        return self.list[1]

    async def set_tokens(self, version, entries):
        if self.fits:
            self.list = (version, list(entries))
        return self.fits

    async def clear_cache(self):
        return self._reply("clear_cache")

    async def read_settings(self, keys):
        self.asked.append(("settings", tuple(keys)))
        return {key: self.settings[key] for key in keys if key in self.settings}

    async def write_setting(self, key, value):
        reply = self._reply("configure", key, value)
        if reply is not None and reply.result == "accepted":
            self.settings[key] = value
        return reply

    async def report(self):
        return self._reply("report")

    async def update(self, bundle):
        self.bundles.append(bundle)
        return self._reply("update")


class FakeValues:
    """Values as JSON, as the store has them."""

    def __init__(self):
        self.texts = {}

    def get(self, key, default=None):
        return json.loads(self.texts[key]) if key in self.texts else default

    async def set(self, key, value):
        if value is None:
            self.texts.pop(key, None)
        else:
            self.texts[key] = json.dumps(value)


class FakeContext:
    """`answers[action]` is what a call gets: a payload, an exception, a function, or a list of them to be
    used up; `sent` are the calls."""

    def __init__(self, services=None):
        self.identity = "CP-1"
        self.services = services or FakeServices()
        self.values = FakeValues()
        self.settings = Settings(name="test", url="ws://localhost")
        self.boot_status = "Accepted"
        self.now = UTC
        self.answers = {
            "BootNotification": {"status": "Accepted", "currentTime": UTC_TEXT, "interval": 300},
            "Heartbeat": {"currentTime": UTC_TEXT},
            "StartTransaction": {"transactionId": 7, "idTagInfo": {"status": "Accepted"}},
            "Authorize": {"idTagInfo": {"status": "Accepted"}},
            "SignCertificate": {"status": "Accepted"},
        }
        self.sent, self.open, self.expected = [], [], []
        self.revoked, self.events, self.intervals = [], [], []
        self.rules = None
        self.reconnects = 0
        self.pings = []
        self.waiting = []
        self.waiting_starts = waiting_starts(self.services, self)

    def clock(self):
        return self.now

    async def call(self, action, payload):
        self.sent.append((action, conform(action, payload)))
        answer = self.answers.get(action, {})
        if isinstance(answer, list):
            answer = answer.pop(0)
        if callable(answer):
            answer = answer(payload)
        if isinstance(answer, Exception):
            raise answer
        return conform(f"{action}Response", answer)

    def later(self, work):
        self.waiting.append(work)

    def transactions(self):
        return self.open

    def transaction_of(self, transaction_id):
        return next((t for t in self.open if t.transaction_id == transaction_id), None)

    async def expect_start(self, ref, connector, id_token, **more):
        self.expected.append((ref, connector, id_token, more.get("reservation_id")))

    async def bind(self, pile, tx, transaction_id):
        next(t for t in self.open if t.tx == tx).transaction_id = transaction_id

    async def deauthorized(self, tx, status):
        self.revoked.append((tx, status))

    def interval_changed(self, seconds):
        self.intervals.append(seconds)

    def ping_interval_changed(self, seconds):
        self.pings.append(seconds)

    def delivery_rules(self, attempts, interval_s):
        self.rules = (attempts, interval_s)

    def reconnect(self):
        self.reconnects += 1

    def security_event(self, kind, text=""):
        self.events.append(kind)

    def named(self, action):
        """The payloads sent of one action."""
        return [payload for name, payload in self.sent if name == action]


class Bench:
    """A station, its pile, and a central system that asks as the schemas say."""

    def __init__(self, connectors=1, phases=1):
        self.pile = FakeServices(connectors, phases)
        self.context = FakeContext(self.pile)
        self.station = Station16(self.context)

    async def ask(self, action, **payload):
        """The answer to a call, what it left for later still waiting."""
        answer = await self.station.answer(action, conform(action, payload))
        return conform(f"{action}Response", answer)

    async def settle(self):
        """Run to its end what was left for later, and what that left."""
        while self.context.waiting:
            work, self.context.waiting = self.context.waiting, []
            await asyncio.gather(*work)

    def drop(self):
        """Forget what was left for later."""
        for work in self.context.waiting:
            work.close()
        self.context.waiting = []

    async def status_of(self, action, **payload):
        """The status of an answer, after all that follows it."""
        answer = await self.ask(action, **payload)
        await self.settle()
        return answer["status"]

    async def configure(self, **keys):
        """ChangeConfiguration, each of which is accepted."""
        for key, value in keys.items():
            assert await self.status_of("ChangeConfiguration", key=key, value=value) == "Accepted"

    async def value_of(self, key):
        """A value as GetConfiguration tells it."""
        answer = await self.ask("GetConfiguration", key=[key])
        return answer["configurationKey"][0].get("value")

    def running(self, number=1, tx=TX, transaction_id="7", ref="ocpp-1", token=TAG):
        """A transaction of this central system that runs."""
        self.context.open.append(
            OpenTransaction(PILE, tx, number, ref, transaction_id, id_token=token)
        )
        self.pile.put(number, status="charging", tx=tx, ref=ref)

    def again(self):
        """The handler of the next connection."""
        self.station = Station16(self.context)


def event(kind, **fields):
    """A fact of the transaction that running() began."""
    given = {"pile": PILE, "tx": TX, "connector": 1, "seq": 0, "utc": UTC, "wh": 1000, **fields}
    return TxEvent(kind=kind, **given)


def steps(bench, action):
    """The statuses told with one action."""
    return [each["status"] for each in bench.context.named(action)]
