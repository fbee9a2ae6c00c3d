"""Control pilot on machine.PWM and machine.ADC: generates 1 kHz, samples one period in a burst.

Each sample is labelled by the PWM pin before and after the conversion: both high or both low, so
none is ever taken for the wrong half-wave. A sample across an edge belongs to neither; the lowest
of them is kept apart, because near 96 % duty the low phase is shorter than one conversion.
"""

from time import sleep_us, ticks_diff, ticks_us

from machine import ADC, PWM, Pin
from micropython import const

from ..core.pilot import DRIVE_NEGATIVE, DRIVE_POSITIVE

_FREQUENCY_HZ = const(1000)
# One period and a sample more; time decides, the count only bounds a fast board
_BURST_US = const(1050)
_MOST_SAMPLES = const(60)


class ControlPilot:
    """One pilot line. `calibration` is (adc_mv at 0 V, pilot mV per 1000 adc mV)."""

    def __init__(self, pwm_pin, adc_pin, calibration):
        self.drive = DRIVE_NEGATIVE
        self.duty_bp = 0
        self.high_mv = 0
        self.low_mv = 0
        self.high_count = 0
        self.low_count = 0
        self.edge_mv = 0  # lowest sample across an edge, 0 when there was none
        self._pin = Pin(pwm_pin, Pin.OUT, value=0)
        self._pwm = PWM(self._pin, freq=_FREQUENCY_HZ, duty_u16=0)
        self._adc = ADC(Pin(adc_pin, Pin.IN), atten=ADC.ATTN_11DB)
        self._zero_mv, self._gain = calibration
        self._random = 1
        self._adc.read_uv()  # the first call sets up the calibration and is slow

    def set_drive(self, drive, duty_bp=0):
        """Steady +12 V, steady -12 V, or PWM with a duty in basis points."""
        if drive == self.drive and duty_bp == self.duty_bp:
            return
        self.drive = drive
        self.duty_bp = duty_bp
        if drive == DRIVE_POSITIVE:
            self._pwm.duty_u16(65535)
        elif drive == DRIVE_NEGATIVE:
            self._pwm.duty_u16(0)
        else:
            self._pwm.duty_u16(duty_bp * 65535 // 10000)

    def measure(self):
        """One burst: sets high_mv, low_mv and how many samples stand behind each."""
        pin = self._pin
        adc = self._adc
        high_sum = low_sum = high_count = low_count = 0
        high_least = low_least = edge_least = 9999
        high_most = low_most = 0
        count = 0
        # Timer and PWM run from one crystal: without this the phase of the samples never changes
        self._random = (self._random * 75 + 74) % 65537
        sleep_us(self._random & 31)
        start_us = ticks_us()
        while count < _MOST_SAMPLES:
            before = pin()
            mv = adc.read_uv() // 1000
            after = pin()
            if before and after:
                high_sum += mv
                high_count += 1
                high_least = mv if mv < high_least else high_least
                high_most = mv if mv > high_most else high_most
            elif not before and not after:
                low_sum += mv
                low_count += 1
                low_least = mv if mv < low_least else low_least
                low_most = mv if mv > low_most else low_most
            elif mv < edge_least:
                edge_least = mv
            count += 1
            if ticks_diff(ticks_us(), start_us) >= _BURST_US:
                break
        self.high_count = high_count
        self.low_count = low_count
        if high_count:
            self.high_mv = self._level_mv(high_sum, high_count, high_least, high_most)
        if low_count:
            self.low_mv = self._level_mv(low_sum, low_count, low_least, low_most)
        self.edge_mv = 0 if edge_least == 9999 else self._pilot_mv(edge_least)

    def _level_mv(self, total, count, least, most):
        # Mean without the extremes: one spike or one slow edge does not move it
        if count >= 4:
            total -= least + most
            count -= 2
        return self._pilot_mv(total // count)

    def _pilot_mv(self, adc_mv):
        return (adc_mv - self._zero_mv) * self._gain // 1000
