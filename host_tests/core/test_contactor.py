"""Contactor supervision: weld, failure to close, release without a command, chatter."""

import micropython

from evse.core.contactor import (
    BOUNCE_MS,
    FOLLOW_MS,
    MIN_ON_MS,
    MIN_OPEN_MS,
    MOST_OPEN_MS,
    SETTLE_MS,
    ContactorMonitor,
)
from evse.core.faults import CONTACTOR_NO_CLOSE, CONTACTOR_RELEASED, CONTACTOR_WELDED


def run(monitor, closed, ms):
    """`ms` of one reading; returns every fault bit seen."""
    seen = 0
    for _ in range(ms // 5):
        seen |= monitor.step(closed, 5)
    return seen


def cycle(monitor, on_ms):
    """Close for `on_ms`, open; returns the time until it may close again."""
    monitor.command(True)
    assert run(monitor, True, on_ms) == 0
    monitor.command(False)
    waited_ms = 0
    while not monitor.may_close():
        monitor.step(False, 5)
        waited_ms += 5
    return waited_ms


def closed_monitor():
    m = ContactorMonitor()
    m.command(True)
    run(m, False, 30)
    assert run(m, True, 300) == 0
    return m


def test_figures():
    assert (FOLLOW_MS, SETTLE_MS, BOUNCE_MS) == (200, 50, 20)
    assert (MIN_OPEN_MS, MOST_OPEN_MS, MIN_ON_MS) == (3000, 60000, 10000)


def test_nothing_stands_before_the_first_reading():
    m = ContactorMonitor()
    assert not (m.commanded or m.closed or m.was_closed or m.faults or m.operations)
    assert m.may_close()


def test_each_closing_and_each_opening_is_judged_anew():
    m = closed_monitor()
    m.command(False)
    run(m, False, 5000)
    m.command(True)
    for closed in (True, False, False, True):
        assert m.step(closed, 5) == 0
    run(m, True, 500)
    m.command(False)
    assert run(m, True, FOLLOW_MS) == 0
    run(m, False, 10000)
    m.command(True)
    assert run(m, False, FOLLOW_MS) == CONTACTOR_NO_CLOSE


def test_healthy_contactor_shows_no_fault():
    m = ContactorMonitor()
    assert run(m, False, 100) == 0 and m.may_close()
    m.command(True)
    assert run(m, False, 30) == 0 and not m.closed and not m.was_closed
    assert run(m, True, 1000) == 0 and m.closed and m.was_closed
    m.command(False)
    assert run(m, True, 50) == 0
    assert run(m, False, 500) == 0
    assert m.operations == 1


def test_weld_after_opening_is_named_when_follow_time_and_bounce_are_over():
    m = closed_monitor()
    m.command(False)
    assert run(m, True, FOLLOW_MS + BOUNCE_MS - 5) == 0
    assert m.step(True, 5) == CONTACTOR_WELDED
    assert run(m, True, 120000) == CONTACTOR_WELDED
    assert not m.may_close()


def test_open_contactor_that_shows_closed_is_a_weld_at_once():
    m = closed_monitor()
    m.command(False)
    assert run(m, False, FOLLOW_MS) == 0
    assert m.step(True, 5) == CONTACTOR_WELDED
    assert m.step(True, 5) == CONTACTOR_WELDED
    assert m.step(False, 5) == 0


def test_contacts_that_bounce_at_the_end_of_the_follow_time_are_no_weld():
    m = closed_monitor()
    m.command(False)
    assert run(m, True, 100) == 0
    assert run(m, False, 50) == 0
    assert run(m, True, FOLLOW_MS + BOUNCE_MS - 155) == 0
    assert run(m, False, 5) == 0
    assert m.step(True, 5) == CONTACTOR_WELDED


def test_weld_found_at_power_up_is_named():
    m = ContactorMonitor()
    assert run(m, True, FOLLOW_MS + BOUNCE_MS - 5) == 0 and not m.may_close()
    assert m.step(True, 5) == CONTACTOR_WELDED


def test_contactor_cut_just_before_power_up_is_no_weld():
    m = ContactorMonitor()
    assert run(m, True, 100) == 0
    assert run(m, False, 1000) == 0 and m.may_close()


def test_contactor_that_does_not_close_is_named():
    m = ContactorMonitor()
    m.command(True)
    assert run(m, False, FOLLOW_MS - 5) == 0
    assert m.step(False, 5) == CONTACTOR_NO_CLOSE
    assert run(m, False, 120000) == CONTACTOR_NO_CLOSE
    m.command(False)
    assert m.step(False, 5) == 0


def test_settled_contactor_that_opens_is_named_at_once():
    m = ContactorMonitor()
    m.command(True)
    m.step(True, 5)
    assert run(m, True, SETTLE_MS - 5) == 0
    assert m.step(False, 5) == CONTACTOR_RELEASED
    assert m.step(False, 5) == CONTACTOR_RELEASED
    assert m.step(True, 5) == 0


def test_bouncing_pull_in_is_no_fault():
    m = ContactorMonitor()
    m.command(True)
    for closed in (False, False, False, True, False, True, False, False, True, True):
        assert m.step(closed, 5) == 0
    assert run(m, True, 500) == 0


def test_contactor_that_falls_off_while_it_pulls_in_is_named_when_it_should_have_settled():
    m = ContactorMonitor()
    m.command(True)
    m.step(True, 5)
    assert run(m, False, SETTLE_MS - 5) == 0
    assert m.step(False, 5) == CONTACTOR_RELEASED


def test_contacts_that_bounce_after_a_release_are_no_weld():
    m = closed_monitor()
    assert m.step(False, 5) == CONTACTOR_RELEASED
    m.command(False)
    for closed in (True, False, True, False, False):
        assert m.step(closed, 5) == 0


def test_release_during_a_long_stall_is_named_at_the_first_look():
    assert closed_monitor().step(False, 1000) == CONTACTOR_RELEASED


def test_no_closing_right_after_opening():
    m = closed_monitor()
    m.command(False)
    run(m, False, MIN_OPEN_MS - 5)
    assert not m.may_close()
    m.step(False, 5)
    assert m.may_close()


def test_no_closing_while_the_feedback_shows_closed():
    m = ContactorMonitor()
    m.step(True, 5)
    assert not m.may_close()


def test_short_closings_in_a_row_double_the_open_time():
    m = ContactorMonitor()
    waits_ms = [cycle(m, MIN_ON_MS - 5) for _ in range(8)]
    assert waits_ms == [3000, 6000, 12000, 24000, 48000, 60000, 60000, 60000]
    assert m.min_open_ms == MOST_OPEN_MS
    assert m.operations == 8


def test_long_closing_ends_the_doubling():
    m = ContactorMonitor()
    assert [cycle(m, 300) for _ in range(3)] == [3000, 6000, 12000]
    assert cycle(m, MIN_ON_MS) == MIN_OPEN_MS
    assert [cycle(m, 300) for _ in range(2)] == [3000, 6000]


def test_same_command_again_changes_nothing():
    m = closed_monitor()
    m.command(True)
    assert m.was_closed and m.operations == 1
    m.command(False)
    run(m, False, 1000)
    m.command(False)
    run(m, False, MIN_OPEN_MS - 1000)
    assert m.may_close()


def test_counters_stay_within_a_device_integer_and_nothing_is_allocated():
    m = ContactorMonitor()
    m.operations = 0x20000000
    micropython.heap_lock()
    try:
        seen = may = 0
        for closed in (False, True):
            m.command(closed)
            for _ in range(3):
                for reading in (False, True):
                    seen |= m.step(reading, 0x10000000)
                    may += m.may_close()
        m.command(False)
    finally:
        micropython.heap_unlock()
    assert seen == CONTACTOR_WELDED | CONTACTOR_RELEASED | CONTACTOR_NO_CLOSE and may
    assert m.operations == 0x20000000
