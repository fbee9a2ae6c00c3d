"""One safety input on a GPIO: 0 is well, 1 is active or a broken wire."""

from machine import Pin


class SafetyInput:
    """`pull_up` False where the pin has no pull-up of its own and the board carries one."""

    def __init__(self, pin, pull_up=True):
        self._pin = Pin(pin, Pin.IN, Pin.PULL_UP) if pull_up else Pin(pin, Pin.IN)

    def active(self):
        """True when tripped, pressed, lost or broken."""
        return self._pin() == 1
