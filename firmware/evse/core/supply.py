"""Supply supervision: over-voltage, under-voltage with a missing phase, frequency. mV, 0.01 Hz."""

from .faults import FREQUENCY, OVER_VOLTAGE, UNDER_VOLTAGE

_VOLTAGE, _FREQUENCY = 0, 1
_ABOVE, _BELOW = 1, -1

# fault, quantity, side, limit and return in permille of nominal, time_ms, clause, tag.
# The return lies 2 % inside the limit, own choice. A voltage is read about once a second: one wrong
# answer alone must not trip
_TABLE = (
    (OVER_VOLTAGE, _VOLTAGE, _ABOVE, 1150, 1130, 1500, "NB/T 33002 supply +-15 %", "M"),
    (UNDER_VOLTAGE, _VOLTAGE, _BELOW, 850, 870, 3000, "NB/T 33002 supply +-15 %", "M"),
    (FREQUENCY, _FREQUENCY, _ABOVE, 1060, 1040, 3000, "own choice, 53 Hz of 50", "M"),
    (FREQUENCY, _FREQUENCY, _BELOW, 940, 960, 3000, "own choice, 47 Hz of 50", "M"),
)


# The same without clauses and tags: that is what the pile keeps
_BOUNDS = tuple(row[:6] for row in _TABLE)


class Supply:
    """Judges meter readings against the nominal `volts` (phase to neutral) and `hertz` of the board."""

    def __init__(self, volts, hertz):
        self._volts = volts
        self._hertz = hertz
        self._beyond_ms = [0] * len(_BOUNDS)
        self._active = 0  # one bit per bound

    def step(self, mv, chz, known, dt_ms):
        """`mv` per phase, `chz` 0 when unknown, `known`: the readings are fresh. Returns fault bits."""
        bits = 0
        for index in range(len(_BOUNDS)):
            fault, quantity, side, limit, back, time_ms = _BOUNDS[index]
            bit = 1 << index
            # A permille of volts is in mV, of hertz in mHz
            if quantity == _VOLTAGE:
                nominal, is_known = self._volts, known
                value = (max(mv) if side == _ABOVE else min(mv)) if known else 0
            else:
                nominal, is_known = self._hertz, known and chz
                value = chz * 10
            if not is_known:
                # A fault stays, and none begins
                self._beyond_ms[index] = 0
            elif (value - nominal * (back if self._active & bit else limit)) * side <= 0:
                self._active &= ~bit
                self._beyond_ms[index] = 0
            elif not self._active & bit:
                self._beyond_ms[index] += dt_ms
                if self._beyond_ms[index] >= time_ms:
                    self._active |= bit
            if self._active & bit:
                bits |= fault
        return bits
