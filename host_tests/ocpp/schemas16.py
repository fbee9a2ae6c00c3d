"""The published schemas of OCPP 1.6 as an oracle, read by another library than the bridge's."""

import importlib.util
import json
from decimal import Decimal
from functools import cache
from pathlib import Path

import jsonschema

SCHEMAS = Path(importlib.util.find_spec("ocpp").origin).parent / "v16" / "schemas"
_ANSWER = "Response"


def actions():
    """Every action of the version."""
    names = {path.stem for path in SCHEMAS.glob("*.json")}
    return sorted(name.removesuffix(_ANSWER) for name in names if name.endswith(_ANSWER))


@cache
def validator(name):
    """The schema of a message, numbers exact."""
    text = (SCHEMAS / f"{name}.json").read_text("utf-8-sig")
    schema = json.loads(text, parse_float=Decimal)
    return jsonschema.Draft4Validator(
        schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER
    )


def conform(name, payload):
    """The payload as it is on the wire; AssertionError when the schema refuses it."""
    exact = json.loads(json.dumps(payload), parse_float=Decimal)
    faults = [f"{name}: {error.message}" for error in validator(name).iter_errors(exact)]
    assert not faults, faults
    return payload
