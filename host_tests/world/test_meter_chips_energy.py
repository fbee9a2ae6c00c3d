"""Energy of HLW8032, BL0942 and S0 against the world's own integral, over hours, gaps and lives."""

import time

import pytest
from chips_bench import bench

from evse.core.readings import CURRENTS, ENERGY
from pilesim.rng import Random

KINDS = ("hlw8032", "bl0942", "s0")


def run_hour(b, random, period_ms):
    """An hour of charging with a current that changes, and half a minute without; the last readings."""
    for _ in range(3600_000 // period_ms):
        if random.below(4) == 0:
            b.world.load.ramp(random.between(0, 32000), random.between(0, 4_000_000))
        _pass(b, period_ms)
    b.world.load.cut()
    for _ in range(3):
        value = _pass(b, period_ms)
    return value


def _pass(b, period_ms):
    clock = b.clock
    if b.kind == "s0":
        clock.sleep_ms(period_ms)
        return b.ask(ENERGY)
    if b.kind == "bl0942":
        clock.advance(period_ms * 1000 - 60_000)
        b.request(ENERGY)
        clock.advance(60_000)
        return b.poll()
    # The chip talks once in a period here: somebody listens around that moment
    clock.advance_to((clock.now_us // (period_ms * 1000) + 1) * period_ms * 1000 - 400_000)
    b.request(ENERGY)
    values = []
    for _ in range(7):
        clock.advance(100_000)
        values.append(b.poll())
    return max(value for value in values if value is not None)


@pytest.mark.parametrize("kind", KINDS)
def test_ten_hours_of_energy_are_the_worlds_own(kind, record_property):
    with bench(kind) as b:
        period_ms = 10_000
        if kind == "hlw8032":
            # Slowed down, or ten hours were 650000 frames; 10 s are within its bound of 23 s
            b.model.period_us = period_ms * 1000
        assert b.ask(ENERGY, 1000 if kind == "s0" else 30_000) == 0
        b.clock.advance_to((b.clock.now_us // 10**7 + 1) * 10**7 + 300_000)
        b.meter.start(123_456)
        random = Random(3)
        worst_wh = 0
        for _ in range(10):
            told = run_hour(b, random, period_ms) - 123_456
            worst_wh = max(worst_wh, abs(told - b.world_wh()))
        assert b.world_wh() > 25_000
        assert worst_wh <= b.meter.resolution_wh, worst_wh
        assert b.meter.last_error == ""
    record_property("figure", f"{kind}: {told} Wh in 10 h, at most {worst_wh} Wh off")


def test_hlw8032_at_its_own_pace_loses_no_pulse_and_no_frame():
    with bench("hlw8032", ticks_offset_us=(1 << 30) * 1000 - 30_000_000) as b:
        b.world.load.ramp(32000, 0)
        b.ask(ENERGY)
        for _ in range(600):
            assert b.ask(ENERGY) is not None
            assert b.ask(CURRENTS) is not None
        b.world.load.cut()
        assert abs(b.last(ENERGY) - b.world_wh()) <= 1
        assert b.world_wh() > 100
        assert b.meter.bad_frames == 0


def test_hlw8032_that_nobody_heard_for_longer_than_a_turn_is_named():
    with bench("hlw8032") as b:
        b.meter.start(1000)
        b.world.load.ramp(32000, 0)
        assert b.ask(ENERGY) == 1000
        for away_s, lost in ((15, False), (60, True), (3600, True)):
            before = b.last(ENERGY)
            start_wh = b.world_wh()
            b.clock.advance(away_s * 1_000_000)
            after = b.last(ENERGY)
            flowed = b.world_wh() - start_wh
            if lost:
                assert after - before <= 7, "no more than while it listened"
                assert b.meter.last_error.startswith("no frame for %d s" % away_s)
            else:
                assert after - before == pytest.approx(flowed, abs=3)
                assert b.meter.last_error == ""


@pytest.mark.parametrize("kind", KINDS[:2])
def test_a_week_without_a_question_is_no_negative_time(kind):
    with bench(kind) as b:
        b.world.load.ramp(6000, 0)
        told = b.last(ENERGY)
        b.world.load.cut()
        if kind == "hlw8032":
            b.model.period_us = 600 * 1_000_000
        # ticks_diff is negative from 6.2 days to 12.4
        b.clock.advance(8 * 86400 * 1_000_000)
        if kind == "hlw8032":
            b.model.period_us = 55_000
            b.clock.advance(600 * 1_000_000)
        assert told <= b.last(ENERGY) <= told + 1
        assert b.ask(ENERGY) is not None
        assert b.meter.last_error.startswith("no frame for 69")


@pytest.mark.parametrize("kind", KINDS)
def test_the_register_goes_on_in_the_next_life_of_the_chip(kind):
    with bench(kind) as b:
        b.world.load.ramp(32000, 0)
        b.ask(ENERGY)
        time.sleep_ms(400)
        for _ in range(60):
            time.sleep_ms(400 if kind != "s0" else 1000)
            b.ask(ENERGY)
        b.world.load.cut()
        time.sleep_ms(400)
        told = b.last(ENERGY)
        assert told > 40
        b.world.replace_chip(3)
        b.build()
        b.meter.start(told)
        assert b.ask(ENERGY) == told
        b.world.load.ramp(32000, 0)
        before_wh = b.world_wh()
        for _ in range(30):
            time.sleep_ms(400 if kind != "s0" else 1000)
            b.ask(ENERGY)
        b.world.load.cut()
        time.sleep_ms(400)
        assert abs(b.last(ENERGY) - told - (b.world_wh() - before_wh)) <= 1
