"""Bills: time-of-use edges, rounding, and that nothing is lost or invented."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bridge.fakes import T0
from pilebridge.billing import DAY_S, Period, Tariff, bill, price_fen
from pilebridge.model import Reading

FLAT = Tariff("flat", 28800, (Period(0, 6500, 4000),))
DAY_NIGHT = Tariff(
    "day and night",
    28800,
    (Period(0, 3500, 4000), Period(8 * 3600, 6500, 4000), Period(22 * 3600, 3500, 4000)),
)
# 2025-11-20 08:00 in China
EIGHT = 1763596800


def test_energy_is_billed_in_whole_steps_of_10_wh():
    cdr = bill([Reading(T0, 1000), Reading(T0 + 60, 2349)], FLAT)
    assert cdr.energy_wh == 1340
    assert [(line.energy_wh, line.energy_fen, line.service_fen) for line in cdr.lines] == [
        (1340, 87, 54)
    ]
    assert cdr.total_fen == 141


def test_money_is_rounded_half_up_per_line():
    assert price_fen(10, 5000) == 1  # 0.5 fen
    assert price_fen(10, 4999) == 0
    assert price_fen(1000, 6500) == 65
    assert price_fen(0, 6500) == 0


def test_edge_uses_the_sample_that_stands_on_it():
    readings = [Reading(EIGHT - 600, 0), Reading(EIGHT, 777), Reading(EIGHT + 600, 2000)]
    cdr = bill(readings, DAY_NIGHT)
    assert [(line.end_utc, line.energy_wh) for line in cdr.lines] == [
        (EIGHT, 770),
        (EIGHT + 600, 1230),
    ]
    assert [line.energy_price for line in cdr.lines] == [3500, 6500]


def test_edge_between_samples_is_a_straight_line():
    cdr = bill([Reading(EIGHT - 100, 0), Reading(EIGHT + 300, 1000)], DAY_NIGHT)
    assert [line.energy_wh for line in cdr.lines] == [250, 750]


def test_start_on_an_edge_belongs_to_the_later_period():
    cdr = bill([Reading(EIGHT, 0), Reading(EIGHT + 60, 100)], DAY_NIGHT)
    assert [line.energy_price for line in cdr.lines] == [6500]


def test_stop_on_an_edge_makes_no_empty_line():
    cdr = bill([Reading(EIGHT - 60, 0), Reading(EIGHT, 100)], DAY_NIGHT)
    assert [(line.energy_price, line.energy_wh) for line in cdr.lines] == [(3500, 100)]


def test_edges_are_in_local_time_whatever_the_offset():
    utc = Tariff("utc", 0, DAY_NIGHT.periods)
    midnight = T0 - T0 % DAY_S
    cdr = bill([Reading(midnight + 7 * 3600, 0), Reading(midnight + 9 * 3600, 2000)], utc)
    assert [line.energy_wh for line in cdr.lines] == [1000, 1000]


def test_a_charge_that_ends_where_it_began_has_one_empty_line():
    cdr = bill([Reading(T0, 500)], FLAT)
    assert (cdr.energy_wh, cdr.total_fen, len(cdr.lines)) == (0, 0, 1)


def test_a_register_that_steps_back_is_held_and_marked():
    cdr = bill([Reading(T0, 1000), Reading(T0 + 10, 900), Reading(T0 + 20, 1100)], FLAT)
    assert (cdr.energy_wh, cdr.estimated) == (100, True)
    assert not bill([Reading(T0, 1000), Reading(T0 + 10, 1100)], FLAT).estimated


def daily(days, wh_per_day):
    """A register read at every edge of DAY_NIGHT, `wh_per_day` drawn in the day period only."""
    readings = []
    for day in range(days):
        readings.append(Reading(EIGHT + day * DAY_S, day * wh_per_day))
        readings.append(Reading(EIGHT + day * DAY_S + 14 * 3600, (day + 1) * wh_per_day))
    return readings


def test_too_many_lines_are_joined_where_neighbours_have_one_price():
    # The night of DAY_NIGHT is two periods of one price: 3 lines a day become 2
    cdr = bill([Reading(EIGHT, 0), Reading(EIGHT + 15 * DAY_S, 150_000)], DAY_NIGHT)
    assert len(cdr.lines) == 30
    assert all(a.end_utc == b.start_utc for a, b in pairwise(cdr.lines))
    assert [line.energy_price for line in cdr.lines] == [6500, 3500] * 15
    assert cdr.energy_wh == 150_000


def test_too_many_lines_lose_the_empty_ones():
    cdr = bill(daily(20, 3000), DAY_NIGHT)
    assert [line.energy_wh for line in cdr.lines] == [3000] * 20
    assert {line.energy_price for line in cdr.lines} == {6500}
    empty = bill([Reading(EIGHT, 5), Reading(EIGHT + 40 * DAY_S, 5)], DAY_NIGHT)
    assert (len(empty.lines), empty.total_fen) == (1, 0)


def test_too_many_full_lines_keep_prices_and_order():
    cdr = bill([Reading(EIGHT, 0), Reading(EIGHT + 40 * DAY_S, 400_000)], DAY_NIGHT)
    assert len(cdr.lines) == 32
    by_price = {
        p: sum(x.energy_wh for x in cdr.lines if x.energy_price == p) for p in (3500, 6500)
    }
    assert sum(by_price.values()) == 400_000
    # 14 of 24 hours are day
    assert abs(by_price[6500] - 400_000 * 14 // 24) < 1000


def test_a_wild_reading_does_not_outbid_the_register_at_the_end():
    readings = [Reading(T0, 1000), Reading(T0 + 10, 99_999), Reading(T0 + 20, 1100)]
    cdr = bill(readings, FLAT)
    assert (cdr.energy_wh, cdr.estimated) == (100, True)
    readings = [Reading(T0, 1000), Reading(T0 + 9 * DAY_S, 1050), Reading(T0 + 20, 1100)]
    cdr = bill(readings, FLAT)
    assert (cdr.end_utc, cdr.energy_wh, cdr.estimated) == (T0 + 20, 100, True)


def test_a_tariff_survives_as_text():
    assert Tariff.from_text(DAY_NIGHT.as_text()) == DAY_NIGHT


@st.composite
def charges(draw):
    seconds = sorted([0, *draw(st.lists(st.integers(1, DAY_S - 1), max_size=6, unique=True))])
    prices = st.integers(0, 30000)
    periods = tuple(Period(second, draw(prices), draw(prices)) for second in seconds)
    tariff = Tariff("any", draw(st.sampled_from((0, 28800, -3600))), periods)
    utc, wh = T0, draw(st.integers(0, 10**9))
    readings = [Reading(utc, wh)]
    for _ in range(draw(st.integers(0, 8))):
        utc += draw(st.integers(0, DAY_S))
        wh += draw(st.integers(0, 20000))
        readings.append(Reading(utc, wh))
    return readings, tariff


@given(charges())
def test_lines_add_up_are_never_negative_and_cover_the_charge(charge):
    readings, tariff = charge
    cdr = bill(readings, tariff)
    total_wh = readings[-1].wh - readings[0].wh
    assert cdr.energy_wh == total_wh // 10 * 10
    assert sum(line.energy_wh for line in cdr.lines) == cdr.energy_wh
    assert sum(line.energy_fen for line in cdr.lines) == cdr.energy_fen
    assert sum(line.service_fen for line in cdr.lines) == cdr.service_fen
    assert len(cdr.lines) <= 32
    for line in cdr.lines:
        assert line.energy_wh >= 0
        assert line.energy_wh % 10 == 0
        assert line.energy_fen == price_fen(line.energy_wh, line.energy_price)
        assert line.start_utc <= line.end_utc
    for earlier, later in pairwise(cdr.lines):
        assert earlier.end_utc <= later.start_utc
    assert (cdr.start_utc, cdr.end_utc) == (readings[0].utc, readings[-1].utc)
    assert cdr.lines[0].start_utc >= cdr.start_utc
    assert cdr.lines[-1].end_utc <= cdr.end_utc


@given(charges())
def test_every_line_has_the_prices_of_every_period_it_touches(charge):
    readings, tariff = charge
    for line in bill(readings, tariff).lines:
        for moment in (line.start_utc, *tariff.edges(line.start_utc, line.end_utc)):
            assert tariff.at(moment).prices == (line.energy_price, line.service_price)


@given(charges())
def test_money_per_price_does_not_depend_on_how_many_lines_are_allowed(charge):
    readings, tariff = charge

    def per_price(cdr):
        sums = {}
        for line in cdr.lines:
            key = (line.energy_price, line.service_price)
            sums[key] = sums.get(key, 0) + line.energy_wh
        return {key: wh for key, wh in sums.items() if wh}

    assert per_price(bill(readings, tariff)) == per_price(bill(readings, tariff, max_lines=9999))
