"""Proximity, lights, button, buzzer: each driver and its rule on the model of its part, every fault of it."""

import pytest
from parts_bench import PIN, bare_chip, timed

from evse.app.indication import Indication
from evse.core import beep, button_press, faults
from evse.core.proximity import ERROR, NO_PLUG, Proximity
from pilesim import buttons, light, proximity
from pilesim.rng import Random

FRONT_ENDS = (
    {"pullup_ohm": 1000, "pullup_mv": 3300},
    {"pullup_ohm": 330, "pullup_mv": 3000},
    {"pullup_ohm": 750, "pullup_mv": 2480},
)


@pytest.fixture
def world():
    with bare_chip() as made:
        yield made


def contact(world, front_end):
    """Model and driver of a proximity contact."""
    from evse.drivers.proximity_adc import ProximityAdc

    model = proximity.Proximity(world.vehicle)
    model.attach(world.chip.pad(PIN), front_end)
    return model, ProximityAdc(PIN, front_end)


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_proximity_reads_every_cable_into_its_band(world, front_end):
    model, part = contact(world, front_end)
    assert part.read() > 4500
    world.vehicle.plug()
    for a10, ohm in proximity.CABLE_OHM.items():
        model.set_cable(a10)
        took_us, read_ohm = timed(world, part.read)
        assert read_ohm == pytest.approx(ohm, rel=0.02)
        assert took_us <= 200
        # Tolerances of resistor and front end stay within the band
        for permille in (900, 1100):
            model.cable_ohm = ohm * permille // 1000
            seen = Proximity()
            assert seen.step(part.read(), True, 20) == a10


@pytest.mark.parametrize("front_end", FRONT_ENDS)
@pytest.mark.parametrize("a10", proximity.CABLE_OHM)
@pytest.mark.parametrize("fault", proximity.FAULTS)
def test_no_fault_of_the_proximity_gives_a_larger_current(world, front_end, a10, fault):
    model, part = contact(world, front_end)
    rule = Proximity()
    model.set_cable(a10)

    def run(ms, is_plugged):
        told = []
        for _ in range(ms // 20):
            world.clock.advance(20_000)
            told.append(rule.step(part.read(), is_plugged, 20))
        return told

    run(1000, False)
    world.vehicle.plug()
    assert run(1000, True)[-1] == a10
    model.set_fault(fault, True)
    told = run(3000, True)
    assert max(told) == a10
    settled = {"pp_open": NO_PLUG, "pp_short": ERROR}.get(fault)
    if settled is not None:
        assert rule.cable_a10 == settled
        assert told[-1] == 0
    model.set_fault(fault, False)
    assert run(1000, True)[-1] == a10


def test_a_proximity_adc_that_fails_is_an_error_with_a_name(world):
    def refuse(_now_us):
        raise OSError(5)

    model, part = contact(world, FRONT_ENDS[0])
    world.chip.pad(PIN).analog_mv = refuse
    _took_us, error = timed(world, part.read)
    assert isinstance(error, OSError)
    assert model.faults == set()


COLOURS = ((0, 0), (0x00FF00, 0x00FF00), (0x0000FF, 0x0000FF), (0xFF9000, 0xFFFF00), (0x3F3F3F, 0))


@pytest.mark.parametrize("active_level", [0, 1])
def test_three_leds_are_dark_first_and_show_the_nearest_colour(world, active_level):
    from evse.drivers.light_rgb import LightRgb

    model = light.LightRgb()
    model.attach(*(world.chip.pad(pin) for pin in (4, 5, 6)), active_level)
    part = LightRgb(4, 5, 6, active_level)
    assert model.colour(world.clock.now_us) == 0
    for rgb, shown in ((0xFFFFFF, 0xFFFFFF), *COLOURS):
        took_us, _none = timed(world, part.set, rgb)
        assert model.colour(world.clock.now_us) == shown
        assert took_us <= 50


def test_one_led_is_on_in_any_colour(world):
    from evse.drivers.status_led import StatusLed

    part = StatusLed(PIN)
    for rgb in (0x000001, 0xFF0000, 0):
        part.set(rgb)
        assert bool(world.chip.pad(PIN).high_us) is (rgb > 0)


def chain(world, count, fitted):
    """Model of `fitted` LEDs, driver for `count`."""
    from evse.drivers.light_ws2812 import LightWs2812

    model = light.LedChain(fitted)
    model.attach(world.chip.pad(PIN))
    model.colours = [0x123456] * fitted
    return model, LightWs2812(PIN, count)


@pytest.mark.parametrize("count", [1, 8, 60])
def test_a_chain_is_dark_first_and_shows_every_colour_in_time(world, count, record_property):
    model, part = chain(world, count, count + 1)
    # One LED more than the board says stays as it was
    assert model.colours == [0] * count + [0x123456]
    longest_us = 0
    for rgb in (0xFFFFFF, 0xFF9000, 0x010203, 0):
        took_us, _none = timed(world, part.set, rgb)
        longest_us = max(longest_us, took_us)
        assert model.colours == [rgb] * count + [0x123456]
    record_property("figure", f"{count} WS2812: {longest_us} us")
    assert longest_us <= 30 * count + 20
    assert model.refused == 0


def test_a_chain_of_none_or_too_many_is_refused(world):
    for count in (0, 61):
        with pytest.raises(OSError, match="22"):
            chain(world, count, 1)


@pytest.mark.parametrize("fault", light.FAULTS)
def test_a_chain_that_missed_a_colour_shows_it_within_a_period(world, fault):
    model, part = chain(world, 3, 3)
    indication = Indication(part)
    indication.step("available", 0, 20)
    assert model.colours == [0x00FF00] * 3
    model.set_fault(fault, True)
    for _ in range(100):
        indication.step("faulted", faults.EMERGENCY_STOP, 20)
    assert model.colours == ([0] * 3 if fault == "light_supply" else [0x00FF00] * 3)
    model.set_fault(fault, False)
    # Steady, so nothing but the repetition tells it again
    for _ in range(50):
        indication.step("faulted", faults.EMERGENCY_STOP, 20)
    assert model.colours == [0xFF0000] * 3


class Lamp:
    """Collects what a light is told in `ms`."""

    def __init__(self):
        self.rgb = None
        self.calls = 0

    def set(self, rgb):
        self.rgb = rgb
        self.calls += 1

    def shown(self, status, active, ms):
        indication = Indication(self)
        told = []
        for _ in range(ms // 20):
            indication.step(status, active, 20)
            told.append(self.rgb)
        return told


SHOWN = (
    ("available", 0, 0x00FF00, 1000),
    ("preparing", 0, 0x00FF00, 900),
    ("charging", 0, 0x0000FF, 750),
    ("suspended_ev", 0, 0x0000FF, 500),
    ("suspended_evse", 0, 0x0000FF, 250),
    ("finishing", 0, 0x0000FF, 900),
    ("unavailable", 0, 0, 1000),
    ("faulted", 0, 0xFF0000, 500),
    ("faulted", faults.EMERGENCY_STOP, 0xFF0000, 1000),
    ("faulted", faults.RESIDUAL_CURRENT | faults.TEMPERATURE_LOST, 0xFF0000, 500),
    ("faulted", faults.OVER_VOLTAGE, 0xFF0000, 500),
    ("charging", faults.TEMPERATURE_LOST, 0xFF9000, 25),
    ("charging", faults.CLOCK_UNKNOWN, 0x0000FF, 750),
)


@pytest.mark.parametrize(("status", "active", "rgb", "lit_permille"), SHOWN)
def test_the_light_says_what_the_connector_does(status, active, rgb, lit_permille):
    lamp = Lamp()
    told = lamp.shown(status, active, 12000)
    assert set(told) <= {rgb, 0}
    lit = sum(value == rgb for value in told) if rgb else len(told)
    assert lit * 1000 / len(told) == pytest.approx(lit_permille, abs=10)
    # Told when it changes and once a period, not at every step
    assert lamp.calls <= 12000 // 100 + 12


def test_every_light_of_the_fault_table_has_a_pattern():
    from evse.app.indication import PATTERNS

    known = {row[0] for row in PATTERNS}
    # Some are told without a light of their own
    lights = {row[faults.FIELDS.index("light")] for row in faults.TABLE} - {""}
    assert lights <= known


def pressed(world, seed=1):
    """Model, driver and rule of a button."""
    from evse.drivers.button import Button

    model = buttons.Button(world.clock, Random(seed))
    model.attach(world.chip.pad(PIN))
    return model, Button(PIN), button_press.ButtonPress()


def said(world, part, rule, ms):
    """What is said in `ms`, looked at every 20 ms; no look may take long."""
    events = []
    for _ in range(ms // 20):
        world.clock.advance(20_000)
        took_us, active = timed(world, part.active)
        assert took_us <= 10
        events.append(rule.step(active, 20))
    return [event for event in events if event]


@pytest.mark.parametrize("seed", range(20))
def test_a_bouncing_button_is_pressed_once(world, seed):
    model, part, rule = pressed(world, seed)
    said(world, part, rule, 200)
    for hold_ms, expected in ((100, [button_press.SHORT]), (3500, [button_press.LONG])):
        model.press()
        events = said(world, part, rule, hold_ms)
        model.release()
        assert events + said(world, part, rule, 500) == expected


def test_a_stuck_button_is_named_and_a_broken_wire_presses_nothing(world):
    model, part, rule = pressed(world)
    said(world, part, rule, 200)
    model.set_fault("button_wire", True)
    model.press()
    assert said(world, part, rule, 40000) == []
    model.set_fault("button_wire", False)
    model.release()
    said(world, part, rule, 200)
    model.set_fault("button_stuck", True)
    assert said(world, part, rule, 40000) == [button_press.LONG, button_press.STUCK]
    assert rule.stuck
    model.set_fault("button_stuck", False)
    assert said(world, part, rule, 1000) == []
    assert not rule.stuck


def test_a_button_uses_the_pull_up_that_there_is(world):
    from evse.drivers.button import Button

    Button(PIN)
    assert world.chip.pad(PIN).pull_up
    Button(PIN + 1, pull_up=False)
    assert not world.chip.pad(PIN + 1).pull_up


def test_the_buzzer_sounds_the_pattern(world):
    from evse.drivers.buzzer import Buzzer

    model = buttons.Buzzer()
    model.attach(world.chip.pad(PIN))
    part, rule = Buzzer(PIN), beep.Beep()
    rule.start(beep.REFUSED)
    for _ in range(50):
        world.clock.advance_to(world.clock.now_us // 20_000 * 20_000 + 20_000)
        part.set(rule.step(20))
    lengths_us = [end_us - start_us for start_us, end_us in model.sounds]
    assert lengths_us == [100_000] * 3
    assert not world.chip.pad(PIN).high_us
