"""MCP9700A thermometer on machine.ADC: 500 mV at 0 degC, 10 mV per kelvin."""

from machine import ADC, Pin
from micropython import const

_ZERO_UV = const(500000)
_UV_PER_C10 = const(1000)
# The part is made for -40 to 125 degC; an open or shorted one stands outside
_LEAST_C10 = const(-400)
_MOST_C10 = const(1250)
_READINGS = const(4)
_EIO = const(5)


class TemperatureMcp9700a:
    """The board pulls the ADC pin to ground, so that a broken wire reads 0 mV."""

    def __init__(self, pin):
        self._adc = ADC(Pin(pin, Pin.IN), atten=ADC.ATTN_11DB)
        self._adc.read_uv()  # the first call sets up the calibration and is slow

    def read(self):
        """Temperature in 0.1 degC; OSError when the sensor is open or shorted, or the ADC fails."""
        total_uv = 0
        for _ in range(_READINGS):
            total_uv += self._adc.read_uv()
        above_uv = total_uv // _READINGS - _ZERO_UV
        c10 = (above_uv + _UV_PER_C10 // 2) // _UV_PER_C10
        if not _LEAST_C10 <= c10 <= _MOST_C10:
            raise OSError(_EIO)
        return c10
