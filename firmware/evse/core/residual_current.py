"""Self-test of the residual-current monitor: a test current must trip it, and it must release again.

Tested before each closing, after power-up and once a day, only while the contactor is open. Opening
on a trip is not done here: that is hardware and the safety tick.
"""

from micropython import const

# From the test current to the trip (IEC 62955: 0.3 s at 60 mA DC)
TRIP_WITHIN_MS = const(500)
# From the end of the test current to the release
RELEASE_WITHIN_MS = const(2000)
# One miss may be noise: the test is made once more after this pause
RETRY_AFTER_MS = const(1000)
PERIOD_MS = const(86400000)

_ATTEMPTS = const(2)

_IDLE = const(0)
_DRIVEN = const(1)
_RELEASING = const(2)
_PAUSE = const(3)


class ResidualCurrentTest:
    """One step per control loop; the caller drives `output` and ignores the trip while `busy`.

    `outputs`: bit set of those that must trip, not all at the same time; `drive_ms`: how long the test
    current flows at most; `trip_within_ms`: from its start to the last trip.
    """

    def __init__(self, outputs=1, drive_ms=TRIP_WITHIN_MS, trip_within_ms=TRIP_WITHIN_MS):
        self._outputs = outputs
        self._drive_ms = drive_ms
        self._trip_within_ms = trip_within_ms
        self._seen = 0  # outputs that tripped in this attempt
        self.output = False  # the test current is to flow
        self.busy = False  # from the start of a test to its verdict
        self.passed = False  # the last finished test; False before the first
        self.proven = False  # passed since the contactor was last closed
        self.failed = False  # no further test until restart()
        self._phase = _IDLE
        self._phase_ms = 0
        self._attempts = 0
        self._since_ms = PERIOD_MS  # the last verdict; never tested is overdue

    def step(self, tripped, contactor_open, wanted, dt_ms):
        """Advance by `dt_ms`. `tripped`: the monitor's outputs; `wanted`: a closing is to come."""
        self._since_ms = min(self._since_ms + dt_ms, PERIOD_MS)
        if not contactor_open:
            self.proven = False
            self._rest()
            return
        if self._phase == _IDLE:
            self._begin_if_due(tripped, wanted)
            return
        self._phase_ms += dt_ms
        if self._phase == _DRIVEN:
            self._await_trip(tripped)
        elif self._phase == _RELEASING:
            if not tripped:
                self._finish(True)
            elif self._phase_ms >= RELEASE_WITHIN_MS:
                self._finish(False)
        elif not tripped:
            if self._phase_ms >= RETRY_AFTER_MS and not self._missed():
                self._drive()
        elif self._phase_ms >= RELEASE_WITHIN_MS:
            self._finish(False)

    def restart(self):
        """After a reset: a failed test is forgotten and made anew."""
        if self.failed:
            self.failed = False
            self._since_ms = PERIOD_MS

    def demand(self):
        """Somebody wants to see a test: made anew as soon as it can be."""
        self.failed = self.proven = False
        self._since_ms = PERIOD_MS

    def _begin_if_due(self, tripped, wanted):
        if self.failed or tripped:
            return
        overdue = self._since_ms >= PERIOD_MS
        if overdue and self.proven:
            # The contactor may be about to close on the old verdict: that is withdrawn one step before
            self.proven = False
        elif overdue or (wanted and not self.proven):
            self._drive()

    def _await_trip(self, tripped):
        if self._phase_ms <= self._trip_within_ms:
            self._seen |= tripped
        if self._seen & self._outputs == self._outputs:
            self._enter(_RELEASING)
        elif self._phase_ms >= self._trip_within_ms:
            # What tripped all the same is no residual current
            if self._seen or not self._missed():
                self._enter(_PAUSE)
        elif self._phase_ms >= self._drive_ms:
            self.output = False

    def _drive(self):
        self._attempts += 1
        self._seen = 0
        self.busy = True
        self._enter(_DRIVEN)

    def _missed(self):
        """The verdict, when that was the last attempt."""
        if self._attempts < _ATTEMPTS:
            return False
        self._finish(False)
        return True

    def _finish(self, passed):
        self.passed = self.proven = passed
        self.failed = not passed
        self._since_ms = 0
        self._rest()

    def _rest(self):
        self.busy = False
        self._attempts = 0
        self._enter(_IDLE)

    def _enter(self, phase):
        self._phase = phase
        self._phase_ms = 0
        self.output = phase == _DRIVEN
