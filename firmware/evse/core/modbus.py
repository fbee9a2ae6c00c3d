"""Modbus RTU read requests and their answers: encode, find, check. No I/O.

Only functions 3 and 4 are known; an answer carries an even number of data bytes, so the length of a
frame tells its kind: 8 bytes are a request, 5 an exception, everything else an answer.
"""

from micropython import const

REQUEST_BYTES = 8
_EXCEPTION_BYTES = const(5)
# More registers than any meter is asked for; longer frames of others are noise to us
_MOST_DATA = const(48)
_NAMES = {
    1: "illegal function",
    2: "illegal address",
    3: "illegal value",
    4: "device failure",
    5: "acknowledge",
    6: "busy",
    7: "negative acknowledge",
    8: "memory parity",
    10: "gateway path",
    11: "gateway target",
}
# CRC-16 of the low half of a byte, polynomial A001
_HALVES = (
    0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401,
    0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400,
)  # fmt: skip


class FrameError(ValueError):
    """An answer that is no good reading; the text says why."""


def crc16(data):
    """CRC of a frame; its low byte is sent first."""
    crc = 0xFFFF
    for value in data:
        crc ^= value
        crc = crc >> 4 ^ _HALVES[crc & 15]
        crc = crc >> 4 ^ _HALVES[crc & 15]
    return crc


def encode_read(address, function, register, count):
    """Request to read `count` registers."""
    body = bytes((address, function)) + register.to_bytes(2, "big") + count.to_bytes(2, "big")
    return body + crc16(body).to_bytes(2, "little")


def find_frame(buffer):
    """(frame, rest) of the first intact frame in `buffer`, or (None, what may still become one).

    What is no frame is skipped byte by byte, so that noise never hides a good frame behind it.
    """
    unfinished = -1  # first place that may still become a frame; a whole one behind it wins
    have = len(buffer)
    for start in range(have):
        if have - start < 3:
            if unfinished < 0:
                unfinished = start
            break
        function = buffer[start + 1]
        if not 1 <= buffer[start] <= 247 or function & 0x7F not in (3, 4):
            continue
        for size in _sizes(function, buffer[start + 2]):
            end = start + size
            if end > have:
                if unfinished < 0:
                    unfinished = start
            elif crc16(buffer[start : end - 2]) == buffer[end - 2] | buffer[end - 1] << 8:
                return buffer[start:end], buffer[end:]
    return None, buffer[unfinished:] if unfinished >= 0 else b""


def _sizes(function, count):
    """Lengths that a frame beginning so may have."""
    if function & 0x80:
        return (_EXCEPTION_BYTES,)
    if count & 1 or not 0 < count <= _MOST_DATA:
        return (REQUEST_BYTES,)
    return (5 + count, REQUEST_BYTES)


def decode_read(frame, address, function, size):
    """`size` data bytes of an answer; FrameError when it is none."""
    if frame[0] != address:
        raise FrameError("answer of meter %d, asked %d" % (frame[0], address))
    if frame[1] & 0x7F != function:
        raise FrameError("answer to function %d, asked %d" % (frame[1] & 0x7F, function))
    if len(frame) == REQUEST_BYTES:
        raise FrameError("echo of a request")
    if frame[1] & 0x80:
        raise FrameError("exception %d: %s" % (frame[2], _NAMES.get(frame[2], "unknown")))
    if frame[2] != size:
        raise FrameError("wrong length: %d bytes, asked for %d" % (frame[2], size))
    return frame[3:-2]
