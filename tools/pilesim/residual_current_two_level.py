"""A residual-current monitor with two outputs, 6 mA DC and 30 mA AC, that a pulse makes test itself.

As the RCM14-03: the test input is low for 30 ms to 1.2 s; after its end the DC output trips, then the AC
output, and both are well again 2.03 to 2.1 s after its beginning. An output breaks to 1.
"""

from pilesim import residual_current
from pilesim.residual_current import FAULT_TRIP_US, RELEASE_US

FAULTS = residual_current.FAULTS + (
    "residual_current_dc",
    "rcm_dc_dead",
    "rcm_ac_dead",
    "rcm_dc_stuck",
    "rcm_ac_stuck",
    "rcm_dc_wire",
    "rcm_ac_wire",
    "rcm_test_dead",
    "rcm_slow",
)

PULSE_US = (30_000, 1_200_000)
# After the pulse
TEST_DC_US = (400_000, 740_000)
TEST_AC_US = (1_000_000, 1_400_000)
# After its beginning
TEST_END_US = (2_030_000, 2_100_000)
# A direct current is seen later than an alternating one
DC_TRIP_US = (100_000, 300_000)
SLOW_US = 3_000_000


class _Output:
    """One output: trips, releases, is shown on its pad."""

    def __init__(self, clock, name, current, after_us, faults, show):
        self.current = current  # the fault that trips it, and how soon
        self.after_us = after_us
        self.tripped = False
        self.pad = None
        self._own = ("rcm_%s_stuck" % name, "rcm_%s_wire" % name, "rcm_stuck", "rcm_wire")
        self._dead = ("rcm_%s_dead" % name, "rcm_dead")
        self._faults = faults
        self._show = show
        self.trip = clock.event(self._tripped)
        self.release = clock.event(self._released)
        self.shown = 0

    def is_dead(self):
        """True when it cannot trip."""
        return self._any(self._dead)

    def level(self, now_us):
        """Level as the chip's input sees it."""
        return 1 if self.tripped or self._any(self._own) else 0

    def end(self):
        """It died: nothing more comes of it."""
        self.trip.cancel()
        self.release.cancel()
        self.tripped = False

    def _any(self, names):
        return any(name in self._faults for name in names)

    def _tripped(self, now_us):
        if not self.is_dead():
            self.tripped = True
            self._show(now_us)

    def _released(self, now_us):
        self.tripped = False
        self._show(now_us)


class ResidualCurrentTwoLevel:
    """Two trip outputs (1 tripped or wire broken) and a test input. Times are virtual microseconds, -1 never.

    `test_level` as the driver's. `residual_current` flows as alternating, `residual_current_dc` as
    direct current; `rcm_slow`: releases SLOW_US late.
    """

    def __init__(self, clock, contactor, random, log):
        self._clock = clock
        self._contactor = contactor
        self._random = random
        self._log = log
        self.faults = set()
        # True: the fault current flows only through closed main contacts, as from a vehicle's
        self.behind_contactor = False
        self.tripped_us = -1
        self.released_us = -1
        self.tests = 0
        self._test_level = 0
        self._test_pad = None
        self._began_us = -1
        self._dc = _Output(clock, "dc", "residual_current_dc", DC_TRIP_US, self.faults, self._show)
        self._ac = _Output(clock, "ac", "residual_current", FAULT_TRIP_US, self.faults, self._show)
        contactor.watchers.append(self._update)

    @property
    def tripped(self):
        """True while either output is tripped by a current."""
        return self._dc.tripped or self._ac.tripped

    def attach(self, dc_pad, ac_pad, test_pad, test_level=0):
        """Connect the chip. The test input has a pull resistor to its resting level."""
        self._test_level = test_level
        self._test_pad = test_pad
        self._began_us = -1
        for output, pad in ((self._dc, dc_pad), (self._ac, ac_pad)):
            output.pad = pad
            pad.source = output.level
        if test_pad is not None:
            test_pad.watchers.append(self._test_changed)
        self._update(self._clock.now_us)

    def level(self, now_us):
        """1 when either output is."""
        return self._dc.level(now_us) | self._ac.level(now_us)

    def set_fault(self, name, on):
        """Switch one of FAULTS."""
        if on:
            self.faults.add(name)
        else:
            self.faults.discard(name)
        for output in (self._dc, self._ac):
            if output.is_dead():
                output.end()
        self._update(self._clock.now_us)
        self._show(self._clock.now_us)

    def fault_current(self):
        """True while a real residual current flows."""
        return self._flows(self._dc) or self._flows(self._ac)

    def _flows(self, output):
        flows = self._contactor.closed or not self.behind_contactor
        return flows and output.current in self.faults

    def _test_changed(self, pad, now_us):
        driven = pad.output and bool(pad.high_us) == bool(self._test_level)
        if driven and self._began_us < 0:
            self._began_us = now_us
        elif not driven and self._began_us >= 0:
            began_us, self._began_us = self._began_us, -1
            is_pulse = PULSE_US[0] <= now_us - began_us <= PULSE_US[1]
            if is_pulse and "rcm_test_dead" not in self.faults:
                self._test(began_us, now_us)

    def _test(self, began_us, now_us):
        self.tests += 1
        end_us = began_us + self._random.between(*TEST_END_US) + self._slow_us()
        for output, after_us in ((self._dc, TEST_DC_US), (self._ac, TEST_AC_US)):
            if not output.is_dead():
                output.trip.at(now_us + self._random.between(*after_us))
                if not self._flows(output):
                    output.release.at(end_us)

    def _slow_us(self):
        return SLOW_US if "rcm_slow" in self.faults else 0

    def _update(self, now_us):
        """A current began or ended."""
        for output in (self._dc, self._ac):
            if self._flows(output):
                output.release.cancel()
                if not output.tripped and not output.is_dead():
                    trip_us = now_us + self._random.between(*output.after_us)
                    if output.trip.at_us < 0 or trip_us < output.trip.at_us:
                        output.trip.at(trip_us)
            elif output.release.at_us < 0:
                output.trip.cancel()
                if output.tripped:
                    output.release.at(now_us + self._random.between(*RELEASE_US) + self._slow_us())

    def _show(self, now_us):
        before = self._dc.shown | self._ac.shown
        for output in (self._dc, self._ac):
            level = output.level(now_us)
            if level != output.shown:
                output.shown = level
                if output.pad is not None:
                    output.pad.changed(level)
        after = self._dc.shown | self._ac.shown
        if after != before:
            if after:
                self.tripped_us = now_us
            else:
                self.released_us = now_us
            self._log("residual_current", state="tripped" if after else "released")
