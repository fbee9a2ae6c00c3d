"""OCPP-J frames as plain values: what is one, what is none, and what each version answers to it."""

import json

import pytest

from pilebridge.platforms.ocpp import codes, frames
from pilebridge.platforms.ocpp.codes import V16, V201
from pilebridge.platforms.ocpp.frames import Call, CallFailure, CallResult, FrameError


def fault_of(text):
    with pytest.raises(FrameError) as raised:
        frames.parse(text)
    return raised.value


def test_each_kind_of_frame_comes_back_as_it_was_written():
    assert frames.parse(frames.call("a", "Reset", {"type": "Hard"})) == Call(
        "a", "Reset", {"type": "Hard"}
    )
    assert frames.parse(frames.result("a", {})) == CallResult("a", {})
    failure = frames.failure("a", "InternalError", "because", {"x": 1})
    assert frames.parse(failure) == CallFailure("a", "InternalError", "because", {"x": 1})
    assert json.loads(frames.call("a", "Reset", {})) == [2, "a", "Reset", {}]


def test_an_id_has_1_to_36_characters():
    assert frames.parse(frames.call("x" * 36, "Reset", {})).id == "x" * 36
    for bad in ("", "x" * 37, 7, None, ["a"]):
        error = fault_of(json.dumps([2, bad, "Reset", {}]))
        assert (error.fault, error.id) == (codes.UNREADABLE, None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "[2,",
        '[2,"a","Reset",{}',
        '[2,"a","Reset",{}]]',
        "{}",
        "2",
        "null",
        "[]",
        '"text"',
        "[" * 100_000,
        '[2,"a","Reset",{"x":1e999}]',
        '[2,"a","Reset",{"x":NaN}]',
        '["a"]',
    ],
)
def test_what_is_no_frame_at_all_has_no_id(text):
    assert fault_of(text).id is None
    assert fault_of(text).fault == codes.UNREADABLE


@pytest.mark.parametrize("kind", [0, 1, 5, 6, -2, 2.0, "2", True, None, [2], 10**30])
def test_an_unknown_type_is_named_with_the_id(kind):
    error = fault_of(json.dumps([kind, "a", "Reset", {}]))
    assert (error.fault, error.id, error.is_answer) == (codes.TYPE_UNKNOWN, "a", False)


@pytest.mark.parametrize(
    "frame",
    [
        [2, "a"],
        [2, "a", "Reset"],
        [2, "a", "Reset", {}, 1],
        [2, "a", 1, {}],
        [2, "a", "", {}],
        [2, "a", "Reset", []],
        [2, "a", "Reset", "x"],
        [2, "a", "Reset", None],
    ],
)
def test_a_malformed_call_is_answered_with_its_id(frame):
    error = fault_of(json.dumps(frame))
    assert (error.fault, error.id, error.is_answer) == (codes.MALFORMED, "a", False)


@pytest.mark.parametrize(
    "frame",
    [
        [3, "a"],
        [3, "a", []],
        [3, "a", {}, {}],
        [4, "a"],
        [4, "a", "X"],
        [4, "a", 1, "", {}],
        [4, "a", "X", ""],
        [3, 7, {}],
        [4],
    ],
)
def test_a_malformed_answer_is_never_answered(frame):
    assert fault_of(json.dumps(frame)).is_answer


def test_a_frame_is_at_most_a_mebibyte():
    longest = frames.call("a", "DataTransfer", {"data": "x" * (frames.MAX_BYTES - 100)})
    assert frames.parse(longest).action == "DataTransfer"
    assert fault_of(b" " * (frames.MAX_BYTES + 1)).fault == codes.UNREADABLE


def test_the_words_of_the_versions():
    assert codes.spelt(V16, "FormatViolation") == "FormationViolation"
    assert codes.spelt(V16, "OccurrenceConstraintViolation") == "OccurenceConstraintViolation"
    assert codes.spelt(V16, "RpcFrameworkError") == "GenericError"
    assert codes.spelt(V201, "FormatViolation") == "FormatViolation"
    assert codes.spelt(V201, "FormationViolation") == "GenericError"
    assert codes.of_frame(V16, codes.UNREADABLE) is None
    assert codes.of_frame(V201, codes.UNREADABLE) == "RpcFrameworkError"
    assert codes.of_frame(V201, codes.TYPE_UNKNOWN) == "MessageTypeNotSupported"
    for version in (V16, V201):
        for keyword in ("required", "type", "enum", "additionalProperties", "maxItems", "oneOf"):
            assert codes.of_keyword(version, keyword) in codes.KNOWN[version]
