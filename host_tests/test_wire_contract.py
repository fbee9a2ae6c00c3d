"""The wire's words: what the firmware writes, what the tables allow and what the page says agree."""

import ast
import re

from evse.core import messages, order_args, records, reports
from interpreters import ROOT

ARGS = {**messages.COMMAND_ARGS}
ARGS.update({name: order_args.args_of(name) for name in order_args.names()})
PAGE = (ROOT / "docs" / "wire.md").read_text()
APP = ROOT / "firmware" / "evse" / "app"
STATION = (APP / "station.py").read_text() + (APP.parent / "core" / "transaction.py").read_text()


def calls(path, method):
    """First literal argument of every call of `.method(...)` in a file, with the keywords' names."""
    for node in ast.walk(ast.parse(path.read_text())):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == method
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            yield node.args[0].value, {keyword.arg for keyword in node.keywords}


def test_every_record_the_firmware_writes_has_the_fields_of_its_kind():
    written = {}
    for path in APP.glob("*.py"):
        for method in ("record", "_record"):
            for kind, fields in calls(path, method):
                written.setdefault(kind, set(fields)).update(fields)
    assert set(written) == set(reports.RECORD_FIELDS) == set(records.KINDS) - {""}
    stored = {name for name, _kind in records.FIELDS}
    for kind, fields in written.items():
        wanted = {row[0] for row in reports.RECORD_FIELDS[kind]}
        assert wanted <= fields <= stored, kind


def test_every_stop_reason_is_on_the_wire():
    used = {reason for reason, _fields in calls(APP / "session.py", "_end")}
    text = (APP / "session.py").read_text()
    for word in ("remote", "local", "start_timeout", "power_loss"):
        assert f'"{word}"' in text + (APP / "commands.py").read_text() + STATION, word
    used |= {"local", "start_timeout", "power_loss", *messages.STOP_ORDERS.split()}
    assert used == set(messages.STOP_REASONS)


def test_every_refusal_is_on_the_wire():
    returned = set()
    files = ("session.py", "interruption.py", "station.py", "updates.py", "charging_profiles.py")
    files += ("orders.py", "reservations.py", "operator.py")
    for file in files:
        for node in ast.walk(ast.parse((APP / file).read_text())):
            if isinstance(node, ast.Return) and isinstance(node.value, ast.Constant):
                returned.add(node.value.value)
    returned.discard("")
    returned = {word for word in returned if isinstance(word, str)}
    # Reasons of what was accepted
    returned -= {"restart", "rfid"}
    returned |= {"no_connector", "unlock_failed", "busy", "unknown_key", "bad_value"}
    assert returned == set(messages.REFUSALS)


def test_the_orders_are_those_that_have_arguments():
    assert messages.ORDERS.split() == order_args.names()
    assert not set(messages.COMMAND_ARGS) & set(order_args.names())
    for text in ARGS.values():
        messages.rows(text)


def test_the_page_names_every_word():
    for words in (
        messages.STATUSES,
        reports.UPDATE_PHASES,
        reports.RECORD_FIELDS,
        messages.STOP_REASONS,
        messages.REFUSALS,
        messages.RESULTS,
        ARGS,
        messages.UP_TOPICS,
        messages.DOWN_TOPICS,
    ):
        for word in words:
            assert re.search(rf"\b{word}\b", PAGE), word


def test_the_examples_of_the_page_are_valid():
    examples = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    lines = [line for block in examples for line in block.strip().splitlines()]
    names = ("hello", "state", "meter", "journal", "command", "reply", "reply")
    names += ("command", "command", "authorize", "command", "command", "command")
    names += ("ack", "ack", "limit", "command", "update", "update")
    assert len(lines) == len(names)
    for name, line in zip(names, lines, strict=True):
        fields = None if name in messages.FIELDS else reports.FIELDS
        message = messages.decode(name, line.encode(), fields)
        if "args" in message:
            messages.check(message["args"], messages.rows(ARGS[message["name"]]))
        assert message.get("phase", "trial") in reports.UPDATE_PHASES
        for text in message.get("records", []):
            record = records.decode(messages.decode_base64("records", text))
            messages.check(record, reports.FIELDS["record"])
            messages.check(record, reports.RECORD_FIELDS[record["kind"]])
