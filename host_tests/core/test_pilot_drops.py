"""Openings without a change of state are counted; real ones are not."""

from evse.core.pilot_drops import PilotDrops


def run(p, drops, wants_energy, ms, unplugged=False):
    """Steps of 20 ms; how often a fault was told."""
    return sum(p.step(drops, wants_energy, unplugged, 20) for _ in range(ms // 20))


def test_third_twitch_is_a_fault_and_counting_begins_anew():
    p = PilotDrops()
    told = [run(p, drops, True, 400) for drops in range(1, 8)]
    assert told == [0, 0, 1, 0, 0, 1, 0]


def test_opening_by_a_vehicle_that_has_let_go_is_no_twitch():
    p = PilotDrops()
    for drops in range(1, 20):
        assert run(p, drops, False, 400) == 0


def test_unplugging_forgets():
    p = PilotDrops()
    run(p, 1, True, 400)
    run(p, 2, True, 400)
    run(p, 2, False, 400, unplugged=True)
    assert run(p, 3, True, 400) == 0
    assert run(p, 4, True, 400) == 0
    assert run(p, 5, True, 400) == 1


def test_row_of_drops_within_the_judging_time_counts_once():
    p = PilotDrops()
    for drops in range(1, 50):
        assert not p.step(drops, True, False, 20)
    assert run(p, 49, True, 200) == 0
    assert run(p, 50, True, 200) == 0
    assert run(p, 51, True, 200) == 1


def test_counter_that_wraps_is_a_change_like_any_other():
    p = PilotDrops()
    for drops in (65534, 65535):
        run(p, drops, True, 400)
    assert run(p, 0, True, 400) == 1
