"""Dead-man (layer L0) without a pump: an RMT one-shot holds the second coil switch for 40 ms.

Asks for MicroPython 1.27 or newer, whose RMT has active(), and for a chip that stops a pulse while
it runs: the first ESP32 waits for its end, with interrupts off.
"""

from time import ticks_diff, ticks_us

from esp32 import RMT
from machine import Pin
from micropython import const

_RESOLUTION_HZ = const(1000000)
_CLOCK_DIV = const(80)
# 40 ms as two halves: one half is at most 32767 ticks
_DURATIONS_US = (20000, 20000)
_HIGH = (1, 1)
_LOW = (0, 0)
_STOP_MOST_US = const(2000)


class DeadManRmt:
    """One pulse per beat, started anew by the next; the hardware ends it whatever the CPU does.

    OSError when the RMT cannot stop a running pulse.
    """

    def __init__(self, pin):
        pin = Pin(pin, Pin.OUT, value=0)
        try:
            self._rmt = RMT(pin=pin, resolution_hz=_RESOLUTION_HZ)
        except TypeError:
            self._rmt = RMT(0, pin=pin, clock_div=_CLOCK_DIV)
        if not hasattr(self._rmt, "active"):
            raise OSError("dead_man_rmt: RMT has no active(), MicroPython 1.27 or newer is needed")
        # A low pulse: takes the memory that the first one needs, and shows whether it can be stopped
        self._rmt.write_pulses(_DURATIONS_US, _LOW)
        start_us = ticks_us()
        self._rmt.active(False)
        stop_us = ticks_diff(ticks_us(), start_us)
        if stop_us > _STOP_MOST_US:
            raise OSError("dead_man_rmt: a pulse took %d us to stop on this chip" % stop_us)

    def beat(self):
        """Another 40 ms."""
        # While one runs write_pulses waits for its end and holds the interpreter
        self._rmt.active(False)
        self._rmt.write_pulses(_DURATIONS_US, _HIGH)
