"""The energy meter: its register outlives the pile, and everything that can be wrong with one.

This is the truth that the books are compared with. Resolution 10 Wh, as a DL/T 645 meter's.
"""

from evse.core import readings

UNIT_WH = 10
_ANSWERS = {
    readings.VOLTAGES: (220_000,),
    readings.FREQUENCY: 5000,
}
_PW_US_PER_WH = 3_600_000_000


class Meter:
    """`through(w)` says what flows from now on; `reading_wh()` is what the register shows."""

    def __init__(self, clock, random):
        self.number = "210012345678"
        self.silent_until_us = 0
        self.power_w = 0
        self.replacements = 0  # of the meter, and steps of its register: where books begin anew
        self.replaced_us = -(10**9)
        self._clock = clock
        self._base_wh = random.randrange(100_000, 9_000_000)
        self._pw_us = random.randrange(UNIT_WH * _PW_US_PER_WH)  # W x us
        self._since_us = 0
        self._drawn = 0

    def through(self, power_w):
        """Another power from this moment on."""
        self._settle()
        self.power_w = power_w

    def reading_wh(self):
        """The register, whole units."""
        self._settle()
        return (self._base_wh + self._pw_us // _PW_US_PER_WH) // UNIT_WH * UNIT_WH

    @property
    def flowed_pw_us(self):
        """Everything that ever went through the contactor, in W x us."""
        self._settle()
        return self._drawn

    def move(self, wh):
        """Energy that went past the pile, or a step back; only a step back begins new books."""
        self._base_wh += wh
        if wh < 0:
            self._begin_anew()

    def replace(self, random):
        """Another meter hangs there."""
        self._settle()
        self.number = "%012d" % random.randrange(10**12)
        self._base_wh = random.randrange(100_000, 9_000_000)
        self._begin_anew()

    def _begin_anew(self):
        self.replacements += 1
        self.replaced_us = self._clock.now_us

    def be_silent(self, seconds):
        """It restarts: no answer for a while; the register is kept."""
        self.silent_until_us = self._clock.now_us + int(seconds * 1_000_000)

    def answer(self, quantity):
        """Value of a quantity in its unit, None while it is silent."""
        if self._clock.now_us < self.silent_until_us:
            return None
        if quantity == readings.ENERGY:
            return self.reading_wh()
        if quantity == readings.POWER:
            return self.power_w
        if quantity == readings.CURRENTS:
            return (self.power_w * 1000 // 660,)
        return _ANSWERS[quantity]

    def _settle(self):
        now_us = self._clock.now_us
        drawn = self.power_w * (now_us - self._since_us)
        self._pw_us += drawn
        self._drawn += drawn
        self._since_us = now_us


class MeterDriver:
    """The firmware's driver for it: ask, then poll."""

    tells = tuple(range(5))
    wrap_wh = 0
    resolution_wh = UNIT_WH
    frame = b"\x68"

    def __init__(self, meter):
        self._meter = meter
        self._quantity = None

    def number(self):
        """The meter's own number."""
        return self._meter.number

    def request(self, quantity):
        """Ask."""
        self._quantity = quantity

    def poll(self):
        """The answer, or None."""
        return self._meter.answer(self._quantity)
