"""Switching a charge between one and three phases by a contactor that feeds L2 and L3 alone.

A vehicle that finds other phases than it was set up for may be damaged, and a contactor that moves
under load wears. So: hold back the offer until the vehicle has opened S2, open the main contactor, show
the vehicle something like an unplug (state F), move the phase contactor, believe only its mirror, let
it settle, offer again. Power-up finds the phase contactor open: one phase.

The mirror contact reads open only while the poles are open; closed may also be its broken wire. So
three phases count as proven when the mirror was seen open before and closed after.
"""

from micropython import const

from .pilot_profiles import A, C, D

# What the pilot is to do
FREE = const(0)  # as the charging state machine says
HOLD = const(1)  # offer nothing: steady +12 V
INTERRUPT = const(2)  # state F

# Tags as in pilot_profiles: V two sources or more, S one source or an own choice, M from memory
STOP_WAIT_MS = const(6000)  # V: IEC 61851-1 Table A.6 sequence 10.2, and four peers
OPEN_PROOF_MS = const(200)  # S: own choice, as long as the main contactor has to follow its coil
OPEN_WITHIN_MS = const(5000)  # S: own choice: later than this it is named
INTERRUPT_MS = const(10000)  # S: own choice, over twice the 4 and 5 s of peers' interruptions
FOLLOW_MS = const(500)  # S: own choice, ten times the pull-in of common parts
STEADY_MS = const(100)  # S: own choice, past the bounce of a mirror contact
LOST_MS = const(200)  # S: own choice: a mirror that disagrees this long at rest
SETTLE_MS = const(1000)  # S: own choice
STEP_MOST_MS = const(50)  # S: own choice: one reading speaks for no longer
DWELL_MS = const(60000)  # S: a peer's wait after a switch that may have been under load

# Why the wish is not met, "" while it is or will be
DID_NOT_CLOSE = "phase contactor did not close"
DID_NOT_OPEN = "phase contactor did not open"
DISAGREED = "phase contactor moved by itself"
MAIN_NOT_OPEN = "main contactor is not proven open"

_REST = const(0)
_HOLD = const(1)
_OPEN = const(2)
_PAUSE = const(3)
_MOVE = const(4)
_SETTLE = const(5)
_FAULT = const(6)


class PhaseSwitch:
    """One step per control loop, before anybody acts on what it says; all times from dt_ms.

    Results: `pilot` (FREE, HOLD, INTERRUPT), `may_close` the main contactor, `open_now` the main
    contactor, `close_phases` for the coil, `phases` 1 or 3 as proven or 0, `fault` for
    phase_switch_failed, and `failure`, its reason or why a fall-back holds.
    """

    def __init__(self):
        self.pilot = HOLD
        self.may_close = False
        self.open_now = True
        self.close_phases = False
        self.phases = 0
        self.fault = False
        self.failure = ""
        self._state = _OPEN
        self._state_ms = 0
        self._target = 1
        self._before = 0  # proven phases to fall back to
        self._dwell_ms = 0
        # A reset may have come in the middle of a charge on three phases
        self._fed = True
        self._away_ms = 0
        self._open_ms = 0
        self._mirror = False
        self._mirror_ms = 0

    def step(self, wish, vehicle, main_on, main_closed, mirror, drawing, dt_ms):
        """Advance by `dt_ms`. `wish`: 1 or 3 phases; `vehicle`: A..INVALID of the pilot; `main_on`,
        `main_closed`: the main coil's command and feedback; `mirror`: the phase contactor reads closed;
        `drawing`: the meter shows a current.
        """
        # After a stall every wait lasts longer, and nothing is proven by one look
        dt_ms = min(dt_ms, STEP_MOST_MS)
        self._look(vehicle, main_on or main_closed, mirror, drawing, dt_ms)
        self._state_ms = min(self._state_ms + dt_ms, DWELL_MS)
        self._dwell_ms = max(0, self._dwell_ms - dt_ms)
        state = self._state
        if state == _REST:
            self._rest(wish)
        elif state == _HOLD:
            self._hold(wish, vehicle)
        elif state == _FAULT:
            self._recover()
        elif not self._open_ms:
            # Not open, or not any more: from the beginning
            self._wait_open()
        elif state == _OPEN:
            self._opened(vehicle)
        elif state == _PAUSE:
            if self._state_ms >= INTERRUPT_MS:
                self._move(wish)
        elif state == _MOVE:
            self._judge()
        elif self._state_ms >= SETTLE_MS:
            self._enter(_REST if self._proves(self.close_phases) else _MOVE)
        self._show()

    def restart(self):
        """After a reset of the faults: what failed may be tried again."""
        if self._state != _FAULT:
            self.failure = ""

    def _look(self, vehicle, main, mirror, drawing, dt_ms):
        self._open_ms = 0 if main or drawing else min(self._open_ms + dt_ms, DWELL_MS)
        if mirror == self._mirror:
            self._mirror_ms = min(self._mirror_ms + dt_ms, DWELL_MS)
        else:
            self._mirror = mirror
            self._mirror_ms = 0
        # An open pilot is an interruption too, when it lasts; shorter it may be a loose wire. State F hides it
        away = vehicle == A and self.pilot != INTERRUPT
        self._away_ms = min(self._away_ms + dt_ms, INTERRUPT_MS) if away else 0
        if main:
            self._fed = True
        elif self._fed and self._away_ms >= INTERRUPT_MS:
            self._fed = False
            self.restart()

    def _rest(self, wish):
        if self._mirror != self.close_phases and self._mirror_ms >= LOST_MS:
            self.failure = DISAGREED
            self.phases = self._before = 0
            self._enter(_HOLD)
        elif self._wanted(wish) != self.phases and not self._dwell_ms:
            self._before = self.phases
            self._enter(_HOLD)

    def _hold(self, wish, vehicle):
        if self._before and self._wanted(wish) == self.phases:
            self._enter(_REST)
        elif self._open_ms or self._state_ms >= STOP_WAIT_MS or (vehicle != C and vehicle != D):
            self._enter(_OPEN)

    def _wait_open(self):
        if self._state != _OPEN:
            self._enter(_OPEN)
        elif self._state_ms >= OPEN_WITHIN_MS:
            self.fault = True
            self.failure = self.failure or MAIN_NOT_OPEN

    def _opened(self, vehicle):
        # Open, and for as long nobody was allowed to close it
        if min(self._open_ms, self._state_ms) < OPEN_PROOF_MS:
            return
        self.fault = False
        if self.failure == MAIN_NOT_OPEN:
            self.failure = ""
        # Nobody there: whether it was an unplug shows without an interruption
        if self._fed and vehicle == A:
            self._state_ms = 0
            return
        self._enter(_PAUSE)
        if not self._fed:
            self._state_ms = INTERRUPT_MS

    def _move(self, wish):
        self._target = self._wanted(wish)
        if self._target == 3 and not (self.close_phases or self._proves(False)):
            # A mirror that reads closed before the coil is on proves nothing afterwards
            self._fail(DID_NOT_OPEN)
            return
        if self.phases != self._target:
            self._drive(self._target == 3)
        self._enter(_MOVE)

    def _judge(self):
        closed = self._target == 3
        if self._proves(closed):
            self.phases = self._target
            self._enter(_SETTLE)
        elif self._state_ms >= FOLLOW_MS:
            failure = DID_NOT_CLOSE if closed else DID_NOT_OPEN
            if self._before in (0, self._target):
                self._fail(failure)
                return
            self.failure = self.failure or failure
            self.phases = 0
            self._target = self._before
            self._drive(not closed)
            self._enter(_MOVE)

    def _recover(self):
        """The coil goes off, and then the mirror must prove one phase."""
        if self._open_ms < OPEN_PROOF_MS:
            return
        if self.close_phases:
            self._drive(False)
        elif self._proves(False):
            self.fault = False
            self._before = 0
            self._enter(_OPEN)

    def _wanted(self, wish):
        """Phases to go for: after a failure what is proven, or one."""
        if self.failure:
            return self.phases or 1
        return 3 if wish == 3 else 1

    def _proves(self, closed):
        return self._mirror == closed and self._mirror_ms >= STEADY_MS

    def _drive(self, closed):
        self.phases = 0
        if closed != self.close_phases:
            self.close_phases = closed
            self._dwell_ms = DWELL_MS

    def _fail(self, failure):
        self.failure = self.failure or failure
        self.fault = True
        self.phases = 0
        self._enter(_FAULT)

    def _enter(self, state):
        self._state = state
        self._state_ms = 0

    def _show(self):
        state = self._state
        self.may_close = state == _REST
        self.open_now = state not in (_REST, _HOLD)
        if state == _REST:
            self.pilot = FREE
        elif state in (_PAUSE, _MOVE, _SETTLE) and self._fed:
            self.pilot = INTERRUPT
        else:
            self.pilot = HOLD
