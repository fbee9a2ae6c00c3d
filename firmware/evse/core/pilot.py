"""Control pilot: levels to vehicle states, current to duty (IEC 61851-1 Annex A, GB/T 18487.1).

Levels are mV at the pilot terminal, current is in 0.1 A, duty in basis points (bp, 10000 = 100 %).
The safety tick calls `PilotMonitor`; it allocates nothing.
"""

from micropython import const

from .pilot_profiles import INVALID, A, C, D

# What the generator does
DRIVE_POSITIVE = const(0)  # steady +12 V: states x1
DRIVE_PWM = const(1)  # states x2
DRIVE_NEGATIVE = const(2)  # steady -12 V: state F

# Counters stop here: beyond 2**30 an integer would be allocated on a 32-bit board
_MOST_MS = const(60000)
# The negative half-wave must be seen this often while the PWM runs. Above 90 % duty the low phase
# is shorter than the distance of two samples, so it is only met now and then.
_LOW_MISSING_MS = const(500)


def classify(profile, high_mv, previous):
    """State of the positive level; inside a gap the previous one or INVALID, as the profile says."""
    for state, lowest_mv, highest_mv in profile.windows:
        if lowest_mv <= high_mv <= highest_mv:
            return state
    if profile.keeps_in_gap and previous != INVALID and _beside(profile, high_mv, previous):
        return previous
    return INVALID


def _beside(profile, high_mv, previous):
    # A gap keeps only the states at its two ends: 4.5 V after state A is no state A
    for state, lowest_mv, highest_mv in profile.windows:
        if state == previous:
            return lowest_mv - 1000 <= high_mv <= highest_mv + 1000 and high_mv <= 13000
    return False


def duty_bp(profile, limit_a10):
    """Duty that offers at most `limit_a10`, rounded down; 10000 (no current) below 6 A."""
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
        self.closable = False  # state C or D has held since the last opening, long enough to close
        self.high_seen = True
        self.low_missing_ms = 0
        self.low_bad_ms = 0
        self.high_mv = 0
        self.low_mv = 0
        self._candidate = A
        self._candidate_ms = 0

    def judge(self, drive, high_mv, high_count, low_mv, low_count, edge_mv=0):
        """Take one burst; True when it shows a level at which a closed contactor may stay closed."""
        if drive != DRIVE_PWM:
            self.low_proven = False
        if drive == DRIVE_NEGATIVE:
            self.low_mv = low_mv
            return False
        self.high_seen = high_count > 0
        if not self.high_seen:
            # The generator is stuck low or the line hangs at the supply: no positive level at all
            self.instant = INVALID
            return False
        self.high_mv = high_mv
        self.instant = classify(self.profile, high_mv, self.state)
        if drive == DRIVE_PWM:
            if low_count > 0:
                self.low_mv = low_mv
                self.low_ok = self.profile.low_min_mv <= low_mv <= self.profile.low_max_mv
                self.low_proven = self.low_ok
                self.low_missing_ms = 0
            elif self.profile.low_min_mv <= edge_mv <= self.profile.low_max_mv:
                # A sample across an edge can prove the negative half-wave, never disprove it
                self.low_mv = edge_mv
                self.low_ok = True
                self.low_proven = True
                self.low_missing_ms = 0
        else:
            self.low_ok = True
            self.low_missing_ms = 0
        return self.low_ok and (self.instant == C or self.instant == D)

    def opened(self):
        """The contactor was opened: whatever comes now must hold anew before it may close."""
        self._candidate_ms = 0
        self.closable = False

    def diode_failed(self):
        """True when the negative half-wave has been wrong long enough to be named a fault."""
        return self.low_bad_ms >= self.profile.leave_stable_ms

    def step(self, drive, dt_ms):
        """Advance the debounce by `dt_ms` after `judge`; returns the debounced state."""
        if drive == DRIVE_PWM:
            self.low_missing_ms = min(self.low_missing_ms + dt_ms, _MOST_MS)
            if self.low_missing_ms > _LOW_MISSING_MS:
                self.low_ok = False
        self.low_bad_ms = 0 if self.low_ok else min(self.low_bad_ms + dt_ms, _MOST_MS)
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
