"""Button presses: short on release, long while held, stuck, bounce."""

from evse.core.button_press import (
    DEBOUNCE_MS,
    LONG,
    LONG_MS,
    NONE,
    SHORT,
    STUCK,
    STUCK_MS,
    ButtonPress,
)


def run(button, active, ms, dt_ms=10):
    """What is said while the button reads `active` for `ms`, NONE left out."""
    said = [button.step(active, dt_ms) for _ in range(ms // dt_ms)]
    return [event for event in said if event != NONE]


def released():
    b = ButtonPress()
    assert run(b, False, 100) == []
    return b


def test_figures():
    assert (DEBOUNCE_MS, LONG_MS, STUCK_MS) == (30, 3000, 30000)


def test_short_press_counts_on_release():
    b = released()
    assert run(b, True, 500) == []
    assert run(b, False, 500) == [SHORT]
    assert run(b, True, 100) == []
    assert run(b, False, 100) == [SHORT]


def test_long_press_counts_while_held_and_once():
    b = released()
    assert run(b, True, LONG_MS) == []
    assert run(b, True, 100) == [LONG]
    assert run(b, True, 5000) == []
    assert run(b, False, 1000) == []


def test_release_just_before_three_seconds_is_short():
    b = released()
    assert run(b, True, LONG_MS - 50) == []
    assert run(b, False, 100) == [SHORT]


def test_stuck_is_said_once_and_ends_with_the_release():
    b = released()
    assert run(b, True, STUCK_MS - 100) == [LONG]
    assert not b.stuck
    assert run(b, True, 120000) == [STUCK]
    assert b.stuck
    assert run(b, False, 1000) == []
    assert not b.stuck
    run(b, True, 100)
    assert run(b, False, 100) == [SHORT]


def test_what_is_shorter_than_the_debounce_is_no_press_and_no_release():
    b = released()
    for _ in range(20):
        assert run(b, True, DEBOUNCE_MS) == []
        assert run(b, False, 10) == []
    assert run(b, False, 5000) == []
    run(b, True, 100)
    for _ in range(20):
        assert run(b, False, DEBOUNCE_MS) == []
        assert run(b, True, 10) == []
    assert run(b, False, 100) == [SHORT]


def test_a_bounce_at_three_seconds_loses_nothing():
    for bounce_ms in range(LONG_MS - 100, LONG_MS + 200, 10):
        b = released()
        said = run(b, True, bounce_ms) + run(b, False, 10) + run(b, True, 500)
        assert said == [LONG], bounce_ms
        assert run(b, False, 100) == []


def test_a_button_that_is_down_from_the_start_says_nothing_but_stuck():
    b = ButtonPress()
    assert run(b, True, 20000) == []
    assert run(b, False, 1000) == []
    b = ButtonPress()
    assert run(b, True, STUCK_MS) == [STUCK]
    assert b.stuck


def test_one_look_after_a_stall_is_one_look():
    b = released()
    assert b.step(True, 60000) == NONE
    assert b.step(False, 60000) == NONE
    assert run(b, False, 1000) == []
    run(b, True, 100)
    assert b.step(True, 60000) == NONE
    assert run(b, False, 100) == [SHORT]
