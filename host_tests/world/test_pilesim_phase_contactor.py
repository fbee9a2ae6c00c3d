"""The phase contactor: its faults, its mirror, and that it never breaks a current by itself."""

import pytest
from outlet_bench import Bench, board

from pilesim.chip import PWRON_RESET

ALL = [16_000, 16_000, 16_000]
ONE = [16_000, 0, 0]


@pytest.fixture
def bench():
    bench = Bench(board(second=None))
    bench.world.mains.wander_mv = 0
    return bench


@pytest.fixture
def side(bench):
    side = bench.sides[0]
    side.vehicle.max_ma = 16_000
    return side


def under_load(bench):
    return [entry[2] for entry in bench.world.events("phases_switched_under_load")]


def start_on(side, bench, closed):
    side.phases(closed)
    bench.run(100)
    side.charge()


def test_welded_keeps_three_phases_and_the_mirror_says_so(bench, side):
    world = bench.world
    world.set_fault("phase_contactor_welded", True)
    bench.run(50)
    assert side.phase_mirror() == 1
    side.charge()
    assert side.currents_ma() == ALL
    side.stop()
    world.set_fault("phase_contactor_welded", False)
    bench.run(100)
    assert side.phase_mirror() == 0


def test_stuck_open_does_not_close_and_falls_open_when_it_was_closed(bench, side):
    world = bench.world
    world.set_fault("phase_contactor_stuck_open", True)
    side.phases(True)
    bench.run(500)
    assert side.phase_mirror() == 0
    world.set_fault("phase_contactor_stuck_open", False)
    bench.run(100)
    assert side.phase_mirror() == 1
    side.charge()
    world.set_fault("phase_contactor_stuck_open", True)
    bench.run(100)
    assert (side.phase_mirror(), side.currents_ma()) == (0, ONE)
    assert len(under_load(bench)) == 1


def test_a_broken_mirror_reads_closed(bench, side):
    bench.world.set_fault("phase_mirror_broken", True)
    assert side.phase_mirror() == 1
    assert not bench.world.phase_contactor.closed
    assert bench.world.contactor.faults == set()


def test_a_reset_while_charging_breaks_no_current_with_the_phase_contactor(bench, side):
    start_on(side, bench, True)
    bench.world.replace_chip(PWRON_RESET)
    bench.clock.advance(200_000)
    assert not bench.world.contactor.closed
    assert not bench.world.phase_contactor.closed
    assert under_load(bench) == []


def test_both_coils_off_at_once_break_no_current_with_the_phase_contactor(bench, side):
    start_on(side, bench, True)
    side.phases(False)
    side.contactor(False)
    bench.run(100)
    assert not bench.world.phase_contactor.closed
    assert under_load(bench) == []
