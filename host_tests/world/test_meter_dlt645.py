"""The DL/T 645 driver: how it finds its meter, and what it does without."""

import time
from itertools import pairwise

import pytest
from meter_bench import DLT645, listener, meter_bench

from evse.core.readings import CURRENTS, ENERGY, FREQUENCY, POWER, VOLTAGES
from pilesim import dlt645_frames as frames

ADDRESS = "210012345678"
WILD = frames.WILDCARD


def asked(other):
    """(address, control) of every request that a listener heard, in order."""
    found = []
    for transmission in other.heard:
        address, control, _data = frames.take(bytearray(transmission.data))
        if not control & frames.FROM_METER:
            found.append((address, control))
    return found


def test_wildcard_asks_for_the_address_once_and_uses_it():
    with meter_bench(DLT645) as bench:
        other = listener()
        bench.world.bus.attach(other)
        for _ in range(3):
            assert bench.ask(ENERGY) == 1234560
        own = (bench.model.address, frames.READ)
        assert asked(other) == [(WILD, frames.READ_ADDRESS), own, own, own]
        assert bench.meter.number() == ADDRESS


def test_set_address_is_used_and_never_left():
    with meter_bench(DLT645, address=ADDRESS) as bench:
        other = listener()
        bench.world.bus.attach(other)
        bench.model.set_fault("silent", True)
        for _ in range(6):
            assert bench.ask(ENERGY) is None
        assert asked(other) == [(bench.model.address, frames.READ)] * 6


def test_meter_that_does_not_tell_its_address_is_read_by_the_wildcard():
    with meter_bench(DLT645) as bench:
        bench.model.tells_address = False
        assert bench.ask(ENERGY) is None
        assert bench.ask(ENERGY) == 1234560
        other = listener()
        bench.world.bus.attach(other)
        assert bench.ask(VOLTAGES) == (220_000,)
        assert asked(other) == [(bench.model.address, frames.READ)]


def test_swapped_meter_is_found_after_three_silences():
    with meter_bench(DLT645) as bench:
        assert bench.ask(ENERGY) is not None
        bench.model.set_fault("swapped", True)
        begun_us = bench.world.clock.now_us
        values = [bench.ask(ENERGY) for _ in range(4)]
        assert [value is None for value in values] == [True, True, True, False]
        assert bench.world.clock.now_us - begun_us < 3_000_000
        assert bench.meter.number() == "210098765432"


@pytest.mark.parametrize("reply_ms", [20, 40, 200, 450])
def test_three_phases_one_by_one_where_there_are_no_blocks(reply_ms):
    with meter_bench(DLT645, 3) as bench:
        bench.model.unknown = {0x0201FF00, 0x0202FF00}
        bench.model.reply_us = reply_ms * 1000
        bench.world.load.ramp(16_000, 0)
        assert bench.ask(ENERGY) is not None
        assert bench.ask(VOLTAGES) == (220_000,) * 3
        assert "no such data" in bench.meter.last_error
        bad_frames = bench.meter.bad_frames
        assert bench.ask(CURRENTS) == (16_000,) * 3
        bench.world.set_fault("phase_lost", True)
        assert bench.ask(VOLTAGES) == (220_000, 220_000, 0)
        assert bench.ask(CURRENTS) == (16_000, 16_000, 0)
        assert bench.meter.bad_frames == bad_frames, "blocks are not asked for again"
        # A silent meter is waited for no longer than any other
        bench.model.set_fault("silent", True)
        begun_us = bench.world.clock.now_us
        assert bench.ask(VOLTAGES) is None
        assert bench.world.clock.now_us - begun_us < 750_000


def test_meter_without_a_frequency_is_asked_for_it_once():
    with meter_bench(DLT645) as bench:
        bench.model.unknown = {0x02800002}
        assert bench.ask(FREQUENCY) is None
        assert bench.meter.tells == (ENERGY, VOLTAGES, CURRENTS, POWER)
        assert bench.ask(POWER) == 0


def test_error_answer_is_named_and_the_next_question_answered():
    with meter_bench(DLT645) as bench:
        assert bench.ask(ENERGY) is not None
        bench.model.error = 0x04
        bench.model.set_fault("exception", True)
        assert bench.ask(ENERGY) is None
        assert bench.meter.last_error == "meter error 04"
        bench.model.set_fault("exception", False)
        assert bench.ask(ENERGY) is not None


def test_next_of_several_questions_comes_after_the_answer_has_ended():
    with meter_bench(DLT645, 3) as bench:
        bench.model.unknown = {0x0201FF00}
        other = listener()
        bench.world.bus.attach(other)
        assert bench.ask(VOLTAGES) == (220_000,) * 3
        spoken = other.heard
        assert len(spoken) == 10
        assert all(after.start_us >= before.end_us for before, after in pairwise(spoken))


def test_frame_is_that_of_the_register_and_of_nothing_else():
    with meter_bench(DLT645) as bench:
        wh = bench.ask(ENERGY)
        frame = bench.meter.frame
        _address, control, data = frames.take(bytearray(frame))
        assert control == frames.READ | frames.FROM_METER
        assert data == b"\0\0\1\0" + frames.bcd(wh // 10, 4)
        bench.world.load.ramp(10_000, 0)
        assert bench.ask(CURRENTS) == (10_000,)
        assert bench.meter.frame == frame
        time.sleep_ms(60_000)
        assert bench.ask(ENERGY) > wh
        assert bench.meter.frame != frame
