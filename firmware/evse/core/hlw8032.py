"""Frames of the metering chips HLW8032 and CSE7766: find, check, values. No I/O.

The chip sends 24 bytes by itself. ku (voltage divider) and ki (shunt) are in millionths: 1880 kOhm
over 1 kOhm is a ku of 1880000, a shunt of 1 mOhm a ki of 1000000.
"""

from micropython import const

from .readings import CURRENTS, POWER, VOLTAGES

# 16 bits and the flag that toggles with their carry
TURN = 131072
# Wh = pulses x energy_numerator / this
ENERGY_DENOMINATOR = 3600000000 * 1000000000000

_SIZE = const(24)
_NOT_CALIBRATED = const(0xAA)
_FLAGS = const(0xF0)
_VOLTAGE_OVERFLOW = const(8)
_CURRENT_OVERFLOW = const(4)
_POWER_OVERFLOW = const(2)
_COEFFICIENTS_BAD = const(1)
_VOLTAGE_NEW = const(0x40)
_CURRENT_NEW = const(0x20)
_POWER_NEW = const(0x10)


class FrameError(ValueError):
    """A frame that holds no value of the quantity; the text says why."""


def _is_state(value):
    return value in (0x55, _NOT_CALIBRATED) or value >= _FLAGS


def find_frame(buffer):
    """(frame, rest, error): the first intact frame or None, what lies behind it or may become one, and
    what was wrong with bytes that were given up, "" when none were.
    """
    mark, error = 0, ""
    while True:
        mark = buffer.find(b"\x5a", mark + 1)
        if mark < 0:
            rest = buffer[-1:] if buffer and _is_state(buffer[-1]) else b""
            return None, rest, error or ("noise" if len(buffer) > len(rest) else "")
        start = mark - 1
        if not _is_state(buffer[start]):
            continue
        if start and not error:
            error = "noise"
        frame = buffer[start : start + _SIZE]
        if len(frame) < _SIZE:
            return None, frame, error
        if sum(frame[2:23]) & 0xFF == frame[23]:
            return frame, buffer[start + _SIZE :], error
        error = "checksum"


def _u24(frame, place):
    return frame[place] << 16 | frame[place + 1] << 8 | frame[place + 2]


def refusal(frame):
    """Why nothing in this frame can be used, "" when it can."""
    state = frame[0]
    if state == _NOT_CALIBRATED:
        return "chip not calibrated"
    if state >= _FLAGS and state & _COEFFICIENTS_BAD:
        return "coefficient area bad"
    if not (_u24(frame, 2) and _u24(frame, 8) and _u24(frame, 14)):
        return "coefficient of 0"
    return ""


def coefficients(frame):
    """The three coefficients as they stand in the frame; they never change in one chip."""
    return frame[2:5] + frame[8:11] + frame[14:17]


def counter(frame):
    """Pulse counter 0..TURN-1."""
    return (frame[20] & 0x80) << 9 | frame[21] << 8 | frame[22]


def energy_numerator(frame, ku, ki):
    """Energy of one pulse in parts of 1/ENERGY_DENOMINATOR Wh."""
    return _u24(frame, 14) * ku * ki


def _quotient(frame, place, factor, divisor):
    cycle = _u24(frame, place + 3)
    if not cycle:
        raise FrameError("cycle of 0")
    divisor *= cycle
    return (_u24(frame, place) * factor + divisor // 2) // divisor


def value(frame, quantity, ku, ki):
    """VOLTAGES, CURRENTS or POWER in its unit, None while no cycle of it has ended; FrameError.

    A cycle too long for the chip is a current or power of nothing, but a voltage that is not there.
    """
    overflow = frame[0] & 0x0F if frame[0] >= _FLAGS else 0
    if quantity == VOLTAGES:
        if overflow & _VOLTAGE_OVERFLOW:
            raise FrameError("voltage cycle overflow")
        return (_quotient(frame, 2, ku, 1000),) if frame[20] & _VOLTAGE_NEW else None
    if quantity == CURRENTS:
        if overflow & _CURRENT_OVERFLOW:
            return (0,)
        return (_quotient(frame, 8, ki, 1000),) if frame[20] & _CURRENT_NEW else None
    if quantity != POWER:
        return None
    if overflow & _POWER_OVERFLOW:
        return 0
    return _quotient(frame, 14, ku * ki, 1000000000000) if frame[20] & _POWER_NEW else None
