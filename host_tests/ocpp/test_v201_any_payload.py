"""Whatever passes the schema is answered by the schema or refused by a code, whoever made it up."""

import json
import random
from functools import cache

import pytest
from fakes201 import SCHEMAS, T0, Bench, check, event

from pilebridge.platforms.ocpp import events
from pilebridge.platforms.ocpp.context import CallError
from pilebridge.platforms.ocpp.v201 import actions
from pilebridge.platforms.ocpp.v201.words import stamp

SEEDS, STEPS = 5, 500
FILES = {"GetLog", "UpdateFirmware"}
FACTS = (events.STARTED, events.SAMPLE, events.STATE)
UNANSWERED = {
    "SetDisplayMessage", "GetDisplayMessages", "ClearDisplayMessage", "PublishFirmware",
    "UnpublishFirmware",
}  # fmt: skip
CODES = {
    "NotSupported", "PropertyConstraintViolation", "OccurrenceConstraintViolation", "FormatViolation",
}  # fmt: skip
TEXTS = ("", "1", "-1", "true", "nan", "1e400", "A", "EVSE", "Power", "é\n\x00", "x" * 10_000)
TIMES = (
    stamp(T0), stamp(T0 + 600), "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
    "2026-02-28T23:59:59.999999999Z", "2026-01-01T00:00:00",
)  # fmt: skip
INTEGERS = (0, 0, 1, 1, 1, 2, 2, 3, 5, 900, -1, 2**31, 2**63, -(2**70))
NUMBERS = (0, 1, 16, 16.5, -1, 1e308, 2**70)
KNOWN = ("EVSE", "TxCtrlr", "OCPPCommCtrlr", "Power", "HeartbeatInterval", "AvailabilityState")


@cache
def schema(action):
    return json.loads(SCHEMAS.joinpath(f"{action}Request.json").read_text("utf-8-sig"))


def made_up(part, root, chance):
    """A value that fits a part of a schema."""
    if "$ref" in part:
        return made_up(root["definitions"][part["$ref"].rsplit("/", 1)[1]], root, chance)
    if "enum" in part:
        return chance.choice(part["enum"])
    kind = part.get("type")
    if kind == "object":
        wanted = part.get("required", [])
        return {
            name: made_up(inner, root, chance)
            for name, inner in part.get("properties", {}).items()
            if name != "customData" and (name in wanted or chance.random() < 0.5)
        }
    if kind == "array":
        count = chance.randint(part.get("minItems", 0), min(part.get("maxItems", 3), 3))
        return [made_up(part["items"], root, chance) for _ in range(count)]
    if kind == "string":
        if part.get("format") == "date-time":
            return chance.choice(TIMES)
        return chance.choice(TEXTS + KNOWN)[: part.get("maxLength")]
    return chance.choice(
        {"integer": INTEGERS, "number": NUMBERS, "boolean": (True, False)}.get(kind, TEXTS)
    )


async def answered(bench, action, payload):
    """Whether there was an answer, which has to fit its schema; a refusal has to have a known code."""
    try:
        answer = await bench.station.answer(action, payload)
    except CallError as error:
        if error.code not in CODES:
            raise
        return False
    check(action, "Response", answer)
    return True


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_every_payload_has_an_answer(seed):
    chance = random.Random(seed)
    bench = Bench()
    bench.runs()
    times = dict.fromkeys(sorted(actions.FROM_CENTRAL_SYSTEM), 0)
    for _ in range(STEPS):
        action = chance.choice(list(times))
        payload = made_up(schema(action), schema(action), chance)
        times[action] += await answered(bench, action, payload)
        # What follows goes out by the schema too; files are not fetched, since nothing listens
        for work in bench.context.waiting:
            work.close() if action in FILES else await work
        bench.context.waiting.clear()
        if chance.random() < 0.2:
            bench.context.now += 30
            await bench.station.heartbeat()
            await bench.station.status(bench.services.connectors[0], T0)
            await bench.station.deliver(event(chance.choice(FACTS), 1, id_token="A", w=1))
    assert {action for action, count in times.items() if not count} <= UNANSWERED
