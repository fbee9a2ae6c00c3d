"""The wire grammar: good messages pass, every broken one names its field."""

import json

from evse.core import messages, reports
from evse.core.mac import Mac
from evse.core.messages import ProtocolError

COMMAND = {
    "id": "start:X",
    "name": "start",
    "args": {"connector": 1, "ref": "X", "by": "tcec102"},
    "utc": 1763600079,
    "ttl_s": 30,
}
KEY = Mac(b"key")


def refusal(name, payload):
    try:
        messages.decode(name, payload)
    except ProtocolError as error:
        return error.field
    return ""


def test_round_trip():
    message = messages.decode("command", messages.encode(COMMAND))
    assert message["args"] == COMMAND["args"] and message["v"] == 1


def test_journal_message_holds_the_records_bytes():
    parts = [bytes(range(75)), b"\xff" * 254]
    frame = messages.encode_journal("a55a41c3", 42, parts)
    message = messages.decode("journal", frame, reports.FIELDS)
    assert (message["life"], message["from"]) == ("a55a41c3", 42)
    assert [messages.decode_base64("records", text) for text in message["records"]] == parts
    largest = messages.encode_journal("a55a41c3", 0xFFFFFFFF, [b""])
    assert len(largest) <= messages.JOURNAL_FRAME_BYTES


def test_signature_covers_topic_and_every_byte():
    topic, payload = "pile/P001/command", messages.encode(COMMAND)
    signed = messages.sign(topic, payload, KEY)
    assert messages.decode("command", signed)["args"] == COMMAND["args"]
    messages.check_signature(topic, signed, KEY)
    rows = [(topic, payload, KEY), ("pile/P002/command", signed, KEY), (topic, signed, Mac(b"x"))]
    rows += [(topic, b"", KEY), (topic, b"{}", KEY), (topic, signed[:-1], KEY)]
    rows += [(topic, signed + b" ", KEY), (topic, messages.sign(topic, signed, Mac(b"x")), KEY)]
    for at in range(len(signed)):
        wrong = bytearray(signed)
        wrong[at] ^= 1
        rows.append((topic, bytes(wrong), KEY))
    for row in rows:
        assert unsigned(*row) == "mac", row[1]


def unsigned(topic, payload, key):
    try:
        messages.check_signature(topic, payload, key)
    except ProtocolError as error:
        return error.field
    return ""


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


def test_ack_of_a_hello_and_ack_of_records():
    ack = {"life": "a55a41c3", "upto": 42}
    greeting = dict(ack, utc=1763600079, nonce="8f14e45fceea167a")
    for message in (ack, greeting):
        assert refusal("ack", messages.encode(message)) == "", message
    for name, bad in (("life", "a55a"), ("upto", -1), ("upto", 1 << 32), ("nonce", "8f")):
        assert refusal("ack", messages.encode(dict(greeting, **{name: bad}))) == name
