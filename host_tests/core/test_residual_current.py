"""Self-test of the residual-current monitor: when it is made, what it demands, when its verdict is used up."""

from evse.core.residual_current import (
    PERIOD_MS,
    RELEASE_WITHIN_MS,
    RETRY_AFTER_MS,
    TRIP_WITHIN_MS,
    ResidualCurrentTest,
)


class Monitor:
    """A monitor that trips after `trip_ms` of test current and releases `release_ms` after its end."""

    def __init__(self, test, trip_ms=100, release_ms=100):
        self.test = test
        self.trip_ms = trip_ms
        self.release_ms = release_ms
        self.tripped = False
        self.tests = 0
        self._ms = 0
        self._driven = False

    def step(self, contactor_open=True, wanted=False, dt_ms=20):
        test = self.test
        if test.output != self._driven:
            self._driven = test.output
            self._ms = 0
            self.tests += test.output
        self._ms += dt_ms
        if self._driven and self.trip_ms is not None and self._ms >= self.trip_ms:
            self.tripped = True
        if not self._driven and self._ms >= self.release_ms:
            self.tripped = False
        test.step(self.tripped, contactor_open, wanted, dt_ms)

    def run(self, ms, contactor_open=True, wanted=False):
        for _ in range(ms // 20):
            self.step(contactor_open, wanted)


def judged(trip_ms=100, release_ms=100):
    m = Monitor(ResidualCurrentTest(), trip_ms, release_ms)
    m.run(8000)
    return m


def test_figures():
    assert (TRIP_WITHIN_MS, RELEASE_WITHIN_MS, RETRY_AFTER_MS) == (500, 2000, 1000)
    assert PERIOD_MS == 24 * 60 * 60 * 1000


def test_nothing_is_passed_before_the_first_verdict():
    t = ResidualCurrentTest()
    assert not (t.passed or t.proven or t.failed or t.busy or t.output)
    t.step(False, True, False, 20)
    assert t.output and t.busy and not t.passed


def test_monitor_that_trips_and_releases_passes():
    t = ResidualCurrentTest()
    t.step(False, True, False, 20)
    t.step(False, True, False, 20)
    assert t.output
    t.step(True, True, False, 20)
    assert t.busy and not t.output and not t.passed
    t.step(True, True, False, 20)
    assert t.busy
    t.step(False, True, False, 20)
    assert t.passed and t.proven and not t.failed and not t.busy


def test_trip_must_come_in_time():
    for trip_ms, tests in ((TRIP_WITHIN_MS, 1), (TRIP_WITHIN_MS + 20, 2)):
        m = judged(trip_ms)
        assert m.test.passed == (tests == 1), trip_ms
        assert m.test.failed == (tests == 2), trip_ms
        assert m.tests == tests


def test_trip_seen_too_late_after_a_stall_is_a_miss():
    t = ResidualCurrentTest()
    t.step(False, True, False, 20)
    t.step(True, True, False, TRIP_WITHIN_MS + 1)
    assert not t.output and t.busy and not t.passed
    t.step(False, True, False, RETRY_AFTER_MS)
    assert t.output


def test_one_miss_is_tried_once_more_after_a_pause():
    t = ResidualCurrentTest()
    t.step(False, True, False, 20)
    t.step(False, True, False, TRIP_WITHIN_MS - 1)
    assert t.output
    t.step(False, True, False, 1)
    assert not t.output and t.busy and not t.failed
    t.step(False, True, False, RETRY_AFTER_MS - 1)
    assert not t.output
    t.step(False, True, False, 1)
    assert t.output and t.busy
    t.step(True, True, False, 20)
    t.step(False, True, False, 20)
    assert t.passed and not t.failed


def test_second_miss_fails_and_no_test_follows():
    m = judged(None)
    assert m.test.failed and not m.test.passed and not m.test.proven and not m.test.busy
    assert m.tests == 2
    m.trip_ms = 100
    m.run(60000, wanted=True)
    m.test.step(False, True, True, PERIOD_MS)
    m.run(60000, wanted=True)
    assert m.tests == 2 and m.test.failed


def test_release_must_come_in_time():
    for passed in (True, False):
        t = ResidualCurrentTest()
        t.step(False, True, False, 20)
        t.step(True, True, False, 20)
        t.step(True, True, False, RELEASE_WITHIN_MS - 1)
        assert t.busy and not t.failed
        t.step(not passed, True, False, 1)
        assert t.passed == passed and t.failed != passed and not t.busy


def test_monitor_that_trips_in_the_pause_and_stays_tripped_fails():
    t = ResidualCurrentTest()
    t.step(False, True, False, 20)
    t.step(False, True, False, TRIP_WITHIN_MS)
    t.step(True, True, False, RELEASE_WITHIN_MS - 1)
    assert t.busy and not t.output and not t.failed
    t.step(True, True, False, 1)
    assert t.failed and not t.busy


def test_restart_makes_a_failed_test_anew():
    m = judged(None)
    m.trip_ms = 100
    m.test.restart()
    assert not m.test.failed and not m.test.passed
    m.run(1000)
    assert m.test.passed and m.test.proven and m.tests == 3


def test_restart_of_a_good_monitor_changes_nothing():
    m = judged()
    m.test.restart()
    m.run(1000)
    assert m.test.proven and m.tests == 1


def test_closing_uses_the_verdict_up_and_the_next_closing_asks_for_another():
    m = judged()
    assert m.test.proven and m.tests == 1
    m.run(1000, wanted=True)
    assert m.tests == 1
    m.step(contactor_open=False)
    assert not m.test.proven and m.test.passed
    m.run(5000, contactor_open=False, wanted=True)
    m.run(5000)
    assert m.tests == 1
    m.run(1000, wanted=True)
    assert m.tests == 2 and m.test.proven


def test_closed_contactor_ends_the_test_current_at_once():
    t = ResidualCurrentTest()
    t.step(False, True, True, 20)
    assert t.output
    t.step(False, False, True, 20)
    assert not t.output and not t.busy and not t.proven
    # As if that test had never begun: two attempts again
    m = Monitor(t, None)
    m.run(8000)
    assert m.tests == 2 and t.failed


def test_no_test_begins_on_a_tripped_monitor():
    t = ResidualCurrentTest()
    for _ in range(100):
        t.step(True, True, True, 20)
        assert not t.output and not t.busy and not t.failed
    t.step(False, True, True, 20)
    assert t.output


def test_test_is_made_again_after_a_day():
    m = judged()
    m.test.step(False, True, False, PERIOD_MS - 8000)
    m.run(100)
    assert m.tests == 1
    m.run(8000)
    assert m.tests == 2 and m.test.passed and m.test.proven


def test_old_verdict_is_withdrawn_one_step_before_the_daily_test():
    m = judged()
    m.test.step(False, True, True, PERIOD_MS)
    assert not m.test.proven and not m.test.output
    m.test.step(False, True, True, 20)
    assert m.test.output and m.test.passed


def test_age_stays_within_a_device_integer():
    t = ResidualCurrentTest()
    for _ in range(20):
        t.step(False, False, False, 0x10000000)
    assert t._since_ms == PERIOD_MS < 1 << 30


# Of a monitor with two outputs: both must trip, after a pulse
BOTH = 3


def two_level():
    t = ResidualCurrentTest(BOTH, 250, 1750)
    t.step(0, True, False, 20)
    assert t.output and t.busy
    return t


def stepped(t, level, ms, dt_ms=10):
    for _ in range(ms // dt_ms):
        t.step(level, True, False, dt_ms)


def test_pulse_ends_in_its_time_and_the_trip_may_come_later():
    t = two_level()
    stepped(t, 0, 240)
    assert t.output
    stepped(t, 0, 10)
    assert not t.output and t.busy
    stepped(t, 1, 1000)
    assert t.busy and not t.passed
    stepped(t, BOTH, 200)
    assert not t.passed
    stepped(t, 0, 10)
    assert t.passed and t.proven and not t.busy


def test_outputs_need_not_be_tripped_at_the_same_time():
    t = two_level()
    for level in (0, 1, 0, 2, 2):
        stepped(t, level, 300)
        assert t.busy and not t.passed
    stepped(t, 0, 10)
    assert t.passed


def test_one_output_is_not_enough():
    for level in (0, 1, 2):
        t = two_level()
        for _attempt in range(2):
            assert not t.failed
            stepped(t, level, 1750)
            assert not t.output and not t.passed
            stepped(t, 0, RETRY_AFTER_MS)
        assert t.failed and not t.proven and not t.busy, level


def test_what_tripped_in_the_first_attempt_does_not_count_in_the_second():
    t = two_level()
    stepped(t, 1, 1750)
    stepped(t, 0, RETRY_AFTER_MS)
    assert t.output
    stepped(t, 2, 1750)
    # The verdict waits until the other output is well again: that one saw no residual current
    assert t.busy and not t.failed
    stepped(t, 2, 300)
    assert t.busy and not t.failed
    stepped(t, 0, RETRY_AFTER_MS)
    assert t.failed and not t.passed and not t.busy


def test_two_outputs_must_both_be_well_again():
    for stuck in (1, 2):
        t = two_level()
        stepped(t, BOTH, 10)
        stepped(t, stuck, RELEASE_WITHIN_MS - 10)
        assert t.busy and not t.failed
        stepped(t, stuck, 10)
        assert t.failed and not t.passed
