"""A pile around the phase switch: contactors, a vehicle that reads the pilot, a station that closes when it may."""

from evse.core.phase_switching import DWELL_MS, HOLD, INTERRUPT, INTERRUPT_MS, PhaseSwitch
from evse.core.pilot_profiles import INVALID, A, B, C, D

DT_MS = 20


class Pile:
    """A pile around the switch: contactors that follow at once, unless the test says otherwise."""

    def __init__(self, wish=1, vehicle=A):
        self.switch = PhaseSwitch()
        self.wish = wish
        self.vehicle = vehicle
        self.main_on = False
        self.main_welded = False
        self.mirror = None  # a level that it is stuck at
        self.drawing = False
        self.seen_in_f = INVALID
        # The vehicle obeys the pilot, the station closes when it may
        self.obeys = True
        self.seen = []  # (ms, what) of every change
        self.ms = 0

    def step(self, dt_ms=DT_MS):
        s = self.switch
        mirror = s.close_phases if self.mirror is None else self.mirror
        vehicle = self.vehicle
        if s.pilot == INTERRUPT:
            vehicle = self.seen_in_f
        elif s.pilot == HOLD and self.obeys and vehicle == C:
            vehicle = B
        before = (s.pilot, s.close_phases, s.phases)
        s.step(
            self.wish,
            vehicle,
            self.main_on,
            self.main_on or self.main_welded,
            mirror,
            self.drawing,
            dt_ms,
        )
        self.ms += dt_ms
        if (s.pilot, s.close_phases, s.phases) != before:
            self.seen.append((self.ms, s.pilot, s.close_phases, s.phases))
        if s.open_now or vehicle not in (C, D):
            self.main_on = False
        elif s.may_close:
            self.main_on = True

    def run(self, ms):
        for _ in range(ms // DT_MS):
            self.step()

    def until(self, condition, within_ms):
        """Milliseconds until the switch is so."""
        begun_ms = self.ms
        while not condition(self.switch):
            self.step()
            assert self.ms - begun_ms <= within_ms, self.seen
        return self.ms - begun_ms

    def charge(self, wish):
        """Nobody there, then a vehicle that charges on the phases wished for."""
        self.wish = wish
        self.vehicle = A
        self.run(INTERRUPT_MS + 5000)
        self.vehicle = C
        self.run(1000)
        assert self.main_on and self.switch.phases == wish
        self.run(DWELL_MS)
        self.seen = []


def moves(pile):
    """Times of the movements of the phase contactor."""
    found = []
    closed = None
    for ms, _pilot, close, _phases in pile.seen:
        if close != closed:
            found.append((ms, close))
            closed = close
    return found
