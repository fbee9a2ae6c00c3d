"""The RS-485 port: a direction pin that goes low in time, and a simulated pair that punishes one that does not."""

import contextlib
import time
from types import SimpleNamespace

import pytest
from meter_bench import DIRECTION, DLT645, NAMES, UART, listener, meter_bench

from evse.core.readings import ENERGY, VOLTAGES
from pilesim.world import ResetRequest

# What the safety tick takes of the interpreter, every 5 ms
TICK_MS, TICK_US = 5, 1_300
FRAMING_US = {
    "dlt645": 20_000,  # the fastest answer that DL/T 645 allows
    "sdm630": 3_646,  # Modbus at 9600: 3.5 characters
    "sdm120": 14_583,  # at 2400
}


def busy(world):
    """A soft timer as the safety tick's."""
    import machine

    timer = machine.Timer(0)
    timer.init(period=TICK_MS, callback=lambda _timer: world.clock.advance(TICK_US))


def released(bench):
    """[us from the end of each transmission to the pin's fall], filled as it happens."""
    late = []

    def watch(pad, now_us):
        if not pad.read(now_us):
            late.append(now_us - bench.uart.tx_end_us())

    bench.pad.watchers.append(watch)
    return late


@pytest.mark.parametrize("name", FRAMING_US)
def test_driver_is_off_before_the_fastest_answer(name, record_property):
    with meter_bench(name, direction=True) as bench:
        busy(bench.world)
        bench.model.reply_us = FRAMING_US[name]
        late = released(bench)
        for turn in range(200):
            assert bench.ask(ENERGY if turn & 1 else VOLTAGES) is not None, turn
            time.sleep_ms(turn % 7)
            bench.world.clock.advance(turn * 137 % 1000)
        assert len(late) >= 200
        assert min(late) >= 0
        assert max(late) < FRAMING_US[name]
        # Nothing of the answer was lost: not even an attempt had to be repeated
        assert bench.meter.bad_frames == 0
    record_property(
        "figure",
        f"{name}: direction released {min(late)}..{max(late)} us after the last bit, "
        f"fastest answer {FRAMING_US[name]} us",
    )


@pytest.mark.parametrize("name", NAMES)
def test_lost_timer_callback_is_made_good_by_reading(name):
    with meter_bench(name, direction=True) as bench:
        clock = bench.world.clock
        schedule = clock.schedule
        clock.schedule = lambda _function, _argument: False
        late = released(bench)
        for _ in range(20):
            assert bench.ask(ENERGY) is not None
        assert max(late) <= 20_100
        # An answer that comes at once falls on deaf ears then, and nothing worse happens
        bench.model.reply_us = 4_000
        bench.model.wake_bytes = 0
        while bench.ask(ENERGY) is not None:
            assert clock.now_us < 60_000_000
        clock.schedule = schedule
        assert any(bench.ask(ENERGY) is not None for _ in range(4))


def test_held_interpreter_costs_an_answer_at_most():
    with meter_bench("sdm630", direction=True) as bench:
        assert bench.ask(ENERGY) is not None
        bench.model.reply_us = 3_646
        bench.timed(bench.meter.request, ENERGY)
        bench.world.freeze(8_400 + 10_000)
        time.sleep_ms(200)
        assert bench.timed(bench.meter.poll) is None
        assert bench.ask(ENERGY) is not None


def test_second_transmission_behind_the_first_is_not_cut_by_the_timer():
    with meter_bench(DLT645, direction=True) as bench:
        late = released(bench)
        bench.port.write(bytes(24))
        bench.port.write(bytes(3))
        time.sleep_ms(200)
        assert len(late) == 1
        assert 0 <= late[0] <= 2_000


def test_late_callback_of_one_transmission_does_not_end_the_next():
    with meter_bench(DLT645, direction=True) as bench:
        port = bench.port
        real = port._uart
        # Its own callback was lost and nobody has read since
        port.write(b"\xfe")
        bench.world.clock.forget_callbacks()
        bench.world.clock.advance(50_000)
        bench.world.clock.forget_callbacks()
        assert bench.pad.read(bench.world.clock.now_us) == 1
        bench.meter._port = SimpleNamespace(write=port.write, read=lambda: b"")

        class Interrupted:
            """The callback comes between the pin's rise and the bytes."""

            def __getattr__(self, name):
                return getattr(real, name)

            def write(self, data):
                port._over(None)
                count = real.write(data)
                port._over(None)
                return count

        port._uart = Interrupted()
        bench.timed(bench.meter.request, ENERGY)
        time.sleep_ms(300)
        assert bench.model.requests == 1
        assert bench.pad.read(bench.world.clock.now_us) == 0


def test_pin_is_high_for_the_transmission_and_no_timer_runs_without_one():
    with meter_bench(DLT645, direction=True) as bench:
        assert not bench.pad.read(bench.world.clock.now_us)
        bench.meter.request(ENERGY)
        while not bench.uart.tx_done():
            assert bench.pad.read(bench.world.clock.now_us) == 1
            time.sleep_ms(1)
        time.sleep_ms(2)
        assert not bench.pad.read(bench.world.clock.now_us)
    with meter_bench(DLT645) as bench:
        assert bench.ask(ENERGY) is not None
        assert not bench.world.chip.timers


def test_bytes_written_with_the_driver_off_do_not_reach_the_wire():
    with meter_bench("sdm120", direction=True) as bench:
        other = listener()
        bench.world.bus.attach(other)
        bench.pad.write(0)
        bench.port._uart.write(b"\1\2\3")
        time.sleep_ms(100)
        assert not other.heard
        assert bench.ask(ENERGY) is not None
        assert len(other.heard) == 2


def test_driver_switched_off_too_early_cuts_the_request():
    with meter_bench("sdm120", direction=True) as bench:
        other = listener()
        bench.world.bus.attach(other)
        bench.meter.request(ENERGY)
        time.sleep_ms(20)
        bench.pad.write(0)
        time.sleep_ms(300)
        assert len(other.heard[0].data) == 4, "20 ms at 2400 baud"
        assert bench.model.requests == 0


def test_driver_left_on_hears_nothing_and_garbles_what_others_say():
    with meter_bench("sdm120", direction=True) as bench:
        other = listener()
        bench.world.bus.attach(other)
        bench.meter.request(ENERGY)
        time.sleep_ms(34)
        bench.pad.write(1)
        time.sleep_ms(200)
        assert bench.port._uart.any() == 0
        answer = other.heard[1]
        assert bytes(answer.data[:3]) != b"\x01\x04\x04"
        # Off in the middle of an answer: the rest of it is heard, the byte that is on the wire is not
        bench.pad.write(0)
        bench.meter.request(ENERGY)
        time.sleep_ms(34)
        bench.pad.write(1)
        bench.world.clock.advance_to(other.heard[2].end_us + bench.model.reply_us + 100)
        answer = other.heard[3]
        bench.world.clock.advance_to(answer.start_us + 4_200 * 3)
        bench.pad.write(0)
        time.sleep_ms(100)
        clean = bench.model._kwh()
        heard = bench.port._uart.read()
        assert len(heard) == 6
        assert heard[1:4] == bytes(answer.data[4:7]) == clean[1:]


def test_reset_of_the_chip_lets_the_driver_go():
    with meter_bench(DLT645, direction=True) as bench:
        bench.meter.request(ENERGY)
        time.sleep_ms(10)
        assert bench.pad.read(bench.world.clock.now_us) == 1
        with contextlib.suppress(ResetRequest):
            bench.world.reset_chip(2)
        assert not bench.pad.output
        assert not bench.world.bus._driving
        bench.world.clock.advance(500_000)
        assert bench.model.requests == 0, "the request was cut"
        assert not bench.world.chip.pad(DIRECTION).output
        assert bench.world.chip.uart(UART).framing is None


def test_call_that_waits_is_noticed():
    bench_of_one = meter_bench(DLT645)
    bench = bench_of_one.__enter__()
    bench.meter.request(ENERGY)
    bench.timed(bench.port._uart.flush)
    with pytest.raises(AssertionError):
        bench_of_one.__exit__(None, None, None)
