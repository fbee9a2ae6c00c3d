"""Derating: less current when the pile is hot, none when it is too hot, 6 A when nobody knows.

Temperatures in 0.1 degC, current in 0.1 A. All figures are own choice, for terminals rated 90 degC.
"""

from micropython import const

from .faults import OVER_TEMPERATURE, TEMPERATURE_LOST
from .limits import LEAST_A10

FULL_UP_TO_C10 = const(650)
LEAST_FROM_C10 = const(750)
OVER_FROM_C10 = const(800)
OVER_UNTIL_C10 = const(700)
LOST_MS = const(2000)
# A larger change from one reading to the next has to be seen twice
JUMP_C10 = const(200)

# The limit falls at once; it rises when it could at a temperature this much higher
_HYSTERESIS_C10 = const(10)
_STEP_A10 = const(5)


class Derating:
    """Follows one temperature sensor."""

    def __init__(self, rated_a10):
        self._rated_a10 = rated_a10
        self._limit_a10 = LEAST_A10  # until the sensor has spoken
        self._causes = 0
        self._accepted_c10 = None
        self._previous_c10 = None
        self._silent_ms = 0

    def step(self, tenths_c, dt_ms):
        """Take a reading, None for no reading; returns (limit_a10, fault bits)."""
        if tenths_c is not None and self._believed(tenths_c):
            if self._accepted_c10 is None:
                self._limit_a10 = self._law_a10(tenths_c)
            self._accepted_c10 = tenths_c
            self._silent_ms = 0
            self._causes &= ~TEMPERATURE_LOST
            self._judge(tenths_c)
        else:
            self._silent_ms = min(self._silent_ms + dt_ms, LOST_MS)
            if self._silent_ms >= LOST_MS:
                self._accepted_c10 = None
                self._limit_a10 = LEAST_A10
                # Too hot when last seen stays too hot until a reading says otherwise
                self._causes |= TEMPERATURE_LOST
        return self._limit_a10, self._causes

    def _believed(self, tenths_c):
        accepted, previous = self._accepted_c10, self._previous_c10
        self._previous_c10 = tenths_c
        return (
            accepted is None
            or abs(tenths_c - accepted) <= JUMP_C10
            or abs(tenths_c - previous) <= JUMP_C10
        )

    def _judge(self, tenths_c):
        if tenths_c >= OVER_FROM_C10:
            self._causes |= OVER_TEMPERATURE
        elif tenths_c < OVER_UNTIL_C10:
            self._causes &= ~OVER_TEMPERATURE
        falling_a10 = self._law_a10(tenths_c)
        rising_a10 = self._law_a10(tenths_c + _HYSTERESIS_C10)
        if falling_a10 < self._limit_a10:
            self._limit_a10 = falling_a10
        elif rising_a10 > self._limit_a10:
            self._limit_a10 = rising_a10

    def _law_a10(self, tenths_c):
        if tenths_c <= FULL_UP_TO_C10:
            return self._rated_a10
        if tenths_c >= LEAST_FROM_C10:
            return LEAST_A10
        span_c10 = LEAST_FROM_C10 - FULL_UP_TO_C10
        above_a10 = (self._rated_a10 - LEAST_A10) * (LEAST_FROM_C10 - tenths_c) // span_c10
        return (LEAST_A10 + above_a10) // _STEP_A10 * _STEP_A10
