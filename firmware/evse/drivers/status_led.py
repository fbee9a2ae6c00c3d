"""One status LED on a GPIO."""

from machine import Pin


class StatusLed:
    """A light of one colour: on for any but dark."""

    def __init__(self, pin):
        self._pin = Pin(pin, Pin.OUT, value=0)

    def set(self, rgb):
        """Show 0xRRGGBB, 0 dark."""
        self._pin(1 if rgb else 0)
