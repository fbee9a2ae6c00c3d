"""The wire grammar: good messages pass, every broken one names its field."""

import json

from evse.core import messages, reports
from evse.core.messages import ProtocolError

COMMAND = {
    "id": "start:X",
    "name": "start",
    "args": {"connector": 1, "ref": "X", "by": "tcec102"},
    "utc": 1763600079,
    "ttl_s": 30,
}
RECORD = {"seq": 1, "kind": "boot", "boot": 1, "up": 0, "utc": None, "c": 0, "wh": None}


def refusal(name, payload):
    try:
        messages.decode(name, payload)
    except ProtocolError as error:
        return error.field
    return ""


def test_round_trip():
    message = messages.decode("command", messages.encode(COMMAND))
    assert message["args"] == COMMAND["args"] and message["v"] == 1


def test_journal_of_encoded_records_is_the_plain_message():
    frame = messages.encode_journal([messages.encode_record(RECORD)] * 2)
    assert messages.decode("journal", frame, reports.FIELDS)["records"] == [RECORD, RECORD]
    assert len(messages.encode_journal([])) <= messages.JOURNAL_FRAME_BYTES
    messages.check(RECORD, reports.FIELDS["record"])


def test_broken_messages_name_the_field():
    rows = [
        (b"", "payload"),
        (b"\xff\xfe", "payload"),
        (b"[1]", "payload"),
        (b"{", "payload"),
        (b"{}" + b" " * 2000, "payload"),
        (b"[" * 1000, "payload"),
        (b'{"v":' + b"[" * 400 + b"]" * 400 + b"}", "v"),
        (b'{"v":2}', "v"),
        (b'{"v":1}', "id"),
    ]
    for name, bad in (
        ("id", 5),
        ("id", ""),
        ("id", "x" * 65),
        ("id", "充电"),
        ("name", "\n"),
        ("name", None),
        ("args", []),
        ("utc", "1"),
        ("utc", 1.5),
        ("utc", -1),
        ("utc", 4102444801),
        ("ttl_s", 0),
        ("ttl_s", True),
    ):
        broken = dict(COMMAND)
        broken[name] = bad
        rows.append((messages.encode(broken), name))
    for payload, field in rows:
        assert refusal("command", payload) == field, payload


def test_unknown_fields_are_ignored():
    message = dict(COMMAND)
    message["colour"] = "red"
    assert refusal("command", messages.encode(message)) == ""


def test_topics():
    assert messages.topic("P001", "state") == "pile/P001/state"
    assert messages.split_topic("pile/P001/state") == ("P001", "state")
    for text in ("pile/P001", "pile//state", "site/a/limit", "pile/a/b/c"):
        assert messages.split_topic(text) is None, text


def test_id_of_a_broken_command_is_saved():
    assert messages.salvage_id(json.dumps({"id": "x"}).encode()) == "x"
    for payload in (b"", b"[]", b"5", b'{"id":5}', b"\xff", b'"x"', b'{"id":"\\u00e9"}'):
        assert messages.salvage_id(payload) == "", payload
