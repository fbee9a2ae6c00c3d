"""Frames of the metering chip BL0942: the question, the answer, its values. No I/O.

`scale` is (counts per A, counts per V, counts per W, counts per kWh) of a board: 251213, 15873, 596, 3305
with a shunt of 1 mOhm and the usual divider.
"""

from micropython import const

from .readings import CURRENTS, FREQUENCY, POWER, VOLTAGES

TURN = 1 << 24

_SIZE = const(23)
_READ = const(0x58)


class FrameError(ValueError):
    """A frame that holds no value of the quantity; the text says why."""


def encode_read(address):
    """Request for everything from the chip at address 0..3."""
    return bytes((_READ | address, 0xAA))


def find_frame(buffer, address):
    """(frame, rest, error): the first intact answer or None, what lies behind it or may become one, and
    what was wrong with bytes that were given up, "" when none were.
    """
    start, error = -1, ""
    while True:
        start = buffer.find(b"\x55", start + 1)
        if start < 0:
            return None, b"", error or ("noise" if buffer else "")
        if start and not error:
            error = "noise"
        frame = buffer[start : start + _SIZE]
        if len(frame) < _SIZE:
            return None, frame, error
        if ~(sum(frame[:-1]) + (_READ | address)) & 0xFF == frame[-1]:
            return frame, buffer[start + _SIZE :], error
        error = "checksum"


def _u24(frame, place):
    return frame[place] | frame[place + 1] << 8 | frame[place + 2] << 16


def _watt(frame):
    watt = _u24(frame, 10)
    return watt - TURN if watt & 0x800000 else watt


def counter(frame):
    """Energy counter 0..TURN-1."""
    return _u24(frame, 13)


def value(frame, quantity, scale):
    """VOLTAGES, CURRENTS, POWER or FREQUENCY in its unit; FrameError."""
    if quantity == VOLTAGES:
        return ((_u24(frame, 4) * 1000 + scale[1] // 2) // scale[1],)
    if quantity == CURRENTS:
        return ((_u24(frame, 1) * 1000 + scale[0] // 2) // scale[0],)
    if quantity == POWER:
        return (_watt(frame) + scale[2] // 2) // scale[2]
    if quantity == FREQUENCY:
        period_us = frame[16] | frame[17] << 8
        if not period_us:
            raise FrameError("period of 0")
        return (100000000 + period_us // 2) // period_us
    return None
