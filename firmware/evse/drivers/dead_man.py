"""Dead-man heartbeat (layer L0): each edge recharges the pump that holds the coil supply."""

from machine import Pin


class DeadMan:
    """A GPIO that the safety tick toggles; without edges the coil falls off within 50 ms."""

    def __init__(self, pin):
        self._pin = Pin(pin, Pin.OUT, value=0)
        self._level = 0

    def beat(self):
        """One edge."""
        self._level ^= 1
        self._pin(self._level)
