"""One status LED on a GPIO."""

from machine import Pin


class StatusLed:
    """On or off; the pattern is decided by whoever calls."""

    def __init__(self, pin):
        self._pin = Pin(pin, Pin.OUT, value=0)

    def set(self, on):
        """Light on or off."""
        self._pin(1 if on else 0)
