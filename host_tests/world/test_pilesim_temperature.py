"""The NTC divider against the beta equation."""

import math

import pytest
from pilesim_bench import FRONT_END, Bench


@pytest.fixture
def bench():
    return Bench()


def expected_mv(celsius):
    ohm = FRONT_END["ntc_ohm_25c"] * math.exp(
        FRONT_END["beta_k"] * (1 / (celsius + 273.15) - 1 / 298.15)
    )
    return FRONT_END["pullup_mv"] * ohm / (ohm + FRONT_END["pullup_ohm"])


@pytest.mark.parametrize("celsius", [0, 25, 70, 85, 105])
def test_ntc_divider(bench, celsius):
    bench.world.set_temperature(celsius * 10)
    reading_mv = bench.pad("temperature_adc").analog_mv(bench.clock.now_us)
    assert reading_mv == pytest.approx(expected_mv(celsius), abs=1)


def test_an_open_ntc_reads_the_top_and_a_shorted_one_ground(bench):
    for fault, expected in (("ntc_open", 3100), ("ntc_short", 0)):
        bench.world.set_fault(fault, True)
        assert bench.pad("temperature_adc").analog_mv(bench.clock.now_us) == expected
        bench.world.set_fault(fault, False)
    assert bench.pad("temperature_adc").analog_mv(bench.clock.now_us) == 1650
