"""The pilot circuit against hand-computed voltages of IEC 61851-1:2017 Annex A."""

import pytest

from pilesim.clock import Clock
from pilesim.gpio import Pad
from pilesim.pilot_line import PilotLine
from pilesim.rng import Random
from pilesim.vehicle import R2_OHM, R2_WITH_R3_OHM, R2_WITH_VENTILATION_OHM

FRONT_END = (200_000, 42_200, 31_600, 3300)
DUTY_HALF = 32768


class Bench:
    """A line with its generator pad."""

    def __init__(self, front_end=True):
        self.clock = Clock()
        self.line = PilotLine(self.clock, Random(1))
        self.pad = Pad(self.clock, 25)
        self.line.attach_generator(self.pad)
        if front_end:
            self.line.set_front_end(*FRONT_END)

    def cp_mv(self):
        return self.line.cp_mv(self.clock.now_us)

    def pwm(self, duty_u16):
        self.pad.start_pwm(1000, duty_u16)
        # 2 ms on, at the beginning of a period
        self.clock.advance(2000)


@pytest.fixture
def bench():
    return Bench()


def test_a_floating_generator_pin_gives_minus_12_v(bench):
    bench.clock.advance(1000)
    assert bench.cp_mv() == pytest.approx(-12_000, abs=100)


@pytest.mark.parametrize(
    ("ohm", "millivolts"),
    [
        (0, 12_000),
        (R2_OHM, 8979),
        (R2_WITH_R3_OHM, 5996),
        (R2_WITH_VENTILATION_OHM, 2931),
        # The resistors of the bench test for states B and C
        (1870, 8063),
        (4610, 9986),
        (683, 5286),
        (1058, 6509),
    ],
)
def test_positive_level_of_every_load(ohm, millivolts):
    bench = Bench(front_end=False)
    bench.line.set_vehicle_ohm(ohm)
    high_mv, low_mv = bench.line.levels_mv()
    assert high_mv == pytest.approx(millivolts, abs=15)
    assert low_mv == -12_000


def test_source_parameters_move_the_levels():
    bench = Bench(front_end=False)
    bench.line.high_mv, bench.line.low_mv, bench.line.r1_ohm = 12_600, -11_400, 970
    bench.line.set_vehicle_ohm(R2_OHM)
    # 0.7 + (12.6 - 0.7) * 2740 / 3710
    assert bench.line.levels_mv() == (9489, -11_400)


def test_level_follows_the_phase_of_the_pwm(bench):
    bench.pwm(DUTY_HALF)
    for at_us, expected_mv in ((490, 11_950), (499, 11_950), (600, -11_940), (999, -11_940)):
        bench.clock.advance_to(2000 + at_us)
        assert bench.cp_mv() == pytest.approx(expected_mv, abs=30)
        assert bench.pad.read(bench.clock.now_us) == (1 if expected_mv > 0 else 0)


def test_edges_settle_with_the_time_constant_of_cable_and_load(bench):
    bench.line.set_vehicle_ohm(R2_OHM)
    bench.pwm(DUTY_HALF)
    high_mv, low_mv = bench.line.levels_mv()
    # 1.8 nF on 1000 || 2740 || 218k ohm is 1.31 us: after 2 us 21.8 % of the step is left
    left = (high_mv - bench.line.cp_mv(bench.clock.now_us + 2)) / (high_mv - low_mv)
    assert left == pytest.approx(0.218, abs=0.01)
    assert bench.line.cp_mv(bench.clock.now_us + 30) == high_mv


def test_a_load_change_settles_too(bench):
    bench.pad.set_output(True)
    bench.pad.write(1)
    bench.clock.advance(1000)
    before = bench.cp_mv()
    bench.line.set_vehicle_ohm(R2_OHM)
    assert bench.cp_mv() == before
    bench.clock.advance(1)
    assert 8990 < bench.cp_mv() < before
    bench.clock.advance(50)
    assert bench.cp_mv() == bench.line.levels_mv()[0]


def test_a_new_duty_counts_from_the_next_period(bench):
    bench.pwm(DUTY_HALF)
    bench.clock.advance(300)
    bench.pad.set_duty(65535)
    bench.clock.advance(300)
    assert bench.cp_mv() < -11_000
    bench.clock.advance(450)
    assert bench.cp_mv() > 11_000
    bench.clock.advance(550)
    assert bench.cp_mv() > 11_000


@pytest.mark.parametrize(
    ("fault", "high_mv", "low_mv"),
    [
        ("cp_short", 119, -119),
        ("cp_open", 11_952, -11_939),
        # 12 V over 1000 / (882 || 218k)
        ("diode_short", 5613, -5607),
        ("diode_missing", 5613, -5607),
        ("diode_open", 11_952, -11_939),
        # 3.3 kohm to PE: the negative half loses almost a quarter
        ("leak", 5243, -9172),
    ],
)
def test_line_faults(bench, fault, high_mv, low_mv):
    bench.line.set_vehicle_ohm(R2_WITH_R3_OHM)
    healthy = bench.line.levels_mv()
    bench.line.set_fault(fault, True)
    high, low = bench.line.levels_mv()
    assert high == pytest.approx(high_mv, abs=30)
    assert low == pytest.approx(low_mv, abs=30)
    bench.line.set_fault(fault, False)
    assert bench.line.levels_mv() == healthy


@pytest.mark.parametrize(
    ("fault", "level_mv"), [("pwm_stuck_high", 11_950), ("pwm_stuck_low", -11_940)]
)
def test_stuck_generator_does_not_follow_its_pin(bench, fault, level_mv):
    bench.pwm(DUTY_HALF)
    bench.line.set_fault(fault, True)
    levels = set()
    for _ in range(20):
        bench.clock.advance(100)
        levels.add(bench.pad.read(bench.clock.now_us))
        assert bench.cp_mv() == pytest.approx(level_mv, abs=30)
    assert levels == {0, 1}
    bench.line.set_fault(fault, False)
    bench.clock.advance(100)
    assert bench.line.duty_u16() == DUTY_HALF


def adc_readings(bench, count=200):
    readings = []
    for _ in range(count):
        bench.clock.advance(36)
        readings.append(bench.line.adc_mv(bench.clock.now_us))
    return readings


def test_adc_sees_the_divider_with_little_noise(bench):
    for level, cp_mv in ((1, 11_952), (0, -11_939)):
        bench.pad.set_output(True)
        bench.pad.write(level)
        bench.clock.advance(100)
        readings = adc_readings(bench)
        # Superposition of the three resistors at the node
        total = 1 / 200_000 + 1 / 42_200 + 1 / 31_600
        expected = (cp_mv / 200_000 + 3300 / 42_200) / total
        mean = sum(readings) / len(readings)
        assert mean == pytest.approx(expected, abs=2)
        spread = (sum((r - mean) ** 2 for r in readings) / len(readings)) ** 0.5
        assert 2 < spread < 4


def test_noise_fault_widens_the_readings(bench):
    quiet = adc_readings(bench)
    bench.line.set_fault("noise", True)
    loud = adc_readings(bench)
    # 400 mV at the pilot are 33 mV at the ADC
    assert max(loud) - min(loud) > 2 * (max(quiet) - min(quiet))
    assert max(loud) - min(loud) < 100


def test_same_seed_same_readings():
    assert adc_readings(Bench()) == adc_readings(Bench())


@pytest.mark.parametrize(("phase_us", "level"), [(100, 1), (700, 0)])
def test_a_dead_generator_stands_at_its_level_and_so_does_its_pin(bench, phase_us, level):
    bench.pwm(DUTY_HALF)
    bench.clock.advance(phase_us)
    bench.line.set_fault("pwm_dead", True)
    bench.pad.set_duty(65535 if level == 0 else 0)
    for _ in range(20):
        bench.clock.advance(370)
        assert bench.pad.read(bench.clock.now_us) == level
        assert bench.cp_mv() == pytest.approx(11_952 if level else -11_939, abs=30)
    assert bench.line.duty_u16() == (65535 if level else 0)
    bench.pad.drive(1 - level)
    assert bench.pad.read(bench.clock.now_us) == level
    bench.pad.start_pwm(1000, 65535 if level == 0 else 0)
    bench.line.set_fault("pwm_dead", False)
    bench.clock.advance(2000)
    # What was asked for in between
    assert bench.line.duty_u16() == (65535 if level == 0 else 0)


def test_a_dead_generator_is_dead_after_a_reset(bench):
    bench.pwm(65535)
    bench.line.set_fault("pwm_dead", True)
    pad = Pad(bench.clock, 25)
    bench.line.attach_generator(pad)
    pad.start_pwm(1000, 65535)
    bench.clock.advance(2000)
    assert bench.cp_mv() == pytest.approx(-11_939, abs=30)
