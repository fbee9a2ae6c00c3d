"""States of the pile that moments start from, each reached by a whole firmware from its boot."""

import asyncio

from evse.core import mac, records
from evse.core.ring import Ring
from pilesim import current
from rig import LIFE

# Self-test of the residual-current monitor and the meter's first answers
_SETTLED_MS = 3000


class Stage:
    """`reach(r)` is a coroutine; `settings` go to the station; `prepare(board)` runs before it is built.

    `offer_a10` is (least, most) of the technician's limit that a visit draws from, None leaves it;
    `rated_a10` replaces what the board is rated for.
    """

    def __init__(
        self, name, reach, *, settings=None, prepare=None, offer_a10=None, rated_a10=None
    ):
        self.name = name
        self.reach = reach
        self.settings = settings or {}
        self.prepare = prepare
        self.offer_a10 = offer_a10
        self.rated_a10 = rated_a10


async def _power_on(_r):
    """Not a microsecond after the start of the firmware."""


async def _idle(r):
    await r.until(lambda: r.station.register.wh is not None)
    phases = r.station.loop.protection.phases
    await r.until(lambda: phases is None or phases.may_offer)
    await r.run(_SETTLED_MS)


async def _plugged(r):
    await _idle(r)
    r.world.vehicle.plug()
    await r.until(lambda: r.station.loop.machine.name() == "B1")
    await r.run(500)


async def _plugged_asleep(r):
    r.world.vehicle.force_s2("open")
    await _plugged(r)


async def _plugged_simplified(r):
    await _idle(r)
    r.world.vehicle.set_mode("simplified")
    r.world.vehicle.plug()
    await r.until(lambda: r.station.loop.machine.name() == "C1")


async def _offered(r):
    await _plugged_asleep(r)
    _authorize(r)
    await r.until(lambda: r.station.loop.machine.name() == "B2")
    await r.run(300)


async def _charging(r):
    await _plugged(r)
    _authorize(r)
    await r.until(lambda: r.world.contactor.closed)
    # Until current flows and the meter has told it
    await r.run(4000)
    assert r.world.contactor.closed, r.picture()


async def _ventilated(r):
    r.world.vehicle.set_mode("ventilated")
    await _charging(r)


async def _stopping(r):
    """C1: PWM off, contactor still closed, the vehicle has not opened S2."""
    await _charging(r)
    r.world.vehicle.force_s2("closed")
    assert r.station.stop_local() == "", r.picture()
    await r.until(lambda: r.station.loop.machine.name() == "C1")
    assert r.world.contactor.closed, r.picture()


async def _shorted(r):
    await _plugged(r)
    r.world.set_fault("cp_short", True)
    await r.until(lambda: r.station.loop.machine.name() == "E")


def _authorize(r):
    refusal = r.station.authorize_local()
    assert refusal == "", refusal + " " + r.picture()


def _without_pe_monitor(board):
    kind = type(board)
    kind.PINS = {role: pin for role, pin in kind.PINS.items() if role != "pe_monitor"}


def _with_welded_phases(_board):
    current.world.set_fault("phase_contactor_welded", True)


def _without_journal(_board):
    current.world.partitioned = False


def _with_a_hole_in_the_journal(_board):
    ring = Ring(current.world.flash, None)
    ring.mount()
    for seq in (1, 2, 4):
        ring.next_seq = seq
        head = {"seq": seq, "boot": 1, "up": seq, "utc": None, "c": 0, "wh": None}
        record = {**head, "kind": "boot", "cause": "power_on"}
        ring.append(records.encode(record, LIFE, records.NO_LINK, mac.Mac(b"key")))


async def idle_link():
    """Instead of the uplink's run(): no real I/O in a process that forks."""
    await asyncio.Event().wait()


_ADDRESSED = {"meter_address": "210012345678"}
# Every current of the duty law, whatever the board is rated for
_LAW = {"offer_a10": (60, 800), "rated_a10": 800}

STAGES = {
    stage.name: stage
    for stage in (
        Stage("power on", _power_on),
        Stage("power on, bad setting", _power_on, settings={"sample_interval_s": 99999}),
        Stage("power on, no PE monitor", _power_on, prepare=_without_pe_monitor),
        Stage("power on, phases welded", _power_on, prepare=_with_welded_phases),
        Stage("power on, no key", _power_on, settings={"key": ""}),
        Stage("power on, no journal", _power_on, prepare=_without_journal),
        Stage("power on, rotten journal", _power_on, prepare=_with_a_hole_in_the_journal),
        Stage("idle", _idle),
        Stage("plugged", _plugged),
        Stage("plugged, no S2", _plugged_simplified),
        Stage("plugged, asleep", _plugged_asleep, settings={"wake_up": True}),
        Stage("offered", _offered),
        Stage("offered, ventilated", _offered, settings={"ventilated": True}),
        Stage("charging", _charging, **_LAW),
        Stage("charging as rated", _charging, settings=_ADDRESSED, offer_a10=(80, 320)),
        Stage("charging, ventilated", _ventilated, settings={"ventilated": True}, **_LAW),
        Stage("stopping", _stopping, **_LAW),
        Stage("shorted", _shorted),
    )
}
