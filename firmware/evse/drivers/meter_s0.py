"""Pulse output of a meter (S0, IEC 62053-31) on a GPIO with interrupts; a pulse pulls the input low.

A pulse counts at its end, when it was low for 20 ms. Interrupts that are lost, while the interpreter is
held for longer than a pulse or with more than eight of them waiting, are pulses lost, and nobody can see
it; nor can a broken wire be told from a vehicle that draws nothing.
"""

from time import ticks_diff, ticks_ms

from machine import Pin

from ..core.pulses import MOST_PULSE_MS, PulseInput
from ..core.readings import ENERGY


class MeterS0:
    """Register from pulses. `pull_up` False where the board carries one."""

    tells = (ENERGY,)
    wrap_wh = 0
    frame = b""  # there are no frames

    def __init__(self, pin, pulses_per_kwh, pull_up=True):
        self.resolution_wh = (999 + pulses_per_kwh) // pulses_per_kwh
        self.bad_frames = 0
        self.last_error = ""
        self._register = PulseInput(pulses_per_kwh)
        self._pin = Pin(pin, Pin.IN, Pin.PULL_UP) if pull_up else Pin(pin, Pin.IN)
        self._asked = False
        self._stuck = False
        self._ms = ticks_ms()
        self._pin.irq(self._edge, Pin.IRQ_FALLING | Pin.IRQ_RISING)
        # A pulse may be under way
        self._edge(self._pin)

    def number(self):
        """Pulses tell no number."""
        return ""

    def start(self, wh):
        """The register goes on from `wh`."""
        self._register.start(wh)

    def request(self, quantity):
        """Ask; only ENERGY is told."""
        self._asked = quantity == ENERGY

    def poll(self):
        """The register in Wh, None without a request and while the input is stuck low."""
        if not self._asked:
            return None
        self._asked = False
        if self._pin():
            self._stuck = False
        elif self._register.low_ms >= 0 and ticks_diff(ticks_ms(), self._ms) > MOST_PULSE_MS:
            self._stuck = True
        if self._stuck:
            self.bad_frames += 1
            self.last_error = "input stuck low"
            return None
        return self._register.wh()

    def _edge(self, pin):
        # Allocates nothing, so that it may run at any moment
        now_ms = ticks_ms()
        self._register.edge(pin(), ticks_diff(now_ms, self._ms))
        self._ms = now_ms
