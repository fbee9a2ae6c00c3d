"""Residual-current monitor: its trip output is read, its test current switched."""

from machine import Pin


class ResidualCurrentMonitor:
    """Trip output 0 is well, 1 is tripped or a broken wire. It opens the coil supply by itself."""

    def __init__(self, trip_pin, test_pin, pull_up=True):
        self._trip = Pin(trip_pin, Pin.IN, Pin.PULL_UP) if pull_up else Pin(trip_pin, Pin.IN)
        self._test = Pin(test_pin, Pin.OUT, value=0)

    def active(self):
        """True when tripped or the wire is broken."""
        return self._trip() == 1

    def test(self, on):
        """Let the test current flow, or end it."""
        self._test(1 if on else 0)
