"""The virtual clock: exact events, soft callbacks as on the ESP32 port, asyncio in virtual time."""

import asyncio
import os
import sys
import time

import pytest

from pilesim import host
from pilesim.chip import WDT_RESET, ResetRequest
from pilesim.clock import TICKS_PERIOD, Clock
from pilesim.world import World


@pytest.fixture
def world():
    with host.installed(World()) as installed:
        yield installed


class FakeRealTime:
    """A host whose time is set by the test."""

    def __init__(self):
        self.us = 0

    def now_us(self):
        return self.us

    def wait_us(self, us):
        self.us += us


def test_events_run_at_their_own_microsecond_in_order():
    clock = Clock()
    seen = []
    for at_us in (30, 10, 20, 10):
        clock.event(lambda now_us: seen.append((now_us, clock.now_us))).at(at_us)
    clock.advance(15)
    assert seen == [(10, 10), (10, 10)]
    clock.advance(15)
    assert seen[2:] == [(20, 20), (30, 30)]
    assert clock.now_us == 30


def test_an_event_armed_again_has_only_its_last_time():
    clock = Clock()
    seen = []
    event = clock.event(seen.append)
    event.at(10)
    event.at(50)
    clock.advance(40)
    assert seen == []
    event.cancel()
    clock.advance(40)
    assert seen == []


def test_ticks_wrap_like_micropythons(world):
    world.clock.ticks_offset_us = TICKS_PERIOD * 1000 - 2000
    before = time.ticks_ms()
    assert before == TICKS_PERIOD - 2
    world.clock.advance(5000)
    assert time.ticks_ms() == 3
    assert time.ticks_diff(time.ticks_ms(), before) == 5
    assert time.ticks_diff(before, time.ticks_ms()) == -5
    assert time.ticks_add(before, 5) == 3


def test_sleep_across_the_wrap_ends_on_time(world):
    world.clock.ticks_offset_us = TICKS_PERIOD * 1000 - 20_000
    host.run(asyncio.sleep_ms(100))
    assert 100_000 <= world.clock.now_us <= 100_100


def test_only_ticks_us_takes_time(world):
    time.ticks_ms()
    assert world.clock.now_us == 0
    assert time.ticks_us() == 2


def periodic(callback, period_ms=5):
    import machine

    return machine.Timer(0, mode=machine.Timer.PERIODIC, period=period_ms, callback=callback)


def test_timer_callbacks_run_in_sleep_ms_and_not_in_sleep_us(world):
    calls = []
    periodic(lambda timer: calls.append(world.clock.now_us))
    time.sleep_us(12_000)
    assert calls == []
    time.sleep_ms(9)
    # Two were missed and come back to back, the others on time
    assert calls == [12_000, 12_000, 15_000, 20_000]


def test_a_freeze_queues_eight_callbacks_and_drops_the_rest(world):
    calls = []
    periodic(calls.append)
    world.clock.freeze(100_000)
    assert calls == []
    time.sleep_ms(1)
    assert len(calls) == 8
    assert world.clock.dropped_callbacks == 12


def test_callbacks_never_nest(world):
    depth = []
    deepest = []

    def callback(timer):
        depth.append(1)
        time.sleep_ms(12)
        deepest.append(len(depth))
        depth.pop()

    periodic(callback)
    time.sleep_ms(40)
    assert set(deepest) == {1}


def test_an_exception_in_a_callback_is_seen_unless_a_handler_is_set(world):
    def fail(timer):
        raise RuntimeError("in a callback")

    periodic(fail)
    with pytest.raises(RuntimeError):
        time.sleep_ms(6)
    errors = []
    world.clock.on_error = errors.append
    time.sleep_ms(6)
    assert [str(error) for error in errors] == ["in a callback"]


def test_asyncio_sleeps_in_virtual_time(world):
    async def main():
        await asyncio.sleep(3600)
        return asyncio.get_running_loop().time()

    started = time.monotonic()
    assert host.run(main()) == pytest.approx(3600, abs=0.001)
    assert time.monotonic() - started < 5


def test_flag_set_in_a_callback_wakes_its_task_at_once(world):
    async def main():
        flag = asyncio.ThreadSafeFlag()
        periodic(lambda timer: flag.set(), 7)
        await flag.wait()
        return world.clock.now_us

    assert 7000 <= host.run(main()) <= 7100


def test_a_task_that_never_sleeps_still_lets_time_pass(world):
    async def main():
        while world.clock.now_us < 1000:
            await asyncio.sleep_ms(0)

    host.run(main())


def test_wait_for_ms_times_out(world):
    async def main():
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for_ms(asyncio.Event().wait(), 250)
        return world.clock.now_us

    assert 250_000 <= host.run(main()) < 251_000


def test_paced_idling_waits_for_real_time():
    clock = Clock()
    real = FakeRealTime()
    clock.pace(real, 2000)
    clock.sleep_ms(1000)
    assert clock.now_us == 1_000_000
    assert 500_000 <= real.us <= 500_010


def test_a_stalled_host_makes_the_world_lag_and_catch_up():
    clock = Clock()
    real = FakeRealTime()
    clock.pace(real)
    late = []
    event = clock.event(lambda now_us: late.append(real.us - now_us))
    real.us = 5_000_000
    event.at(10_000)
    clock.sleep_ms(20)
    # The firmware's 20 ms took 20 ms of its own time and no real time, being behind
    assert clock.now_us == 20_000
    assert late == [4_990_000]
    clock.sleep_ms(6000)
    assert real.us == pytest.approx(6_020_000, abs=10)


def test_real_input_ends_an_idle_early_and_time_stands_at_the_real_elapsed(world):
    world.clock.pace(host.RealTime())
    reading, writing = os.pipe()

    async def main():
        loop = asyncio.get_running_loop()
        arrived = asyncio.Event()
        loop.add_reader(reading, arrived.set)
        await asyncio.sleep_ms(20)
        os.write(writing, b"x")
        await asyncio.wait_for(arrived.wait(), 60)
        loop.remove_reader(reading)
        return world.clock.now_us

    try:
        assert 20_000 <= host.run(main()) < 2_000_000
    finally:
        os.close(reading)
        os.close(writing)


def test_watchdog_resets_the_chip_and_no_finally_runs(world):
    import machine

    ran = []

    async def main():
        watchdog = machine.WDT(timeout=2000)
        try:
            for _ in range(5):
                await asyncio.sleep_ms(1000)
                watchdog.feed()
            await asyncio.sleep_ms(100_000)
        finally:
            ran.append("finally")

    with pytest.raises(ResetRequest) as reset:
        host.run(main())
    assert reset.value.cause == WDT_RESET == machine.reset_cause()
    assert world.clock.now_us == pytest.approx(7_000_000, abs=2000)


def test_objects_of_the_old_program_are_dead_after_a_reset(world):
    import machine

    calls = []
    timer = periodic(calls.append)
    pin = machine.Pin(5, machine.Pin.OUT, value=1)
    pwm = machine.PWM(machine.Pin(6), freq=1000, duty_u16=65535)
    with pytest.raises(ResetRequest):
        machine.reset()
    pin(1)
    pwm.duty_u16(65535)
    timer.init(mode=machine.Timer.PERIODIC, period=5, callback=calls.append)
    time.sleep_ms(50)
    assert calls == []
    assert machine.Pin(5)() == 0
    assert machine.Pin(6)() == 0


def test_stand_ins_follow_the_world_of_the_moment():
    with host.installed(World(seed=1)):
        import machine

        first = machine.unique_id()
    assert "machine" not in sys.modules
    assert not hasattr(time, "ticks_ms")
    with host.installed(World(seed=2)):
        assert machine.unique_id() != first
