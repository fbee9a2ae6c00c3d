"""Connector lock of a socket-outlet: driven by pulses, judged by its position contact.

Locked before the contactor closes, never unlocked before it is open (IEC 61851-1, GB/T 18487.1).
"""

from micropython import const

LOCK = const(1)
UNLOCK = const(-1)
REST = const(0)

PULSE_MS = const(600)
PAUSE_MS = const(1000)
ATTEMPTS = const(3)
# A plug that is pulled at holds the bolt: a stuck one is tried again, or the driver's cable stays
AGAIN_MS = const(10000)

_SETTLED = const(0)
_PULSE = const(1)
_PAUSE = const(2)
_STUCK = const(3)


class ConnectorLock:
    """Brings the bolt where it is wanted. A wire that breaks reads as not locked."""

    def __init__(self):
        self.locked = False  # driven home and still there
        self.jammed = False
        self._goal = REST  # the position is unknown
        self._phase = _SETTLED
        self._left_ms = 0
        self._attempts = 0

    @property
    def is_open(self):
        """True when the bolt was driven back and is there."""
        return self._goal == UNLOCK and self._phase == _SETTLED

    def step(self, wanted, may_unlock, is_locked, dt_ms):
        """Advance by `dt_ms`; returns LOCK, UNLOCK or REST to drive. `may_unlock`: contactor is open."""
        goal = self._goal
        if wanted:
            goal = LOCK
        elif may_unlock:
            goal = UNLOCK
        elif goal == UNLOCK:
            goal = REST
        if goal != self._goal:
            self._goal = goal
            self._attempts = 0
            if goal != REST:
                self._drive()
        elif goal != REST:
            self._advance(is_locked == (goal == LOCK), dt_ms)
        if goal != LOCK and not is_locked:
            self.jammed = False
        self.locked = goal == LOCK and self._phase == _SETTLED
        return self._goal if self._phase == _PULSE else REST

    def _advance(self, reached, dt_ms):
        self._left_ms -= dt_ms
        if self._phase == _SETTLED:
            if not reached:
                self._left_position()
        elif self._phase == _PULSE:
            if self._left_ms <= 0:
                self._judge(reached)
        elif reached:
            self._settle()
        elif self._left_ms <= 0 and (self._phase == _PAUSE or self._goal == UNLOCK):
            self._drive()

    def _left_position(self):
        self._attempts = 0
        if self._goal == LOCK:
            self._jam()
        else:
            self._drive()

    def _judge(self, reached):
        if reached:
            self._settle()
        elif self._attempts < ATTEMPTS:
            self._phase = _PAUSE
            self._left_ms = PAUSE_MS
        else:
            self._jam()

    def _drive(self):
        self._attempts = min(self._attempts + 1, ATTEMPTS)
        self._phase = _PULSE
        self._left_ms = PULSE_MS

    def _settle(self):
        self._phase = _SETTLED
        self.jammed = False

    def _jam(self):
        self._phase = _STUCK
        self._left_ms = AGAIN_MS
        self.jammed = True
