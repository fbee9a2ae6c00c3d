"""A pile and a central system for the 2.0.1 station: what leaves is checked against the schemas."""

import asyncio
import json
from functools import cache
from importlib.resources import files

import jsonschema

from pilebridge.commands import Reply
from pilebridge.model import Connector, ConnectorState
from pilebridge.platforms.ocpp.context import CallError, NotDeliveredError, OpenTransaction
from pilebridge.platforms.ocpp.events import TxEvent
from pilebridge.platforms.ocpp.v201.shared import transaction_id
from pilebridge.platforms.ocpp.v201.station import Station201
from pilebridge.platforms.ocpp.v201.words import stamp
from pilebridge.station_services import Period

PILE = "P-0001"
T0 = 1_800_000_000
ACCEPTED = Reply("accepted", "")
SCHEMAS = files("ocpp").joinpath("v201", "schemas")


@cache
def _validator(name):
    schema = json.loads(SCHEMAS.joinpath(f"{name}.json").read_text("utf-8-sig"))
    return jsonschema.Draft6Validator(schema, format_checker=jsonschema.FormatChecker())


def check(action, kind, payload):
    """Fail unless a payload of `kind` Request or Response is what the schema says."""
    # As it is on the wire: what JSON cannot carry fails here
    _validator(action + kind).validate(json.loads(json.dumps(payload)))


def schema_actions():
    """Every action that the package has a schema for."""
    names = (path.name.removesuffix("Request.json") for path in SCHEMAS.iterdir())
    return {name for name in names if not name.endswith(".json")}


class FakeValues:
    """Values as JSON, so that what cannot be kept fails."""

    def __init__(self):
        self.kept = {}

    def get(self, key, default=None):
        return json.loads(self.kept[key]) if key in self.kept else default

    async def set(self, key, value):
        if value is None:
            self.kept.pop(key, None)
        else:
            self.kept[key] = json.dumps(value)


class FakeServices:
    """One pile: notes what it is asked, and answers from `replies`."""

    def __init__(self, evses=2, phases=1, volts=220):
        self.pile = PILE
        self.connectors = [
            Connector("S1", PILE, n, f"C{n}", f"E{n}", "socket", 320, volts, phases, 7000)
            for n in range(1, evses + 1)
        ]
        self.states = {c.number: ConnectorState("available") for c in self.connectors}
        self.hello = {"firmware": "0.1.0", "board": "devkitc", "life": "a55a41c3", "boot": 7}
        self.reachable = True
        self.asked = []
        self.replies = {}
        self.settings = {"start_timeout_s": 60, "sample_interval_s": 60, "resume": True}
        self.installed = {}
        self.local = (0, [])
        self.curve = [Period(0, 160)]
        self.room = 1000

    def _reply(self, name, *arguments):
        self.asked.append((name, *arguments))
        return self.replies.get(name, ACCEPTED)

    def of(self, name):
        """Arguments of each time that `name` was asked."""
        return [tuple(each[1:]) for each in self.asked if each[0] == name]

    def state(self, number):
        return self.states[number]

    async def start(self, number, ref, by, token=""):
        return self._reply("start", number, ref, by, token)

    async def stop(self, number, ref, reason="remote"):
        return self._reply("stop", number, ref, reason)

    async def unlock(self, number):
        return self._reply("unlock", number)

    async def set_availability(self, number, operative):
        return self._reply("set_availability", number, operative)

    async def reset(self, hard):
        return self._reply("reset", hard)

    async def reserve(self, reservation):
        return self._reply("reserve", reservation)

    async def cancel_reservation(self, reservation_id):
        return self._reply("cancel_reservation", reservation_id)

    async def set_profile(self, profile):
        reply = self._reply("set_profile", profile)
        if reply and reply.result == "accepted":
            self.installed[profile.id] = profile
        return reply

    async def clear_profiles(self, ids):
        self.asked.append(("clear_profiles", tuple(ids)))
        return len([self.installed.pop(each) for each in ids if each in self.installed])

    def profiles(self):
        return list(self.installed.values())

    def composite(self, number, start_utc, duration_s):
        self.asked.append(("composite", number, start_utc, duration_s))
        return self.curve

    def token_version(self):
        return self.local[0]

    def tokens(self):
        return self.local[1]

    async def set_tokens(self, version, entries):
        if len(entries) > self.room:
            return False
        self.local = (version, list(entries))
        return True

    async def clear_cache(self):
        return self._reply("clear_cache")

    async def read_settings(self, keys):
        assert 1 <= len(keys) <= 8
        if not self.reachable:
            return None
        return {key: self.settings[key] for key in keys if key in self.settings}

    async def write_setting(self, key, value):
        reply = self._reply("write_setting", key, value)
        if reply and reply.result == "accepted":
            self.settings[key] = value
        return reply

    async def report(self):
        return self._reply("report")

    async def update(self, bundle):
        return self._reply("update", bundle)


class FakeContext:
    """The common part: `answers` by action are what the central system says, or what goes wrong."""

    identity = "CS-1"

    def __init__(self, services):
        self.services = services
        self.values = FakeValues()
        self.now = T0
        self.boot_status = "Accepted"
        self.calls = []
        self.answers = {}
        self.open = []
        self.waiting = []
        self.expected = []
        self.taken_back = []
        self.security_events = []
        self.reconnects = 0
        self.rules = None
        self.interval = None
        self.queue = set()
        self.triggered = []

    def clock(self):
        return float(self.now)

    async def call(self, action, payload):
        check(action, "Request", payload)
        answer = self.answers.get(action)
        if isinstance(answer, Exception):
            raise answer
        # On the wire, so also when the station changes its payload afterwards
        self.calls.append((action, json.loads(json.dumps(payload))))
        if callable(answer):
            answer = answer(payload)
        if answer is None:
            answer = _ANSWERS.get(action, {})
        check(action, "Response", answer)
        return answer

    def later(self, work):
        self.waiting.append(work)

    def transactions(self):
        return [t for t in self.open if not t.ended]

    def transaction_of(self, wanted):
        return next(
            (t for t in self.transactions() if wanted and t.transaction_id == wanted), None
        )

    def queued(self, wanted):
        return wanted in self.queue if wanted else bool(self.queue)

    async def trigger_event(self, tx):
        self.triggered.append(tx)

    async def expect_start(
        self, ref, connector, id_token, id_token_type="", remote_start_id=None,
        reservation_id=None, group="",
    ):  # fmt: skip
        self.expected.append(
            (ref, connector, id_token, id_token_type, remote_start_id, reservation_id, group)
        )

    async def bind(self, pile, tx, identity):
        for transaction in self.open:
            if (transaction.pile, transaction.tx) == (pile, tx):
                transaction.transaction_id = identity

    async def deauthorized(self, tx, status):
        self.taken_back.append((tx, status))

    def interval_changed(self, seconds):
        self.interval = seconds

    def delivery_rules(self, attempts, interval_s):
        self.rules = (attempts, interval_s)

    def reconnect(self):
        self.reconnects += 1

    def security_event(self, kind, text=""):
        self.security_events.append(kind)


_ANSWERS = {
    "BootNotification": {"currentTime": stamp(T0), "interval": 120, "status": "Accepted"},
    "Heartbeat": {"currentTime": stamp(T0)},
    "Authorize": {"idTokenInfo": {"status": "Accepted"}},
    "SignCertificate": {"status": "Accepted"},
}


class Bench:
    """A station between the two, with words for tests."""

    def __init__(self, **pile):
        self.services = FakeServices(**pile)
        self.context = FakeContext(self.services)
        self.station = Station201(self.context)

    async def ask(self, action, payload=None, then=True):
        """The station's answer to a call; what it does afterwards is done too."""
        payload = payload or {}
        check(action, "Request", payload)
        answer = await self.station.answer(action, payload)
        check(action, "Response", answer)
        if then:
            await self.settle()
        return answer

    async def refuses(self, action, payload=None):
        """The code of the CALLERROR."""
        try:
            await self.station.answer(action, payload or {})
        except CallError as error:
            return error.code
        raise AssertionError(f"{action} was answered")

    async def settle(self):
        """Do what was put off until the answer was sent."""
        while self.context.waiting:
            await asyncio.wait_for(self.context.waiting.pop(0), 5)

    def again(self):
        """A new connection of the same station."""
        self.station = Station201(self.context)

    def sent(self, action):
        """Payloads of this action so far."""
        return [payload for name, payload in self.context.calls if name == action]

    def runs(self, tx="a55a41c3-37", evse=1, ref="04A2B3C4", **more):
        """A transaction runs, and its id is returned."""
        self.context.open.append(OpenTransaction(PILE, tx, evse, ref, **more))
        self.services.states[evse].tx = tx
        return transaction_id(PILE, tx)

    async def set(self, component, variable, value, instance=None):
        """Set one variable; its status."""
        named = {"name": variable} | ({"instance": instance} if instance else {})
        item = {"component": {"name": component}, "variable": named, "attributeValue": value}
        answer = await self.ask("SetVariables", {"setVariableData": [item]})
        return answer["setVariableResult"][0]["attributeStatus"]

    async def value(self, component, variable, instance=None):
        """One variable's value, or its status when there is none."""
        named = {"name": variable} | ({"instance": instance} if instance else {})
        item = {"component": {"name": component}, "variable": named}
        answer = await self.ask("GetVariables", {"getVariableData": [item]})
        result = answer["getVariableResult"][0]
        return result.get("attributeValue", result["attributeStatus"])


def event(kind, seq=0, **more):
    """A fact of the transaction that runs() begins."""
    fields = {"pile": PILE, "tx": "a55a41c3-37", "connector": 1, "utc": T0 + 60 * seq}
    return TxEvent(kind=kind, seq=seq, **{**fields, "wh": 1000 + 10 * seq, **more})


LOST = NotDeliveredError("the link is down")
