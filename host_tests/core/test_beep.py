"""Beep patterns, step by step."""

from evse.core.beep import ACCEPTED, FAULT, REFUSED, Beep


def heard(beep, steps=100, dt_ms=20):
    """Lengths in ms of tone, silence, tone, .. without the last silence."""
    lengths, level = [], True
    for _ in range(steps):
        on = beep.step(dt_ms)
        if on != level:
            level = on
            lengths.append(0)
        if not lengths:
            lengths.append(0)
        lengths[-1] += dt_ms
    assert not level, "it must end"
    return lengths[:-1]


def test_silent_until_told():
    b = Beep()
    assert not any(b.step(20) for _ in range(1000))


def test_each_pattern_sounds_as_long_as_it_says():
    for which, expected in (
        (ACCEPTED, [100]),
        (REFUSED, [100, 100, 100, 100, 100]),
        (FAULT, [1000]),
    ):
        b = Beep()
        b.start(which)
        assert heard(b) == expected
        assert not any(b.step(20) for _ in range(100))


def test_a_new_one_takes_the_place_of_the_old():
    b = Beep()
    b.start(FAULT)
    assert b.step(20)
    b.start(ACCEPTED)
    assert heard(b) == [100]


def test_a_stall_makes_it_longer_and_not_unheard():
    b = Beep()
    b.start(REFUSED)
    assert [b.step(5000) for _ in range(7)] == [True, False, True, False, True, False, False]
