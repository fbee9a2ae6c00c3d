"""OCPP-J frames: text to values and back, strictly, without a connection or a clock."""

from typing import Any

import msgspec

from pilebridge.platforms.ocpp.codes import MALFORMED, TYPE_UNKNOWN, UNREADABLE

CALL, CALL_RESULT, CALL_ERROR = 2, 3, 4
# Bytes of a frame; a longer one closes the connection
MAX_BYTES = 1 << 20
_ID_CHARS = 36
_TEXT_CHARS = 255

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class Call(msgspec.Struct, frozen=True):
    """What one side asks of the other."""

    id: str
    action: str
    payload: dict[str, Any]


class CallResult(msgspec.Struct, frozen=True):
    """The answer to a call."""

    id: str
    payload: dict[str, Any]


class CallFailure(msgspec.Struct, frozen=True):
    """A CALLERROR: the call was not done."""

    id: str
    code: str
    text: str
    details: dict[str, Any] = {}


class FrameError(Exception):
    """A frame that is none; `id` is None when it cannot be read.

    `is_answer` when it came as the answer to a call of ours: that gets no answer in turn.
    """

    def __init__(self, fault: str, text: str, id: str | None = None, is_answer: bool = False):
        super().__init__(text)
        self.fault = fault
        self.id = id
        self.is_answer = is_answer


def parse(text: str | bytes) -> Call | CallResult | CallFailure:
    """The frame in a message; FrameError."""
    if len(text) > MAX_BYTES:
        raise FrameError(UNREADABLE, f"longer than {MAX_BYTES} bytes")
    try:
        frame = _decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise FrameError(UNREADABLE, f"not JSON: {error}"[:_TEXT_CHARS]) from None
    if not isinstance(frame, list) or not frame:
        raise FrameError(UNREADABLE, "not an array with content")
    kind = frame[0]
    # True is 1 in Python, and 2.0 is 2
    known = type(kind) is int and kind in (CALL, CALL_RESULT, CALL_ERROR)
    is_answer = known and kind != CALL
    frame_id = frame[1] if len(frame) > 1 else None
    if not isinstance(frame_id, str) or not 1 <= len(frame_id) <= _ID_CHARS:
        text = f"the message id is not a text of 1 to {_ID_CHARS} characters"
        raise FrameError(UNREADABLE, text, is_answer=is_answer)
    if not known:
        raise FrameError(TYPE_UNKNOWN, f"message type {str(kind)[:20]}", frame_id)
    if kind == CALL:
        return _call(frame, frame_id)
    return _answer(frame, frame_id)


def _call(frame: list[Any], frame_id: str) -> Call:
    if len(frame) != 4:
        raise FrameError(MALFORMED, f"a call of {len(frame)} elements, not 4", frame_id)
    _, _, action, payload = frame
    if not isinstance(action, str) or not action:
        raise FrameError(MALFORMED, "the action is not a text", frame_id)
    if not isinstance(payload, dict):
        raise FrameError(MALFORMED, "the payload is not an object", frame_id)
    return Call(frame_id, action, payload)


def _answer(frame: list[Any], frame_id: str) -> CallResult | CallFailure:
    if frame[0] == CALL_RESULT:
        if len(frame) == 3 and isinstance(frame[2], dict):
            return CallResult(frame_id, frame[2])
    elif len(frame) == 5 and isinstance(frame[2], str) and isinstance(frame[3], str):
        details = frame[4] if isinstance(frame[4], dict) else {}
        return CallFailure(frame_id, frame[2], frame[3], details)
    raise FrameError(MALFORMED, "an answer of the wrong form", frame_id, is_answer=True)


def call(frame_id: str, action: str, payload: dict[str, Any]) -> bytes:
    """A CALL as UTF-8."""
    return _encode((CALL, frame_id, action, payload))


def result(frame_id: str, payload: dict[str, Any]) -> bytes:
    """A CALLRESULT as UTF-8."""
    return _encode((CALL_RESULT, frame_id, payload))


def failure(
    frame_id: str, code: str, text: str = "", details: dict[str, Any] | None = None
) -> bytes:
    """A CALLERROR as UTF-8."""
    return _encode((CALL_ERROR, frame_id, code, text[:_TEXT_CHARS], details or {}))
