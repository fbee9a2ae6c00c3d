"""Contactor and dead-man: coil, contacts and mirror, timed in virtual microseconds."""

import pytest

from pilesim.clock import Clock
from pilesim.contactor import Contactor
from pilesim.gpio import Pad
from pilesim.rng import Random


class Bench:
    """A contactor on three pads, with a heartbeat every 5 ms while run() passes time."""

    def __init__(self, random=None):
        self.clock = Clock()
        self.log = []
        self.contactor = Contactor(
            self.clock, lambda event, **facts: self.log.append((event, facts)), random
        )
        self.relay, self.heartbeat, self.mirror = (Pad(self.clock, n) for n in (26, 27, 33))
        for pad in (self.relay, self.heartbeat):
            pad.set_output(True)
        self.contactor.dead_man.attach(self.heartbeat)
        self.contactor.attach(self.relay, self.mirror)
        self._beat = 0

    def run(self, ms, beating=True):
        for _ in range(ms // 5):
            if beating:
                self._beat ^= 1
                self.heartbeat.write(self._beat)
            self.clock.advance(5000)

    def mirror_level(self):
        return self.mirror.read(self.clock.now_us)


@pytest.fixture
def bench():
    return Bench()


@pytest.fixture
def closed(bench):
    bench.run(20)
    bench.relay.write(1)
    bench.run(100)
    assert bench.contactor.closed
    return bench


def test_relay_and_heartbeat_close_after_the_pull_in_time(bench):
    bench.run(20)
    commanded_us = bench.clock.now_us
    bench.relay.write(1)
    bench.run(100)
    assert bench.contactor.main_closed_us == commanded_us + 20_000
    assert bench.mirror_level() == 1
    assert bench.contactor.operations == 1


def test_relay_alone_does_not_close(bench):
    bench.relay.write(1)
    bench.run(200, beating=False)
    assert not bench.contactor.closed
    assert bench.mirror_level() == 0


def test_opening_takes_the_drop_out_time(closed):
    commanded_us = closed.clock.now_us
    closed.relay.write(0)
    closed.run(50)
    contactor = closed.contactor
    assert contactor.last_open_command_us == contactor.coil_released_us == commanded_us
    assert contactor.main_opened_us == commanded_us + 15_000
    assert closed.mirror_level() == 0


@pytest.mark.parametrize("stuck_at", [0, 1])
def test_a_heartbeat_stuck_at_either_level_releases_the_coil(closed, stuck_at):
    closed.heartbeat.write(stuck_at ^ 1)
    closed.heartbeat.write(stuck_at)
    stopped_us = closed.clock.now_us
    closed.run(100, beating=False)
    assert closed.contactor.coil_released_us == stopped_us + 45_000
    assert closed.contactor.main_opened_us == stopped_us + 60_000
    assert closed.contactor.last_open_command_us == -1
    assert ("dead_man", {}) in closed.log


def test_a_pulse_shorter_than_the_pull_in_does_not_close(bench):
    bench.run(20)
    bench.relay.write(1)
    bench.run(15)
    bench.relay.write(0)
    bench.run(50)
    assert bench.contactor.main_closed_us == -1


def test_welded_contacts_stay_closed_until_the_weld_is_gone(closed):
    closed.contactor.set_fault("weld", True)
    closed.relay.write(0)
    closed.run(100)
    assert closed.contactor.closed
    assert closed.mirror_level() == 1
    closed.contactor.set_fault("weld", False)
    assert not closed.contactor.closed


def test_weld_waits_for_the_next_closing_and_welded_is_there_at_once(bench):
    bench.contactor.set_fault("weld", True)
    bench.run(50)
    assert not bench.contactor.closed
    bench.contactor.set_fault("welded", True)
    assert bench.contactor.closed
    assert bench.mirror_level() == 1


def test_fail_to_close(bench):
    bench.contactor.set_fault("fail_to_close", True)
    bench.relay.write(1)
    bench.run(100)
    assert not bench.contactor.closed
    bench.contactor.set_fault("fail_to_close", False)
    bench.run(50)
    assert bench.contactor.closed


def test_a_broken_mirror_wire_reads_closed(bench):
    bench.contactor.set_fault("mirror_broken", True)
    assert bench.mirror_level() == 1
    assert not bench.contactor.closed


def test_a_lost_coil_supply_opens_without_a_command(closed):
    lost_us = closed.clock.now_us
    closed.contactor.set_fault("coil_lost", True)
    closed.run(50)
    assert closed.contactor.main_opened_us == lost_us + 15_000
    assert closed.contactor.last_open_command_us == -1
    closed.contactor.set_fault("coil_lost", False)
    closed.run(50)
    assert closed.contactor.closed


def mirror_changes(bench):
    """[(us, level)] of the mirror from here on, filled while time passes."""
    changes = []
    bench.mirror.changed = lambda level: changes.append((bench.clock.now_us, level))
    return changes


@pytest.mark.parametrize("seed", range(5))
def test_the_mirror_bounces_for_up_to_8_ms_after_each_movement(seed):
    bench = Bench(Random(seed))
    changes = mirror_changes(bench)
    watched = []
    bench.contactor.watchers.append(watched.append)
    bench.run(20)
    for level, moved in ((1, "main_closed_us"), (0, "main_opened_us")):
        changes.clear()
        bench.relay.write(level)
        bench.run(100)
        moved_us = getattr(bench.contactor, moved)
        assert changes[0] == (moved_us, level)
        assert changes[-1][1] == level
        assert moved_us <= changes[-1][0] <= moved_us + 8000
        # Every one is a change
        assert all(change[1] != (level + index) % 2 for index, change in enumerate(changes, 1))
        assert bench.mirror_level() == level
    # The main contacts as such move once each way
    assert len(watched) == 2


def test_bounce_is_seen_and_can_be_switched_off():
    counts = []
    for bounce_us in (8000, 0):
        bench = Bench(Random(1))
        bench.contactor.bounce_us = bounce_us
        changes = mirror_changes(bench)
        bench.run(20)
        bench.relay.write(1)
        bench.run(100)
        counts.append(len(changes))
    assert counts[0] > 2
    assert counts[1] == 1
