"""Three phases: who draws on which, the phase contactor, energy over its movements, what a vehicle sees of it."""

import pytest
from outlet_bench import FIRST, Bench, board

ALL = [16_000, 16_000, 16_000]
ONE = [16_000, 0, 0]
# Pads of a pile whose L2 and L3 follow the main contactor
PLAIN = {
    role: pin for role, pin in FIRST.items() if role not in ("phase_contactor", "phase_mirror")
}


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


def saw_change(bench):
    return [entry[2] for entry in bench.world.events("vehicle_saw_phase_change_without_unplug")]


def under_load(bench):
    return [entry[2] for entry in bench.world.events("phases_switched_under_load")]


def start_on(side, bench, closed):
    side.phases(closed)
    bench.run(100)
    side.charge()


@pytest.mark.parametrize(
    ("phases", "currents"), [(1, ONE), (2, [16_000, 16_000, 0]), (3, ALL)], ids=["1", "2", "3"]
)
def test_a_vehicle_draws_on_as_many_phases_as_its_charger_has(bench, side, phases, currents):
    side.vehicle.phases = phases
    start_on(side, bench, True)
    assert side.currents_ma() == currents
    assert side.load.power_mw(bench.clock.now_us) == 3_520_000 * phases


def test_without_a_phase_contactor_all_phases_follow_the_main_one():
    bench = Bench(board(PLAIN, None))
    side = bench.sides[0]
    side.vehicle.max_ma = 16_000
    side.charge()
    assert side.currents_ma() == ALL


def test_a_single_phase_pile_has_one():
    bench = Bench(board(PLAIN, None, phases=1))
    side = bench.sides[0]
    side.vehicle.max_ma = 16_000
    side.charge()
    assert list(side.load.targets_ma()) == side.currents_ma() == ONE


def test_with_the_phase_contactor_open_it_is_l1_alone(bench, side):
    start_on(side, bench, False)
    assert side.currents_ma() == ONE
    assert side.phase_mirror() == 0
    assert side.load.target_mw(bench.clock.now_us) == 3_520_000


def test_a_phase_contactor_alone_gives_nothing(bench, side):
    side.vehicle.plug()
    side.offer(53.33)
    side.phases(True)
    bench.run(2000)
    assert side.phase_mirror() == 1
    assert side.vehicle.s2_closed
    assert side.currents_ma() == [0, 0, 0]
    assert side.energy_uwh() == 0


def test_phases_may_carry_different_currents(bench, side):
    side.vehicle.share_permille = (1000, 500, 250)
    start_on(side, bench, True)
    assert side.currents_ma() == [16_000, 8000, 4000]
    assert side.vehicle.current_ma() == 16_000
    assert side.load.power_mw(bench.clock.now_us, 2) == 880_000
    begun_uwh = side.energy_uwh()
    bench.run(3600)
    # 6.16 kW for 3.6 s
    assert side.energy_uwh() - begun_uwh == 6_160_000


def test_a_lost_phase_carries_nothing_and_counts_nothing(bench, side):
    start_on(side, bench, True)
    begun_uwh = side.energy_uwh()
    bench.world.set_fault("phase_lost", True)
    bench.run(3600)
    assert side.currents_ma() == [16_000, 16_000, 0]
    assert side.energy_uwh() - begun_uwh == 7_040_000
    assert under_load(bench) == []


def test_opening_under_load_ends_l2_and_l3_at_that_microsecond(bench, side):
    start_on(side, bench, True)
    begun_us, begun_uwh = bench.clock.now_us, side.energy_uwh()
    side.phases(False)
    bench.run(3000)
    moved_us = bench.world.phase_contactor.main_opened_us
    assert begun_us < moved_us < begun_us + 50_000
    assert side.currents_ma() == ONE
    pj = 3_520_000 * (3 * (moved_us - begun_us) + (bench.clock.now_us - moved_us))
    assert side.energy_uwh() - begun_uwh == pytest.approx(pj // 3_600_000, abs=1)
    assert under_load(bench) == [{"phases": 1}]
    assert saw_change(bench) == [{"before": 3, "now": 1}]


def test_closing_under_load_ramps_l2_and_l3_from_nothing(bench, side):
    start_on(side, bench, False)
    begun_us, begun_uwh = bench.clock.now_us, side.energy_uwh()
    side.phases(True)
    bench.run(500)
    currents = side.currents_ma()
    assert currents[0] == 16_000
    assert 5000 < currents[1] == currents[2] < 10_000
    bench.run(2500)
    assert side.currents_ma() == ALL
    moved_us = bench.world.phase_contactor.main_closed_us
    # L1 all the time, the others along a ramp of 1 s
    pj = 3_520_000 * (
        (bench.clock.now_us - begun_us) + 2 * (bench.clock.now_us - moved_us - 500_000)
    )
    assert side.energy_uwh() - begun_uwh == pytest.approx(pj // 3_600_000, abs=5)
    assert under_load(bench) == [{"phases": 3}]
    assert saw_change(bench) == [{"before": 1, "now": 3}]


def test_energy_does_not_depend_on_who_looks_at_it(bench, side):
    """The same charge with 20 phase changes, looked at every 10 ms and once."""

    def charge(look):
        bench = Bench(board(second=None))
        side = bench.sides[0]
        side.vehicle.share_permille = (1000, 900, 333)
        side.charge()
        for number in range(20):
            side.phases(number % 2 == 0)
            for _ in range(70):
                bench.run(10)
                if look:
                    side.energy_uwh()
                    side.outlet.meter.register_units()
        return side.energy_uwh()

    assert charge(True) == charge(False) > 30_000_000


def test_moving_without_current_is_no_switch_under_load(bench, side):
    start_on(side, bench, True)
    side.offer(100)
    bench.run(1500)
    side.phases(False)
    bench.run(100)
    assert bench.world.contactor.closed
    assert under_load(bench) == []
    # The vehicle's inlet is still live
    assert saw_change(bench) == [{"before": 3, "now": 1}]


def switch(side, bench, pause, closed):
    """Stop, show the vehicle `pause`, move the phase contactor, charge again."""
    side.stop()
    for percent, ms in pause:
        side.offer(percent)
        bench.run(ms)
    side.phases(closed)
    bench.run(100)
    side.offer(53.33)
    bench.run(500)
    side.contactor(True)
    bench.run(2000)


@pytest.mark.parametrize(
    ("pause", "seen"),
    [
        (((100, 1000),), True),
        (((0, 3000),), True),
        (((0, 4000),), False),
        (((0, 2500), (100, 100), (0, 2500)), True),
        (((0, 5000), (100, 3000)), False),
        (((100, 29_000),), False),
        (((100, 20_000),), True),
    ],
)
def test_only_a_long_enough_interruption_makes_a_vehicle_forget(bench, side, pause, seen):
    start_on(side, bench, False)
    switch(side, bench, pause, True)
    assert side.currents_ma() == ALL
    assert under_load(bench) == []
    assert saw_change(bench) == ([{"before": 1, "now": 3}] if seen else [])


def test_how_long_is_a_matter_of_the_vehicle(bench, side):
    side.vehicle.phase_memory.interruption_us = 8_000_000
    start_on(side, bench, True)
    switch(side, bench, ((0, 7000),), False)
    assert len(saw_change(bench)) == 1
    switch(side, bench, ((0, 9000),), True)
    assert len(saw_change(bench)) == 1


@pytest.mark.parametrize("fault", ["cp_open", "cp_short"])
def test_a_pilot_that_is_gone_counts_as_an_interruption(bench, side, fault):
    start_on(side, bench, True)
    side.stop()
    bench.world.set_fault(fault, True)
    bench.run(4500)
    bench.world.set_fault(fault, False)
    switch(side, bench, (), False)
    assert saw_change(bench) == []


def test_after_an_unplug_another_number_is_nothing_new(bench, side):
    start_on(side, bench, True)
    side.stop()
    side.vehicle.unplug()
    side.phases(False)
    bench.run(100)
    side.charge()
    assert side.currents_ma() == ONE
    assert saw_change(bench) == []


def test_the_same_number_again_is_no_change(bench, side):
    start_on(side, bench, True)
    switch(side, bench, ((100, 1000),), True)
    assert saw_change(bench) == []


def test_a_single_phase_charger_sees_no_change(bench, side):
    side.vehicle.phases = 1
    start_on(side, bench, True)
    switch(side, bench, ((100, 1000),), False)
    assert side.currents_ma() == ONE
    assert saw_change(bench) == []


def test_what_a_vehicle_chooses_itself_is_no_change_of_ours(bench, side):
    start_on(side, bench, True)
    side.vehicle.set_phases(1)
    bench.run(2000)
    assert side.currents_ma() == ONE
    assert saw_change(bench) == under_load(bench) == []


def test_a_stubborn_vehicle_goes_on_with_all_phases_it_finds(bench, side):
    side.vehicle.set_mode("stubborn")
    side.vehicle.share_permille = (500, 500, 500)
    start_on(side, bench, False)
    side.offer(100)
    side.phases(True)
    bench.run(3000)
    assert side.currents_ma() == [8000, 8000, 8000]
