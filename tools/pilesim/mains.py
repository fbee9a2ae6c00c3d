"""The mains: a voltage per phase that wanders a little, may be wrong, and may be absent.

The controller's own supply is taken to be buffered, so `mains off` leaves it running; a power cut of
the controller is a chip reset (World.reset_chip). The meter lives from the phases.
"""

from pilesim.rng import mix

# The voltage holds for this long, so that energy can be integrated in exact pieces
STEP_US = 2_000_000

FAULTS = ("over_voltage", "under_voltage", "phase_lost", "frequency")


class Mains:
    """Voltage in mV as a function of phase and time; `watchers` are called with now_us after a change."""

    def __init__(self, clock, seed):
        self._clock = clock
        self._seed = seed
        self.nominal_mv = 220_000
        self.wander_mv = 800
        # Phases that lead to the pile
        self.phases = 1
        self.present = True
        self.faults = set()
        self.over_permille = 1250
        self.under_permille = 820
        self.fault_frequency_chz = 5400
        # Called with now_us before anything changes, so that a meter can close its account
        self.before_change = []
        self.watchers = []
        self.changed_us = -1
        self._frequency_chz = 5000

    @property
    def frequency_chz(self):
        """Frequency in 0.01 Hz."""
        return self.fault_frequency_chz if "frequency" in self.faults else self._frequency_chz

    def live(self, phase):
        """True while phase 0..2 has voltage; `phase_lost` is the last one."""
        return self.present and not ("phase_lost" in self.faults and phase == self.phases - 1)

    @property
    def fed(self):
        """True while there is a phase to live from."""
        return self.live(0)

    def voltage_mv(self, phase, now_us):
        """RMS voltage of phase 0..2 to neutral."""
        if not self.live(phase):
            return 0
        spread = 2 * self.wander_mv + 1
        step = mix(self._seed + phase * 7919, now_us // STEP_US)
        voltage_mv = self.nominal_mv - self.wander_mv + (step * spread >> 16)
        if "over_voltage" in self.faults:
            return voltage_mv * self.over_permille // 1000
        if "under_voltage" in self.faults:
            return voltage_mv * self.under_permille // 1000
        return voltage_mv

    def set_present(self, present):
        """Switch the mains."""
        self._begin_change()
        self.present = present
        self._end_change()

    def set_nominal_mv(self, millivolts):
        """Another voltage on all phases."""
        self._begin_change()
        self.nominal_mv = millivolts
        self._end_change()

    def set_fault(self, name, on):
        """Switch one of FAULTS."""
        self._begin_change()
        if on:
            self.faults.add(name)
        else:
            self.faults.discard(name)
        self._end_change()

    def _begin_change(self):
        for commit in self.before_change:
            commit(self._clock.now_us)

    def _end_change(self):
        self.changed_us = now_us = self._clock.now_us
        for watcher in self.watchers:
            watcher(now_us)
