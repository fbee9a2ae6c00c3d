"""One breakage at a time: it gets its own name and leads where it should; what is no fault gets none."""

import pytest

from evse.control.stall_permit import StallRefusedError
from evse.core import faults, limits
from evse.core.pilot import DRIVE_NEGATIVE
from evse.core.pilot_profiles import B, C

from .line import FROZEN_HIGH, FROZEN_LOW, STUCK_HIGH, STUCK_LOW
from .scene import Scene

PILOT = {
    "short": ({"short": True}, faults.PILOT_SHORT),
    "between_c_and_e": ({"odd_mv": 1500}, faults.PILOT_INVALID),
    "above_a": ({"odd_mv": 14500}, faults.PILOT_INVALID),
    "no_diode": ({"low_half_mv": -6000}, faults.PILOT_DIODE),
    "leak": ({"low_half_mv": -9500}, faults.PILOT_DIODE),
    "stuck_high": ({"generator": STUCK_HIGH}, faults.PILOT_GENERATOR),
    "stuck_low": ({"generator": STUCK_LOW}, faults.PILOT_GENERATOR),
    "frozen_high": ({"generator": FROZEN_HIGH}, faults.PILOT_GENERATOR),
    "frozen_low": ({"generator": FROZEN_LOW}, faults.PILOT_GENERATOR),
}
# The negative half-wave may hide for half a second; what follows are the loop and its names
NAMED_MS = 560


def test_a_charge_without_anything_broken_raises_nothing():
    scene = Scene(lock=True, mains_monitor=True).plug()
    assert scene.site.power.closed
    scene.run(15000)
    assert scene.site.power.closed
    assert not [name for name in scene.counters if name.startswith("fault ")]


@pytest.mark.parametrize("name", PILOT)
def test_pilot(name):
    broken, bit = PILOT[name]
    scene = Scene().plug()
    scene.site.line.change(**broken)
    scene.run(NAMED_MS)
    assert faults.names(scene.active) == faults.names(bit)
    assert not scene.site.power.pin


def test_a_pilot_that_twitches():
    scene = Scene().plug()
    for _ in range(3):
        assert scene.site.power.closed
        scene.site.line.change(odd_mv=12000)
        scene.run(9)
        scene.site.line.change(odd_mv=None)
        scene.run(13000)
    assert scene.active == faults.PILOT_UNSTABLE
    assert not scene.site.power.pin


def test_an_interpreter_that_is_held():
    scene = Scene().plug()
    scene.actors.stall(28)
    scene.run(50)
    assert scene.site.power.pin
    scene.actors.stall(40)
    scene.run(60)
    assert scene.active == faults.TICK_LATE
    assert not scene.site.power.pin


def test_a_control_loop_that_stops():
    scene = Scene().plug()
    scene.world.loop_off_until_us = scene.world.now_us + 450000
    scene.run(480)
    assert scene.site.power.pin
    scene.world.loop_off_until_us = scene.world.now_us + 600000
    scene.run(560)
    assert not scene.site.power.pin
    scene.run(100)
    assert scene.active == faults.CONTROL_LOST


def test_a_pause_below_6_a_is_not_short():
    scene = Scene().plug()
    scene.site.set_limit(limits.SITE, 59)
    scene.run(100)
    assert scene.loop.machine.name() == "C1"
    scene.actors.show(B)
    scene.run(400)
    scene.site.set_limit(limits.SITE, 320)
    scene.run(9000)
    assert scene.loop.machine.name() == "B1"
    scene.run(1500)
    assert scene.loop.machine.name() == "B2"


def test_a_hot_pile_offers_less():
    scene = Scene().plug()
    for c10, least_ma, most_ma in ((650, 32000, 32000), (700, 15000, 19000), (750, 6000, 6000)):
        scene.site.temperature.set(c10)
        scene.run(1000)
        assert least_ma - 20 <= scene.loop.offered_ma <= most_ma, c10
    scene.site.temperature.set(None)
    scene.run(3000)
    assert scene.active == faults.TEMPERATURE_LOST
    assert scene.site.power.closed


def test_a_silent_meter():
    scene = Scene().plug()
    scene.site.load.set(silent=True)
    scene.run(6000)
    assert scene.active == faults.METER_LOST
    scene.run(6000)
    assert not scene.site.power.pin


def test_a_monitor_that_fails_its_test_drives_state_f():
    scene = Scene()
    scene.site.residual_current.dead = True
    scene.plug()
    assert scene.active == faults.RESIDUAL_CURRENT_TEST
    assert scene.site.line.drive == DRIVE_NEGATIVE
    assert not scene.counters.get("closings")


@pytest.mark.parametrize("part", ["residual_current", "pe_monitor", "temperature"])
def test_a_missing_part_drives_state_f(part):
    scene = Scene(missing=(part,), outside=False).plug()
    assert scene.active == faults.SAFETY_PART_MISSING
    assert scene.site.line.drive == DRIVE_NEGATIVE
    assert Scene(missing=(part,), outside=True).plug().site.power.closed


def test_an_old_self_test_closes_nothing():
    scene = Scene().plug()
    protection = scene.loop.protection
    assert protection.ready
    assert not protection.may_close
    scene.actors.want(False)
    scene.run(7000)
    assert not scene.site.power.closed
    assert not protection.may_close
    scene.actors.want(True)
    scene.run(300)
    assert not protection.may_close
    scene.run(3000)
    assert scene.site.power.closed


def test_nothing_closes_that_protection_does_not_allow(monkeypatch):
    scene = Scene()
    monkeypatch.setattr(type(scene.loop.protection), "may_close", False)
    scene.plug()
    assert scene.loop.machine.name() == "C2"
    assert not scene.counters.get("closings")


def test_nothing_closes_while_something_else_must_find_the_contactor_open(monkeypatch):
    scene = Scene()
    monkeypatch.setattr(type(scene.loop.protection), "opens", True)
    scene.plug()
    assert scene.loop.machine.name() == "C2"
    assert not scene.counters.get("closings")


def test_no_stall_is_permitted_while_the_contactor_has_not_yet_followed_its_coil():
    scene = Scene()
    scene.actors.show(B)
    scene.run(500)
    scene.actors.want(True)
    scene.run(3000)
    scene.actors.show(C)
    pulling_in_ms = 0
    while not scene.site.power.closed:
        scene.run(1)
        if scene.site.power.pin and not scene.loop.closed:
            pulling_in_ms += 1
            with pytest.raises(StallRefusedError):
                scene.site.permit.hold("pulling in")
    assert pulling_in_ms > 2


def test_a_weld_locks_out_until_somebody_unlocks():
    scene = Scene().plug().weld()
    assert scene.active == faults.CONTACTOR_WELDED
    assert scene.site.line.drive == DRIVE_NEGATIVE
    scene.restart().plug()
    assert scene.active == faults.CONTACTOR_WELDED
    assert not scene.site.power.closed
    scene.actors.unlock()
    scene.run(3000)
    assert scene.site.power.closed


def test_a_lock_stays_locked_until_the_contactor_is_open():
    scene = Scene(lock=True, mains_monitor=True).plug()
    scene.actors.want(False)
    # The vehicle ignores the stop
    for _ in range(100):
        scene.run(50)
        assert scene.site.lock.home
        assert scene.site.power.closed
    scene.run(3000)
    assert not scene.site.power.closed
    assert not scene.site.lock.home
