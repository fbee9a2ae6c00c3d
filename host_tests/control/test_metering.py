"""The round of questions: what is asked when, what is asked again, and several meters on one pair."""

import asyncio
from itertools import pairwise

import pytest

from evse.core.meter import MeterRegister
from evse.core.readings import CURRENTS, ENERGY, FREQUENCY, POWER, VOLTAGES
from pilesim import host
from pilesim.load import Load
from pilesim.meter_dlt645 import MeterDlt645
from pilesim.meter_modbus import MeterModbus
from pilesim.rng import Random
from pilesim.world import World

ROUND = [ENERGY, CURRENTS, VOLTAGES, POWER, ENERGY, CURRENTS, VOLTAGES, FREQUENCY]
VALUES = {ENERGY: 1000, CURRENTS: (6000,), VOLTAGES: (230000,), POWER: 1380, FREQUENCY: 5000}


class FakeMeter:
    """Answers after `delay_ms`; keeps (ms, quantity) of every question."""

    tells = (ENERGY, VOLTAGES, CURRENTS, POWER, FREQUENCY)
    wrap_wh = 5000
    resolution_wh = 1
    frame = b"evidence"

    def __init__(self, world, delay_ms=100):
        self.asked = []
        self.delay_ms = delay_ms
        self.mute = ()
        self._world = world

    @property
    def now_ms(self):
        return self._world.clock.now_us // 1000

    def number(self):
        return "7"

    def request(self, quantity):
        self.asked.append((self.now_ms, quantity))

    def poll(self):
        asked_ms, quantity = self.asked[-1]
        if quantity in self.mute or self.now_ms - asked_ms < self.delay_ms:
            return None
        return VALUES[quantity]


def play(world, pairs, ms, each_20_ms=lambda: None):
    """Metering of these pairs after `ms` of virtual time."""
    from evse.control.metering import Metering

    metering = Metering(pairs)

    async def main():
        running = asyncio.create_task(metering.run())
        for _ in range(ms // 20):
            await asyncio.sleep_ms(20)
            for _meter, register in pairs:
                register.step(20)
            each_20_ms()
        running.cancel()

    host.run(main())
    return metering


@pytest.fixture
def world():
    with host.installed(World(3)) as installed:
        yield installed


def test_one_meter_is_asked_in_turn_with_a_pause_between(world):
    meter, register = FakeMeter(world), MeterRegister(7000)
    metering = play(world, [(meter, register)], 10_000)
    # The first register counts when a second agrees
    assert [quantity for _ms, quantity in meter.asked[:18]] == [ENERGY, *ROUND, *ROUND, ENERGY]
    gaps = {later[0] - earlier[0] for earlier, later in pairwise(meter.asked)}
    assert gaps <= {130, 131, 132}
    assert (register.wh, register.number, register.frame) == (1000, "7", b"evidence")
    assert (register.mv, register.ma, register.w, register.chz) == ((230000,), (6000,), 1380, 5000)
    assert (register.wrap_wh, register.resolution_wh) == (5000, 1)
    assert metering.silences == 0
    assert len(meter.asked) - metering.answers in (0, 1)


def test_what_is_needed_is_asked_three_times_and_the_rest_once(world):
    meter, register = FakeMeter(world), MeterRegister(7000)
    meter.mute = (CURRENTS, POWER)
    metering = play(world, [(meter, register)], 20_000)
    quantities = [quantity for _ms, quantity in meter.asked]
    # After so much silence the register comes between
    whole = [ENERGY, ENERGY, *[CURRENTS] * 3, ENERGY, VOLTAGES, POWER, ENERGY, *[CURRENTS] * 3]
    assert quantities[: len(whole)] == whole
    register_ms = [ms for ms, quantity in meter.asked if quantity == ENERGY]
    assert max(b - a for a, b in pairwise(register_ms)) <= 2400
    times = [ms for ms, _quantity in meter.asked]
    # At once after 700 ms of silence: nobody is on the pair
    gaps = [times[i + 1] - times[i] for i in range(2, 5)]
    assert all(0 <= gap - 700 <= 1 for gap in gaps)
    assert metering.silences > 10


def test_only_what_the_meter_tells_is_asked(world):
    meter, register = FakeMeter(world), MeterRegister(7000)
    meter.tells = (ENERGY, POWER)
    play(world, [(meter, register)], 3000)
    quantities = [quantity for _ms, quantity in meter.asked]
    assert quantities[:7] == [ENERGY, ENERGY, POWER, ENERGY, ENERGY, POWER, ENERGY]


def test_part_that_fails_is_silent_and_asked_again(world):
    meter, register = FakeMeter(world), MeterRegister(7000)
    request = meter.request

    def broken(_quantity):
        raise OSError(5)

    meter.request = broken
    metering = play(world, [(meter, register)], 3000)
    assert metering.silences > 50
    assert register.lost
    meter.request = request
    play(world, [(meter, register)], 3000)
    assert not register.lost
    assert register.wh == 1000


def test_two_slow_meters_share_the_time(world):
    pairs = [(FakeMeter(world), MeterRegister(7000)) for _ in range(2)]
    play(world, pairs, 10_000)
    first, second = (meter.asked for meter, _register in pairs)
    assert abs(len(first) - len(second)) <= 1
    assert [quantity for _ms, quantity in second[:9]] == [ENERGY, *ROUND]


def dlt645_meters(world):
    """Two DL/T 645 meters, one load each, on one pair and one port: [(model, load, driver)]."""
    from evse.drivers.meter_dlt645 import MeterDlt645 as Driver
    from evse.drivers.rs485 import Rs485

    world.chip.uart(2).bus = world.bus
    port = Rs485(2, 17, 16, (2400, 8, 0, 1))
    load = Load(world.clock, world.mains)
    other = MeterDlt645(
        world.clock, world.bus, load, world.mains, Random(9), address="000000000099"
    )
    return [
        (world.meter, world.load, Driver(port, "210012345678")),
        (other, load, Driver(port, "000000000099")),
    ]


def modbus_meters(world):
    """Two Modbus meters likewise."""
    from evse.core.modbus_meters import MODELS
    from evse.drivers.meter_modbus import MeterModbus as Driver
    from evse.drivers.rs485 import Rs485

    world.bus.detach(world.meter)
    world.chip.uart(2).bus = world.bus
    port = Rs485(2, 17, 16, (9600, 8, None, 1))
    found = []
    for address, load in ((1, world.load), (2, Load(world.clock, world.mains))):
        model = MeterModbus(
            world.clock, world.bus, load, world.mains, Random(address), "sdm230", address
        )
        found.append((model, load, Driver(port, MODELS["sdm230"], address, 1)))
    return found


@pytest.mark.parametrize("fit", [dlt645_meters, modbus_meters])
def test_two_meters_on_one_pair_feed_their_own_registers(world, fit):
    meters = fit(world)
    # A register 20 kWh ahead tells them apart
    meters[1][0].base_units += 20_000 // meters[1][0].unit_wh
    meters[0][1].ramp(6_000, 0)
    meters[1][1].ramp(16_000, 0)
    pairs = [(driver, MeterRegister(8448)) for _model, _load, driver in meters]
    lost = []
    play(world, pairs, 60_000, lambda: lost.append([register.lost for _m, register in pairs]))
    for (model, load, _driver), (_meter, register) in zip(meters, pairs, strict=True):
        assert not register.implausible
        assert register.ma == (load.targets_ma()[0],)
        assert abs(register.wh - model.register_units() * model.unit_wh) <= 10 + model.unit_wh
    assert pairs[1][1].wh - pairs[0][1].wh > 19_000
    assert not any(map(any, lost[50:]))


@pytest.mark.parametrize("fit", [dlt645_meters, modbus_meters])
@pytest.mark.parametrize("silent", [0, 1])
def test_silent_meter_does_not_make_the_other_one_old(world, fit, silent):
    meters = fit(world)
    pairs = [(driver, MeterRegister(8448)) for _model, _load, driver in meters]
    good, bad = pairs[1 - silent][1], pairs[silent][1]
    ages, lost = [], []

    def look():
        now_us = world.clock.now_us
        if now_us > 3_000_000:
            ages.append(good.age_ms)
            lost.append(good.lost)
        meters[silent][0].set_fault("silent", 10_000_000 < now_us < 40_000_000)
        if 15_000_000 < now_us < 40_000_000:
            assert bad.lost
        if now_us > 46_000_000:
            assert not bad.lost

    play(world, pairs, 60_000, look)
    assert not any(lost)
    assert max(ages) < 3_400


def test_swapped_meter_is_named_to_the_register(world):
    from evse.drivers.meter_dlt645 import MeterDlt645 as Driver
    from evse.drivers.rs485 import Rs485

    world.chip.uart(2).bus = world.bus
    driver, register = Driver(Rs485(2, 17, 16, (2400, 8, 0, 1))), MeterRegister(8448)
    play(world, [(driver, register)], 5_000)
    assert register.number == "210012345678"
    world.meter.set_fault("swapped", True)
    play(world, [(driver, register)], 12_000)
    assert register.implausible
    assert register.problem == "meter replaced: number 210012345678 -> 210098765432"
    assert register.wh == 1234560
