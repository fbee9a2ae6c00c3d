"""Power goes in every phase of a transaction: it goes on or ends, and no watt-hour is lost or doubled."""

import pytest

from evse.core import faults
from rig import rig

OFF_S = (1, 3600)
SETTINGS = {"sample_interval_s": 15}


async def charging(r):
    await r.charge()
    await r.until(lambda: r.records("tx_sample"), 16_000)
    await r.run(10_000)


async def authorised(r):
    r.world.vehicle.force_s2("open")
    r.world.vehicle.plug()
    await r.until(lambda: r.station.register.wh is not None)
    assert r.station.authorize_local() == ""
    await r.until(lambda: r.station.loop.machine.name() == "B2", 10_000)


def cut(r, off_s=1):
    """Power off for a while, then on."""
    r.world.replace_chip(1)
    r.world.clock.advance(off_s * 1_000_000)


def of(r, kind):
    return r.records(kind)[-1]


async def taken_up(r):
    await r.until(lambda: r.station.session.tx or r.records("tx_stop"), 70_000)


async def ended(r):
    await r.until(lambda: r.records("tx_stop"), 30_000)


@pytest.mark.parametrize("off_s", OFF_S)
def test_charge_goes_on_after_power_and_is_one_transaction(off_s):
    async def again(r):
        await taken_up(r)
        start = of(r, "tx_start")
        assert r.station.session.tx.tx == start["tx"]
        await r.until(lambda: r.station.session.status() == "charging", 30_000)
        await r.run(30_000)
        r.station.stop_local()
        await ended(r)
        resume, stop = of(r, "tx_resume"), of(r, "tx_stop")
        assert stop["tx"] == start["tx"] == start["seq"]
        assert stop["reason"] == "local"
        assert stop["wh"] == r.world.meter.register_units() * 10
        before = [x for x in r.records("tx_sample", "tx_charging") if x["seq"] < resume["seq"]][-1]
        assert resume["lost_wh"] == resume["wh"] - before["wh"] >= 0
        assert len(r.records("tx_start")) == 1

    with rig() as r:
        r.play(charging, SETTINGS)
        cut(r, off_s)
        r.restart(again)


def test_charge_ends_at_the_loss_of_power_by_setting():
    async def again(r):
        await ended(r)
        await r.run(10_000)
        assert r.station.session.tx is None
        assert not r.station.loop.closed
        stop = of(r, "tx_stop")
        assert (stop["reason"], stop["fault"]) == ("power_loss", "")
        assert stop["wh"] == of(r, "tx_resume")["wh"] == r.world.meter.register_units() * 10

    with rig() as r:
        r.play(charging, {**SETTINGS, "resume": False})
        cut(r)
        r.restart(again)


def test_vehicle_that_left_without_power_ends_the_charge():
    async def again(r):
        await ended(r)
        assert of(r, "tx_stop")["reason"] == "power_loss"
        assert r.station.session.status() == "available"

    with rig() as r:
        r.play(charging, SETTINGS)
        cut(r)
        r.world.vehicle.unplug()
        r.restart(again)


@pytest.mark.parametrize("fault", ["step_back", "jump"])
def test_meter_that_moved_as_it_cannot_is_named_and_nothing_is_invented(fault):
    async def again(r):
        last = r.records("tx_sample", "tx_charging")[-1]
        await ended(r)
        stop = of(r, "tx_stop")
        assert (stop["reason"], stop["fault"]) == ("power_loss", "meter_implausible")
        assert stop["wh"] == last["wh"]
        assert r.records("tx_resume") == []
        await r.run(2000)
        assert "meter_implausible" in faults.names(r.station.loop.faults.active)
        assert r.station.authorize_local() == "fault"
        r.world.vehicle.unplug()
        await r.until(lambda: not r.station.loop.blocking(), 20_000)

    with rig() as r:
        r.play(charging, SETTINGS)
        r.world.set_fault(fault, True)
        cut(r)
        r.restart(again)


def test_meter_that_was_replaced_ends_the_charge_at_its_last_record():
    async def again(r):
        await ended(r)
        assert of(r, "tx_stop")["fault"] == "meter_implausible"

    with rig() as r:
        r.play(charging, SETTINGS)
        r.world.meter.address = r.world.meter.other_address
        cut(r)
        r.restart(again)


def test_meter_that_does_not_come_back_ends_the_charge_at_its_last_record():
    async def again(r):
        last = r.records("tx_sample", "tx_charging")[-1]
        assert r.station.authorize_local() in ("busy", "fault")
        await r.until(lambda: r.records("tx_stop"), 70_000)
        stop = of(r, "tx_stop")
        assert (stop["fault"], stop["wh"]) == ("meter_lost", last["wh"])

    with rig() as r:
        r.play(charging, SETTINGS)
        r.world.set_fault("silent", True)
        cut(r)
        r.restart(again)


def test_meter_that_starts_later_than_the_pile_is_waited_for():
    async def again(r):
        await r.run(10_000)
        assert "meter_lost" in faults.names(r.station.loop.faults.active)
        assert r.records("tx_resume", "tx_stop") == []
        r.world.set_fault("silent", False)
        await r.until(lambda: r.station.session.status() == "charging", 20_000)
        assert of(r, "tx_resume")["tx"] == of(r, "tx_start")["tx"] == r.station.session.tx.tx

    with rig() as r:
        r.play(charging, SETTINGS)
        r.world.set_fault("silent", True)
        cut(r)
        r.restart(again)


def test_charge_that_was_being_stopped_does_not_begin_anew():
    async def stopping(r):
        await charging(r)
        r.world.vehicle.force_s2("closed")
        r.station.stop_local()
        await r.run(100)
        assert r.station.loop.closed

    async def again(r):
        await ended(r)
        await r.run(10_000)
        assert of(r, "tx_stop")["reason"] == "local"
        assert not r.station.loop.closed

    with rig() as r:
        r.play(stopping, SETTINGS)
        cut(r)
        r.restart(again)


def test_authorised_charge_that_had_not_begun_is_offered_again():
    async def again(r):
        await r.until(lambda: r.station.session.tx, 10_000)
        r.world.vehicle.force_s2("closed")
        await r.until(lambda: r.station.session.status() == "charging", 30_000)

    with rig() as r:
        r.play(authorised, SETTINGS)
        cut(r)
        r.restart(again)


def test_charge_that_lost_power_twice_before_it_began_says_when_it_begins():
    async def again(r):
        await r.until(lambda: r.station.session.tx, 10_000)
        assert of(r, "tx_resume")["lost_wh"] == 0

    async def last(r):
        await r.until(lambda: r.station.session.tx, 10_000)
        assert r.records("tx_charging") == []
        r.world.vehicle.force_s2("closed")
        await r.until(lambda: r.station.session.status() == "charging", 30_000)
        await r.run(1_000)
        assert len(r.records("tx_resume")) == 2
        assert len(r.records("tx_charging")) == 1

    with rig() as r:
        r.play(authorised, SETTINGS)
        for story in (again, last):
            cut(r)
            r.restart(story)


def test_stop_accepted_while_a_charge_is_taken_up_outlives_another_loss_of_power():
    async def again(r):
        session = r.station.session
        assert session.running
        assert not session.tx
        assert session.stop("another", "remote") == "other_transaction"
        assert session.stop(None, "remote") == session.stop(None, "local") == ""
        assert len(r.records("tx_ending")) == 1

    async def last(r):
        await ended(r)
        stop = of(r, "tx_stop")
        assert stop["reason"] == "remote"
        assert stop["wh"] == r.world.meter.register_units() * 10
        assert len(r.records("tx_resume")) == 1
        await r.run(10_000)
        assert not r.station.loop.closed

    with rig() as r:
        r.play(charging, SETTINGS)
        for story in (again, last):
            cut(r)
            r.restart(story)


def test_ten_losses_of_power_in_one_charge_are_one_bill():
    async def again(r):
        await r.until(lambda: r.station.session.tx, 70_000)
        await r.until(lambda: r.station.session.status() == "charging", 30_000)
        await r.run(5_000)

    async def last(r):
        await r.until(lambda: r.station.session.tx, 70_000)
        r.station.stop_local()
        await ended(r)
        start, stop = of(r, "tx_start"), of(r, "tx_stop")
        assert len(r.records("tx_start")) == len(r.records("tx_stop")) == 1
        assert stop["wh"] - start["wh"] == r.world.meter.register_units() * 10 - start["wh"]
        assert len(r.records("tx_resume")) == 10
        boots = [x["boot"] for x in r.records("boot")]
        assert boots == list(range(1, 12))

    with rig() as r:
        r.play(charging, SETTINGS)
        for _ in range(9):
            cut(r, 20)
            r.restart(again)
        cut(r, 20)
        r.restart(last)
