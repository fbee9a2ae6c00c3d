"""Derating: the line from full to 6 A, steps and hysteresis, over-temperature, lost sensor, jumps."""

from evse.core.faults import OVER_TEMPERATURE, TEMPERATURE_LOST
from evse.core.temperature import Derating


def at(rated_a10, *temperatures_c10):
    """The last (limit, bits) of a row of readings 200 ms apart."""
    d = Derating(rated_a10)
    for c10 in temperatures_c10:
        result = d.step(c10, 200)
    return result


def test_line_from_full_to_six_amperes():
    for rated_a10, c10, limit_a10 in (
        (320, -400, 320),
        (320, 650, 320),
        (320, 651, 315),
        (320, 660, 290),
        (320, 700, 190),
        (320, 749, 60),
        (320, 750, 60),
        (320, 790, 60),
        (630, 650, 630),
        (630, 700, 345),
        (160, 700, 110),
        (325, 650, 325),
        (325, 651, 320),
        (60, 700, 60),
    ):
        assert at(rated_a10, c10) == (limit_a10, 0), (rated_a10, c10)


def test_limit_only_falls_while_it_gets_hotter_and_stands_in_half_amperes():
    d = Derating(320)
    before_a10 = 320
    for c10 in range(600, 800):
        limit_a10, bits = d.step(c10, 200)
        assert 60 <= limit_a10 <= before_a10 and limit_a10 % 5 == 0 and bits == 0
        assert before_a10 - limit_a10 <= 5
        before_a10 = limit_a10
    assert before_a10 == 60


def test_limit_does_not_dance_with_the_noise_of_the_sensor():
    d = Derating(320)
    for c10 in (690, 700, 695):
        d.step(c10, 200)
    for _ in range(50):
        for c10 in (700, 690, 697, 692):
            assert d.step(c10, 200) == (190, 0)
    assert d.step(688, 200) == (195, 0)
    assert d.step(685, 200)[0] > 195


def test_limit_is_full_again_one_degree_below_the_line():
    d = Derating(320)
    d.step(660, 200)
    assert d.step(641, 200)[0] == 315
    assert d.step(640, 200) == (320, 0)


def test_too_hot_from_80_until_below_70():
    d = Derating(320)
    assert d.step(799, 200) == (60, 0)
    assert d.step(800, 200) == (60, OVER_TEMPERATURE)
    assert d.step(799, 200) == (60, OVER_TEMPERATURE)
    assert d.step(700, 200)[1] == OVER_TEMPERATURE
    assert d.step(699, 200)[1] == 0
    assert d.step(799, 200) == (60, 0)


def test_sensor_is_lost_after_two_seconds_without_a_reading():
    d = Derating(320)
    d.step(300, 200)
    for _ in range(9):
        assert d.step(None, 200) == (320, 0)
    assert d.step(None, 199) == (320, 0)
    assert d.step(None, 1) == (60, TEMPERATURE_LOST)
    for _ in range(100):
        assert d.step(None, 200) == (60, TEMPERATURE_LOST)
    assert d.step(300, 200) == (320, 0)


def test_sensor_that_is_back_is_believed_at_once():
    d = Derating(320)
    d.step(300, 200)
    d.step(None, 2000)
    assert d.step(700, 200) == (190, 0)


def test_single_missing_readings_do_not_add_up():
    d = Derating(320)
    for _ in range(20):
        d.step(300, 200)
        assert d.step(None, 1900) == (320, 0)


def test_without_any_reading_six_amperes():
    d = Derating(320)
    assert d.step(None, 200) == (60, 0)
    assert d.step(None, 1800) == (60, TEMPERATURE_LOST)


def test_pile_that_was_too_hot_stays_so_until_the_sensor_says_otherwise():
    d = Derating(320)
    d.step(810, 200)
    assert d.step(None, 2000) == (60, OVER_TEMPERATURE | TEMPERATURE_LOST)
    assert d.step(700, 200)[1] == OVER_TEMPERATURE
    assert d.step(690, 200)[1] == 0


def test_jump_is_believed_at_the_second_reading():
    d = Derating(320)
    d.step(400, 200)
    assert d.step(601, 200) == (320, 0)
    assert d.step(810, 200) == (320, 0)
    assert d.step(815, 200) == (60, OVER_TEMPERATURE)


def test_change_that_is_no_jump_is_believed_at_once():
    d = Derating(320)
    d.step(500, 200)
    assert d.step(700, 200) == (190, 0)
    d = Derating(320)
    d.step(499, 200)
    assert d.step(700, 200) == (320, 0)


def test_single_spike_changes_nothing():
    d = Derating(320)
    for _ in range(50):
        assert d.step(300, 200) == (320, 0)
        assert d.step(1200, 200) == (320, 0)


def test_sensor_that_never_agrees_with_itself_is_lost():
    d = Derating(320)
    d.step(300, 200)
    result = None
    for _ in range(5):
        for c10 in (900, -200):
            result = d.step(c10, 200)
    assert result == (60, TEMPERATURE_LOST)
