"""A residual-current monitor: a trip output that breaks to 1, an input that lets a test current flow.

It does not reach the coil by itself here, so that what a test measures is the firmware's own path.
"""

FAULTS = ("residual_current", "rcm_dead", "rcm_stuck", "rcm_wire")
# Shortest and longest time from current to trip, and from no current to release
FAULT_TRIP_US = (10_000, 20_000)
TEST_TRIP_US = (40_000, 120_000)
RELEASE_US = (300_000, 800_000)


class ResidualCurrentMonitor:
    """Trip output (1 tripped or wire broken) and test input. Times are virtual microseconds, -1 never."""

    def __init__(self, clock, contactor, random, log):
        self._clock = clock
        self._contactor = contactor
        self._random = random
        self._log = log
        self.faults = set()
        # True: the fault current flows only through closed main contacts, as from a vehicle's
        self.behind_contactor = False
        self.tripped = False
        # When the trip output last became 1, whatever made it, and when it last became 0
        self.tripped_us = -1
        self.released_us = -1
        self.tests = 0
        self._testing = False
        self._level = 0
        self._trip_pad = None
        self._trip = clock.event(self._tripped)
        self._release = clock.event(self._released)
        contactor.watchers.append(self._update)

    def attach(self, trip_pad, test_pad):
        """Connect the chip; a chip without the test output lets no test current flow."""
        self._trip_pad = trip_pad
        trip_pad.source = self.level
        if test_pad is not None:
            test_pad.watchers.append(self._test_changed)
        self._testing = False
        self._update(self._clock.now_us)

    def level(self, now_us):
        """Level of the trip output as the chip's input sees it."""
        return self._level

    def set_fault(self, name, on):
        """Switch one of FAULTS: a real residual current; a monitor that never trips, always is, or whose
        output wire is broken.
        """
        if on:
            self.faults.add(name)
        else:
            self.faults.discard(name)
        now_us = self._clock.now_us
        if name == "rcm_dead" and on:
            self._trip.cancel()
            self._release.cancel()
            self.tripped = False
        self._update(now_us)
        self._show(now_us)

    def fault_current(self):
        """True while a real residual current flows."""
        if "residual_current" not in self.faults:
            return False
        return self._contactor.closed or not self.behind_contactor

    def _test_changed(self, pad, now_us):
        testing = bool(pad.high_us)
        if testing != self._testing:
            self._testing = testing
            if testing:
                self.tests += 1
            self._update(now_us)

    def _update(self, now_us):
        """A current began or ended."""
        fault = self.fault_current()
        if not fault and not self._testing:
            self._trip.cancel()
            if self.tripped and self._release.at_us < 0:
                self._release.at(now_us + self._random.between(*RELEASE_US))
            return
        self._release.cancel()
        if self.tripped or "rcm_dead" in self.faults:
            return
        trip_us = now_us + self._random.between(*(FAULT_TRIP_US if fault else TEST_TRIP_US))
        if self._trip.at_us < 0 or trip_us < self._trip.at_us:
            self._trip.at(trip_us)

    def _tripped(self, now_us):
        self.tripped = True
        self._log("residual_current", state="tripped")
        self._show(now_us)

    def _released(self, now_us):
        self.tripped = False
        self._log("residual_current", state="released")
        self._show(now_us)

    def _show(self, now_us):
        faults = self.faults
        level = 1 if self.tripped or "rcm_stuck" in faults or "rcm_wire" in faults else 0
        if level == self._level:
            return
        self._level = level
        if level:
            self.tripped_us = now_us
        else:
            self.released_us = now_us
        if self._trip_pad is not None:
            self._trip_pad.changed(level)
