"""Rules of the safety tick that a walk seldom puts to the test, one by one."""

import pytest

from evse.core import faults, pilot_profiles
from evse.core.charging import CLOSE, HOLD, OPEN
from evse.core.pilot import DRIVE_POSITIVE, DRIVE_PWM

from .walk import safety_tick
from .world import ticks_diff

PROFILE = pilot_profiles.load("iec_61851_1_2017")
NO_LOWS = (0, 0, 0)
LOWS = (-12000, 6, 0)
EDGE = (0, 0, -12000)


class Bench:
    """A tick whose parts are this object: vehicle in state C, everything well."""

    def __init__(self):
        self.now_us = 0
        self.drive = DRIVE_PWM
        self.duty_bp = 5333
        self.high_mv, self.high_count = 6000, 12
        self.low_mv, self.low_count, self.edge_mv = LOWS
        self.coil = False
        self.tripped = []  # what the input reads next; then nothing
        self.bursts = []  # levels of the next bursts; then state C
        self.beats = 0
        inputs = ((self, faults.EMERGENCY_STOP),)
        self.tick = safety_tick.SafetyTick(PROFILE, self, self, self, inputs)

    def measure(self):
        self.now_us += 1050
        self.high_mv = self.bursts.pop(0) if self.bursts else 6000

    def active(self):
        return self.tripped.pop(0) if self.tripped else False

    def is_closed(self):
        return self.coil

    def close(self):
        self.coil = True

    def open(self):
        self.coil = False

    def beat(self):
        self.beats += 1

    def lows(self, lows):
        self.low_mv, self.low_count, self.edge_mv = lows

    def run(self, ms, permission=CLOSE):
        """Ticks for so long, under a permission that is renewed."""
        for _ in range(ms // 5):
            self.now_us += 5000 - self.now_us % 5000
            self.tick.permit(permission)
            self.tick.run()
            self.tick.take_faults()
        return self


@pytest.fixture
def bench(monkeypatch):
    made = Bench()
    monkeypatch.setattr(safety_tick, "ticks_us", lambda: made.now_us)
    monkeypatch.setattr(safety_tick, "ticks_diff", ticks_diff)
    return made


def test_closes_in_state_c_once_it_has_held(bench):
    assert not bench.run(490).coil
    assert bench.run(30).coil
    assert bench.beats > 0


@pytest.mark.parametrize("permission", [OPEN, HOLD])
def test_only_the_permission_to_close_closes(bench, permission):
    assert not bench.run(2000, permission).coil
    assert bench.run(20).coil


def test_hold_keeps_closed_and_open_opens_within_a_tick(bench):
    bench.run(600)
    assert bench.run(1000, HOLD).coil
    assert not bench.run(5, OPEN).coil


@pytest.mark.parametrize("proof", [LOWS, EDGE])
def test_closes_only_after_the_negative_half_wave_was_seen(bench, proof):
    bench.drive = DRIVE_POSITIVE
    bench.lows(NO_LOWS)
    bench.run(1000, OPEN)
    # Above 90 % duty no burst need meet it, and none is no fault for half a second
    bench.drive, bench.duty_bp = DRIVE_PWM, 9600
    assert not bench.run(450).coil
    bench.lows(proof)
    assert bench.run(10).coil


def test_one_spoilt_burst_does_not_open_and_two_do(bench):
    bench.run(600)
    bench.bursts = [12000]
    assert bench.run(5).coil
    bench.bursts = [12000, 12000]
    assert not bench.run(5).coil


def test_one_spike_on_an_input_does_not_open_and_two_readings_do(bench):
    bench.run(600)
    bench.tripped = [True]
    assert bench.run(5).coil
    bench.tripped = [True, True]
    bench.tick.run()
    assert not bench.coil
    assert bench.tick.faults == faults.EMERGENCY_STOP


def test_an_input_opens_before_the_burst(bench):
    bench.run(600)
    opened_us = []
    bench.open = lambda: opened_us.append(bench.now_us)
    bench.tripped = [True, True]
    began_us = bench.now_us
    bench.tick.permit(CLOSE)
    bench.tick.run()
    assert opened_us[0] == began_us
