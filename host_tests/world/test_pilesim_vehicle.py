"""The simulated car: what it reads from the duty, when it moves S2, what it draws."""

from types import SimpleNamespace

import pytest

from pilesim.vehicle import MODES, R2_OHM, R2_WITH_R3_OHM, R2_WITH_VENTILATION_OHM, allowed_ma
from pilesim.world import World

BOARD = SimpleNamespace(PINS={"cp_pwm": 25, "contactor": 26, "heartbeat": 27, "mirror": 33})


def duty(percent):
    return int(percent * 65536 / 100)


class Bench:
    """A world whose pilot and contactor the test drives by hand."""

    def __init__(self):
        self.world = World(seed=5)
        self.world.wire(BOARD)
        self.vehicle = self.world.vehicle
        self.clock = self.world.clock
        self.pilot = self.world.chip.pad(25)
        self.pilot.start_pwm(1000, 65535)
        self._relay, self._heartbeat = self.world.chip.pad(26), self.world.chip.pad(27)
        for pad in (self._relay, self._heartbeat):
            pad.set_output(True)
        self._beat = 0

    def run(self, ms):
        for _ in range(ms // 10):
            self._beat ^= 1
            self._heartbeat.write(self._beat)
            self.clock.advance(10_000)

    def offer(self, percent):
        self.pilot.set_duty(65535 if percent >= 100 else duty(percent))

    def contactor(self, closed):
        self._relay.write(1 if closed else 0)

    def charge(self, percent=53.33):
        self.vehicle.plug()
        self.offer(percent)
        self.run(500)
        self.contactor(True)
        self.run(2000)


@pytest.fixture
def bench():
    return Bench()


@pytest.mark.parametrize(
    ("percent", "milliamps"),
    [
        (0, 0),
        (5, 0),
        (7.5, 0),
        (8.5, 6000),
        (10, 6000),
        (16.67, 10_000),
        (53.33, 32_000),
        (84.99, 51_000),
        (89.2, 63_000),
        (96.5, 80_000),
        (98, 0),
    ],
)
def test_duty_law_of_the_vehicles_side(percent, milliamps):
    assert allowed_ma(duty(percent)) == pytest.approx(milliamps, abs=20)


def test_steady_levels_and_no_pilot_offer_nothing():
    assert [allowed_ma(value) for value in (65535, 0, None)] == [0, 0, 0]


def test_plugging_puts_r2_on_the_line_and_unplugging_takes_it_off(bench):
    bench.vehicle.plug()
    assert bench.world.line.vehicle_ohm == R2_OHM
    bench.vehicle.unplug()
    assert bench.world.line.vehicle_ohm == 0


def test_s2_closes_400_ms_after_the_offer(bench):
    bench.vehicle.plug()
    bench.run(1000)
    assert not bench.vehicle.s2_closed
    offered_us = bench.clock.now_us
    bench.offer(53.33)
    bench.run(500)
    # The new duty begins with the next period
    assert 400_000 < bench.vehicle.last_s2_close_us - offered_us <= 401_000
    assert bench.world.line.vehicle_ohm == R2_WITH_R3_OHM


def test_no_current_before_the_contactor_and_none_after(bench):
    bench.vehicle.plug()
    bench.offer(53.33)
    bench.run(1000)
    assert bench.vehicle.current_ma() == 0
    bench.contactor(True)
    bench.run(2000)
    assert bench.vehicle.current_ma() == pytest.approx(32_000, abs=10)
    bench.contactor(False)
    bench.run(50)
    assert bench.vehicle.current_ma() == 0


def test_current_follows_a_changed_duty_within_5_s(bench):
    bench.charge()
    bench.offer(16.67)
    bench.run(500)
    assert 10_000 < bench.vehicle.current_ma() < 32_000
    bench.run(1000)
    assert bench.vehicle.current_ma() == pytest.approx(10_000, abs=10)


def test_the_car_takes_no_more_than_its_own_charger(bench):
    bench.vehicle.max_ma = 16_000
    bench.charge()
    assert bench.vehicle.current_ma() == 16_000


def test_pwm_off_makes_it_ramp_down_and_open_s2_within_a_second(bench):
    bench.charge()
    stopped_us = bench.clock.now_us
    bench.offer(100)
    bench.run(1000)
    assert not bench.vehicle.s2_closed
    assert bench.vehicle.last_s2_open_us - stopped_us <= 1_000_000
    assert bench.vehicle.current_ma() == 0
    assert bench.world.contactor.closed


def test_pwm_back_in_time_goes_on_charging(bench):
    bench.charge()
    bench.offer(100)
    bench.run(300)
    bench.offer(53.33)
    bench.run(3000)
    assert bench.vehicle.s2_closed
    assert bench.vehicle.last_s2_open_us == -1
    assert bench.vehicle.current_ma() == pytest.approx(32_000, abs=10)


@pytest.mark.parametrize("fault", ["cp_open", "cp_short", "pwm_stuck_low"])
def test_a_lost_pilot_opens_s2(bench, fault):
    bench.charge()
    bench.world.set_fault(fault, True)
    bench.run(1000)
    assert not bench.vehicle.s2_closed


def test_stubborn_goes_on_drawing(bench):
    bench.vehicle.set_mode("stubborn")
    bench.charge()
    bench.offer(100)
    bench.run(8000)
    assert bench.vehicle.s2_closed
    assert bench.vehicle.current_ma() == pytest.approx(32_000, abs=10)


def test_simplified_is_882_ohm_and_10_a(bench):
    bench.vehicle.set_mode("simplified")
    bench.charge()
    assert bench.world.line.vehicle_ohm == R2_WITH_R3_OHM
    assert bench.vehicle.current_ma() == 10_000


def test_ventilated_is_state_d(bench):
    bench.vehicle.set_mode("ventilated")
    bench.charge()
    assert bench.world.line.vehicle_ohm == R2_WITH_VENTILATION_OHM


def test_sleepy_wakes_on_a_pause_of_3_s_and_not_on_a_shorter_one(bench):
    bench.vehicle.set_mode("sleepy")
    bench.vehicle.plug()
    bench.run(5000)
    bench.offer(53.33)
    bench.run(5000)
    for pause_ms, awake in ((1000, False), (3100, True)):
        bench.offer(100)
        bench.run(pause_ms)
        bench.offer(53.33)
        bench.run(1000)
        assert bench.vehicle.s2_closed is awake


def test_a_full_battery_tapers_and_opens_s2(bench):
    bench.vehicle.set_need_wh(50)
    bench.charge()
    bench.run(24_000)
    assert bench.vehicle.s2_closed
    bench.run(10_000)
    assert not bench.vehicle.s2_closed
    assert bench.world.events("full")
    # The taper adds a few Wh
    assert 50 <= bench.vehicle.received_wh() <= 56
    bench.vehicle.set_need_wh(1000)
    bench.run(1000)
    assert bench.vehicle.s2_closed


def test_forced_s2_overrides_the_pilot(bench):
    bench.charge()
    bench.vehicle.force_s2("open")
    assert not bench.vehicle.s2_closed
    assert bench.vehicle.current_ma() == 0
    bench.vehicle.force_s2(None)
    bench.run(1000)
    assert bench.vehicle.s2_closed
    bench.vehicle.unplug()
    bench.vehicle.force_s2("closed")
    bench.offer(100)
    bench.vehicle.plug()
    bench.run(1000)
    assert bench.vehicle.s2_closed


def test_overdraw_takes_more_than_offered(bench):
    bench.charge(26.67)
    bench.world.set_fault("overdraw", True)
    bench.run(2000)
    assert bench.vehicle.current_ma() == pytest.approx(20_800, abs=10)


def test_unplugging_under_load_ends_the_current(bench):
    bench.charge()
    bench.vehicle.unplug()
    assert bench.vehicle.current_ma() == 0
    bench.run(1000)
    assert bench.vehicle.current_ma() == 0
    assert not bench.vehicle.s2_closed


def test_a_second_charge_begins_afresh(bench):
    bench.charge()
    bench.vehicle.unplug()
    bench.contactor(False)
    bench.run(1000)
    bench.charge()
    assert bench.vehicle.current_ma() == pytest.approx(32_000, abs=10)


def test_unknown_mode_names_the_allowed_ones(bench):
    with pytest.raises(ValueError, match=" ".join(MODES)):
        bench.vehicle.set_mode("flying")


def test_resistors_at_the_ends_of_their_tolerance(bench):
    bench.vehicle.r2_ohm = 2822
    bench.vehicle.r2_with_r3_ohm = 909
    bench.vehicle.plug()
    assert bench.world.line.vehicle_ohm == 2822
    bench.vehicle.force_s2("closed")
    assert bench.world.line.vehicle_ohm == 909
    bench.vehicle.r2_with_ventilation_ohm = 253
    bench.vehicle.set_mode("ventilated")
    bench.vehicle.force_s2("open")
    bench.vehicle.force_s2("closed")
    assert bench.world.line.vehicle_ohm == 253


def test_without_a_lock_the_plug_can_always_be_pulled(bench):
    assert bench.vehicle.unplug()
    bench.vehicle.plug()
    assert bench.vehicle.unplug()
    assert not bench.vehicle.plugged
