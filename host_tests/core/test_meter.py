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
    r.number = "210012345678"
    r.follows("210012345679", 1000000, minute_ms)
    assert r.problem == "meter replaced: number 210012345679 -> 210012345678"


def test_slack_follows_the_resolution_of_the_meter():
    for resolution_wh in (1, 10, 63):
        r = register()
        r.resolution_wh = resolution_wh
        r.step(500)
        # 7040 W for 1.5 s are 2 Wh
        most_wh = 1000000 + 2 + 20 + resolution_wh
        assert not r.accept(most_wh + 1)
        assert r.accept(most_wh)


def near_the_end(wrap_wh=1000000000):
    r = MeterRegister(7040)
    r.wrap_wh = wrap_wh
    r.accept(wrap_wh - 10)
    assert r.accept(wrap_wh - 10)
    return r


def test_register_that_begins_anew_goes_on_here():
    r = near_the_end()
    r.step(10000)
    assert r.accept(10) and r.wh == 1000000010
    r.step(10000)
    assert r.accept(20) and r.wh == 1000000020
    assert not r.accept(10), "one step back"
    assert r.accept(20) and r.wh == 1000000020


def test_only_what_the_rated_power_allows_is_a_new_beginning():
    r = near_the_end()
    r.step(10000)
    # 7040 W for 11 s are 21 Wh, the slack is 30 Wh
    assert not r.accept(42)
    assert r.accept(41) and r.wh == 1000000041
    for wrap_wh, wh in ((0, 10), (1000000000, 999999980)):
        r = near_the_end()
        r.wrap_wh = wrap_wh
        for _ in range(3):
            assert not r.accept(wh), (wrap_wh, wh)
        assert r.implausible and r.problem == "meter register: 999999990 -> %d Wh" % wh


def test_register_that_began_anew_without_power_goes_on_from_the_last_record():
    r = MeterRegister(7040)
    r.wrap_wh = 1000000000
    r.accept(20)
    assert r.accept(20)
    assert not r.follows("", 999999000, 60000)
    assert r.wh == 20 and r.problem == "meter register: 999999000 -> 20 Wh"
    assert r.follows("", 999999980, 60000) and r.wh == 1000000020
    r.step(1000)
    assert r.accept(30) and r.wh == 1000000030
    # The second time, with one turn on the books
    r = MeterRegister(7040)
    r.wrap_wh = 1000000000
    r.accept(20)
    assert r.accept(20)
    assert r.follows("", 1000000010, 60000) and r.wh == 1000000020


def test_another_meter_is_named_and_taken_after_a_restart():
    r = MeterRegister(7040)
    assert not r.accept(1000000, "A")
    assert not r.accept(1000000, "B"), "two meters, one reading each"
    assert r.accept(1000000, "B") and r.number == "B"
    for _ in range(2):
        assert not r.accept(1000000, "C")
    assert r.accept(1000000, "") and r.number == "B", "no number is no other number"
    for count in range(3):
        assert not r.implausible and not r.problem, count
        assert not r.accept(1000010, "C")
    assert r.implausible and r.wh == 1000000
    assert r.problem == "meter replaced: number B -> C"
    r.restart()
    assert not r.implausible and not r.problem
    r.accept(5, "C")
    assert r.accept(5, "C") and (r.wh, r.number) == (5, "C")
