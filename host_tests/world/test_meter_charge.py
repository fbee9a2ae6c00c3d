"""A whole charge with what RS-485 meters can do to a bill: begin anew, be replaced, speak Modbus."""

import pytest

from pilesim.meter_modbus import MODELS, MeterModbus
from pilesim.rng import Random
from rig import rig


def stop_of(r):
    start, stop = (r.records(kind)[-1] for kind in ("tx_start", "tx_stop"))
    return start["wh"], stop["wh"], stop["reason"]


async def end(r):
    assert r.station.stop_local() == ""
    await r.until(lambda: r.station.session.tx is None, 40000)


def test_register_that_begins_anew_during_a_charge_is_billed_through():
    async def story(r):
        r.world.meter.base_units = 99_999_995
        await r.charge()
        await r.run(50_000)
        assert r.world.meter.register_units() < 1000
        await end(r)
        return stop_of(r), r.world.load.energy_uwh(r.world.clock.now_us) // 1_000_000

    with rig() as r:
        (start_wh, stop_wh, reason), drawn_wh = r.play(story)
        assert reason == "local"
        assert start_wh == 999_999_950
        assert 70 < drawn_wh < 120
        assert abs(stop_wh - start_wh - drawn_wh) <= 10


def test_charge_goes_on_over_a_loss_of_power_in_which_the_register_began_anew():
    from pilesim.chip import PWRON_RESET

    async def first(r):
        r.world.meter.base_units = 99_999_990
        await r.charge()
        await r.run(20_000)
        r.world.replace_chip(PWRON_RESET)
        # 90 Wh that the pile never saw
        r.world.meter.base_units += 9
        return r.records("tx_start")[-1]["wh"]

    async def second(r):
        await r.until(lambda: r.records("tx_resume"), 30_000)
        resumed = r.records("tx_resume")[-1]
        await r.until(lambda: r.station.session.status() == "charging", 30_000)
        await end(r)
        return resumed, stop_of(r)[1]

    with rig() as r:
        start_wh = r.play(first)
        resumed, stop_wh = r.restart(second)
        assert start_wh == 999_999_900
        assert resumed["wh"] >= 1_000_000_000
        assert stop_wh == r.world.meter.register_units() * 10 + 1_000_000_000


def test_meter_replaced_during_a_charge_ends_it_at_the_last_register_of_the_old_one():
    async def story(r):
        from evse.core import faults

        await r.charge()
        await r.run(15_000)
        known_wh = r.station.register.wh
        r.world.set_fault("swapped", True)
        await r.until(lambda: r.station.session.tx is None, 60_000)
        await r.until(lambda: r.station.register.implausible, 10_000)
        assert "meter_implausible" in faults.names(r.station.loop.faults.active)
        return known_wh, stop_of(r), r.station.register.problem

    with rig() as r:
        known_wh, (_start_wh, stop_wh, reason), problem = r.play(story)
        assert reason == "fault"
        assert known_wh <= stop_wh <= known_wh + 10
        assert problem == "meter replaced: number 210012345678 -> 210098765432"


@pytest.mark.parametrize("name", MODELS)
def test_charge_with_a_modbus_meter(name):
    async def story(r):
        await r.charge()
        await r.run(30_000)
        assert not r.station.register.lost
        line = next(line for _us, line in r.lines if line.startswith("meter "))
        await end(r)
        drawn_uwh = r.world.load.energy_uwh(r.world.clock.now_us)
        return stop_of(r), drawn_uwh, line, r.station.metering.silences

    with rig() as r:
        world, board = r.world, r.board
        world.bus.detach(world.meter)
        world.meter = MeterModbus(world.clock, world.bus, world.load, world.mains, Random(2), name)

        def meter(_address):
            from evse.core import modbus_meters
            from evse.drivers.meter_modbus import MeterModbus as Driver
            from evse.drivers.rs485 import Rs485

            row = modbus_meters.MODELS[name]
            framing = row[modbus_meters.FRAMING]
            port = Rs485(2, board.PINS["rs485_tx"], board.PINS["rs485_rx"], framing)
            return Driver(port, row, row[modbus_meters.ADDRESS], board.PHASES)

        board.meter = meter
        (start_wh, stop_wh, reason), drawn_uwh, line, silences = r.play(story)
        assert (reason, silences) == ("local", 0)
        assert abs((stop_wh - start_wh) * 1_000_000 - drawn_uwh) <= world.meter.unit_wh * 1_000_000
        assert drawn_uwh > 40_000_000
        assert line.startswith("meter 1234.56 kWh in frame 01 0")
