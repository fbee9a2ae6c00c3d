"""The mains: a voltage per phase that wanders a little, and may be absent.

The controller's own supply is taken to be buffered, so `mains off` leaves it running; a power cut of
the controller is a chip reset (World.reset_chip).
"""

from pilesim.rng import mix

# The voltage holds for this long, so that energy can be integrated in exact pieces
STEP_US = 2_000_000


class Mains:
    """Voltage in mV as a function of phase and time."""

    def __init__(self, clock, seed):
        self._clock = clock
        self._seed = seed
        self.nominal_mv = 220_000
        self.wander_mv = 800
        self.frequency_chz = 5000
        self.present = True
        # Called before the mains goes or comes, so that a meter can close its account
        self.before_change = None
        self.after_change = None

    def voltage_mv(self, phase, now_us):
        """RMS voltage of phase 0..2 to neutral."""
        if not self.present:
            return 0
        spread = 2 * self.wander_mv + 1
        step = mix(self._seed + phase * 7919, now_us // STEP_US)
        return self.nominal_mv - self.wander_mv + (step * spread >> 16)

    def set_present(self, present):
        """Switch the mains."""
        now_us = self._clock.now_us
        if self.before_change is not None:
            self.before_change(now_us)
        self.present = present
        if self.after_change is not None:
            self.after_change(now_us)
