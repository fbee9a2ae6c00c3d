"""Every fault of the table, produced in the simulated world, with the station's reaction."""

import json

import pytest

from rig import rig


def active(r):
    from evse.core import faults

    return faults.names(r.station.loop.faults.active)


def records(r, kind):
    return r.records(kind)


def charging_then(action, within_ms=3000, **options):
    """Charge, do `action(r)`, wait for a fault above a warning; (faults, open_ms, records, rig)."""

    async def story(r):
        await r.charge()
        await r.run(2000)
        begun_us = r.world.clock.now_us
        action(r)
        await r.until(r.station.loop.blocking, within_ms)
        names = active(r)
        await r.until(lambda: r.station.session.tx is None, 15000)
        open_ms = (r.world.contactor.last_open_command_us - begun_us) / 1000
        return names, open_ms, records(r, "tx_stop")[-1]

    with rig(**options) as r:
        return r.play(story)


@pytest.mark.parametrize(
    ("world_fault", "name", "within_ms"),
    [
        ("cp_short", "pilot_short", 11),
        ("diode_short", "pilot_diode", 11),
        ("pwm_stuck_high", "pilot_generator", 11),
        ("pwm_stuck_low", "pilot_generator", 11),
    ],
)
def test_pilot_faults_open_at_once_and_end_the_transaction(world_fault, name, within_ms):
    names, open_ms, stop = charging_then(lambda r: r.world.set_fault(world_fault, True))
    assert name in names
    assert 0 < open_ms <= within_ms
    assert stop["reason"] == "fault"
    assert stop["fault"].startswith("pilot_")


def test_broken_cable_is_an_unplug():
    async def story(r):
        await r.charge()
        begun_us = r.world.clock.now_us
        r.world.set_fault("cp_open", True)
        await r.until(lambda: r.station.session.tx is None, 15000)
        return r.world.contactor.last_open_command_us - begun_us, records(r, "tx_stop")[-1]

    with rig() as r:
        open_us, stop = r.play(story)
    assert 0 < open_us <= 11000
    assert stop["reason"] == "unplugged"


def test_welded_contactor_is_seen_after_opening_and_locks_in_state_f():
    async def story(r):
        r.world.set_fault("weld", True)
        await r.charge()
        r.station.stop_local()
        await r.until(lambda: "contactor_welded" in active(r), 15000)
        await r.until(lambda: r.station.session.tx is None, 15000)
        assert records(r, "tx_stop")[-1]["reason"] == "local"
        r.world.vehicle.unplug()
        await r.run(60000)
        assert r.station.cp_state() == "F"
        assert "contactor_welded" in active(r)
        assert r.station.authorize_local() == "fault"

    with rig() as r:
        r.play(story)


def test_contactor_that_does_not_close_ends_the_start_and_clears_after_unplug():
    async def story(r):
        r.world.set_fault("fail_to_close", True)
        r.world.vehicle.plug()
        await r.until(lambda: r.station.register.wh is not None)
        assert r.station.authorize_local() == ""
        await r.until(lambda: "contactor_no_close" in active(r), 5000)
        await r.until(lambda: r.station.session.tx is None, 10000)
        assert records(r, "tx_stop")[-1]["fault"] == "contactor_no_close"
        assert r.world.contactor.operations <= 1
        r.world.vehicle.unplug()
        await r.until(lambda: not r.station.loop.blocking(), 5000)

    with rig() as r:
        r.play(story)


def test_broken_mirror_wire_is_a_weld_before_anything_closes():
    async def story(r):
        r.world.set_fault("mirror_broken", True)
        await r.until(lambda: "contactor_welded" in active(r), 3000)
        assert r.world.contactor.operations == 0

    with rig() as r:
        r.play(story)


@pytest.mark.parametrize("world_fault", ["silent", "wrong_address", "noisy"])
def test_lost_meter_stops_the_charge_within_10_s_and_invents_no_energy(world_fault):
    async def story(r):
        await r.charge()
        await r.run(20000)
        known_wh = r.station.register.wh
        begun_us = r.world.clock.now_us
        r.world.set_fault(world_fault, True)
        # The bill waits for a meter that comes back
        await r.until(lambda: r.station.session.tx is None, 50000)
        opened_us = r.world.contactor.last_open_command_us - begun_us
        true_wh = r.world.meter.register_units() * 10
        return known_wh, opened_us, true_wh, records(r, "tx_stop")[-1], active(r)

    settings = {"meter_address": "210012345678"}
    with rig() as r:
        known_wh, opened_us, true_wh, stop, names = r.play(story, settings)
    assert 0 < opened_us <= 10_000_000
    assert stop["fault"] == "meter_lost"
    # Noise lets an answer through now and then, which clears the fault
    assert "meter_lost" in names or world_fault == "noisy"
    assert known_wh <= stop["wh"] <= true_wh


def test_noise_that_lets_some_answers_through_never_changes_the_register_wrongly():
    async def story(r):
        await r.charge()
        for _ in range(30):
            r.world.set_fault("noisy", True)
            await r.run(1000)
            r.world.set_fault("noisy", False)
            await r.run(1500)
            if r.station.register.wh is not None:
                assert r.station.register.wh <= r.world.meter.register_units() * 10
        return r.station.register.refused, r.station.session.status()

    with rig(seed=4) as r:
        refused, status = r.play(story)
    assert status == "charging"
    assert refused == 0


@pytest.mark.parametrize("world_fault", ["step_back", "jump"])
def test_implausible_meter_is_named_and_bills_only_what_was_read(world_fault):
    async def story(r):
        await r.charge()
        await r.run(20000)
        known_wh = r.station.register.wh
        r.world.set_fault(world_fault, True)
        await r.until(lambda: r.station.session.tx is None, 30000)
        return known_wh, records(r, "tx_stop")[-1], active(r)

    with rig() as r:
        known_wh, stop, names = r.play(story)
    assert "meter_implausible" in names
    assert stop["reason"] == "fault"
    assert known_wh <= stop["wh"] <= known_wh + 10


def test_echo_on_the_bus_disturbs_nothing():
    async def story(r):
        r.world.set_fault("echo", True)
        await r.charge()
        await r.run(20000)
        return r.station.session.status(), r.station.metering.silences

    with rig() as r:
        assert r.play(story) == ("charging", 0)


def test_no_start_without_a_meter():
    async def story(r):
        r.world.set_fault("silent", True)
        r.world.vehicle.plug()
        await r.run(1000)
        assert r.station.authorize_local() == "no_meter"
        await r.run(4000)
        assert r.station.authorize_local() == "fault"
        r.world.set_fault("silent", False)
        await r.until(lambda: r.station.authorize_local() == "", 10000)

    with rig() as r:
        r.play(story)


def test_failed_task_is_named_reported_and_started_again():
    async def story(r):
        await r.charge()
        meter = r.station.metering._turns[0].meter
        poll = meter.poll

        def broken():
            meter.poll = poll
            raise RuntimeError("planted")

        meter.poll = broken
        await r.until(lambda: "task_failed" in active(r), 3000)
        assert "planted" in r.station.report.task_note
        await r.run(5000)
        assert r.station.session.status() == "charging"

    with rig() as r:
        r.play(story)


def test_unknown_clock_is_named_until_the_bridge_tells_it():
    async def story(r):
        await r.run(200)
        assert "clock_unknown" in active(r)
        r.greet(1_763_600_000)
        await r.run(100)
        assert "clock_unknown" not in active(r)
        assert r.station.clock.utc_s() == 1_763_600_000

    with rig() as r:
        r.play(story)


def test_refused_settings_leave_the_default_and_say_key_value_and_range():
    async def story(r):
        await r.run(100)
        assert "settings_invalid" in active(r)
        r.station.report.refresh()
        state = json.loads(r.station.report.state())
        return state["notes"], r.station.settings, [line for _us, line in r.lines]

    with rig() as r:
        notes, settings, _lines = r.play(
            story, {"sample_interval_s": 99999, "colour": 1, "site": "yard"}
        )
    assert "sample_interval_s = 99999: allowed 5..900 s" in notes
    assert any(note.startswith("colour: unknown key") for note in notes)
    assert settings["sample_interval_s"] == 60
    assert settings["station_id"] == "P001"
    assert settings["site"] == "yard"


def test_bad_settings_fall_back_to_the_last_good_ones():
    async def story(r):
        await r.run(100)
        return r.station.settings["sample_interval_s"]

    with rig() as r:
        assert r.play(story, {"sample_interval_s": 10}) == 10
        (r.folder / "settings.json").write_text("{ not json")
        assert r.restart(story) == 10
        assert "settings_invalid" in active(r)
        (r.folder / "settings.json").unlink()
        assert r.restart(story) == 10
        assert "settings_invalid" not in active(r)


def test_every_fault_of_the_table_is_produced_in_a_test():
    from pathlib import Path

    with rig():
        from evse.core import faults

        names = set(faults.NAMES)
    text = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert not {name for name in names if f'"{name}"' not in text}
