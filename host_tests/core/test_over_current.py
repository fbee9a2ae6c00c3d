"""Over-current: thresholds on both sides of the knee, time, and grace after a lower offer."""

from evse.core.over_current import OverCurrent

# GB/T 18487.1: +2 A up to 20 A, 10 % above, 5 s
RULE = (20000, 2000, 1100, 5000, 6000)


def over_ms(o, drawn_ma, offered_ma, most_ms=30000):
    """Time until it is named, None when it is not."""
    for ms in range(20, most_ms + 20, 20):
        if o.step(drawn_ma, offered_ma, 20):
            return ms
    return None


def test_thresholds_on_both_sides_of_the_knee():
    for offered_ma, most_ma in (
        (6000, 8000),
        (16000, 18000),
        (20000, 22000),
        (20010, 22011),
        (32000, 35200),
        (63000, 69300),
    ):
        assert over_ms(OverCurrent(RULE), most_ma, offered_ma) is None, offered_ma
        assert over_ms(OverCurrent(RULE), most_ma + 1, offered_ma) == 5000, offered_ma


def test_time_counts_without_a_break():
    o = OverCurrent(RULE)
    for _ in range(10):
        assert over_ms(o, 19000, 16000, 4980) is None
        assert not o.step(18000, 16000, 20)
    assert over_ms(o, 19000, 16000) == 5000


def test_it_lasts_as_long_as_the_current():
    o = OverCurrent(RULE)
    over_ms(o, 19000, 16000)
    for _ in range(1000):
        assert o.step(19000, 16000, 20)
    assert not o.step(18000, 16000, 20)
    assert not o.step(19000, 16000, 20)


def test_earlier_offer_counts_for_the_grace_time_after_a_decrease():
    o = OverCurrent(RULE)
    o.step(32000, 32000, 20)
    assert over_ms(o, 32000, 10000) == 20 + 6000 + 5000 - 20
    o = OverCurrent(RULE)
    o.step(32000, 32000, 20)
    # What was too much for the earlier offer has no grace
    assert over_ms(o, 35201, 10000) == 5000


def test_vehicle_that_follows_within_its_time_is_not_named():
    o = OverCurrent(RULE)
    o.step(32000, 32000, 20)
    assert over_ms(o, 32000, 10000, 6000) is None
    assert over_ms(o, 12000, 10000) is None


def test_higher_offer_counts_at_once():
    o = OverCurrent(RULE)
    o.step(10000, 10000, 20)
    assert over_ms(o, 30000, 32000) is None
    o.step(10000, 10000, 20)
    assert over_ms(o, 30000, 10000, 3000) is None
    assert over_ms(o, 30000, 32000) is None


def test_offer_that_rises_in_the_grace_does_not_shorten_the_next_one():
    o = OverCurrent(RULE)
    o.step(0, 32000, 20)
    over_ms(o, 0, 10000, 5000)
    o.step(0, 32000, 20)
    assert over_ms(o, 32000, 10000) == 11000


def test_row_of_small_steps_down_does_not_keep_the_first_offer_alive():
    o = OverCurrent(RULE)
    named_ms = None
    for ms in range(0, 60000, 20):
        offered_ma = max(32000 - ms, 6000)
        if o.step(32000, offered_ma, 20):
            named_ms = ms
            break
    # The 32 A count for 6 s, then at most what was offered after the first step down
    assert named_ms is not None and 11000 <= named_ms <= 20000, named_ms


def test_two_decreases_have_one_grace_each():
    o = OverCurrent(RULE)
    o.step(0, 32000, 20)
    over_ms(o, 32000, 16000, 2000)
    # 16 A count from the sixth second on, for one grace more at most
    assert over_ms(o, 17000, 10000, 9000) is None
    assert over_ms(o, 17000, 10000) is not None


def test_offer_that_rose_and_fell_in_the_grace_has_a_grace_of_its_own():
    o = OverCurrent(RULE)
    o.step(0, 32000, 20)
    over_ms(o, 0, 10000, 2000)
    over_ms(o, 0, 16000, 2000)
    assert over_ms(o, 18000, 10000, 8000) is None
    assert over_ms(o, 18000, 10000, 6000) is not None


def test_pause_gives_the_vehicle_its_grace_and_then_two_amperes():
    o = OverCurrent(RULE)
    o.step(16000, 16000, 20)
    assert over_ms(o, 16000, 0) == 11000
    o = OverCurrent(RULE)
    o.step(16000, 16000, 20)
    assert over_ms(o, 16000, 0, 6000) is None
    assert over_ms(o, 2000, 0) is None
    assert over_ms(o, 2001, 0) == 5000


def test_rule_without_grace_counts_the_lower_offer_at_once():
    o = OverCurrent((20000, 2000, 1100, 5000, 0))
    o.step(16000, 16000, 20)
    assert over_ms(o, 16000, 10000) == 5000


def test_current_without_any_offer_is_too_much():
    assert over_ms(OverCurrent(RULE), 2000, 0) is None
    assert over_ms(OverCurrent(RULE), 2001, 0) == 5000
