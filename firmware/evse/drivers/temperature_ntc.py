"""NTC thermistor to ground behind a pull-up, on machine.ADC."""

from array import array
from math import exp

from machine import ADC, Pin
from micropython import const

_ZERO_KELVIN = 273.15
_KELVIN_25C = 298.15
_LEAST_C10 = const(-400)
_MOST_C10 = const(1300)
_STEP_C10 = const(50)
_READINGS = const(4)
_EIO = const(5)


class TemperatureNtc:
    """`front_end` names the divider: pullup_ohm, pullup_mv, ntc_ohm_25c, beta_k."""

    def __init__(self, pin, front_end):
        self._adc = ADC(Pin(pin, Pin.IN), atten=ADC.ATTN_11DB)
        # Microvolts at each step, falling as it gets hotter
        steps_c10 = range(_LEAST_C10, _MOST_C10 + 1, _STEP_C10)
        self._table_uv = array("i", [_level_uv(front_end, at) for at in steps_c10])
        self._adc.read_uv()  # the first call sets up the calibration and is slow

    def read(self):
        """Temperature in 0.1 degC; OSError when the sensor is open or shorted, or the ADC fails."""
        total_uv = 0
        for _ in range(_READINGS):
            total_uv += self._adc.read_uv()
        level_uv = total_uv // _READINGS
        table_uv = self._table_uv
        if not table_uv[-1] <= level_uv <= table_uv[0]:
            raise OSError(_EIO)
        hotter = 1
        while table_uv[hotter] > level_uv:
            hotter += 1
        above_uv = table_uv[hotter - 1]
        span_uv = above_uv - table_uv[hotter]
        colder_c10 = _LEAST_C10 + (hotter - 1) * _STEP_C10
        return colder_c10 + (_STEP_C10 * (above_uv - level_uv) + span_uv // 2) // span_uv


def _level_uv(front_end, celsius_c10):
    # Beta equation, once per step when the part is built
    kelvin = celsius_c10 / 10 + _ZERO_KELVIN
    ohm = front_end["ntc_ohm_25c"] * exp(front_end["beta_k"] * (1 / kelvin - 1 / _KELVIN_25C))
    return int(front_end["pullup_mv"] * 1000 * ohm / (ohm + front_end["pullup_ohm"]))
