"""Mirror contact supervision: weld, failure to close, release without a command."""

from evse.core.contactor import FOLLOW_MS, MIN_OPEN_MS, ContactorMonitor
from evse.core.faults import CONTACTOR_NO_CLOSE, CONTACTOR_RELEASED, CONTACTOR_WELDED


def run(monitor, mirror, ms):
    seen = 0
    for _ in range(ms // 5):
        seen |= monitor.step(mirror, 5)
    return seen


def test_healthy_contactor_shows_no_fault():
    m = ContactorMonitor()
    assert run(m, False, 100) == 0 and m.may_close()
    m.command(True)
    assert run(m, False, 30) == 0
    assert run(m, True, 1000) == 0
    m.command(False)
    assert run(m, True, 50) == 0
    assert run(m, False, 500) == 0
    assert m.operations == 1


def test_weld_is_named_after_the_follow_time_and_forbids_closing():
    m = ContactorMonitor()
    m.command(True)
    run(m, True, 500)
    m.command(False)
    assert run(m, True, FOLLOW_MS - 10) == 0
    assert run(m, True, 30) == CONTACTOR_WELDED
    assert not m.may_close()


def test_contactor_that_does_not_close_is_named():
    m = ContactorMonitor()
    m.command(True)
    assert run(m, False, FOLLOW_MS - 10) == 0
    assert run(m, False, 20) == CONTACTOR_NO_CLOSE


def test_release_without_command_is_named_after_the_bounce_time():
    m = ContactorMonitor()
    m.command(True)
    run(m, True, 300)
    assert run(m, False, 15) == 0
    assert m.step(False, 5) == CONTACTOR_RELEASED


def test_release_during_a_long_stall_is_named_at_the_first_look():
    m = ContactorMonitor()
    m.command(True)
    run(m, True, 300)
    assert m.step(False, 1000) == CONTACTOR_RELEASED


def test_no_closing_right_after_opening():
    m = ContactorMonitor()
    m.command(True)
    run(m, True, 300)
    m.command(False)
    run(m, False, MIN_OPEN_MS - 10)
    assert not m.may_close()
    run(m, False, 10)
    assert m.may_close()


def test_bouncing_contacts_are_no_fault():
    m = ContactorMonitor()
    m.command(True)
    for mirror in (False, False, False, True, False, True, False, True, True):
        assert m.step(mirror, 5) == 0
    assert run(m, True, 500) == 0
    for mirror in (False, True, False, False, True):
        assert m.step(mirror, 5) == 0
