"""Under MicroPython: microseconds of the safety tick, its pilot burst and the control loop, each
measured in turn with a calibration loop. Prints one line of JSON.

The same rounds run five times and each counts with its shortest: what another process took is left out.

Usage: micropython tick_cost.py ROUNDS
"""

import gc
import json
import sys

import bare_pile
import machine

# The stand-ins' `time` is a counter; this is the clock
import utime

from board import BOARD
from evse.app.connector_loop import build_loop
from evse.control.control_loop import PERIOD_MS as LOOP_MS
from evse.control.safety_tick import PERIOD_MS as TICK_MS
from evse.control.stall_permit import StallPermit
from evse.core import pilot_profiles, settings
from evse.core.charging import CLOSE, OPEN
from evse.core.faults import EMERGENCY_STOP
from evse.core.pilot import DRIVE_NEGATIVE, DRIVE_POSITIVE

_REPEATS = 5
_SETTLE = 60
_CALIBRATION_CALLS = 100
PROFILE = pilot_profiles.load("iec_61851_1_2017")
rounds = int(sys.argv[1])


def _add(value):
    return value + 1


def calibrate():
    """The unit in which figures compare between machines: 100 calls of a function that adds 1."""
    value = 0
    for _ in range(_CALIBRATION_CALLS):
        value = _add(value)


def measure(name, prepare, period_ms=TICK_MS):
    """Row of what happens once per period; `prepare()` gives (work, between the rounds), ready to run."""
    took, unit = [1 << 29] * rounds, [1 << 29] * rounds
    for _ in range(_REPEATS):
        work, between = prepare()
        gc.collect()
        for number in range(rounds):
            between()
            start_us = utime.ticks_us()
            calibrate()
            middle_us = utime.ticks_us()
            work()
            end_us = utime.ticks_us()
            unit[number] = min(unit[number], utime.ticks_diff(middle_us, start_us))
            took[number] = min(took[number], utime.ticks_diff(end_us, middle_us))
    took.sort()
    unit.sort()
    return {
        "name": name,
        "period_ms": period_ms,
        "median_us": took[rounds // 2],
        "worst_us": took[-1],
        "calibration_us": unit[rounds // 2],
    }


def nothing():
    """Between rounds that need nothing."""


def tick_row(name, high_mv, drive=None, closed=False, inputs=None):
    """The tick in one state, and of it the burst that looks at the pilot."""
    permission = CLOSE if closed else OPEN

    def prepare():
        tick = bare_pile.new_tick(PROFILE, inputs)
        if closed:
            bare_pile.close(tick)
        bare_pile.vehicle(high_mv)
        if drive is not None:
            bare_pile.control_pilot.set_drive(drive)
        bare_pile.run(tick, permission, _SETTLE)
        if tick.contactor.commanded != closed or tick.error:
            raise RuntimeError("%s: closed is not %s, error %r" % (name, closed, tick.error))

        def between():
            bare_pile.time.pass_us(bare_pile.PERIOD_US)
            tick.permit(permission)

        return tick.run, between

    row = measure("tick, " + name, prepare)
    burst = measure(name, lambda: (bare_pile.control_pilot.measure, nothing))
    row["burst_us"] = burst["median_us"]
    return row


def loop_row(name, high_mv, closed):
    """The control loop's step in a state that it has settled in."""
    trip, test = BOARD.PINS["rcm_trip"], BOARD.PINS["rcm_test"]

    def prepare():
        loop = build_loop(BOARD, settings.defaults(), StallPermit(), 0)

        def between():
            # A monitor and a meter that answer at once, and the ticks of 20 ms
            machine.levels[trip] = machine.levels[test]
            bare_pile.feedback(loop.tick.contactor.commanded)
            loop.register.accept(1000)
            loop.register.take_voltages((BOARD.VOLTS * 1000,))
            loop.register.take_currents((0,))
            bare_pile.run(loop.tick, None, LOOP_MS // TICK_MS)

        bare_pile.feedback(False)
        bare_pile.vehicle(high_mv)
        loop.wants_energy = closed
        for _ in range(300):
            between()
            loop.step(LOOP_MS)
        if loop.machine.name() != name or loop.closed != closed:
            raise RuntimeError("control loop in %s, wanted %s" % (loop.machine.name(), name))
        return lambda: loop.step(LOOP_MS), between

    return measure("control loop step, %s" % name, prepare, LOOP_MS)


def main():
    """All rows."""
    part = BOARD.emergency_stop()
    nine = tuple((part, EMERGENCY_STOP) for _ in range(9))
    rows = [
        tick_row("A", 12000, DRIVE_POSITIVE),
        tick_row("B", 9000),
        tick_row("C closed", 6000, None, True),
        tick_row("C closed, no inputs", 6000, None, True, ()),
        tick_row("C closed, 9 inputs", 6000, None, True, nine),
        tick_row("E", 0, DRIVE_POSITIVE),
        tick_row("F", -12000, DRIVE_NEGATIVE),
        loop_row("A1", 12000, False),
        loop_row("C2", 6000, True),
    ]
    print(json.dumps({"interpreter": list(sys.implementation)[:2], "rows": rows}))


main()
