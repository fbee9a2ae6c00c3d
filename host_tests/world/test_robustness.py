"""What wears a contactor, hides a fault or keeps a bill open, played in the whole firmware."""

from itertools import pairwise

import pytest

from rig import rig


def active(r):
    from evse.core import faults

    return faults.names(r.station.loop.faults.active)


def records(r, kind):
    return r.records(kind)


def closings(r):
    """Moments in us at which the main contacts close from now on; the list grows by itself."""
    moments = []
    r.world.on_event = lambda entry: (
        moments.append(entry[0])
        if entry[1] == "contactor" and entry[2]["state"] == "closed"
        else None
    )
    return moments


def test_failing_adc_opens_and_is_named():
    async def story(r):
        await r.charge()
        begun_us = r.world.clock.now_us

        def broken():
            raise OSError(5)

        r.station.loop.cp._adc.read_uv = broken
        await r.until(lambda: "pilot_invalid" in active(r), 1000)
        await r.until(lambda: r.station.session.tx is None, 15000)
        return r.world.contactor.last_open_command_us - begun_us

    with rig() as r:
        assert 0 < r.play(story) <= 11000


def test_error_in_the_tick_opens_and_is_named():
    async def story(r):
        await r.charge()
        begun_us = r.world.clock.now_us
        judge = r.station.tick.pilot.judge

        def broken(*_values):
            r.station.tick.pilot.judge = judge
            raise ValueError("planted")

        r.station.tick.pilot.judge = broken
        await r.until(lambda: "tick_failed" in active(r), 1000)
        detail = records(r, "fault")[-1]["detail"]
        return r.world.contactor.last_open_command_us - begun_us, detail

    with rig() as r:
        open_us, detail = r.play(story)
    assert 0 < open_us <= 6500
    assert "planted" in detail


def test_tick_that_fails_for_ever_starves_the_watchdog():
    async def story(r):
        await r.charge()

        def broken(*_values):
            raise ValueError("planted")

        r.station.tick.pilot.judge = broken
        await r.run(5000)

    with rig() as r:
        from pilesim.chip import ResetRequest

        with pytest.raises(ResetRequest):
            r.play(story)


def test_vehicle_that_chatters_with_s2_does_not_wear_the_contactor():
    async def story(r):
        await r.charge()
        moments = closings(r)
        for _ in range(100):
            r.world.vehicle.force_s2("open")
            await r.run(12)
            r.world.vehicle.force_s2("closed")
            await r.run(288)
        assert moments == [], "no look at the line was long enough to close"
        for _ in range(20):
            r.world.vehicle.force_s2("open")
            await r.run(100)
            r.world.vehicle.force_s2("closed")
            await r.run(700)
        return moments

    with rig() as r:
        moments = r.play(story)
    gaps_us = [later - earlier for earlier, later in pairwise(moments)]
    assert len(moments) <= 6
    assert all(gap_us >= 3_000_000 for gap_us in gaps_us)


@pytest.mark.parametrize("limit_a10", [800, 320])
def test_shorted_diode_never_sees_a_closed_contactor(limit_a10):
    async def story(r):
        from evse.core import limits

        r.station.loop.limits.set(limits.TECHNICIAN, limit_a10)
        r.world.set_fault("diode_short", True)
        r.world.vehicle.set_mode("simplified")
        r.world.vehicle.plug()
        await r.until(lambda: r.station.register.wh is not None)
        for _ in range(3):
            r.station.authorize_local()
            await r.run(12000)
        assert r.world.contactor.operations == 0
        assert any(x["fault"] == "pilot_diode" for x in records(r, "fault"))

    with rig() as r:
        r.board.RATED_A10 = 800
        r.play(story, {"profile": "iec_61851_1_2017"})


def test_simplified_vehicle_charges():
    async def story(r):
        r.world.vehicle.set_mode("simplified")
        r.world.vehicle.plug()
        await r.until(lambda: r.station.register.wh is not None)
        assert r.station.authorize_local() == ""
        await r.until(lambda: r.station.session.status() == "charging", 10000)

    with rig() as r:
        r.play(story)


def test_stubborn_vehicle_is_cut_after_the_wait():
    async def story(r):
        r.world.vehicle.set_mode("stubborn")
        await r.charge()
        asked_us = r.world.clock.now_us
        r.station.stop_local()
        await r.until(lambda: r.station.session.tx is None, 20000)
        return r.world.contactor.last_open_command_us - asked_us

    for profile in ("gbt_18487_1_2015", "iec_61851_1_2017"):
        with rig() as r:
            open_us = r.play(story, {"profile": profile})
        assert 6_000_000 <= open_us <= 6_080_000


def patience(monkeypatch, ms):
    """How long a vehicle may take no current before the transaction ends."""
    from evse.app import session

    monkeypatch.setattr(session, "_VEHICLE_DONE_MS", ms)


def test_our_own_pause_is_not_blamed_on_the_vehicle(monkeypatch):
    async def story(r):
        from evse.core import limits

        patience(monkeypatch, 20_000)
        await r.charge()
        r.station.loop.limits.set(limits.SITE, 0)
        await r.until(lambda: r.station.session.status() == "suspended_evse", 10000)
        await r.run(60_000)
        r.station.loop.limits.set(limits.SITE, 160)
        await r.until(lambda: r.station.session.status() == "charging", 15000)
        assert not records(r, "tx_stop")

    with rig() as r:
        r.play(story)


def test_vehicle_that_is_full_ends_the_transaction_by_itself(monkeypatch):
    async def story(r):
        patience(monkeypatch, 20_000)
        r.world.vehicle.set_need_wh(50)
        await r.charge()
        await r.until(lambda: r.station.session.status() == "suspended_ev", 120_000)
        await r.until(lambda: r.station.session.tx is None, 30_000)
        assert records(r, "tx_stop")[-1]["reason"] == "vehicle"

    with rig() as r:
        r.play(story)


def test_contactor_closes_within_3_s_of_s2():
    async def story(r):
        await r.charge()
        return r.world.contactor.last_close_command_us - r.world.vehicle.last_s2_close_us

    for seed in range(5):
        with rig(seed=seed) as r:
            assert 500_000 <= r.play(story) <= 3_000_000


def test_implausible_meter_clears_after_unplugging():
    async def story(r):
        await r.charge()
        r.world.set_fault("step_back", True)
        await r.until(lambda: "meter_implausible" in active(r), 15000)
        await r.until(lambda: r.station.session.tx is None, 15000)
        r.world.vehicle.unplug()
        await r.until(lambda: not r.station.loop.blocking(), 15000)
        await r.charge()

    with rig() as r:
        r.play(story)


def test_power_returns_while_the_vehicle_is_in_state_c():
    async def charging(r):
        await r.charge()
        await r.run(20000)

    async def again(r):
        await r.until(lambda: r.station.cp_state() in ("B1", "C1"), 3000)
        assert not r.station.loop.blocking()
        await r.until(lambda: r.station.session.status() == "charging", 15000)

    with rig() as r:
        r.play(charging)
        r.world.replace_chip(1)
        assert not r.world.contactor.closed or r.world.contactor.relay == 0
        r.world.vehicle.force_s2("closed")
        r.restart(again)


def test_full_file_system_is_a_note_and_not_a_dead_pile():
    async def story(r):
        await r.run(100)
        return r.station.report._notes()

    with rig() as r:
        (r.folder / "settings.good.json").mkdir()
        notes = r.play(story)
    assert any(note.startswith("settings.good.json could not be written") for note in notes)
