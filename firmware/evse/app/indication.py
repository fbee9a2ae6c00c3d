"""The status light: steady when free, slow when plugged, breathing when charging, fault patterns."""

from ..core import faults

_ON = (1000, 1000)
_OFF = (0, 1000)
# name: (on_ms, period_ms)
PATTERNS = {
    "red_fast": (100, 200),
    "red_slow": (500, 1000),
    "red_on": _ON,
    "yellow": (50, 2000),
    "": None,
    "available": _ON,
    "preparing": (900, 1000),
    "charging": (1500, 2000),
    "suspended_ev": (1000, 2000),
    "suspended_evse": (1000, 4000),
    "finishing": (900, 1000),
    "reserved": (200, 3000),
    "unavailable": _OFF,
    "faulted": (500, 1000),
}


class Indication:
    """Drives one LED from status and faults; the worst fault's pattern wins."""

    def __init__(self, led):
        self._led = led
        self._phase_ms = 0
        self._lit = None

    def step(self, status, active, dt_ms):
        """Advance the pattern by `dt_ms`."""
        on_ms, period_ms = self._pattern(status, active)
        self._phase_ms = (self._phase_ms + dt_ms) % period_ms
        lit = self._phase_ms < on_ms
        if lit != self._lit:
            self._lit = lit
            self._led.set(lit)

    @staticmethod
    def _pattern(status, active):
        bits = active & faults.STOPS or active
        index = 0
        while bits:
            if bits & 1:
                pattern = PATTERNS[faults.LIGHTS[faults.LIGHT[index]]]
                if pattern:
                    return pattern
            bits >>= 1
            index += 1
        return PATTERNS[status]
