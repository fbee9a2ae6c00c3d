"""Control pilot: levels to vehicle states, current to duty (IEC 61851-1 Annex A, GB/T 18487.1).

Levels are mV at the pilot terminal, current is in 0.1 A, duty in basis points (bp, 10000 = 100 %).
The safety tick calls `PilotMonitor`; it allocates nothing.
"""

from micropython import const

from .pilot_profiles import INVALID, A, C, D, E

# What the generator does
DRIVE_POSITIVE = const(0)  # steady +12 V: states x1
DRIVE_PWM = const(1)  # states x2
DRIVE_NEGATIVE = const(2)  # steady -12 V: state F

# Counters stop here: beyond 2**30 an integer would be allocated on a 32-bit board
_MOST_MS = const(60000)
# The negative half-wave must be seen this often while the PWM runs
_LOW_MISSING_MS = const(500)
# Above this duty the low phase is shorter than the distance of two samples, so it is only met now
# and then; up to it a pin that is never low means that the PWM does not run
_LOW_SURE_BP = const(9000)
# A half-wave is not negative above the first and is stuck negative below the second
_NOT_NEGATIVE_MV = const(-1000)
_STUCK_LOW_MV = const(-9000)


def classify(profile, high_mv, previous):
    """State of the positive level; between two windows as the profile's gap rule says, else INVALID."""
    windows = profile.windows
    upper = INVALID
    for at in range(0, len(windows), 3):
        state = windows[at]
        if high_mv > windows[at + 2]:
            return _in_gap(profile, upper, state, previous)
        if high_mv >= windows[at + 1]:
            return state
        upper = state
    return INVALID


def _in_gap(profile, upper, lower, previous):
    # Without state D its place is no gap: 3 V is no state there
    if not profile.keeps_in_gap or upper == INVALID or lower != upper + 1:
        return INVALID
    if previous == upper or previous == lower:
        return previous
    # From elsewhere never towards current: 7.5 V is B, 4.5 V is nothing
    return upper if lower <= C else INVALID


def duty_bp(profile, limit_a10):
    """Duty that offers at most `limit_a10`, rounded down; 10000 (no current) below 6 A.

    Never the digital duty of 5 %, nor one between the two laws.
    """
    if limit_a10 < 60:
        return 10000
    low_law_bp = limit_a10 * 100 // 6
    if low_law_bp <= profile.duty_knee_bp:
        return low_law_bp
    high_law_bp = limit_a10 * 4 + 6400
    if high_law_bp > profile.duty_max_bp:
        return profile.duty_max_bp
    if high_law_bp < profile.duty_gap_bp:
        # Here a vehicle may read either law: stay at the end of the lower one
        return profile.duty_knee_bp
    return high_law_bp


def offered_ma(profile, bp):
    """Current in mA that a vehicle reads from a duty; 0 outside the law."""
    if bp < profile.duty_min_bp or bp > profile.duty_max_bp:
        return 0
    if bp <= profile.duty_knee_bp:
        return bp * 6
    return (bp - 6400) * 25


class PilotMonitor:
    """Follows the pilot: instant verdict for holding the contactor, debounced state for the rest."""

    def __init__(self, profile):
        self.profile = profile
        self.instant = A  # state of the last burst
        self.state = A  # debounced state
        self.low_ok = True  # negative half-wave in its window (diode present)
        self.low_proven = False  # seen in its window since the PWM began
        self.generator_ok = True  # the last burst showed what the generator was told
        self.closable = False  # state C or D has held since the last opening, long enough to close
        self.low_missing_ms = 0
        self.low_bad_ms = 0
        self.generator_bad_ms = 0
        self.high_mv = 0
        self.low_mv = 0
        self._edges = False  # edges were met since the negative half-wave was last seen
        self._low_doubts = 0  # bursts with a bad half-wave since a good one, up to 2
        self._candidate = A
        self._candidate_ms = 0

    def judge(self, drive, high_mv, high_count, low_mv, low_count, edge_mv=0, bp=0):
        """Take one burst; True when it shows a level at which a closed contactor may stay closed.

        Counts are samples with the PWM pin high or low, `edge_mv` the lowest one across an edge (0:
        none), `bp` the duty.
        """
        if drive == DRIVE_PWM:
            self._take_low(low_mv, low_count, edge_mv, bp)
        else:
            self.low_ok = True
            self.low_proven = False
            self.low_missing_ms = 0
            self._edges = False
            self._low_doubts = 0
            if low_count > 0:
                self.low_mv = low_mv
        if drive == DRIVE_NEGATIVE:
            self.generator_ok = high_count == 0 and low_count > 0 and self._in_low_window(low_mv)
            return False
        if high_count == 0:
            # No positive level at all. Without any sample it is the ADC that failed, no generator
            self.instant = INVALID
            self.generator_ok = low_count == 0
            return False
        self.high_mv = high_mv
        self.instant = classify(self.profile, high_mv, self.state)
        wants_energy = self.instant == C or self.instant == D
        if drive == DRIVE_PWM:
            self.generator_ok = self._pwm_runs(high_mv, low_mv, low_count, bp)
            return wants_energy and self.low_ok and self.generator_ok
        # The drive changes with the next period: lows of the PWM before are no reason to open yet
        self.generator_ok = low_count == 0 and high_mv > _NOT_NEGATIVE_MV
        return wants_energy and not self.generator_failed()

    def _in_low_window(self, mv):
        return self.profile.low_min_mv <= mv <= self.profile.low_max_mv

    def _take_low(self, low_mv, low_count, edge_mv, bp):
        if low_count == 0 and self._in_low_window(edge_mv):
            # A sample across an edge can prove the negative half-wave, never disprove it
            low_mv = edge_mv
        elif low_count == 0:
            if edge_mv != 0:
                self._edges = True
            if self._low_doubts == 1 and bp > _LOW_SURE_BP:
                # What was to confirm a bad burst met no low phase: the next that does decides
                self.low_ok = self.low_missing_ms <= _LOW_MISSING_MS
            return
        self.low_mv = low_mv
        self.low_ok = self.low_proven = self._in_low_window(low_mv)
        self._edges = False
        self._low_doubts = 0 if self.low_ok else min(self._low_doubts + 1, 2)
        if self.low_ok or bp <= _LOW_SURE_BP:
            self.low_missing_ms = 0

    def _pwm_runs(self, high_mv, low_mv, low_count, bp):
        if high_mv < _STUCK_LOW_MV:
            return False
        if low_count > 0:
            # A shorted line has no negative half either, and that is no fault of the generator
            return low_mv <= _NOT_NEGATIVE_MV or self.instant == E
        return self.low_missing_ms <= _LOW_MISSING_MS or bp > _LOW_SURE_BP or self._edges

    def opened(self):
        """The contactor was opened: whatever comes now must hold anew before it may close."""
        self._candidate_ms = 0
        self.closable = False

    def diode_failed(self):
        """True when the negative half-wave has been wrong long enough to be named a fault."""
        return self.low_bad_ms >= self.profile.leave_stable_ms

    def generator_failed(self):
        """True when the generator has not done what it was told for long enough to be named."""
        return self.generator_bad_ms >= self.profile.leave_stable_ms

    def step(self, drive, dt_ms):
        """Advance the debounce by `dt_ms` after `judge`; returns the debounced state."""
        if drive == DRIVE_PWM:
            self.low_missing_ms = min(self.low_missing_ms + dt_ms, _MOST_MS)
            if self.low_missing_ms > _LOW_MISSING_MS:
                self.low_ok = self.low_proven = False
        self._count_bad(dt_ms)
        if drive == DRIVE_NEGATIVE:
            # At -12 V the vehicle's diode hides everything: the next positive level starts anew
            self._candidate_ms = 0
            self.closable = False
            return self.state
        if self.instant != self._candidate:
            self._candidate = self.instant
            self._candidate_ms = 0
        else:
            self._candidate_ms = min(self._candidate_ms + dt_ms, _MOST_MS)
        wants_energy = self._candidate == C or self._candidate == D
        self.closable = wants_energy and self._candidate_ms >= self.profile.close_stable_ms
        if self._candidate != self.state:
            wait_ms = self.profile.leave_stable_ms
            if wants_energy:
                wait_ms = self.profile.close_stable_ms
            if self._candidate_ms >= wait_ms:
                self.state = self._candidate
        return self.state

    def _count_bad(self, dt_ms):
        # One name for one cause: a generator that fails spoils the negative half-wave as well
        if not self.generator_ok:
            self.generator_bad_ms = min(self.generator_bad_ms + dt_ms, _MOST_MS)
            self.low_bad_ms = 0
        else:
            self.generator_bad_ms = 0
            self.low_bad_ms = 0 if self.low_ok else min(self.low_bad_ms + dt_ms, _MOST_MS)
