"""Charging state machine of the station: states A1 .. D2, E, F of IEC 61851-1 Annex A.

Theory. The letter is what the vehicle shows on the pilot: A nothing connected, B connected,
C wants energy (S2 closed), D wants energy and ventilation, E pilot at 0 V or at no valid level,
F pilot driven to -12 V by us. The digit is what we say: 1 steady voltage, no current allowed;
2 PWM, current up to the duty. So a transition has two causes only: the vehicle changes the level,
or the station becomes ready or stops being ready. Ready means: authorised, offered current of 6 A
or more, and no fault. Faults that need a technician drive F.

What a state asks of the two outputs stands in _OUTPUTS. The contactor column is a permission, never
a command: the safety tick closes only when its own view of the pilot agrees, and opens without us.
  OPEN   open at once
  HOLD   may stay closed, may not close: the vehicle is asked to open S2 (sequence 9 and 10)
  CLOSE  may close
HOLD ends after stop_wait_ms of the profile, when a vehicle ignores the stop (sequence 10.2).

A vehicle that sleeps in B2 may be woken once per offer (A.5.3): by state F, or by B1 where the
profile says x1. A new offer begins with a plug-in, and when the station has paused by itself.

GB/T 18487.1 names the same states 1 1' 2 2' 3 3' (A1 A2 B1 B2 C1 C2) and 4 (F); it has no D.
"""

from micropython import const

from .pilot import DRIVE_NEGATIVE, DRIVE_POSITIVE, DRIVE_PWM
from .pilot_profiles import INVALID, A, B, C, D
from .pilot_profiles import E as LEVEL_E

NAMES = ("A1", "A2", "B1", "B2", "C1", "C2", "D1", "D2", "E", "F")
GBT_NAMES = ("1", "1'", "2", "2'", "3", "3'", "-", "-", "0", "4")
A1, A2, B1, B2, C1, C2, D1, D2, E, F = range(10)

OPEN = const(0)
HOLD = const(1)
CLOSE = const(2)

# Drive and contactor of each state, in one byte
_OUTPUTS = bytes(
    drive | contactor << 2
    for drive, contactor in (
        (DRIVE_POSITIVE, OPEN),  # A1
        (DRIVE_PWM, OPEN),  # A2
        (DRIVE_POSITIVE, OPEN),  # B1
        (DRIVE_PWM, OPEN),  # B2
        (DRIVE_POSITIVE, HOLD),  # C1
        (DRIVE_PWM, CLOSE),  # C2
        (DRIVE_POSITIVE, HOLD),  # D1
        (DRIVE_PWM, CLOSE),  # D2
        (DRIVE_POSITIVE, OPEN),  # E: the level is watched for its return
        (DRIVE_NEGATIVE, OPEN),  # F
    )
)

_ANY = 2  # ready does not matter
_WAKE_UP = "A.5.3 wake-up"
# A step that began late must not make a pulse shorter than it has to be
_LATE_MS = const(20)
# No time of a profile is longer
_MOST_MS = const(60000)

# state: rows (vehicle, ready, next, sequence of IEC 61851-1 Table A.6). First match wins; no match stays.
_TRANSITIONS = (
    # A1
    (
        (B, _ANY, B1, "1.1 plug in"),
        (C, _ANY, C1, "1.2 plug in, no S2; also power returns while a vehicle charges"),
        (D, _ANY, D1, "1.2"),
    ),
    # A2: met only on the way from x2 to A1
    ((A, _ANY, A1, "2"), (B, _ANY, B1, "1.1"), (C, _ANY, C1, "1.2"), (D, _ANY, D1, "1.2")),
    # B1
    (
        (A, _ANY, A1, "2.1 unplug"),
        (C, _ANY, C1, "S2 closed, not ready"),
        (D, _ANY, D1, "S2 closed, not ready"),
        (B, True, B2, "3.1 station ready"),
    ),
    # B2
    (
        (A, _ANY, A2, "2.1 unplug"),
        (C, True, C2, "4 vehicle ready"),
        (D, True, D2, "4 vehicle ready, ventilation"),
        (C, False, C1, "4 and 9 at once"),
        (D, False, D1, "4 and 9 at once"),
        (B, False, B1, "9.1 station not ready"),
    ),
    # C1
    (
        (A, _ANY, A1, "2.2 unplug"),
        (B, _ANY, B1, "8.2 vehicle opens S2"),
        (D, _ANY, D1, "ventilation asked"),
        (C, True, C2, "3.2 station ready"),
    ),
    # C2
    (
        (A, _ANY, A2, "2.2 unplug"),
        (B, _ANY, B2, "8.1 vehicle opens S2"),
        (C, False, C1, "9.2, 10.1 station stops"),
        (D, True, D2, "ventilation asked"),
        (D, False, D1, "9.2, 10.1, ventilation asked"),
    ),
    # D1
    (
        (A, _ANY, A1, "2.2 unplug"),
        (B, _ANY, B1, "8.2"),
        (C, _ANY, C1, "ventilation no longer asked"),
        (D, True, D2, "3.2"),
    ),
    # D2
    (
        (A, _ANY, A2, "2.2 unplug"),
        (B, _ANY, B2, "8.1"),
        (D, False, D1, "9.2, 10.1"),
        (C, True, C2, "ventilation no longer asked"),
        (C, False, C1, "9.2, 10.1, ventilation no longer asked"),
    ),
    # E
    (
        (A, _ANY, A1, "14 level valid again"),
        (B, _ANY, B1, "14"),
        (C, _ANY, C1, "14"),
        (D, _ANY, D1, "14"),
    ),
    # F leaves by its dwell only, see step()
    (),
)
# The same without the texts, a byte each, and where the rows of each state begin: that is what the pile keeps
_ROWS = bytes(
    seen | wanted << 2 | target << 4
    for rows in _TRANSITIONS
    for seen, wanted, target, _sequence in rows
)
_BEGINS = bytes(
    sum(len(rows) for rows in _TRANSITIONS[:state]) for state in range(len(_TRANSITIONS) + 1)
)
# Transitions beside the table
_OTHERS = ("", "11 pilot lost", "12 station unavailable", "13 station available again", _WAKE_UP)
_NONE = const(-5)
_LOST = const(-4)
_UNAVAILABLE = const(-3)
_AVAILABLE = const(-2)
_WAKES_UP = const(-1)


class ChargingStateMachine:
    """Turns vehicle state and readiness into pilot drive and contactor permission."""

    def __init__(self, profile, wake_up=False):
        self.profile = profile
        self.wake_up = wake_up
        self.state = A1
        self._came_by = (A1, _NONE)  # state before, row of its transitions
        self._state_ms = 0
        self._was_closing = False  # the state before was allowed to be closed
        self._waking = False  # the state is the pulse of a wake-up
        self._woken = False  # this offer had its wake-up

    def step(self, vehicle, ready, want_f, ventilated, dt_ms):
        """Advance by `dt_ms`; returns True when the state changed."""
        self._state_ms = min(self._state_ms + dt_ms, _MOST_MS)
        if self.state != F and (vehicle == A or not ready):
            self._woken = False
        if want_f or not ready or vehicle != B:
            self._waking = False
        target, row = self._target(vehicle, ready, want_f)
        if target == self.state:
            return False
        stopping = target == C1 or target == D1
        # A vehicle that changes between C and D while it is asked to stop gets no longer and no shorter
        going_on = stopping and self._was_closing and self.state in (C1, D1)
        was_closed = self.state == C2 or (self.state == D2 and ventilated)
        self._was_closing = going_on or (stopping and was_closed)
        self._waking = row == _WAKES_UP
        self._woken = self._woken or self._waking
        self._came_by = (self.state, row)
        self.state = target
        if not going_on:
            self._state_ms = 0
        return True

    def _target(self, vehicle, ready, want_f):
        if want_f:
            return F, _UNAVAILABLE
        if self.state == F:
            # The level is unknown at -12 V: show steady +12 V first, then look
            if self._state_ms < self._least_ms():
                return F, _NONE
            return A1, _AVAILABLE
        if vehicle in (LEVEL_E, INVALID):
            return E, _LOST
        if self._waking and self._state_ms < self._least_ms():
            return B1, _NONE
        if self._sleeps(vehicle, ready):
            return (F if self.profile.wake_kind == "F" else B1), _WAKES_UP
        begin = _BEGINS[self.state]
        for index in range(begin, _BEGINS[self.state + 1]):
            row = _ROWS[index]
            if row & 3 == vehicle and row >> 2 & 3 in (_ANY, ready):
                return row >> 4, index - begin
        return self.state, _NONE

    @property
    def sequence(self):
        """Sequence of IEC 61851-1 Table A.6 of the last transition, "" before the first."""
        state, row = self._came_by
        return _OTHERS[row] if row < 0 else _TRANSITIONS[state][row][3]

    def _least_ms(self):
        profile = self.profile
        return (profile.wake_pulse_ms if self._waking else profile.state_f_min_ms) + _LATE_MS

    def _sleeps(self, vehicle, ready):
        return (
            self.wake_up
            and not self._woken
            and self.state == B2
            and vehicle == B
            and ready
            and self._state_ms >= self.profile.wake_wait_ms
        )

    def drive(self):
        """What the pilot generator does in this state (DRIVE_*)."""
        return _OUTPUTS[self.state] & 3

    def permission(self, ventilated):
        """OPEN, HOLD or CLOSE for the contactor in this state."""
        permission = _OUTPUTS[self.state] >> 2
        if self.state in (D1, D2) and not ventilated:
            return OPEN
        if permission == HOLD and not (
            self._was_closing and self._state_ms < self.profile.stop_wait_ms + _LATE_MS
        ):
            return OPEN
        return permission

    def name(self):
        """State as IEC 61851-1 writes it."""
        return NAMES[self.state]
