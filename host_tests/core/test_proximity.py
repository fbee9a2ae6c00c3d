"""Cable ampacity by the proximity resistor: bands, what lies between them, debounce, what never grows."""

from evse.core.limits import UNLIMITED_A10
from evse.core.proximity import ERROR, MATE_MS, NO_PLUG, SETTLE_MS, Proximity, ampacity_a10

# Resistors of IEC 61851-1 Annex B: least, nominal, most ohm and the current in 0.1 A
BANDS = ((80, 100, 140, 630), (164, 220, 308, 320), (400, 680, 936, 200), (1100, 1500, 2460, 130))
OPEN = 1000000


def run(proximity, ohm, ms, vehicle=True, dt_ms=20):
    """Limits told while `ohm` is read for `ms`."""
    return [proximity.step(ohm, vehicle, dt_ms) for _ in range(ms // dt_ms)]


def plugged(ohm):
    p = Proximity()
    run(p, OPEN, 1000, vehicle=False)
    run(p, ohm, 1000)
    return p


def test_every_resistor_of_a_band_has_its_current():
    for least, nominal, most, a10 in BANDS:
        for ohm in (least, nominal, most):
            assert ampacity_a10(ohm) == a10, ohm


def test_between_two_bands_the_lower_current_counts():
    for index in range(len(BANDS) - 1):
        most, (least, _nominal, _most, lower_a10) = BANDS[index][2], BANDS[index + 1]
        for ohm in range(most + 1, least):
            assert ampacity_a10(ohm) == lower_a10, ohm


def test_open_shorted_and_failed_have_names():
    for ohm, expected in ((59, ERROR), (0, ERROR), (-5, ERROR), (None, ERROR), (60, 630)):
        assert ampacity_a10(ohm) == expected, ohm
    for ohm, expected in ((4500, 130), (4501, NO_PLUG), (OPEN, NO_PLUG)):
        assert ampacity_a10(ohm) == expected, ohm


def test_more_ohm_never_means_more_current():
    last_a10 = 630
    for ohm in range(60, 6000):
        assert NO_PLUG <= ampacity_a10(ohm) <= last_a10, ohm
        last_a10 = ampacity_a10(ohm)
    assert last_a10 == NO_PLUG


def test_a_plug_found_at_the_start_counts_at_once():
    p = Proximity()
    assert p.cable_a10 is None
    assert p.step(220, True, 20) == 320
    assert p.cable_a10 == 320


def test_nothing_plugged_limits_nothing():
    p = Proximity()
    assert set(run(p, OPEN, 5000, vehicle=False)) == {UNLIMITED_A10}
    assert p.cable_a10 == NO_PLUG


def test_plugging_in_never_gives_nothing_nor_more_than_every_cable_carries():
    p = Proximity()
    run(p, OPEN, 1000, vehicle=False)
    # The pilot first, then a bounce, then the cable
    told = run(p, OPEN, 200) + run(p, 0, 40) + run(p, 100, 20) + run(p, 220, 600)
    first = told.index(320)
    assert set(told[:first]) == {130}
    assert set(told[first:]) == {320}
    assert (first - 12) * 20 >= SETTLE_MS


def test_a_vehicle_without_a_proximity_gets_nothing_after_a_moment():
    p = Proximity()
    run(p, OPEN, 1000, vehicle=False)
    told = run(p, OPEN, 5000)
    assert told.count(130) == MATE_MS // 20
    assert set(told[MATE_MS // 20 :]) == {0}
    # Gone and back: the same again
    run(p, OPEN, 1000, vehicle=False)
    assert p.step(OPEN, True, 20) == 130


def test_shorted_gives_nothing_and_never_a_larger_current():
    p = plugged(680)
    told = run(p, 0, 1000)
    assert set(told) == {200, 0} and told[-1] == 0
    assert p.cable_a10 == ERROR
    p = plugged(680)
    told = run(p, None, 1000)
    assert set(told) == {200, 0} and told[-1] == 0
    p = Proximity()
    assert set(run(p, 0, 1000, vehicle=False)) == {0}


def test_open_while_plugged_gives_nothing_and_no_second_moment():
    p = plugged(220)
    told = run(p, OPEN, 3000)
    assert set(told) == {320, 0}
    assert told.count(320) * 20 <= SETTLE_MS + 20
    assert p.cable_a10 == NO_PLUG
    assert run(p, 220, 1000)[-1] == 320


def test_a_cable_that_stays_plugged_does_not_grow():
    p = plugged(680)
    # A wet contact, then a wire that came back with less
    assert set(run(p, 100, 5000)) == {200}
    assert p.cable_a10 == 630
    run(p, 0, 1000)
    assert set(run(p, 100, 5000)) == {0, 200}
    run(p, OPEN, 1000, vehicle=False)
    assert run(p, 100, 1000)[-1] == 630


def test_a_lower_current_counts_though_the_reading_varies():
    p = plugged(100)
    told = []
    for index in range(50):
        told.append(p.step((220, 680, 240)[index % 3], True, 20))
    assert told[0] == 630 and told[-1] == 200
    assert told.index(200) * 20 <= SETTLE_MS + 20


def test_a_larger_current_must_be_steady():
    p = Proximity()
    p.step(1500, False, 20)
    for index in range(200):
        assert p.step((220, 100)[index % 2], True, 20) == 130
    run(p, 220, 1000)
    assert p.cable_a10 == 320


def test_a_blink_changes_nothing():
    for ohm in (0, OPEN, 1500, 100, None):
        p = plugged(220)
        for _ in range(50):
            assert p.step(220, True, 20) == 320
            assert set(run(p, ohm, SETTLE_MS - 20)) == {320}, ohm
        assert p.cable_a10 == 320


def test_a_low_blink_within_a_rise_restarts_it():
    p = plugged(680)
    run(p, 220, SETTLE_MS - 40)
    run(p, 1500, 20)
    assert p.cable_a10 == 200
    run(p, 1500, SETTLE_MS - 20)
    assert p.cable_a10 == 200
    run(p, 1500, 20)
    assert p.cable_a10 == 130


def test_one_look_after_a_stall_is_one_look():
    p = plugged(220)
    assert p.step(1500, True, 60000) == 320
    assert p.step(1500, True, 60000) == 320
    p = Proximity()
    p.step(OPEN, False, 20)
    assert p.step(OPEN, True, 60000) == 130
    assert p.step(OPEN, True, 60000) == 130
