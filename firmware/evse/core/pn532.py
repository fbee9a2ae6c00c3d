"""PN532 host frames: encode a command, find an answer, read the UID out of a list of cards. No I/O."""

from micropython import const

GET_FIRMWARE_VERSION = const(0x02)
SET_PARAMETERS = const(0x12)
SAM_CONFIGURATION = const(0x14)
RF_CONFIGURATION = const(0x32)
LIST_PASSIVE_TARGET = const(0x4A)

# What find_frame gives for the chip's acknowledgement of a command
ACK = b""
# One card with 10 bytes of UID and 20 of ATS, or two with UIDs alone
LONGEST_ANSWER = const(48)

_START = b"\x00\xff"
_TO_CHIP = const(0xD4)
_FROM_CHIP = const(0xD5)
_CASCADE_TAG = const(0x88)
_UID_INCOMPLETE = const(0x04)
_HAS_ATS = const(0x20)


class FrameError(ValueError):
    """An answer that is no good one; the text says why."""


def encode(command, data=b""):
    """One frame to the chip."""
    body = bytes((_TO_CHIP, command)) + data
    size = len(body)
    return b"\x00\x00\xff" + bytes((size, -size & 0xFF)) + body + bytes((-sum(body) & 0xFF, 0))


def find_frame(buffer):
    """(frame, rest) of the first intact frame in `buffer`, or (None, what may still become one).

    `frame` is ACK, or the bytes between length and checksum. What is damaged is skipped.
    """
    start = 0
    while True:
        start = buffer.find(_START, start)
        if start < 0:
            return None, buffer[-1:]
        if len(buffer) < start + 4:
            return None, buffer[start:]
        size = buffer[start + 2]
        if size == 0 and buffer[start + 3] == 0xFF:
            return ACK, buffer[start + 4 :]
        end = start + 5 + size
        if 0 < size <= LONGEST_ANSWER and not (size + buffer[start + 3]) & 0xFF:
            if len(buffer) < end:
                return None, buffer[start:]
            if not sum(buffer[start + 4 : end]) & 0xFF:
                return buffer[start + 4 : end - 1], buffer[end:]
        start += 1


def answer_data(frame, command):
    """What an answer to `command` carries; FrameError when it is none."""
    if frame[0] != _FROM_CHIP or len(frame) < 2:
        raise FrameError("chip refuses command %02X" % command)
    if frame[1] != command + 1:
        raise FrameError("answer %02X to command %02X" % (frame[1], command))
    return frame[2:]


def listed_uid(data):
    """UID of the one card in the answer to LIST_PASSIVE_TARGET, None for no card; FrameError names the rest."""
    count = data[0] if data else -1
    if count == 0:
        return None
    if count == 2:
        raise FrameError("two cards")
    # Target number, ATQA of two bytes, SAK, length of the UID
    size = data[5] if len(data) > 5 else 0
    if count != 1 or size not in (4, 7, 8, 10, 12) or len(data) < 6 + size:
        raise FrameError("list of cards with %d bytes" % len(data))
    rest = len(data) - 6 - size
    if data[4] & _UID_INCOMPLETE or (rest and (not data[4] & _HAS_ATS or data[6 + size] != rest)):
        raise FrameError("list of cards with SAK %02X" % data[4])
    return _without_cascade_tags(data[6 : 6 + size])


def _without_cascade_tags(uid):
    """Some versions of the chip hand out whole cascade levels."""
    if len(uid) == 8:
        parts = uid[1:], uid[:1]
    elif len(uid) == 12:
        parts = uid[1:4] + uid[5:], uid[:1] + uid[4:5]
    else:
        parts = uid, b""
    if any(byte != _CASCADE_TAG for byte in parts[1]):
        raise FrameError("UID of %d bytes" % len(uid))
    return bytes(parts[0])
