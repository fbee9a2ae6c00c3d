"""Switching phases with parts that do not do what they are told: what fails, by which name, and what holds."""

from phase_bench import DT_MS, Pile, moves

from evse.core.phase_switching import (
    DID_NOT_CLOSE,
    DID_NOT_OPEN,
    DISAGREED,
    DWELL_MS,
    FOLLOW_MS,
    FREE,
    HOLD,
    INTERRUPT,
    INTERRUPT_MS,
    LOST_MS,
    MAIN_NOT_OPEN,
    OPEN_PROOF_MS,
    OPEN_WITHIN_MS,
)
from evse.core.pilot_profiles import A, C


def test_a_phase_contactor_that_does_not_close_leaves_one_phase_by_name():
    pile = Pile()
    pile.charge(1)
    pile.mirror = False
    pile.wish = 3
    pile.until(lambda s: s.may_close and s.failure, 20000)
    s = pile.switch
    assert (s.phases, s.failure, s.close_phases, s.fault) == (1, DID_NOT_CLOSE, False, False)
    moved = moves(pile)[1:]
    assert [close for _ms, close in moved] == [True, False]
    assert FOLLOW_MS <= moved[1][0] - moved[0][0] <= FOLLOW_MS + DT_MS
    # And it is left in peace
    pile.mirror = None
    pile.seen = []
    pile.run(3 * DWELL_MS)
    assert pile.seen == [] and pile.main_on


def test_a_phase_contactor_that_does_not_open_leaves_three_by_name():
    pile = Pile()
    pile.charge(3)
    pile.mirror = True
    pile.wish = 1
    pile.until(lambda s: s.may_close and s.failure, 20000)
    s = pile.switch
    assert (s.phases, s.failure, s.close_phases, s.fault) == (3, DID_NOT_OPEN, True, False)
    pile.run(3 * DWELL_MS)
    assert pile.main_on and s.phases == 3


def test_what_failed_is_tried_again_after_a_reset_or_by_the_next_vehicle():
    for forget in (lambda p: p.switch.restart(), lambda p: p.run(INTERRUPT_MS + 1000)):
        pile = Pile()
        pile.charge(1)
        pile.mirror = False
        pile.wish = 3
        pile.until(lambda s: s.may_close and s.failure, 20000)
        pile.mirror = None
        pile.run(DWELL_MS)
        assert pile.switch.phases == 1
        pile.vehicle = A
        forget(pile)
        pile.vehicle = C
        pile.until(lambda s: s.phases == 3 and s.may_close, 20000)
        assert pile.switch.failure == ""


def test_a_mirror_that_reads_closed_from_the_start_is_a_fault_whatever_is_wished():
    for wish in (1, 3):
        pile = Pile(wish, C)
        pile.mirror = True
        pile.until(lambda s: s.fault, 15000)
        pile.run(5 * DWELL_MS)
        s = pile.switch
        s.restart()
        assert (s.phases, s.failure, s.may_close) == (0, DID_NOT_OPEN, False)
        assert not s.close_phases and s.open_now and not pile.main_on
        # Repaired: one phase first, proven
        pile.mirror = None
        pile.until(lambda s: s.may_close, 15000)
        assert s.phases == 1 and not s.fault


def test_a_mirror_that_never_rests_is_a_fault():
    pile = Pile()
    pile.charge(1)
    pile.wish = 3
    pile.until(lambda s: s.close_phases, 20000)
    for number in range(2000):
        pile.mirror = number % 4 < 2
        pile.step()
    s = pile.switch
    assert s.fault and s.failure and not s.may_close and not s.close_phases and s.phases == 0
    pile.mirror = None
    pile.until(lambda s: s.may_close, 15000)
    assert s.phases == 1 and not s.fault


def test_a_bounce_at_rest_is_nothing():
    pile = Pile()
    pile.charge(3)
    for number in range(500):
        pile.mirror = False if number % 10 == 0 else None
        pile.step()
    assert pile.seen == [] and pile.main_on


def test_a_phase_contactor_that_falls_open_stops_the_charge_and_goes_on_with_one_phase():
    pile = Pile()
    pile.charge(3)
    pile.mirror = False
    pile.obeys = False
    assert pile.until(lambda s: s.pilot == HOLD, 1000) <= LOST_MS + 2 * DT_MS
    assert pile.switch.phases == 0 and pile.switch.failure == DISAGREED
    assert pile.switch.close_phases, "moved while the main contactor may be closed"
    pile.until(lambda s: s.may_close, 20000)
    assert pile.switch.phases == 1 and not pile.switch.close_phases
    assert INTERRUPT in [pilot for _ms, pilot, _close, _phases in pile.seen]


def test_a_phase_contactor_that_closes_by_itself_is_a_fault():
    pile = Pile()
    pile.charge(1)
    pile.mirror = True
    pile.until(lambda s: s.fault, 20000)
    pile.run(DWELL_MS)
    assert pile.switch.failure == DISAGREED and not pile.main_on and not pile.switch.close_phases


def test_a_main_contactor_that_does_not_open_is_named_and_the_phases_stay():
    pile = Pile()
    pile.charge(3)
    pile.main_welded = True
    pile.wish = 1
    took_ms = pile.until(lambda s: s.fault, 15000)
    assert took_ms >= OPEN_WITHIN_MS
    pile.run(2 * DWELL_MS)
    s = pile.switch
    assert s.failure == MAIN_NOT_OPEN and s.close_phases and s.phases == 3 and s.pilot == HOLD
    pile.main_welded = False
    pile.until(lambda s: s.phases == 1 and s.may_close, 15000)
    assert not s.fault and s.failure == ""


def test_a_current_on_the_meter_is_as_good_as_a_closed_contactor():
    pile = Pile()
    pile.charge(3)
    pile.drawing = True
    pile.wish = 1
    pile.run(4000)
    assert pile.switch.close_phases and pile.switch.pilot == HOLD and not pile.switch.fault
    pile.drawing = False
    pile.until(lambda s: s.phases == 1 and s.may_close, 15000)


def test_a_main_contactor_that_closes_during_the_interruption_begins_it_anew():
    pile = Pile()
    pile.charge(1)
    pile.wish = 3
    pile.until(lambda s: s.pilot == INTERRUPT, 1000)
    pile.run(INTERRUPT_MS - 500)
    pile.main_welded = True
    pile.run(100)
    assert pile.switch.pilot == HOLD and not pile.switch.close_phases
    pile.main_welded = False
    assert pile.until(lambda s: s.close_phases, 20000) >= INTERRUPT_MS


def test_a_fault_with_the_coil_on_waits_for_the_main_contactor():
    pile = Pile()
    pile.charge(3)
    pile.wish = 1
    pile.until(lambda s: not s.close_phases, 20000)
    number = 0
    while not pile.switch.fault:
        # Neither closed nor open for long enough, whichever way the coil is
        number += 1
        pile.mirror = number % 4 < 2
        pile.step()
    s = pile.switch
    assert s.close_phases and s.failure == DID_NOT_OPEN
    pile.main_welded = True
    pile.run(5000)
    assert s.close_phases and s.fault
    pile.main_welded = False
    pile.mirror = None
    assert pile.until(lambda s: not s.close_phases, 1000) >= OPEN_PROOF_MS
    pile.until(lambda s: s.may_close, 15000)
    assert s.phases == 1 and not s.fault


def test_a_mirror_that_turns_while_it_settles_is_judged_again():
    pile = Pile()
    pile.charge(1)
    pile.wish = 3
    pile.until(lambda s: s.phases == 3, 20000)
    pile.mirror = False
    pile.until(lambda s: s.may_close, 5000)
    s = pile.switch
    assert (s.phases, s.failure, s.close_phases) == (1, DID_NOT_CLOSE, False)


def test_what_the_pilot_reads_during_the_interruption_is_no_unplug():
    pile = Pile()
    pile.charge(1)
    pile.seen_in_f = A
    pile.wish = 3
    pile.until(lambda s: s.may_close and s.phases == 3, 20000)
    pilots = [pilot for _ms, pilot, _close, _phases in pile.seen]
    assert pilots == [HOLD, INTERRUPT, INTERRUPT, INTERRUPT, FREE]
