"""The connector lock: a bolt that takes its time, and a plug that it holds."""

import pytest
from pilesim_bench import Bench


@pytest.fixture
def bench():
    return Bench()


def test_bolt_moves_in_250_ms_and_stays_without_drive(bench):
    lock = bench.world.lock
    assert bench.level("lock_feedback") == 1
    bench.drive("lock_a", 1)
    assert bench.until("lock_feedback", 0, 300_000) == pytest.approx(250_000, abs=100)
    bench.drive("lock_a", 0)
    bench.clock.advance(1_000_000)
    assert lock.locked
    assert bench.level("lock_feedback") == 0
    bench.drive("lock_b", 1)
    bench.clock.advance(100)
    assert bench.level("lock_feedback") == 1
    assert lock.locked
    bench.clock.advance(250_000)
    assert not lock.locked


def test_a_short_drive_does_not_reach_home_and_both_sides_brake(bench):
    bench.drive("lock_a", 1)
    bench.clock.advance(100_000)
    bench.drive("lock_b", 1)
    bench.clock.advance(1_000_000)
    assert bench.level("lock_feedback") == 1
    assert not bench.world.lock.locked
    bench.drive("lock_b", 0)
    assert bench.until("lock_feedback", 0, 300_000) == pytest.approx(150_000, abs=100)


def test_a_jammed_bolt_does_not_move(bench):
    bench.world.set_fault("lock_jam", True)
    bench.drive("lock_a", 1)
    bench.clock.advance(1_000_000)
    assert not bench.world.lock.locked
    assert bench.level("lock_feedback") == 1
    bench.world.set_fault("lock_jam", False)
    bench.clock.advance(250_000)
    assert bench.world.lock.locked
    bench.world.set_fault("lock_jam", True)
    bench.drive("lock_a", 0)
    bench.drive("lock_b", 1)
    bench.clock.advance(1_000_000)
    assert bench.world.lock.locked


def test_a_broken_feedback_wire_reads_unlocked(bench):
    bench.drive("lock_a", 1)
    bench.clock.advance(300_000)
    bench.world.set_fault("lock_wire", True)
    assert bench.level("lock_feedback") == 1
    assert bench.world.lock.locked


def test_a_locked_plug_cannot_be_pulled(bench):
    vehicle = bench.world.vehicle
    vehicle.plug()
    bench.drive("lock_a", 1)
    bench.clock.advance(300_000)
    assert vehicle.unplug() is False
    assert vehicle.plugged
    assert bench.world.events("unplug_refused")
    assert vehicle.unplug(force=True)
    assert not vehicle.plugged


def test_bolt_stays_across_a_reset_of_the_chip(bench):
    bench.drive("lock_a", 1)
    bench.clock.advance(300_000)
    bench.world.replace_chip(2)
    bench.clock.advance(1_000_000)
    assert bench.level("lock_feedback") == 0
