"""A pile and a central system for the 2.0.1 station: what leaves is checked against the schemas."""

import asyncio
import json
from datetime import datetime
from functools import cache
from importlib.resources import files

import jsonschema
from fake_pile201 import PILE, FakeServices
from fake_waiting import waiting_starts

from pilebridge.platforms.ocpp.context import (
    CallError,
    NotDeliveredError,
    OpenTransaction,
    Settings,
)
from pilebridge.platforms.ocpp.events import TxEvent
from pilebridge.platforms.ocpp.v201.shared import transaction_id
from pilebridge.platforms.ocpp.v201.station import Station201
from pilebridge.platforms.ocpp.v201.words import stamp

T0 = 1_800_000_000
SCHEMAS = files("ocpp").joinpath("v201", "schemas")


FORMATS = jsonschema.FormatChecker(formats=())


@FORMATS.checks("date-time", raises=ValueError)
def _is_time(text):
    # RFC 3339: a time without an offset would be nobody's
    return datetime.fromisoformat(text).tzinfo is not None


@cache
def _validator(name):
    schema = json.loads(SCHEMAS.joinpath(f"{name}.json").read_text("utf-8-sig"))
    return jsonschema.Draft6Validator(schema, format_checker=FORMATS)


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


class FakeContext:
    """The common part: `answers` by action are what the central system says, or what goes wrong."""

    identity = "CS-1"

    def __init__(self, services):
        self.services = services
        self.values = FakeValues()
        self.settings = Settings("csms", "ws://127.0.0.1:9/ocpp")
        self.ping = None
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
        self.waiting_starts = waiting_starts(services, self)

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
        return list(self.open)

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

    def ping_interval_changed(self, seconds):
        self.ping = seconds

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
