"""A chain of WS2812 LEDs, all in one colour, by machine.bitstream."""

from machine import Pin, bitstream
from micropython import const

# Nanoseconds high and low of a 0, high and low of a 1
_TIMING_NS = (400, 850, 800, 450)
# The chain is written in one go, 30 us for each LED
_MOST_LEDS = const(60)
_EINVAL = const(22)


class LightWs2812:
    """`count` LEDs, 60 at most, which keep their colour until the next set() or a dip of their supply."""

    def __init__(self, pin, count):
        if not 1 <= count <= _MOST_LEDS:
            raise OSError(_EINVAL)
        self._pin = Pin(pin, Pin.OUT, value=0)
        self._data = bytearray(3 * count)
        self.set(0)

    def set(self, rgb):
        """Show 0xRRGGBB, 0 dark."""
        data = self._data
        # The chain takes green first
        for place, shift in ((0, 8), (1, 16), (2, 0)):
            level = rgb >> shift & 0xFF
            for index in range(place, len(data), 3):
                data[index] = level
        bitstream(self._pin, 0, _TIMING_NS, data)
