"""Proximity contact of a socket behind a pull-up, on machine.ADC."""

from machine import ADC, Pin
from micropython import const

_READINGS = const(4)
_OPEN_OHM = const(1000000)


class ProximityAdc:
    """`front_end` names the divider: pullup_ohm, pullup_mv."""

    def __init__(self, pin, front_end):
        self._adc = ADC(Pin(pin, Pin.IN), atten=ADC.ATTN_11DB)
        self._pullup_ohm = front_end["pullup_ohm"]
        self._pullup_mv = front_end["pullup_mv"]
        self._adc.read_uv()  # the first call sets up the calibration and is slow

    def read(self):
        """Resistance to earth in ohm, 1000000 and no more when open; OSError when the ADC fails."""
        total_uv = 0
        for _ in range(_READINGS):
            total_uv += self._adc.read_uv()
        # 0.1 mV keeps the product within a small integer up to 13 kOhm
        level = total_uv // (100 * _READINGS)
        rest = self._pullup_mv * 10 - level
        if rest <= 0:
            return _OPEN_OHM
        return min(_OPEN_OHM, self._pullup_ohm * level // rest)
