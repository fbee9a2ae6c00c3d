"""Moments that are rare and dangerous: between tick and loop, a flickering mains, a twitching line."""

import pytest

from rig import rig


def active(r):
    from evse.core import faults

    return faults.names(r.station.loop.faults.active)


def records(r, kind):
    return r.records(kind)


def test_pilot_that_twitches_is_named_and_ends_the_charge():
    async def story(r):
        await r.charge()
        for _ in range(3):
            assert "pilot_unstable" not in active(r)
            r.world.vehicle.force_s2("open")
            await r.run(9)
            r.world.vehicle.force_s2("closed")
            await r.run(15000)
        await r.until(lambda: r.station.session.tx is None, 15000)
        assert "pilot_unstable" in active(r)
        assert records(r, "tx_stop")[-1]["fault"] == "pilot_unstable"
        r.world.vehicle.unplug()
        await r.until(lambda: not r.station.loop.blocking(), 5000)

    with rig() as r:
        r.play(story)


def test_break_of_the_cable_opens_and_the_same_charge_goes_on():
    async def story(r):
        await r.charge()
        tx = r.station.session.tx.tx
        r.world.set_fault("cp_open", True)
        await r.run(80)
        assert not r.world.contactor.relay
        r.world.set_fault("cp_open", False)
        await r.until(lambda: r.station.session.status() == "charging", 10000)
        assert r.station.session.tx.tx == tx

    with rig() as r:
        r.play(story)


def test_fault_of_a_single_tick_is_taken_before_anything_closes():
    async def story(r):
        await r.charge()
        tick = r.station.tick
        r.world.vehicle.force_s2("open")
        await r.run(50)
        r.world.vehicle.force_s2("closed")
        # Ready to close but for its minimum open time; then one tick sees the button
        await r.run(2800)
        taken = tick.take_faults
        tick.take_faults = lambda: 0
        inputs = [part for part, _fault in tick.inputs]
        pressed = inputs[1].active
        inputs[1].active = lambda: True
        tick.run()
        inputs[1].active = pressed
        closings = r.world.contactor.operations
        await r.run(400)
        assert r.world.contactor.operations == closings
        tick.take_faults = taken
        await r.until(lambda: "emergency_stop" in active(r), 100)

    with rig() as r:
        r.play(story)


def test_fault_that_comes_between_two_lines_of_the_loop_is_not_lost():
    from evse.core import faults

    async def story(r):
        await r.charge()
        tick = r.station.tick
        # The loop reads, the tick runs and latches, the loop hands over what it has read
        first = tick.take_faults()
        tick.latched |= faults.TICK_LATE
        tick._taken = first
        tick.run()
        assert tick.take_faults() & faults.TICK_LATE

    with rig() as r:
        r.play(story)


def test_closing_between_two_steps_of_the_loop_uses_up_its_self_test():
    async def story(r):
        await r.charge()
        protection, contactor = r.station.loop.protection, r.station.tick.contactor
        r.world.vehicle.force_s2("open")
        await r.until(lambda: protection.residual_test.proven, 3000)
        contactor.operations += 1
        await r.run(30)
        assert not protection.residual_test.proven
        await r.until(lambda: protection.residual_test.proven, 3000)

    with rig() as r:
        r.play(story)


@pytest.mark.parametrize("limit_ms", [1, 2])
def test_spike_on_the_trip_input_passes_no_self_test(limit_ms):
    async def story(r):
        r.world.set_fault("rcm_dead", True)
        part = r.station.loop.protection._monitor
        active_now = part.active
        spikes = [0]

        def spiky():
            spikes[0] += 1
            return spikes[0] % 7 == 0 or active_now()

        part.active = spiky
        await r.until(lambda: "residual_current_test" in active(r), 10000)

    with rig(seed=limit_ms) as r:
        r.play(story)


@pytest.mark.parametrize(
    ("silent", "fault", "name"),
    [("CURRENTS", None, "meter_lost"), ("VOLTAGES", "over_voltage", "meter_lost")],
)
def test_quantity_that_falls_silent_opens_within_the_time_of_its_row(silent, fault, name):
    async def story(r):
        from evse.core import faults, readings

        await r.charge()
        await r.run(5000)
        meter = r.station.metering._turns[0].meter
        told = meter.poll
        number = getattr(readings, silent)
        meter.poll = lambda: None if meter._quantity == number else told()
        begun_us = r.world.clock.now_us
        r.world.vehicle.set_mode("stubborn")
        r.world.vehicle.force_s2("closed")
        if fault:
            r.world.set_fault(fault, True)
        await r.until(lambda: name in active(r), 12000)
        await r.until(lambda: not r.world.contactor.relay, 8000)
        open_ms = (r.world.contactor.last_open_command_us - begun_us) // 1000
        assert open_ms <= faults.row(name)["open_ms"]

    with rig() as r:
        r.play(story)


# The socket board


def test_known_weld_keeps_the_plug_locked_when_the_mains_goes():
    async def story(r):
        r.world.set_fault("weld", True)
        await r.charge()
        r.station.stop_local()
        await r.until(lambda: "contactor_welded" in active(r), 15000)
        await r.run(12000)
        r.world.set_mains(False)
        await r.run(20000)
        assert r.world.lock.locked
        assert r.world.vehicle.unplug() is False
        assert r.station.unlock() == []
        assert "contactor_welded" in active(r)

    for kept in (True, False):
        with rig(board="devkitc_socket") as r:
            r.play(story, {"unlock_on_mains_loss": not kept})


def test_flickering_mains_does_not_move_the_lock():
    async def story(r):
        await r.charge()
        edges = []
        for role in ("lock_a", "lock_b"):
            pad = r.world.chip.pad(r.board.PINS[role])
            pad.watchers.append(lambda _pad, now_us: edges.append(now_us))
        for _ in range(20):
            r.world.set_mains(False)
            await r.run(60)
            r.world.set_mains(True)
            await r.run(40)
        assert edges == []
        assert r.world.lock.locked
        await r.until(lambda: r.station.session.status() == "charging", 120_000)
        assert edges == []

    with rig(board="devkitc_socket") as r:
        r.play(story, {"start_timeout_s": 600})


def test_residual_current_monitor_fed_by_the_mains_is_not_judged_without_it():
    async def story(r):
        await r.charge()
        r.world.set_fault("rcm_dead", True)
        r.world.set_mains(False)
        await r.run(30000)
        assert active(r) == ["mains_lost", "clock_unknown"]
        r.world.set_fault("rcm_dead", False)
        r.world.set_mains(True)
        await r.until(lambda: r.station.session.status() == "charging", 120_000)

    with rig(board="devkitc_socket") as r:
        r.play(story, {"start_timeout_s": 600})


def test_lockout_that_cannot_be_written_is_said():
    async def story(r):
        (r.folder / "lockout.json").mkdir()
        r.world.set_fault("welded", True)
        await r.until(lambda: "contactor_welded" in active(r), 3000)
        await r.run(1000)
        assert "settings_invalid" in active(r)
        assert any("lockout.json" in note for note in r.station.report.notes)

    with rig() as r:
        r.play(story)
