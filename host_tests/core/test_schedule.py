"""Charging profiles: which one holds, when it changes, and what a clock that is unknown leaves of them."""

from evse.core import schedule
from evse.core.messages import ProtocolError

T = 1767225600  # 2026-01-01 00:00 UTC, a Thursday
FREE = schedule.UNLIMITED_A10


def made(number=1, connector=0, purpose="default", stack=0, periods=((0, 160),), **more):
    """A profile by the arguments of its command."""
    args = {"id": number, "connector": connector, "purpose": purpose, "stack": stack}
    args["periods"] = [list(period) for period in periods]
    args.update(more)
    return schedule.profile(args)


def test_without_profiles_nothing_is_bound():
    assert schedule.limit([], 1, T) == (FREE, 0, schedule.NEVER)
    assert schedule.composite([], 1, T, 0, None, 3600) == [(0, FREE, 0)]


def test_the_highest_level_that_counts_now_holds():
    low = made(1, stack=1, periods=((0, 100),))
    high = made(2, stack=5, periods=((0, 200),), from_utc=T + 100, until_utc=T + 200)
    assert schedule.limit([low, high], 1, T) == (100, 0, 100)
    assert schedule.limit([low, high], 1, T + 100) == (200, 0, 100)
    assert schedule.composite([high, low], 1, T, 0, None, 300) == [
        (0, 100, 0),
        (100, 200, 0),
        (200, 100, 0),
    ]


def test_a_schedule_that_has_run_out_or_not_begun_gives_way():
    low = made(1, stack=0, periods=((0, 60),))
    high = made(2, stack=1, start_utc=T + 10, duration_s=20, periods=((0, 320), (5, 240, 1)))
    assert schedule.composite([low, high], 1, T, 0, None, 60) == [
        (0, 60, 0),
        (10, 320, 0),
        (15, 240, 1),
        (30, 60, 0),
    ]
    late = made(3, stack=2, periods=((7, 80),))
    assert schedule.limit([low, late], 1, T, 6) == (60, 0, 1)
    assert schedule.limit([low, late], 1, T, 7) == (80, 0, schedule.NEVER)


def test_a_default_of_the_connector_overrides_those_of_all_while_it_counts():
    for_all = made(1, stack=9, periods=((0, 100),))
    own = made(2, connector=1, stack=0, periods=((0, 250),), duration_s=50)
    assert schedule.limit([for_all, own], 1, T, 0)[:2] == (250, 0)
    assert schedule.limit([for_all, own], 2, T, 0)[:2] == (100, 0)
    assert schedule.limit([for_all, own], 1, T, 50)[:2] == (100, 0)


def test_a_transaction_has_its_own_profile_instead_of_the_default_and_never_above_the_maximum():
    whole = made(1, purpose="max", periods=((0, 200, 3),))
    default = made(2, periods=((0, 100),))
    own = made(3, connector=1, purpose="tx", periods=((0, 320, 1),), ref="r1", duration_s=60)
    held = [whole, default, own]
    assert schedule.limit(held, 1, T, 0, "r1") == (200, 1, 60)
    assert schedule.limit(held, 1, T, 60, "r1")[:2] == (100, 3)
    assert schedule.limit(held, 1, T, 0, "r2")[:2] == (100, 3)
    assert schedule.limit(held, 1, T)[:2] == (100, 3)
    assert schedule.limit(held, 2, T, 0, "r1")[:2] == (100, 3)
    assert schedule.limit(held, 0, T)[:2] == (200, 3)


def test_a_day_comes_again_over_midnight():
    night = made(1, start_utc=T + 22 * 3600, recur="daily", periods=((0, 320), (8 * 3600, 60)))
    day = schedule.DAY_S
    assert schedule.limit([night], 1, T + 21 * 3600)[0] == FREE
    for count in (0, 1, 400):
        assert schedule.limit([night], 1, T + count * day + 23 * 3600)[:2] == (320, 0)
        assert schedule.limit([night], 1, T + (count + 1) * day + 3 * 3600) == (320, 0, 3 * 3600)
        assert schedule.limit([night], 1, T + (count + 1) * day + 6 * 3600)[0] == 60
        assert schedule.limit([night], 1, T + (count + 1) * day + 22 * 3600)[0] == 320


def test_a_week_comes_again_and_a_duration_ends_each_one():
    sunday = made(1, start_utc=T + 3 * 86400, recur="weekly", duration_s=86400, periods=((0, 0),))
    week = schedule.WEEK_S
    for count in range(3):
        assert schedule.limit([sunday], 1, T + 3 * 86400 + count * week) == (0, 0, 86400)
        assert schedule.limit([sunday], 1, T + 4 * 86400 + count * week) == (FREE, 0, 6 * 86400)


def test_without_a_clock_the_least_that_may_hold_applies():
    placed = made(1, stack=5, periods=((0, 160), (100, 200)))
    above = made(2, stack=6, start_utc=T, periods=((0, 320, 3), (9, 120, 1)))
    below = made(3, stack=1, from_utc=T, periods=((0, 60),))
    assert schedule.limit([placed], 1, None, 100) == (200, 0, schedule.NEVER)
    assert schedule.limit([placed, below], 1, None, 0)[:2] == (160, 0)
    assert schedule.limit([placed, above, below], 1, None, 0)[:2] == (120, 1)
    # A tx profile that may have run out leaves the default in force
    own = made(4, connector=1, purpose="tx", ref="r", until_utc=T, periods=((0, 320),))
    assert schedule.limit([placed, own], 1, None, 0, "r")[:2] == (160, 0)


def test_without_the_age_of_the_transaction_relative_ones_cannot_be_placed():
    relative = made(1, stack=3, periods=((0, 160), (100, 70)))
    absolute = made(2, stack=2, start_utc=T, periods=((0, 100),))
    assert schedule.limit([relative, absolute], 1, T, None)[0] == 70
    assert schedule.limit([absolute], 1, T + 5, None)[0] == 100
    assert schedule.composite([relative], 1, None, None, "r", 500) == [(0, 70, 0)]


def test_an_equal_replaces_its_equal():
    held = []
    for new in (
        made(1, stack=0),
        made(2, stack=1),
        made(2, stack=2),  # the id moves
        made(3, stack=0),  # in the place of 1
        made(4, connector=1, stack=0),
        made(5, connector=1, purpose="tx", ref="a"),
        made(6, connector=1, purpose="tx", ref="b"),
    ):
        held = schedule.install(held, new)
    assert [each[0] for each in held] == [2, 3, 4, 5, 6]


def refused(**args):
    """Field that profile() names."""
    try:
        made(**args)
    except ProtocolError as error:
        return error.field
    return ""


def test_what_does_not_go_together_is_named():
    assert refused(purpose="min") == "purpose"
    assert refused(purpose="max", connector=1) == "connector"
    assert refused(purpose="tx", connector=0) == "connector"
    assert refused(recur="hourly", start_utc=T) == "recur"
    assert refused(recur="daily") == "start_utc"
    for periods in (
        ((0,),),
        ((0, 1, 2, 3),),
        ((-1, 60),),
        ((0, -1),),
        ((0, 10001),),
        ((0, 60, 4),),
        ((0, True),),
        ((0, "60"),),
        ((0, 60), (0, 70)),
        ((5, 60), (4, 70)),
    ):
        assert refused(periods=periods) == "periods"
    for bad in ([5], ["ab"], [None]):
        try:
            schedule.profile(
                {"id": 1, "connector": 0, "purpose": "default", "stack": 0, "periods": bad}
            )
        except ProtocolError as error:
            assert error.field == "periods"
        else:
            raise AssertionError("%r was taken" % (bad,))
