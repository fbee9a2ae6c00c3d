"""Residual-current monitor with an output for 6 mA DC and one for 30 mA AC, as the RCM14-03."""

from machine import Pin
from micropython import const

DC = const(1)
AC = const(2)


class ResidualCurrentTwoLevel:
    """Each output 0 is well, 1 is tripped or a broken wire. It opens the coil supply by itself.

    `test_level` begins the test: 0 on the part's own input, 1 where a transistor inverts it.
    """

    # Both outputs; a pulse of 30 ms to 1.2 s; AC up to 1400 ms after its end, both well again by 2100 ms
    TEST = (DC | AC, 250, 1750)

    def __init__(self, dc_pin, ac_pin, test_pin, pull_up=True, ac_pull_up=True, test_level=0):
        self._dc = Pin(dc_pin, Pin.IN, Pin.PULL_UP) if pull_up else Pin(dc_pin, Pin.IN)
        self._ac = Pin(ac_pin, Pin.IN, Pin.PULL_UP) if ac_pull_up else Pin(ac_pin, Pin.IN)
        self._test_level = test_level
        self._test = Pin(test_pin, Pin.OUT, value=1 - test_level)

    def active(self):
        """True when either output tripped or its wire is broken."""
        return self._dc() == 1 or self._ac() == 1

    def level(self):
        """Which outputs tripped: 0, DC (1), AC (2) or both."""
        return self._dc() | self._ac() << 1

    def test(self, on):
        """Begin or end the pulse that makes the part test itself."""
        self._test(self._test_level if on else 1 - self._test_level)
