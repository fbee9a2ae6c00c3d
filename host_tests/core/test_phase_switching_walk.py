"""Random walks: whatever happens around it, the phase switch never moves a contactor that may carry current."""

from evse.core.phase_switching import INTERRUPT, INTERRUPT_MS, OPEN_PROOF_MS, PhaseSwitch
from evse.core.pilot_profiles import A

DT_MS = 50
STEPS = 150000


class Chance:
    """Integers from a seed, alike on both interpreters."""

    def __init__(self, seed):
        self._state = seed

    def below(self, limit):
        self._state = (self._state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self._state >> 8) % limit


class Checker:
    """Knows only what went in and what came out: what a move of the phase contactor asks for."""

    def __init__(self):
        self.moves = 0
        self.closings = 0
        self.interrupted = 0
        self._close = False
        self._quiet_ms = (
            0  # main contactor open by command, feedback and current, closing forbidden
        )
        self._pause_ms = 0
        self._away_ms = 0
        self._fed = True
        self._forbidden = False
        self._pilot = None

    def look(self, switch, vehicle, main_on, main_closed, drawing):
        """Judge one step."""
        if main_on or main_closed or drawing or not self._forbidden:
            self._quiet_ms = 0
        else:
            self._quiet_ms += DT_MS
        self._pause_ms = self._pause_ms + DT_MS if self._pilot == INTERRUPT else 0
        nobody = vehicle == A and self._pilot != INTERRUPT
        self._away_ms = self._away_ms + DT_MS if nobody else 0
        if main_on or main_closed:
            self._fed = True
        elif self._away_ms >= INTERRUPT_MS:
            self._fed = False
        if switch.close_phases != self._close:
            self._moved(switch)
        # What stands now holds until the next step
        self._forbidden = switch.open_now and not switch.may_close
        self._pilot = switch.pilot
        assert not (switch.may_close and (switch.open_now or switch.fault))
        assert not switch.may_close or switch.phases == (3 if switch.close_phases else 1)

    def _moved(self, switch):
        self._close = switch.close_phases
        self.moves += 1
        self.closings += self._close
        assert self._quiet_ms >= OPEN_PROOF_MS, "moved while the main contactor may be closed"
        if self._fed and self._close:
            assert self._pause_ms >= INTERRUPT_MS, "closed under a vehicle without an interruption"
            self.interrupted += 1


def test_nothing_that_the_inputs_may_do_moves_it_under_load():
    """Inputs that obey nobody, each holding its value for a while."""
    chance = Chance(1)
    switch = PhaseSwitch()
    checker = Checker()
    wish = 1
    vehicle = A
    main_on = main_closed = drawing = False
    mirror = False
    for _ in range(STEPS):
        draw = chance.below(8000)
        if draw < 8:
            wish = (1, 3)[draw % 2]
        elif draw < 16:
            vehicle = (A, 1, 1, 2, 2, 3, 4, 5)[draw - 8]
        elif draw < 22:
            main_on = draw == 16
        elif draw < 30:
            main_closed = draw == 22
        elif draw < 34:
            drawing = draw == 30
        elif draw < 37:
            mirror = not mirror
        elif draw == 37:
            switch.restart()
        elif draw < 2000:
            mirror = switch.close_phases
        elif draw < 2100:
            main_on = main_closed = drawing = False
        switch.step(wish, vehicle, main_on, main_closed, mirror, drawing, DT_MS)
        checker.look(switch, vehicle, main_on, main_closed, drawing)
    assert checker.moves > 40 and checker.closings > 20 and checker.interrupted > 10


class Part:
    """A contactor that follows late, and sometimes not at all."""

    def __init__(self, chance):
        self.closed = False
        self.stuck = False
        self._chance = chance
        self._left_ms = 0

    def follow(self, command):
        if self._chance.below(20000) == 0:
            self.stuck = True
        elif self.stuck and self._chance.below(1500) == 0:
            self.stuck = False
        if command == self.closed or self.stuck:
            self._left_ms = DT_MS * self._chance.below(3)
        else:
            self._left_ms -= DT_MS
            if self._left_ms <= 0:
                self.closed = command


def test_a_pile_that_obeys_never_moves_its_phases_under_power():
    """Contactors with weight, feedbacks that break: judged by the poles, which the switch cannot see."""
    chance = Chance(7)
    switch = PhaseSwitch()
    checker = Checker()
    main = Part(chance)
    phases = Part(chance)
    main_on = False
    mirror_broken = False
    vehicle = A
    wish = 1
    both_ways = 0
    served = [0, 0, 0, 0]
    for _ in range(STEPS):
        draw = chance.below(6000)
        if draw < 6:
            wish = (1, 3)[draw % 2]
        elif draw < 14:
            vehicle = (0, 1, 2, 2, 2, 2, 2, 0)[draw - 6]
        elif draw == 14:
            mirror_broken = not mirror_broken
        elif draw < 20:
            mirror_broken = False
        mirror = phases.closed or mirror_broken
        switch.step(wish, vehicle, main_on, main.closed, mirror, False, DT_MS)
        checker.look(switch, vehicle, main_on, main.closed, False)
        # The station, one step behind: it closes only what it may
        if switch.open_now or vehicle not in (2, 3):
            main_on = False
        elif switch.may_close and not main_on:
            main_on = chance.below(50) == 0
        was = phases.closed
        stuck = phases.stuck
        main.follow(main_on)
        phases.follow(switch.close_phases)
        if phases.closed != was:
            both_ways += 1
            # A pole that lets go by itself is nobody's command
            assert stuck or not main.closed, "moved under power"
        if main_on and main.closed:
            served[switch.phases] += 1
            # It never says one and feeds three, or the other way round; 0 is: unproven
            assert switch.phases in (0, 3 if phases.closed else 1)
    assert both_ways > 20 and served[1] > 2000 and served[3] > 2000
    assert checker.interrupted > 5
