"""Residual-current monitor: its trip output is read, its test current switched."""

from machine import Pin


class ResidualCurrentMonitor:
    """Trip output 0 is well, 1 is tripped or a broken wire. It opens the coil supply by itself.

    `test_level` is what lets the test current flow.
    """

    TEST = ()  # as core/residual_current.py has it

    def __init__(self, trip_pin, test_pin, pull_up=True, test_level=1):
        self._trip = Pin(trip_pin, Pin.IN, Pin.PULL_UP) if pull_up else Pin(trip_pin, Pin.IN)
        self._test_level = test_level
        self._test = Pin(test_pin, Pin.OUT, value=1 - test_level)

    def active(self):
        """True when tripped or the wire is broken."""
        return self._trip() == 1

    level = active

    def test(self, on):
        """Let the test current flow, or end it."""
        self._test(self._test_level if on else 1 - self._test_level)
