"""Every protection besides the pilot, produced in the simulated world: reaction, retry, reset, lock-out."""

import pytest

from rig import rig


def active(r):
    from evse.core import faults

    return faults.names(r.station.loop.faults.active)


def records(r, kind):
    return r.records(kind)


def opened_us(r, begun_us):
    return r.world.contactor.last_open_command_us - begun_us


@pytest.mark.parametrize(
    ("world_fault", "name"),
    [
        ("residual_current", "residual_current"),
        ("rcm_wire", "residual_current"),
        ("emergency_stop", "emergency_stop"),
        ("pe_lost", "pe_lost"),
    ],
)
def test_safety_input_opens_within_6_ms_and_is_named(world_fault, name):
    async def story(r):
        await r.charge()
        await r.run(1000)
        begun_us = r.world.clock.now_us
        r.world.set_fault(world_fault, True)
        await r.run(200)
        assert name in active(r)
        if world_fault == "residual_current":
            # The monitor itself takes its time; from its output on it is ours
            begun_us = r.world.residual_current.tripped_us
        assert 0 < opened_us(r, begun_us) <= 6000
        assert not r.world.contactor.closed

    with rig() as r:
        r.play(story)


def test_fault_with_retries_waits_longer_each_time_and_then_stays_until_unplugged():
    async def story(r):
        await r.charge()
        waits_s = []
        for attempt in range(4):
            r.world.set_fault("pe_lost", True)
            await r.until(lambda: "pe_lost" in active(r), 1000)
            r.world.set_fault("pe_lost", False)
            begun_ms = r.now_ms
            if attempt < 3:
                assert r.station.session.status() == "suspended_evse"
                await r.until(lambda: "pe_lost" not in active(r), 60_000)
                waits_s.append((r.now_ms - begun_ms) // 1000)
                await r.until(lambda: r.station.session.status() == "charging", 20000)
            else:
                await r.until(lambda: r.station.session.tx is None, 15000)
        assert [wait_s // 10 for wait_s in waits_s] == [1, 2, 4], waits_s
        assert records(r, "tx_stop")[-1]["fault"] == "pe_lost"
        assert records(r, "tx_start")[-1]["tx"] == records(r, "tx_stop")[-1]["tx"]
        await r.run(60_000)
        assert "pe_lost" in active(r)
        r.world.vehicle.unplug()
        await r.until(lambda: "pe_lost" not in active(r), 5000)

    with rig() as r:
        r.play(story)


def test_no_current_without_a_self_test_that_was_passed():
    async def story(r):
        r.world.set_fault("rcm_dead", True)
        r.world.vehicle.plug()
        await r.until(lambda: "residual_current_test" in active(r), 10000)
        assert r.station.authorize_local() == "fault"
        assert r.station.cp_state() == "F"
        assert r.world.contactor.operations == 0
        r.world.set_fault("rcm_dead", False)
        await r.run(60000)
        assert "residual_current_test" in active(r)
        assert r.station.reset_faults() == ["residual_current_test"]
        await r.until(lambda: r.station.register.wh is not None)
        await r.until(lambda: r.station.loop.machine.name() == "B1", 5000)
        await r.charge()

    with rig() as r:
        r.play(story)


def test_monitor_that_stays_tripped_after_its_test_is_named():
    async def story(r):
        await r.run(3000)
        r.world.set_fault("rcm_stuck", True)
        r.world.vehicle.plug()
        await r.run(5000)
        assert {"residual_current", "residual_current_test"} & set(active(r))
        assert r.world.contactor.operations == 0

    with rig() as r:
        r.play(story)


def test_each_closing_has_a_self_test_of_its_own():
    async def story(r):
        tests = []
        pad = r.world.chip.pad(r.board.PINS["rcm_test"])
        pad.watchers.append(lambda p, now_us: tests.append(now_us) if p.high_us else None)
        await r.charge()
        for _ in range(3):
            before = len(tests)
            r.world.vehicle.force_s2("open")
            await r.until(lambda: not r.world.contactor.closed, 1000)
            r.world.vehicle.force_s2("closed")
            await r.until(lambda: r.world.contactor.closed, 10000)
            assert len(tests) == before + 1
            await r.run(11000)
        return tests

    with rig() as r:
        assert len(r.play(story)) >= 4


def test_periodic_self_test_when_idle():
    async def story(r):
        await r.run(5000)
        test = r.station.loop.protection.residual_test
        assert test.passed
        before = r.world.residual_current.tests
        for _ in range(25):
            test.step(False, True, False, 3_600_000)
        await r.run(5000)
        assert r.world.residual_current.tests > before
        assert test.passed

    with rig() as r:
        r.play(story)


@pytest.mark.parametrize(
    ("world_fault", "name", "within_ms"),
    [
        ("overdraw", "over_current", 8000),
        ("over_voltage", "over_voltage", 4000),
        ("under_voltage", "under_voltage", 13000),
        ("frequency", "frequency", 13000),
    ],
)
def test_supply_and_current_open_within_their_time_and_the_charge_resumes(
    world_fault, name, within_ms
):
    async def story(r):
        await r.charge()
        await r.run(10000)
        begun_us = r.world.clock.now_us
        r.world.set_fault(world_fault, True)
        await r.until(lambda: name in active(r), within_ms)
        await r.until(lambda: not r.world.contactor.closed, 7000)
        assert 0 < opened_us(r, begun_us) <= within_ms * 1000
        r.world.set_fault(world_fault, False)
        assert r.station.session.tx is not None
        await r.until(lambda: r.station.session.status() == "charging", 90000)

    with rig() as r:
        r.play(story)


def test_hot_pile_offers_less_first_and_then_stops():
    async def story(r):
        await r.charge()
        seen = []
        for c10 in (600, 660, 700, 740, 760):
            r.world.set_temperature(c10)
            await r.run(12000)
            seen.append(r.station.loop.limits.offered_a10())
            assert r.station.session.status() == "charging"
        assert seen == sorted(seen, reverse=True), seen
        assert seen[0] == 320
        assert 60 <= seen[-1] <= 65, seen
        r.world.set_temperature(810)
        await r.until(lambda: "over_temperature" in active(r), 3000)
        await r.until(lambda: not r.world.contactor.closed, 8000)
        r.world.set_temperature(500)
        await r.until(lambda: r.station.session.status() == "charging", 90000)

    with rig() as r:
        r.play(story)


@pytest.mark.parametrize("world_fault", ["ntc_open", "ntc_short"])
def test_lost_temperature_sensor_leaves_6_a(world_fault):
    async def story(r):
        await r.charge()
        r.world.set_fault(world_fault, True)
        await r.until(lambda: "temperature_lost" in active(r), 5000)
        await r.run(100)
        assert r.station.loop.limits.offered_a10() == 60
        assert r.station.loop.limits.holder_name() == "temperature"
        assert r.station.session.status() == "charging"

    with rig() as r:
        r.play(story)


def test_missing_safety_part_is_a_fault_and_one_installed_outside_is_none():
    async def story(r):
        await r.run(2000)
        return active(r), r.station.cp_state(), list(r.station.report.notes)

    with rig() as r:
        r.board.residual_current = lambda: None
        names, cp_state, notes = r.play(story)
    assert "safety_part_missing" in names
    assert cp_state == "F"
    assert any("residual_current" in note for note in notes)
    with rig() as r:
        r.board.residual_current = lambda: None
        r.board.INSTALLED_OUTSIDE = ("residual_current",)
        names, cp_state, notes = r.play(story)
    assert "safety_part_missing" not in names
    assert cp_state == "A1"


def test_dead_man_that_the_chip_cannot_do_is_a_fault_with_its_reason():
    def refused():
        raise OSError("RMT of this chip cannot be stopped")

    async def story(r):
        await r.run(2000)
        return active(r), list(r.station.report.notes)

    with rig() as r:
        r.board.dead_man = refused
        names, notes = r.play(story)
    assert "safety_part_missing" in names
    assert "dead_man: RMT of this chip cannot be stopped" in notes


def test_weld_locks_out_over_a_power_cut_until_a_technician_unlocks():
    async def welded(r):
        r.world.set_fault("weld", True)
        await r.charge()
        r.station.stop_local()
        await r.until(lambda: "contactor_welded" in active(r), 15000)
        await r.run(12000)
        assert r.station.cp_state() == "F"
        assert r.station.reset_faults() == []

    async def repaired(r):
        await r.run(5000)
        assert "contactor_welded" in active(r)
        assert r.station.cp_state() == "F"
        assert r.station.unlock() == ["contactor_welded"]
        await r.until(lambda: r.station.cp_state() != "F", 2000)
        await r.run(1000)

    async def free(r):
        await r.run(2000)
        return active(r)

    with rig() as r:
        r.play(welded)
        r.world.set_fault("weld", False)
        r.world.vehicle.unplug()
        r.restart(repaired)
        assert "contactor_welded" not in r.restart(free)


def test_lockout_file_that_cannot_be_read_holds_the_lock_out():
    async def story(r):
        await r.run(500)
        return active(r)

    with rig() as r:
        (r.folder / "lockout.json").write_text("{ torn")
        assert "contactor_welded" in r.play(story)


def test_no_unlocking_while_the_weld_is_still_there():
    async def story(r):
        r.world.set_fault("welded", True)
        await r.until(lambda: "contactor_welded" in active(r), 3000)
        assert r.station.unlock() == []
        await r.run(1000)
        assert "contactor_welded" in active(r)

    with rig() as r:
        r.play(story)
