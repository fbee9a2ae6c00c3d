"""The verdicts on generator and diode, for every profile."""

from evse.core import pilot, pilot_profiles
from evse.core.pilot import DRIVE_NEGATIVE, DRIVE_POSITIVE, DRIVE_PWM
from evse.core.pilot_profiles import B, C

PROFILES = tuple(pilot_profiles.load(name) for name in pilot_profiles.NAMES)
IEC = PROFILES[0]


def monitor(profile=IEC):
    return pilot.PilotMonitor(profile)


def feed(
    watch, drive, high_mv, low_mv, times, dt_ms=5, high_count=8, low_count=4, edge_mv=0, bp=0
):
    """`times` bursts with their steps; the last verdict. Only the PWM has a low half."""
    verdict = False
    if drive == DRIVE_POSITIVE:
        low_count = 0
    elif drive == DRIVE_NEGATIVE:
        high_count = 0
    for _ in range(times):
        verdict = watch.judge(drive, high_mv, high_count, low_mv, low_count, edge_mv, bp)
        watch.step(drive, dt_ms)
    return verdict


def test_state_c_is_slow_to_come_and_quick_to_go():
    for profile in PROFILES:
        watch = monitor(profile)
        feed(watch, DRIVE_PWM, 9000, -12000, 10)
        assert watch.state == B
        feed(watch, DRIVE_PWM, 6000, -12000, 100)
        assert watch.state == B
        feed(watch, DRIVE_PWM, 6000, -12000, 2)
        assert watch.state == C
        assert not watch.judge(DRIVE_PWM, 9000, 8, -12000, 4)
        feed(watch, DRIVE_PWM, 9000, -12000, 5)
        assert watch.state == B


def test_instant_verdict_asks_for_state_c_or_d_and_the_negative_half():
    rows = (
        (6000, 8, -12000, 4, True),
        (3000, 8, -12000, 4, True),
        (9000, 8, -12000, 4, False),
        (12000, 8, -12000, 4, False),
        (0, 8, -12000, 4, False),
        (6000, 8, -6000, 4, False),
        (6000, 8, 6000, 4, False),
        (6000, 8, -10999, 4, False),
        (6000, 8, -13001, 4, False),
        (6000, 0, -12000, 4, False),
        (6000, 0, -12000, 0, False),
    )
    for high_mv, high_count, low_mv, low_count, holdable in rows:
        watch = monitor()
        assert watch.judge(DRIVE_PWM, high_mv, high_count, low_mv, low_count) == holdable, (
            high_mv,
            low_mv,
        )
        # The second burst of a tick decides when it is good
        assert watch.judge(DRIVE_PWM, 6000, 8, -12000, 4)


def test_missing_negative_half_is_named_after_half_a_second():
    # edge, duty, the generator's fault; else it may be met by no sample, or the diode is missing
    rows = (
        (0, 0, True),
        (0, 5000, True),
        (0, 9000, True),
        (0, 9001, False),
        (0, 9600, False),
        (-6000, 5000, False),
        (-6000, 9600, False),
    )
    for edge_mv, bp, generator in rows:
        watch = monitor()
        feed(watch, DRIVE_PWM, 6000, -12000, 1, bp=bp)
        assert feed(watch, DRIVE_PWM, 6000, 0, 99, low_count=0, edge_mv=edge_mv, bp=bp)
        assert watch.low_ok and watch.generator_ok
        feed(watch, DRIVE_PWM, 6000, 0, 1, low_count=0, edge_mv=edge_mv, bp=bp)
        assert not watch.judge(DRIVE_PWM, 6000, 8, 0, 0, edge_mv, bp)
        assert not watch.low_proven
        assert not watch.diode_failed() and not watch.generator_failed()
        feed(watch, DRIVE_PWM, 6000, 0, 5, low_count=0, edge_mv=edge_mv, bp=bp)
        assert watch.generator_failed() == generator, (edge_mv, bp)
        assert watch.diode_failed() == (not generator), (edge_mv, bp)
        assert feed(watch, DRIVE_PWM, 6000, -12000, 1, bp=bp)
        assert not watch.diode_failed() and not watch.generator_failed()


def test_generator_and_diode_are_told_apart_while_the_pwm_runs():
    # high, high count, low, low count, generator fault, diode fault
    rows = (
        (6000, 8, -12000, 4, False, False),
        (6000, 8, -10000, 4, False, True),
        (6000, 8, -5600, 4, False, True),
        (6000, 8, -1000, 4, False, True),
        (6000, 8, -999, 4, True, False),
        (6000, 8, 6000, 4, True, False),
        (12000, 8, 12000, 4, True, False),
        (-12000, 8, -12000, 4, True, False),
        (-9001, 8, -12000, 4, True, False),
        (-8999, 8, -12000, 4, False, False),
        (0, 0, -12000, 4, True, False),
        (0, 8, 0, 4, False, True),
        (0, 8, -119, 4, False, True),
        (0, 0, 0, 0, False, False),
    )
    for profile in PROFILES:
        for high_mv, high_count, low_mv, low_count, generator, diode in rows:
            watch = monitor(profile)
            for number in range(1, 6):
                verdict = watch.judge(DRIVE_PWM, high_mv, high_count, low_mv, low_count)
                # Opening does not wait for the name
                assert not (verdict and (generator or diode)), (high_mv, low_mv)
                watch.step(DRIVE_PWM, 5)
                named = number >= 4
                case = (profile.standard, high_mv, high_count, low_mv, number)
                assert watch.generator_failed() == (generator and named), case
                assert watch.diode_failed() == (diode and named), case


def test_steady_voltage_needs_no_negative_half():
    watch = monitor()
    assert feed(watch, DRIVE_POSITIVE, 6000, 0, 2)
    assert not watch.diode_failed() and not watch.generator_failed()


def test_steady_voltage_that_is_not_there_is_the_generator():
    # high, high count, low count, generator fault
    rows = (
        (12000, 8, 0, False),
        (6000, 8, 0, False),
        (0, 8, 0, False),
        (-999, 8, 0, False),
        (-1000, 8, 0, True),
        (-12000, 8, 0, True),
        (6000, 8, 4, True),
        (0, 0, 8, True),
        (0, 0, 0, False),
    )
    for high_mv, high_count, low_count, generator in rows:
        watch = monitor()
        for number in range(1, 6):
            watch.judge(DRIVE_POSITIVE, high_mv, high_count, -12000, low_count)
            watch.step(DRIVE_POSITIVE, 5)
            assert watch.generator_failed() == (generator and number >= 4), (high_mv, number)


def test_change_of_drive_may_show_the_old_one_for_two_bursts():
    watch = monitor()
    feed(watch, DRIVE_PWM, 6000, -12000, 5)
    # The vehicle is asked to stop: the contactor is held over the change to steady voltage
    for _ in range(2):
        assert watch.judge(DRIVE_POSITIVE, 6000, 8, -12000, 4)
        watch.step(DRIVE_POSITIVE, 5)
    assert feed(watch, DRIVE_POSITIVE, 6000, 0, 1)
    for _ in range(2):
        watch.judge(DRIVE_NEGATIVE, 6000, 8, 0, 0)
        watch.step(DRIVE_NEGATIVE, 5)
    feed(watch, DRIVE_NEGATIVE, 0, -12000, 1)
    assert not watch.generator_failed() and watch.generator_bad_ms == 0
    # A PWM that goes on for longer holds nothing
    for _ in range(4):
        watch.judge(DRIVE_POSITIVE, 6000, 8, -12000, 4)
        watch.step(DRIVE_POSITIVE, 5)
    assert not watch.judge(DRIVE_POSITIVE, 6000, 8, -12000, 4)


def test_state_f_keeps_the_last_state_and_never_holds():
    watch = monitor()
    feed(watch, DRIVE_PWM, 9000, -12000, 10)
    assert not feed(watch, DRIVE_NEGATIVE, 0, -12000, 10)
    assert watch.state == B


def test_state_f_is_verified():
    # low, high count, low count, generator fault; a leak or a short counts as well
    rows = (
        (-12000, 0, 8, False),
        (-11200, 0, 8, False),
        (-9200, 0, 8, True),
        (0, 0, 8, True),
        (6000, 0, 8, True),
        (-12000, 4, 4, True),
        (-12000, 8, 0, True),
        (-12000, 0, 0, True),
    )
    for profile in PROFILES:
        for low_mv, high_count, low_count, generator in rows:
            watch = monitor(profile)
            for number in range(1, 6):
                assert not watch.judge(DRIVE_NEGATIVE, 6000, high_count, low_mv, low_count)
                watch.step(DRIVE_NEGATIVE, 5)
                named = generator and number >= 4
                assert watch.generator_failed() == named, (profile.standard, low_mv, number)
                assert not watch.diode_failed()


def test_sample_across_an_edge_can_prove_the_negative_half_but_not_disprove_it():
    for edge_mv, proven in ((-12000, True), (-6000, False), (3000, False), (0, False)):
        watch = monitor()
        watch.low_missing_ms = 400
        assert watch.judge(DRIVE_PWM, 6000, 8, 0, 0, edge_mv)
        assert watch.low_ok
        assert watch.low_proven == proven
        assert (watch.low_missing_ms == 0) == proven, edge_mv


def test_a_spoilt_negative_half_that_the_next_burst_misses_is_decided_by_the_one_that_meets_it():
    # Up to 90 % every burst meets it
    for bp, held in ((9000, False), (9001, True), (9600, True)):
        watch = monitor()
        feed(watch, DRIVE_PWM, 6000, -12000, 1, bp=bp)
        for then_mv in (-12000, -6000):
            assert not watch.judge(DRIVE_PWM, 6000, 8, -6000, 1, 0, bp)
            assert watch.judge(DRIVE_PWM, 6000, 8, 0, 0, 0, bp) == held
            assert not watch.low_proven
            good = then_mv == -12000
            assert watch.judge(DRIVE_PWM, 6000, 8, then_mv, 1, 0, bp) == good
            assert watch.judge(DRIVE_PWM, 6000, 8, 0, 0, 0, bp) == good
        feed(watch, DRIVE_PWM, 6000, -12000, 1, bp=bp)
        assert not watch.judge(DRIVE_PWM, 6000, 8, -6000, 1, 0, bp)
        assert not feed(watch, DRIVE_PWM, 6000, 0, 101, low_count=0, bp=bp)


def test_closable_needs_a_proven_negative_half_and_a_new_wait_after_each_opening():
    watch = monitor()
    feed(watch, DRIVE_POSITIVE, 6000, 0, 200)
    assert watch.state == C and watch.closable and not watch.low_proven
    feed(watch, DRIVE_PWM, 6000, -12000, 1)
    assert watch.low_proven
    watch.opened()
    feed(watch, DRIVE_PWM, 6000, -12000, 99)
    assert not watch.closable
    feed(watch, DRIVE_PWM, 6000, -12000, 2)
    assert watch.closable
    feed(watch, DRIVE_PWM, 6000, -6000, 1)
    assert not watch.low_proven


def test_counters_stay_small_for_ever():
    for drive in (DRIVE_POSITIVE, DRIVE_PWM, DRIVE_NEGATIVE):
        for low_mv, low_count in ((0, 0), (-6000, 4), (6000, 4)):
            watch = monitor()
            for _ in range(3):
                watch.judge(drive, 9000, 8, low_mv, low_count)
                watch.step(drive, 1 << 29)
            assert watch._candidate_ms <= 60000 and watch.low_bad_ms <= 60000
            assert watch.low_missing_ms <= 60000 and watch.generator_bad_ms <= 60000
