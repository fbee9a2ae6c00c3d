"""Supply supervision: thresholds, times, hysteresis, phases, unknown readings."""

from evse.core.faults import FREQUENCY, OVER_VOLTAGE, UNDER_VOLTAGE
from evse.core.supply import Supply

GOOD_MV = (230000,)


def named_ms(s, mv, chz=5000, most_ms=20000):
    """(time, bits) of the first fault, (None, 0) when there is none."""
    for ms in range(20, most_ms + 20, 20):
        bits = s.step(mv, chz, True, 20)
        if bits:
            return ms, bits
    return None, 0


def test_nominal_is_no_fault():
    for volts, hertz in ((220, 50), (230, 50), (240, 60), (120, 60)):
        assert named_ms(Supply(volts, hertz), (volts * 1000,) * 3, hertz * 100) == (None, 0)


def test_voltage_thresholds_and_times():
    for mv, expected in (
        (264500, (None, 0)),
        (264501, (1500, OVER_VOLTAGE)),
        (195500, (None, 0)),
        (195499, (3000, UNDER_VOLTAGE)),
    ):
        assert named_ms(Supply(230, 50), (mv,)) == expected, mv


def test_frequency_thresholds_and_times_scale_with_nominal():
    for hertz, chz, expected in (
        (50, 4700, (None, 0)),
        (50, 4699, (3000, FREQUENCY)),
        (50, 5300, (None, 0)),
        (50, 5301, (3000, FREQUENCY)),
        (60, 5640, (None, 0)),
        (60, 5639, (3000, FREQUENCY)),
        (60, 6360, (None, 0)),
        (60, 6361, (3000, FREQUENCY)),
        (60, 5000, (3000, FREQUENCY)),
    ):
        assert named_ms(Supply(230, hertz), GOOD_MV, chz) == (expected), (hertz, chz)


def test_worst_phase_decides():
    assert named_ms(Supply(230, 50), (230000, 230000, 265000)) == (1500, OVER_VOLTAGE)
    assert named_ms(Supply(230, 50), (190000, 230000, 230000)) == (3000, UNDER_VOLTAGE)
    assert named_ms(Supply(230, 50), (230000, 0, 230000)) == (3000, UNDER_VOLTAGE)
    s = Supply(230, 50)
    assert named_ms(s, (270000, 0, 230000), 4000) == (1500, OVER_VOLTAGE)
    for _ in range(100):
        bits = s.step((270000, 0, 230000), 4000, True, 20)
    assert bits == OVER_VOLTAGE | UNDER_VOLTAGE | FREQUENCY


def test_time_counts_without_a_break():
    s = Supply(230, 50)
    for _ in range(10):
        assert named_ms(s, (270000,), most_ms=980) == (None, 0)
        assert s.step(GOOD_MV, 5000, True, 20) == 0
    assert named_ms(s, (270000,)) == (1500, OVER_VOLTAGE)


def test_fault_ends_two_percent_inside_the_limit():
    for bit, beyond, stays, ends in (
        (OVER_VOLTAGE, (270000, 5000), (259901, 5000), (259900, 5000)),
        (UNDER_VOLTAGE, (190000, 5000), (200099, 5000), (200100, 5000)),
        (FREQUENCY, (230000, 4600), (230000, 4799), (230000, 4800)),
        (FREQUENCY, (230000, 5400), (230000, 5201), (230000, 5200)),
    ):
        s = Supply(230, 50)
        assert named_ms(s, (beyond[0],), beyond[1])[1] == bit
        for _ in range(1000):
            assert s.step((stays[0],), stays[1], True, 20) == bit, stays
        assert s.step((ends[0],), ends[1], True, 20) == 0, ends
        # From then on the limit and its whole time count again
        assert s.step((beyond[0],), beyond[1], True, 980) == 0
        assert s.step((stays[0],), stays[1], True, 60000) == 0


def test_unknown_readings_raise_nothing():
    s = Supply(230, 50)
    for _ in range(1000):
        assert s.step((0,), 0, False, 20) == 0
        assert s.step((), 9999, False, 20) == 0


def test_unknown_frequency_leaves_the_voltage_judged():
    assert named_ms(Supply(230, 50), (190000,), 0) == (3000, UNDER_VOLTAGE)
    assert named_ms(Supply(230, 50), GOOD_MV, 0) == (None, 0)


def test_unknown_readings_end_no_fault_and_restart_the_time():
    s = Supply(230, 50)
    named_ms(s, (270000,))
    assert s.step((0,), 0, False, 60000) == OVER_VOLTAGE
    assert s.step(GOOD_MV, 5000, True, 20) == 0
    assert named_ms(s, (270000,), most_ms=980) == (None, 0)
    assert s.step((270000,), 5000, False, 20) == 0
    assert named_ms(s, (270000,)) == (1500, OVER_VOLTAGE)
