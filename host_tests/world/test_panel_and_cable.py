"""Button, buzzer, cable coding of a socket and the two-level residual-current monitor, on whole boards."""

import json

import pytest
from twin_bench import active, charge, charging, connector, of, opened_us, plug

from evse.core import faults
from rig import rig

BUTTONED = "esp32c6"
BUZZERED = "esp32s3_twin"
SOCKET = "smartevse_v3"
TWO_LEVEL = "esp32_evse_devkitc"


async def press(r, ms=200):
    """Push the button for so long, and wait until its bouncing is over."""
    r.world.button.press()
    await r.run(ms)
    r.world.button.release()
    await r.run(100)


def said(r):
    return [line for _us, line in r.lines if line.startswith("button")]


async def ended(r, reason):
    await r.until(lambda: connector(r, 1).session.tx is None, 20_000)
    assert of(r, 1, "tx_stop")[-1]["reason"] == reason
    assert not r.world.contactor.closed


@pytest.mark.parametrize("action", ["stop", "start_stop", "off"])
def test_short_press_does_what_the_setting_says(action):
    async def story(r):
        await plug(r, 1)
        await press(r)
        started = connector(r, 1).session.tx is not None
        assert started == (action == "start_stop")
        if started:
            assert connector(r, 1).session.tx.ref == "button"
        else:
            assert r.station.authorize_local() == ""
        await r.until(lambda: charging(r, 1))
        await press(r)
        if action == "off":
            await r.run(3000)
            assert charging(r, 1)
            assert said(r) == ["button: off"] * 2
        else:
            await ended(r, "local")

    with rig(board=BUTTONED) as r:
        r.play(story, {"button": action})


def test_long_press_and_a_stuck_button_do_nothing_but_are_told():
    async def story(r):
        await charge(r, 1)
        await press(r, 4000)
        assert charging(r, 1)
        assert said(r) == ["button held"]
        r.world.set_fault("button_stuck", True)
        await r.run(31_000)
        assert said(r)[1:] == ["button held", "button held, as if it was stuck"]
        r.world.set_fault("button_stuck", False)
        await r.run(300)
        assert charging(r, 1)
        # Repaired it works again
        await press(r)
        await ended(r, "local")

    with rig(board=BUTTONED) as r:
        r.play(story)


def test_button_that_is_down_from_the_start_starts_nothing():
    async def story(r):
        await plug(r, 1)
        r.world.button.release()
        await r.run(500)
        assert connector(r, 1).session.tx is None
        await press(r)
        assert connector(r, 1).session.tx

    with rig(board=BUTTONED) as r:
        r.world.button.press()
        r.play(story, {"button": "start_stop"})


def test_press_is_heard_and_a_shared_button_is_that_of_the_first_connector():
    def tones(r):
        sounds = [round((end_us - start_us) / 1e5) for start_us, end_us in r.world.buzzer.sounds]
        r.world.buzzer.sounds.clear()
        return sounds

    async def story(r):
        await charge(r, 2)
        await press(r)
        await r.run(1000)
        # No charge at the first one: refused, and the other one goes on
        assert tones(r) == [1, 1, 1]
        assert charging(r, 2)
        await charge(r, 1)
        await press(r)
        await r.run(1000)
        assert tones(r) == [1]
        await ended(r, "local")
        assert charging(r, 2)

    with rig(board=BUZZERED) as r:
        r.play(story)


@pytest.mark.parametrize(
    ("cable_a10", "offered_a10", "holder"),
    [(130, 130, "cable"), (200, 200, "cable"), (320, 320, None), (630, 320, None)],
)
def test_cable_limits_the_offer(cable_a10, offered_a10, holder):
    async def story(r):
        r.world.proximity.set_cable(cable_a10)
        await charge(r, 1)
        await r.run(8000)
        r.station.report.refresh()
        told = json.loads(r.station.report.state())["connectors"][0]
        assert told.get("limit_by") == holder
        assert connector(r, 1).loop.limits.offered_a10() == offered_a10
        assert abs(connector(r, 1).loop.register.ma[0] - offered_a10 * 100) < 150
        # As a driver goes: stop, wait for the bolt, pull
        assert r.station.stop_local() == ""
        await r.until(lambda: not r.world.lock.locked, 20_000)
        assert r.world.vehicle.unplug()
        await r.run(3000)
        assert r.station.connector_status() == "available"
        # The next one has another cable
        r.world.proximity.set_cable(320)
        await charge(r, 1)
        assert connector(r, 1).loop.limits.offered_a10() == 320
        assert of(r, 1, "fault") == []

    with rig(board=SOCKET) as r:
        r.play(story)


@pytest.mark.parametrize("mode", ["normal", "stubborn"])
@pytest.mark.parametrize("fault", ["pp_open", "pp_short"])
def test_cable_that_stops_telling_its_rating_ends_the_charge(fault, mode, record_property):
    async def story(r):
        r.world.vehicle.set_mode(mode)
        await charge(r, 1)
        await r.run(3000)
        begun_us = r.world.clock.now_us
        r.world.set_fault(fault, True)
        await r.until(lambda: "cable_invalid" in active(r, 1), 2000)
        await r.until(lambda: not r.world.contactor.relay, 15_000)
        reaction_us = opened_us(r, 1, begun_us)
        await r.until(lambda: connector(r, 1).session.tx is None, 20_000)
        assert of(r, 1, "tx_stop")[-1]["fault"] == "cable_invalid"
        r.world.set_fault(fault, False)
        await r.run(5000)
        # The plug is still in: another one is asked for
        assert r.station.authorize_local() == "fault"
        assert r.world.vehicle.unplug()
        await r.until(lambda: active(r, 1) == [], 5000)
        r.world.vehicle.set_mode("normal")
        await charge(r, 1)
        return reaction_us

    with rig(board=SOCKET) as r:
        reaction_us = r.play(story)
    assert 0 < reaction_us <= faults.row("cable_invalid")["open_ms"] * 1000
    record_property("figure", f"{fault}, {mode} vehicle: opened after {reaction_us / 1e6:.2f} s")


def test_cable_that_is_broken_when_it_comes_gets_no_offer():
    async def story(r):
        r.world.set_fault("pp_short", True)
        await r.until(lambda: "cable_invalid" in active(r, 1), 5000)
        await plug(r, 1)
        assert r.station.authorize_local() == "fault"
        assert r.world.contactor.operations == 0
        r.world.vehicle.unplug()
        r.world.set_fault("pp_short", False)
        await r.until(lambda: active(r, 1) == [], 5000)
        await charge(r, 1)

    with rig(board=SOCKET) as r:
        r.play(story)


def test_two_level_monitor_passes_its_self_test_before_each_closing():
    async def story(r):
        monitor = r.world.residual_current
        await charge(r, 1)
        before = monitor.tests
        assert before >= 1
        assert monitor.released_us < r.world.contactor.last_close_command_us
        r.world.vehicle.force_s2("open")
        await r.until(lambda: not r.world.contactor.closed, 1000)
        r.world.vehicle.force_s2("closed")
        await r.until(lambda: r.world.contactor.closed, 15_000)
        assert monitor.tests == before + 1
        assert of(r, 1, "fault") == []

    with rig(board=TWO_LEVEL) as r:
        r.play(story)


@pytest.mark.parametrize("fault", ["residual_current_dc", "residual_current"])
def test_either_level_opens_at_once(fault, record_property):
    async def story(r):
        await charge(r, 1)
        await r.run(1000 + r.world.seed * 0.9)
        r.world.set_fault(fault, True)
        await r.until(lambda: "residual_current" in active(r, 1), 1000)
        assert not r.world.contactor.relay
        return opened_us(r, 1, r.world.residual_current.tripped_us)

    reactions_us = []
    for seed in range(5):
        with rig(board=TWO_LEVEL, seed=seed) as r:
            reactions_us.append(r.play(story))
    assert min(reactions_us) > 0
    # A tick, and the thermometer of this board, which holds the interpreter while it is read
    assert max(reactions_us) <= 6000 + 8000
    record_property(
        "figure", f"{fault}: opened {max(reactions_us) / 1000:.2f} ms after its output"
    )


@pytest.mark.parametrize("fault", ["rcm_dc_dead", "rcm_ac_dead", "rcm_test_dead"])
def test_one_dead_output_is_found_before_anything_closes(fault, record_property):
    async def story(r):
        r.world.set_fault(fault, True)
        await r.until(lambda: "residual_current_test" in active(r, 1), 15_000)
        named_ms = r.now_ms - begun_ms
        r.world.vehicle.plug()
        await r.run(3000)
        assert r.station.authorize_local() == "fault"
        assert r.world.contactor.operations == 0
        # One cause, one name: what the other output does in the test is no residual current
        assert [x["fault"] for x in of(r, 1, "fault")] == ["residual_current_test"]
        r.world.set_fault(fault, False)
        assert r.station.reset_faults() == ["residual_current_test"]
        await r.until(lambda: r.station.authorize_local() == "", 10_000)
        await r.until(lambda: charging(r, 1))
        return named_ms

    with rig(board=TWO_LEVEL) as r:
        begun_ms = r.now_ms
        named_ms = r.play(story)
    record_property("figure", f"{fault}: named {named_ms / 1000:.1f} s after power-on")
