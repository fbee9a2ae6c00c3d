"""Switching between one and three phases: the order of things and their times."""

from phase_bench import DT_MS, Pile, moves

from evse.core.phase_switching import (
    DWELL_MS,
    FOLLOW_MS,
    FREE,
    HOLD,
    INTERRUPT,
    INTERRUPT_MS,
    LOST_MS,
    OPEN_PROOF_MS,
    OPEN_WITHIN_MS,
    SETTLE_MS,
    STEADY_MS,
    STEP_MOST_MS,
    STOP_WAIT_MS,
    PhaseSwitch,
)
from evse.core.pilot_profiles import A, B, C


def test_figures():
    assert (STOP_WAIT_MS, INTERRUPT_MS, FOLLOW_MS, DWELL_MS) == (6000, 10000, 500, 60000)
    assert (OPEN_PROOF_MS, OPEN_WITHIN_MS, STEADY_MS, LOST_MS) == (200, 5000, 100, 200)
    assert (SETTLE_MS, STEP_MOST_MS) == (1000, 50)


def test_at_boot_it_is_open_unproven_and_nothing_may_close():
    s = PhaseSwitch()
    assert not (s.close_phases or s.may_close or s.phases or s.fault) and s.open_now
    assert s.pilot == HOLD and s.failure == ""


def test_at_boot_a_vehicle_that_may_have_been_on_three_phases_is_interrupted():
    pile = Pile(1, C)
    took_ms = pile.until(lambda s: s.may_close, 15000)
    assert pile.switch.phases == 1 and moves(pile) == [(pile.seen[0][0], False)]
    pilots = [pilot for _ms, pilot, _close, _phases in pile.seen]
    assert pilots[0] == INTERRUPT and pilots[-1] == FREE
    assert INTERRUPT_MS + SETTLE_MS <= took_ms <= INTERRUPT_MS + SETTLE_MS + 500


def test_at_boot_with_nobody_there_the_pilot_is_left_alone():
    pile = Pile(3, A)
    took_ms = pile.until(lambda s: s.may_close, 15000)
    assert pile.switch.phases == 3 and not pile.switch.failure
    assert INTERRUPT not in [pilot for _ms, pilot, _close, _phases in pile.seen]
    assert took_ms <= INTERRUPT_MS + SETTLE_MS + 500


def test_at_boot_a_vehicle_that_comes_while_it_waits_is_interrupted():
    pile = Pile(1, A)
    pile.run(INTERRUPT_MS - 1000)
    assert pile.switch.pilot == HOLD
    pile.vehicle = C
    assert pile.until(lambda s: s.pilot == INTERRUPT, 1000) <= OPEN_PROOF_MS + 40
    pile.until(lambda s: s.may_close, INTERRUPT_MS + 2000)


def test_a_wish_during_a_charge_goes_through_every_stage_in_order():
    pile = Pile()
    pile.charge(1)
    begun_ms = pile.ms
    pile.wish = 3
    pile.until(lambda s: s.phases == 3 and s.may_close, 20000)
    stages = [(pilot, close, phases) for _ms, pilot, close, phases in pile.seen]
    assert stages == [
        (HOLD, False, 1),
        (INTERRUPT, False, 1),
        (INTERRUPT, True, 0),
        (INTERRUPT, True, 3),
        (FREE, True, 3),
    ]
    times = [ms - begun_ms for ms, _pilot, _close, _phases in pile.seen]
    assert times[1] - times[0] >= OPEN_PROOF_MS
    assert INTERRUPT_MS <= times[2] - times[1] <= INTERRUPT_MS + DT_MS
    assert STEADY_MS <= times[3] - times[2] <= STEADY_MS + 2 * DT_MS
    assert SETTLE_MS <= times[4] - times[3] <= SETTLE_MS + DT_MS
    pile.run(200)
    assert pile.main_on


def test_back_to_one_phase_is_the_same_way():
    pile = Pile()
    pile.charge(3)
    pile.wish = 1
    pile.until(lambda s: s.phases == 1 and s.may_close, 20000)
    assert [close for _ms, close in moves(pile)] == [True, False]
    assert not pile.switch.failure


def test_a_vehicle_that_keeps_s2_closed_is_opened_after_6_s():
    pile = Pile()
    pile.charge(1)
    pile.obeys = False
    pile.wish = 3
    pile.until(lambda s: s.pilot == HOLD, 100)
    held_ms = pile.until(lambda s: s.open_now, 7000)
    assert STOP_WAIT_MS <= held_ms <= STOP_WAIT_MS + DT_MS
    assert not pile.main_on
    pile.until(lambda s: s.phases == 3 and s.may_close, 15000)


def test_a_wish_taken_back_while_it_waits_for_s2_changes_nothing():
    pile = Pile()
    pile.charge(1)
    pile.obeys = False
    pile.wish = 3
    pile.run(3000)
    assert pile.switch.pilot == HOLD and pile.main_on
    pile.wish = 1
    pile.run(40)
    assert pile.switch.pilot == FREE and pile.switch.may_close and pile.main_on


def test_a_wish_taken_back_during_the_interruption_ends_it_without_a_move():
    pile = Pile()
    pile.charge(1)
    pile.wish = 3
    pile.until(lambda s: s.pilot == INTERRUPT, 1000)
    pile.run(5000)
    pile.wish = 1
    left_ms = pile.until(lambda s: s.may_close, 10000)
    # A vehicle that saw half of it may have begun to set itself up anew
    assert left_ms >= INTERRUPT_MS - 5000
    assert [close for _ms, close in moves(pile)] == [False] and pile.switch.phases == 1


def test_no_interruption_for_a_vehicle_that_was_never_fed():
    pile = Pile()
    pile.run(INTERRUPT_MS + 3000)
    pile.vehicle = B
    pile.run(1000)
    pile.seen = []
    pile.wish = 3
    took_ms = pile.until(lambda s: s.phases == 3 and s.may_close, 3000)
    assert INTERRUPT not in [pilot for _ms, pilot, _close, _phases in pile.seen]
    assert took_ms <= 2000


def test_a_pilot_open_for_a_moment_is_no_unplug():
    pile = Pile()
    pile.charge(1)
    pile.vehicle = A
    pile.run(INTERRUPT_MS - 2000)
    pile.vehicle = B
    pile.wish = 3
    pile.until(lambda s: s.pilot == INTERRUPT, 1000)


def test_at_most_one_switch_a_minute():
    pile = Pile()
    pile.charge(1)
    for number in range(30):
        pile.wish = 3 if number % 2 else 1
        pile.run(17000)
    times = [ms for ms, _close in moves(pile)[1:]]
    assert len(times) >= 5
    for number in range(len(times) - 1):
        assert times[number + 1] - times[number] >= DWELL_MS


def test_a_stall_proves_nothing():
    pile = Pile()
    pile.charge(1)
    pile.wish = 3
    pile.until(lambda s: s.open_now, 1000)
    for _ in range(2):
        pile.step(60000)
        assert pile.switch.pilot == HOLD and not pile.switch.close_phases
    pile.until(lambda s: s.pilot == INTERRUPT, OPEN_PROOF_MS)
    pile.step(60000)
    assert pile.until(lambda s: s.close_phases, 20000) >= INTERRUPT_MS - STEP_MOST_MS


def test_odd_wishes_are_one_phase():
    for wish in (0, 2, None, -3):
        pile = Pile()
        pile.charge(1)
        pile.wish = wish
        pile.run(2 * DWELL_MS)
        assert pile.seen == []
