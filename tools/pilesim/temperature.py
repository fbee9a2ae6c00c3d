"""An NTC to ground under a pull-up, as the ADC sees it."""

import math

FAULTS = ("ntc_open", "ntc_short")
_KELVIN_C10 = 2731.5
_KELVIN_25C = 298.15
_ADC_MAX_MV = 3100


class Temperature:
    """Temperature of the pile's terminals in 0.1 degrees Celsius, and the voltage it makes."""

    def __init__(self):
        self.c10 = 250
        self.faults = set()
        self._front_end = None
        self._reading_mv = 0

    def attach(self, pad, front_end):
        """Connect the ADC input; `front_end` as a board's TEMPERATURE_FRONT_END."""
        self._front_end = front_end
        pad.analog_mv = self.adc_mv
        self._solve()

    def adc_mv(self, now_us):
        """What the ADC reads."""
        return self._reading_mv

    def set_c10(self, c10):
        """Change the temperature now."""
        self.c10 = c10
        self._solve()

    def set_fault(self, name, on):
        """Switch one of FAULTS."""
        if on:
            self.faults.add(name)
        else:
            self.faults.discard(name)
        self._solve()

    def _solve(self):
        front_end = self._front_end
        if front_end is None:
            return
        millivolts = front_end["pullup_mv"]
        if "ntc_short" in self.faults:
            millivolts = 0
        elif "ntc_open" not in self.faults:
            kelvin = (self.c10 + _KELVIN_C10) / 10
            exponent = front_end["beta_k"] * (1 / kelvin - 1 / _KELVIN_25C)
            ntc_ohm = front_end["ntc_ohm_25c"] * math.exp(exponent)
            millivolts = millivolts * ntc_ohm / (ntc_ohm + front_end["pullup_ohm"])
        self._reading_mv = min(_ADC_MAX_MV, int(millivolts + 0.5))
