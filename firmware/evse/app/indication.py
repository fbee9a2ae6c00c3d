"""The light: green when free, blue when a charge is on, red for faults, a yellow flash for warnings.

A pattern tells as much as the colour does, for a light of one colour and for eyes that see none.
"""

from micropython import const

from ..core import faults

_GREEN = const(0x00FF00)
_BLUE = const(0x0000FF)
_RED = const(0xFF0000)
_YELLOW = const(0xFF9000)
_WHITE = const(0xFFFFFF)
# Name, on_ms, period_ms, colour: lights of the fault table, then statuses
PATTERNS = (
    ("red_fast", 100, 200, _RED),
    ("red_slow", 500, 1000, _RED),
    ("red_on", 1000, 1000, _RED),
    ("yellow", 50, 2000, _YELLOW),
    ("available", 1000, 1000, _GREEN),
    ("preparing", 900, 1000, _GREEN),
    ("charging", 1500, 2000, _BLUE),
    ("suspended_ev", 1000, 2000, _BLUE),
    ("suspended_evse", 1000, 4000, _BLUE),
    ("finishing", 900, 1000, _BLUE),
    ("reserved", 200, 3000, _WHITE),
    ("unavailable", 0, 1000, 0),
    ("faulted", 500, 1000, _RED),
)
# What the pile keeps of them: times in 50 ms and the colour's bytes
_NAMES = tuple(row[0] for row in PATTERNS)
_UNIT_MS = 50
_ON = bytes(row[1] // _UNIT_MS for row in PATTERNS)
_PERIOD = bytes(row[2] // _UNIT_MS for row in PATTERNS)
_RGB = bytes(row[3] >> shift & 0xFF for row in PATTERNS for shift in (16, 8, 0))


class Indication:
    """Drives one light from status and faults; the worst fault's pattern wins."""

    def __init__(self, light):
        self._light = light
        self._phase_ms = 0
        self._rgb = None

    def step(self, status, active, dt_ms):
        """Advance the pattern by `dt_ms`."""
        pattern = self._pattern(status, active)
        period_ms = _PERIOD[pattern] * _UNIT_MS
        self._phase_ms += dt_ms
        if self._phase_ms >= period_ms:
            self._phase_ms %= period_ms
            # Told again: a chain of LEDs forgets when its supply dips
            self._rgb = None
        rgb = 0
        if self._phase_ms < _ON[pattern] * _UNIT_MS:
            at = 3 * pattern
            rgb = _RGB[at] << 16 | _RGB[at + 1] << 8 | _RGB[at + 2]
        if rgb != self._rgb:
            self._rgb = rgb
            self._light.set(rgb)

    @staticmethod
    def _pattern(status, active):
        bits = active & faults.STOPS or active
        index = 0
        while bits:
            if bits & 1:
                light = faults.LIGHTS[faults.LIGHT[index]]
                if light:
                    return _NAMES.index(light)
            bits >>= 1
            index += 1
        return _NAMES.index(status)
