"""The register refuses what cannot be and never invents energy."""

from evse.core.meter import MeterRegister


def register():
    r = MeterRegister(7040)
    r.accept(1000000)
    assert r.accept(1000000)
    return r


def test_first_reading_counts_when_a_second_agrees():
    r = MeterRegister(7040)
    for wh in (99, 1234560, 5000000, 1234560):
        assert not r.accept(wh)
        assert r.wh is None
    assert r.accept(1234570) and r.wh == 1234570


def test_step_back_is_refused_and_named_after_three():
    r = register()
    for count in range(3):
        assert not r.implausible, count
        assert not r.accept(999990)
        assert r.wh == 1000000
    assert r.implausible


def test_one_odd_reading_is_noise():
    r = register()
    for _ in range(10):
        r.step(1000)
        assert not r.accept(2000000)
        assert r.accept(1000000)
    assert not r.implausible and r.refused == 10


def test_jump_above_the_rated_power_is_refused():
    r = register()
    r.step(1000)
    assert not r.accept(1000100)
    assert r.accept(1000030)


def test_long_silence_allows_the_energy_of_that_time():
    r = register()
    r.step(600000)
    assert r.lost
    assert not r.accept(1001300)
    assert r.accept(1001170)
    r.step(20)
    assert r.lost, "current and voltage are as old"
    r.take_currents((0,))
    r.step(20)
    assert r.lost and not r.supply_known
    r.take_voltages((220000,))
    r.step(20)
    assert not r.lost and r.supply_known


def test_lost_after_three_and_a_half_seconds():
    r = register()
    r.step(3500)
    assert not r.lost
    r.step(1)
    assert r.lost and r.wh == 1000000


def test_meter_that_answers_now_and_then_is_lost():
    r = register()
    for answered in (True, False, False, False, True, False, False):
        r.heard(answered)
        r.step(20)
        assert not r.lost
    r.heard(False)
    r.step(20)
    assert r.lost
    for _ in range(4):
        r.heard(True)
    r.step(20)
    assert not r.lost


def test_restart_takes_a_new_meter():
    r = register()
    for _ in range(3):
        r.accept(5)
    r.restart()
    assert not r.implausible and not r.accept(5) and r.accept(5) and r.wh == 5


def test_what_moved_without_power_is_the_same_meters_and_possible():
    r = register()
    r.number = "210012345678"
    minute_ms = 60000
    # 7040 W for a minute and the resolution of the register
    most_wh = 7040 // 60 + 30
    for number in ("210012345678", ""):
        assert r.follows(number, 1000000, minute_ms)
        assert r.follows(number, 1000000 - most_wh, minute_ms)
        assert not r.follows(number, 1000000 - most_wh - 1, minute_ms)
        assert not r.follows(number, 1000010, minute_ms)
    assert not r.follows("210012345679", 1000000, minute_ms)
    r.number = ""
    assert r.follows("210012345679", 1000000, minute_ms)
