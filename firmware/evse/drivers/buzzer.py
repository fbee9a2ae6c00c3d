"""Buzzer with a tone of its own, switched by a GPIO."""

from machine import Pin


class Buzzer:
    """Sounds or is silent; the pattern is decided by whoever calls."""

    def __init__(self, pin):
        self._pin = Pin(pin, Pin.OUT, value=0)

    def set(self, on):
        """Sound, or silence."""
        self._pin(1 if on else 0)
