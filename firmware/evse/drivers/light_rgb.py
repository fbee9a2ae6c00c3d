"""Red, green and blue LED on three GPIOs, each on or off: eight colours."""

from machine import Pin
from micropython import const

# A quarter of full brightness is on
_LEAST = const(0x40)


class LightRgb:
    """`active_level`: the level that lights an LED."""

    def __init__(self, red_pin, green_pin, blue_pin, active_level=1):
        self._active_level = active_level
        self._pins = tuple(
            Pin(pin, Pin.OUT, value=1 - active_level) for pin in (red_pin, green_pin, blue_pin)
        )

    def set(self, rgb):
        """Show 0xRRGGBB, 0 dark."""
        level = self._active_level
        for pin in self._pins:
            pin(level if rgb >> 16 & 0xFF >= _LEAST else 1 - level)
            rgb <<= 8
