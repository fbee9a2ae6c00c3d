"""The residual-current monitor of the world: its times, its faults."""

import pytest
from pilesim_bench import Bench

from pilesim.residual_current import FAULT_TRIP_US, RELEASE_US, TEST_TRIP_US


@pytest.fixture
def bench():
    return Bench()


@pytest.mark.parametrize("seed", range(6))
def test_test_current_trips_and_releases_in_the_monitors_times(seed):
    bench = Bench(seed)
    assert bench.level("rcm_trip") == 0
    bench.drive("rcm_test", 1)
    assert TEST_TRIP_US[0] <= bench.until("rcm_trip", 1, 200_000) <= TEST_TRIP_US[1] + 100
    bench.clock.advance(1_000_000)
    assert bench.level("rcm_trip") == 1
    bench.drive("rcm_test", 0)
    assert RELEASE_US[0] <= bench.until("rcm_trip", 0, 900_000) <= RELEASE_US[1] + 100
    assert bench.world.residual_current.tests == 1


def test_a_test_shorter_than_the_trip_time_does_not_trip(bench):
    bench.drive("rcm_test", 1)
    bench.clock.advance(30_000)
    bench.drive("rcm_test", 0)
    bench.clock.advance(1_000_000)
    assert bench.world.residual_current.tripped_us == -1


def test_a_fault_current_trips_soon_and_stays(bench):
    monitor = bench.world.residual_current
    begun_us = bench.clock.now_us
    bench.world.set_fault("residual_current", True)
    bench.clock.advance(FAULT_TRIP_US[1])
    assert bench.level("rcm_trip") == 1
    assert FAULT_TRIP_US[0] <= monitor.tripped_us - begun_us <= FAULT_TRIP_US[1]
    bench.clock.advance(5_000_000)
    assert bench.level("rcm_trip") == 1
    ended_us = bench.clock.now_us
    bench.world.set_fault("residual_current", False)
    bench.clock.advance(RELEASE_US[1])
    assert bench.level("rcm_trip") == 0
    assert RELEASE_US[0] <= monitor.released_us - ended_us <= RELEASE_US[1]


def test_a_fault_behind_the_contactor_flows_only_while_it_is_closed(bench):
    monitor = bench.world.residual_current
    monitor.behind_contactor = True
    bench.world.set_fault("residual_current", True)
    bench.run(100)
    assert bench.level("rcm_trip") == 0
    bench.close()
    assert bench.level("rcm_trip") == 1
    bench.drive("contactor", 0)
    bench.run(1000)
    assert bench.level("rcm_trip") == 0


def test_a_fault_current_within_a_test_keeps_it_tripped(bench):
    bench.drive("rcm_test", 1)
    bench.world.set_fault("residual_current", True)
    bench.clock.advance(FAULT_TRIP_US[1])
    assert bench.level("rcm_trip") == 1
    bench.drive("rcm_test", 0)
    bench.clock.advance(2_000_000)
    assert bench.level("rcm_trip") == 1


def test_a_current_that_returns_before_the_release_keeps_it_tripped(bench):
    bench.world.set_fault("residual_current", True)
    bench.clock.advance(FAULT_TRIP_US[1])
    bench.world.set_fault("residual_current", False)
    bench.clock.advance(100_000)
    bench.world.set_fault("residual_current", True)
    bench.clock.advance(2_000_000)
    assert bench.level("rcm_trip") == 1


def test_a_monitor_that_dies_while_it_releases_says_nothing_more(bench):
    bench.world.set_fault("residual_current", True)
    bench.clock.advance(FAULT_TRIP_US[1])
    bench.world.set_fault("residual_current", False)
    bench.world.set_fault("rcm_dead", True)
    bench.clock.advance(2_000_000)
    states = [facts["state"] for _us, _event, facts in bench.world.events("residual_current")]
    assert states == ["tripped"]


def test_a_dead_monitor_never_trips(bench):
    bench.world.set_fault("residual_current", True)
    bench.clock.advance(30_000)
    bench.world.set_fault("rcm_dead", True)
    assert bench.level("rcm_trip") == 0
    bench.drive("rcm_test", 1)
    bench.clock.advance(2_000_000)
    assert bench.level("rcm_trip") == 0
    bench.world.set_fault("rcm_dead", False)
    bench.clock.advance(FAULT_TRIP_US[1])
    assert bench.level("rcm_trip") == 1


@pytest.mark.parametrize("fault", ["rcm_stuck", "rcm_wire"])
def test_stuck_and_broken_read_tripped_at_once(bench, fault):
    bench.clock.advance(1000)
    bench.world.set_fault(fault, True)
    assert bench.level("rcm_trip") == 1
    assert bench.world.residual_current.tripped_us == bench.clock.now_us
    bench.drive("rcm_test", 1)
    bench.drive("rcm_test", 0)
    bench.clock.advance(2_000_000)
    assert bench.level("rcm_trip") == 1
    bench.world.set_fault(fault, False)
    assert bench.level("rcm_trip") == 0


def test_a_reset_of_the_chip_ends_the_test_current(bench):
    bench.drive("rcm_test", 1)
    bench.clock.advance(TEST_TRIP_US[1])
    bench.world.replace_chip(2)
    assert bench.level("rcm_trip") == 1
    bench.clock.advance(RELEASE_US[1])
    assert bench.level("rcm_trip") == 0
