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


class Supply:
    """Judges meter readings against the nominal `volts` (phase to neutral) and `hertz` of the board."""

    def __init__(self, volts, hertz):
        # A permille of volts is in mV; of hertz it is in mHz, ten of which are 0.01 Hz
        self._voltages = [_Bound(row, volts, 1) for row in _TABLE if row[1] == _VOLTAGE]
        self._frequencies = [_Bound(row, hertz, 10) for row in _TABLE if row[1] == _FREQUENCY]

    def step(self, mv, chz, known, dt_ms):
        """`mv` per phase, `chz` 0 when unknown, `known`: the readings are fresh. Returns fault bits."""
        high_mv = max(mv) if known else None
        low_mv = min(mv) if known else None
        bits = 0
        for bound in self._voltages:
            bits |= bound.step(high_mv if bound.side == _ABOVE else low_mv, dt_ms)
        for bound in self._frequencies:
            bits |= bound.step(chz if known and chz else None, dt_ms)
        return bits


class _Bound:
    """One row of the table on one nominal value."""

    def __init__(self, row, nominal, divisor):
        self.side = row[2]
        self._fault = row[0]
        self._limit = self.side * (nominal * row[3] // divisor)
        self._return = self.side * (nominal * row[4] // divisor)
        self._time_ms = row[5]
        self._beyond_ms = 0
        self._active = False

    def step(self, value, dt_ms):
        """Fault bit or 0. Without a value a fault stays, and none begins."""
        if value is None:
            self._beyond_ms = 0
        elif self._active:
            self._active = value * self.side > self._return
            self._beyond_ms = 0
        elif value * self.side > self._limit:
            self._beyond_ms += dt_ms
            self._active = self._beyond_ms >= self._time_ms
        else:
            self._beyond_ms = 0
        return self._fault if self._active else 0
