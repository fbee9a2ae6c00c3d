"""The socket board in the simulated world: connector lock, output voltage, mains monitor."""

import pytest

from rig import rig


def active(r):
    from evse.core import faults

    return faults.names(r.station.loop.faults.active)


def opened_us(r, begun_us):
    return r.world.contactor.last_open_command_us - begun_us


def test_socket_is_locked_before_closing_and_unlocked_after_the_charge():
    async def story(r):
        await r.charge()
        assert r.world.lock.locked
        assert r.world.lock.locked_us < r.world.contactor.main_closed_us
        assert r.world.vehicle.unplug() is False
        r.station.stop_local()
        await r.until(lambda: not r.world.lock.locked, 15000)
        assert not r.world.contactor.closed
        assert r.world.vehicle.unplug() is not False

    with rig(board="devkitc_socket") as r:
        r.play(story)


def test_jammed_lock_gives_no_current_and_clears_by_unplugging():
    async def story(r):
        r.world.set_fault("lock_jam", True)
        r.world.vehicle.plug()
        await r.until(lambda: r.station.register.wh is not None)
        assert r.station.authorize_local() == ""
        await r.until(lambda: "lock_jam" in active(r), 15000)
        assert r.world.contactor.operations == 0
        await r.until(lambda: r.station.session.tx is None, 5000)
        r.world.vehicle.unplug()
        r.world.set_fault("lock_jam", False)
        await r.until(lambda: "lock_jam" not in active(r), 10000)

    with rig(board="devkitc_socket") as r:
        r.play(story)


def test_lock_that_leaves_its_position_while_charging_opens():
    async def story(r):
        await r.charge()
        begun_us = r.world.clock.now_us
        r.world.set_fault("lock_wire", True)
        await r.until(lambda: "lock_jam" in active(r), 1000)
        await r.run(50)
        assert 0 < opened_us(r, begun_us) <= 40_000

    with rig(board="devkitc_socket") as r:
        r.play(story)


@pytest.mark.parametrize("unlock", [True, False])
def test_mains_loss_opens_and_frees_the_plug_where_the_site_wants_it(unlock):
    async def story(r):
        await r.charge()
        r.world.set_mains(False)
        await r.run(500)
        assert "mains_lost" in active(r)
        assert not r.world.contactor.relay
        await r.run(4000)
        assert r.world.lock.locked is not unlock
        r.world.set_mains(True)
        await r.until(lambda: r.station.session.status() == "charging", 120_000)
        assert r.world.lock.locked

    with rig(board="devkitc_socket") as r:
        r.play(story, {"unlock_on_mains_loss": unlock, "start_timeout_s": 600})


def test_plug_stays_locked_on_a_welded_contactor():
    async def story(r):
        r.world.set_fault("weld", True)
        await r.charge()
        r.station.stop_local()
        await r.until(lambda: "contactor_welded" in active(r), 15000)
        await r.run(20000)
        assert r.world.lock.locked

    with rig(board="devkitc_socket") as r:
        r.play(story)


def test_broken_output_sense_is_a_contactor_that_does_not_close():
    async def story(r):
        r.world.set_fault("sense_broken", True)
        r.world.vehicle.plug()
        await r.until(lambda: r.station.register.wh is not None)
        assert r.station.authorize_local() == ""
        await r.until(lambda: "contactor_no_close" in active(r), 10000)

    with rig(board="devkitc_socket") as r:
        r.play(story)
