"""The pulse meter on its input: bounce, spikes, pulses left out, a short circuit, a busy interpreter."""

import time

import pytest
from chips_bench import bench

from evse.core.readings import ENERGY


def pulses_for(b, seconds, milliamps=32000):
    """Wh told after so much charging, and pulses that the model gave."""
    b.world.load.ramp(milliamps, 0)
    for _ in range(seconds):
        time.sleep_ms(1000)
    b.world.load.cut()
    time.sleep_ms(2000)
    return b.ask(ENERGY), b.model.emitted


@pytest.mark.parametrize("fault", ["bounce", "spikes"])
@pytest.mark.parametrize("pulse_us", [30_000, 50_000])
def test_s0_counts_pulses_and_nothing_else(fault, pulse_us):
    with bench("s0") as b:
        b.model.pulse_us = pulse_us
        b.model.set_fault(fault, True)
        told, emitted = pulses_for(b, 300)
        assert told == emitted > 500
        assert abs(told - b.world_wh()) <= 1


def test_s0_that_leaves_pulses_out_or_is_silent_cannot_be_seen():
    with bench("s0") as b:
        b.model.set_fault("missing", True)
        told, emitted = pulses_for(b, 300)
        assert told == emitted == pytest.approx(b.world_wh() * 0.9, abs=1)
        b.model.set_fault("silent", True)
        assert pulses_for(b, 60) == (told, emitted)
        assert b.meter.last_error == ""


@pytest.mark.parametrize(
    ("pulses_per_kwh", "resolution_wh"), [(100, 10), (400, 3), (1000, 1), (10000, 1)]
)
def test_s0_of_any_constant_loses_nothing(pulses_per_kwh, resolution_wh):
    with bench("s0", pulses_per_kwh=pulses_per_kwh) as b:
        assert b.meter.resolution_wh == resolution_wh
        b.meter.start(5000)
        told, emitted = pulses_for(b, 600, 16000)
        assert told - 5000 == emitted * 1000 // pulses_per_kwh
        assert b.world_wh() - resolution_wh <= told - 5000 <= b.world_wh()


def test_s0_stuck_low_is_named_and_makes_no_pulse():
    with bench("s0") as b:
        told, _emitted = pulses_for(b, 10)
        b.model.set_fault("stuck", True)
        time.sleep_ms(1900)
        assert b.ask(ENERGY) == told
        time.sleep_ms(200)
        assert b.ask(ENERGY) is None
        assert b.meter.last_error == "input stuck low"
        # ticks_diff turns negative after six days
        b.clock.advance(7 * 86400 * 1_000_000)
        assert b.ask(ENERGY) is None
        b.model.set_fault("stuck", False)
        time.sleep_ms(100)
        assert b.ask(ENERGY) == told
        assert pulses_for(b, 10)[0] == b.model.emitted


def test_s0_counts_while_the_interpreter_is_held_for_10_ms():
    with bench("s0") as b:
        b.model.pulse_us = 30_000
        b.world.load.ramp(32000, 0)
        for _ in range(20_000):
            b.world.freeze(10_000)
            time.sleep_ms(1)
        b.world.load.cut()
        time.sleep_ms(2000)
        assert b.ask(ENERGY) == b.model.emitted > 300
        assert b.clock.dropped_callbacks == 0


def test_s0_counts_the_pulse_that_was_under_way_when_the_chip_started():
    with bench("s0") as b:
        level = [0]
        b.world.chip.pad(25).source = lambda _now_us: level[0]
        b.meter = type(b.meter)(25, 1000)
        time.sleep_ms(25)
        level[0] = 1
        b.world.chip.pad(25).changed(1)
        time.sleep_ms(1)
        assert b.ask(ENERGY) == 1
