"""The shape of an OCPP-J frame, whatever it says: [2, id, action, payload], [3, id, payload], [4, id, ...]."""

import json
from typing import Any

from sandbox.csms.schemas import CODES, FORMAT, FRAMEWORK, V16, FaultError

CALL, RESULT, ERROR = 2, 3, 4
LONGEST_ID = 36
LONGEST_DESCRIPTION = 255
UNREADABLE = "-1"


class FrameError(FaultError):
    """Text that is no frame; `message_id` is what a CALLERROR refers to."""

    def __init__(self, message_id: str, code: str, text: str) -> None:
        super().__init__(code, text)
        self.message_id = message_id


def parse(version: str, data: str | bytes) -> list[Any]:
    """The frame, with a known type and a readable id, and a call of four parts. FrameError."""
    word = FRAMEWORK[version]
    if isinstance(data, bytes):
        raise FrameError(UNREADABLE, word, "a binary message")
    try:
        frame = json.loads(data)
    except (ValueError, RecursionError):
        raise FrameError(UNREADABLE, word, "no JSON") from None
    if not isinstance(frame, list) or len(frame) < 2:
        raise FrameError(UNREADABLE, word, "no array of a frame")
    kind, message_id = frame[:2]
    if isinstance(kind, bool) or not isinstance(kind, int):
        raise FrameError(UNREADABLE, word, "the message type is no number")
    if not isinstance(message_id, str) or not 0 < len(message_id) <= LONGEST_ID:
        raise FrameError(UNREADABLE, word, "the message id is not 1 to 36 characters")
    if kind not in {CALL, RESULT, ERROR}:
        code = word if version == V16 else "MessageTypeNotSupported"
        raise FrameError(message_id, code, f"message type {kind}")
    if kind == CALL and (len(frame) != 4 or not isinstance(frame[2], str)):
        raise FrameError(message_id, FORMAT[version], "a call is [2, id, action, payload]")
    return frame


def fault_of_answer(version: str, frame: list[Any]) -> str:
    """What is wrong with the shape of a result or an error, or ""."""
    if frame[0] == RESULT:
        right = len(frame) == 3 and isinstance(frame[2], dict)
        return "" if right else "a result is [3, id, payload]"
    if [type(part) for part in frame[2:]] != [str, str, dict]:
        return "an error is [4, id, code, description, details]"
    if frame[2] not in CODES[version]:
        return f"{frame[2]} is no error code of {version}"
    right = len(frame[3]) <= LONGEST_DESCRIPTION
    return "" if right else f"a description has at most {LONGEST_DESCRIPTION} characters"
