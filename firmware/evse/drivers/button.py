"""Push button from a GPIO to ground."""

from machine import Pin


class Button:
    """`pull_up` False where the board carries the pull-up; a broken wire reads as not pressed."""

    def __init__(self, pin, pull_up=True):
        self._pin = Pin(pin, Pin.IN, Pin.PULL_UP) if pull_up else Pin(pin, Pin.IN)

    def active(self):
        """True while pressed, contact bounce included."""
        return self._pin() == 0
