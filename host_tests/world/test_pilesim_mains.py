"""The mains: voltage, phases, frequency, and what they do to the energy."""

import pytest
from pilesim_bench import Bench


@pytest.fixture
def bench():
    return Bench()


def voltages(world):
    return [world.mains.voltage_mv(phase, world.clock.now_us) // 1000 for phase in range(3)]


def test_mains_faults_move_the_voltage(bench):
    world = bench.world
    world.mains.wander_mv = 0
    assert voltages(world) == [220, 220, 220]
    for fault, expected in (
        ("over_voltage", [275, 275, 275]),
        ("under_voltage", [180, 180, 180]),
        ("phase_lost", [220, 220, 0]),
    ):
        world.set_fault(fault, True)
        assert voltages(world) == expected
        world.set_fault(fault, False)
    world.set_voltage(190_000)
    assert voltages(world) == [190, 190, 190]


def test_frequency_fault(bench):
    bench.world.mains.fault_frequency_chz = 4650
    bench.world.set_fault("frequency", True)
    assert bench.world.mains.frequency_chz == 4650
    bench.world.set_fault("frequency", False)
    assert bench.world.mains.frequency_chz == 5000


def test_a_changed_voltage_counts_in_the_energy_from_its_moment(bench):
    world = bench.world
    world.mains.wander_mv = 0
    world.load.phases = 1
    world.load.ramp(10_000, 0)
    bench.clock.advance(3_600_000)
    world.set_voltage(110_000)
    bench.clock.advance(3_600_000)
    # 2200 W and 1100 W for 3.6 s each are 2.2 Wh and 1.1 Wh
    assert world.load.energy_uwh(bench.clock.now_us) == 3_300_000
