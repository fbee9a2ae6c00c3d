"""Under MicroPython: run the safety tick with the heap locked in every pilot state and every fault.

An allocation raises MemoryError; the tick keeps it as its error, from where it is raised again. Prints
how many ticks ran, how often the contactor closed and the dead-man was fed, which faults were seen.

Usage: micropython tick_heap.py PROFILE ..
"""

import sys

import bare_pile
import esp32
import machine
import micropython
from bare_pile import INPUTS, control_pilot, dead_man, feedback, new_tick, vehicle

from board import BOARD
from evse.core import pilot_profiles
from evse.core.charging import CLOSE, HOLD, OPEN
from evse.core.faults import TICK_FAILED
from evse.core.pilot import DRIVE_NEGATIVE, DRIVE_POSITIVE, DRIVE_PWM

DRIVES = (DRIVE_POSITIVE, DRIVE_PWM, DRIVE_NEGATIVE)
LEVELS_MV = (12000, 9000, 7500, 6000, 4500, 3000, 0, -12000, 14000)
# Vehicle states A, B, C, D, E, a level of no state, and F by our own drive
STATES = (
    (12000, DRIVE_PWM),
    (9000, DRIVE_PWM),
    (6000, DRIVE_PWM),
    (3000, DRIVE_PWM),
    (0, DRIVE_PWM),
    (14000, DRIVE_PWM),
    (-12000, DRIVE_NEGATIVE),
)
LATE_US = 40000
# Long enough for the generator's fault, which is the slowest to be named
LONG = 160


class Broken:
    """A part whose reading fails."""

    def active(self):
        """No answer."""
        raise OSError


class Totals:
    """What ran."""

    ticks = 0
    closings = 0
    fed = 0
    seen = 0


def run_locked(tick, permission, count, period_us=bare_pile.PERIOD_US):
    """`count` ticks with the heap locked; raises what ended one of them, except a part's OSError."""
    Totals.ticks += count
    micropython.heap_lock()
    try:
        bare_pile.run(tick, permission, count, period_us)
    finally:
        micropython.heap_unlock()
    if tick.error is not None and not isinstance(tick.error, OSError):
        raise tick.error


def fed():
    """A number that changes whenever the dead-man is fed."""
    edges = machine.edges[BOARD.PINS["heartbeat"]] if BOARD.DEAD_MAN == "charge_pump" else 0
    return edges + esp32.pulses + machine.uart_bytes


def closed_tick(profile, drive=DRIVE_PWM, inputs=None):
    """A tick that has closed its contactor in state C, where it can."""
    tick = new_tick(profile, inputs)
    control_pilot.set_drive(drive, bare_pile.DUTY_BP)
    before = fed()
    if bare_pile.close(tick, run_locked):
        Totals.closings += 1
        Totals.fed += fed() > before
    return tick


def conclude(tick):
    """Note what a tick has seen."""
    Totals.seen |= tick.latched


def no_fault(tick):
    run_locked(tick, CLOSE, 60)


def all_inputs(tick):
    for pin in INPUTS:
        machine.levels[pin] = 1
    run_locked(tick, CLOSE, 30)


def self_test(tick):
    # The monitor trips by its own test: first while closed, then open and told to overlook it
    tick.testing = True
    machine.levels[INPUTS[0]] = 1
    run_locked(tick, CLOSE, 30)
    feedback(False)
    run_locked(tick, OPEN, 60)


def adc_refuses(tick):
    machine.refuses = True
    run_locked(tick, CLOSE, 30)


def stuck_high(tick):
    machine.generator = 1
    run_locked(tick, CLOSE, LONG)


def stuck_low(tick):
    machine.generator = 0
    run_locked(tick, CLOSE, 30)


def late(tick):
    run_locked(tick, CLOSE, 2, LATE_US)


def silent_loop(tick):
    run_locked(tick, None, LONG)


def released(tick):
    feedback(False)
    run_locked(tick, CLOSE, 60)


def welded(tick):
    feedback(True)
    run_locked(tick, OPEN, 90)


def uart_runs_dry(tick):
    machine.uart_done = not machine.uart_done
    run_locked(tick, CLOSE, 30)


SITUATIONS = (
    no_fault,
    all_inputs,
    self_test,
    adc_refuses,
    stuck_high,
    stuck_low,
    late,
    silent_loop,
    released,
    welded,
    uart_runs_dry,
)


def every_fault_in_every_state(profile):
    """Each input and each situation, from closed, in each state."""
    for high_mv, drive in STATES:
        for pin in INPUTS:
            tick = closed_tick(profile)
            vehicle(high_mv)
            control_pilot.set_drive(drive, bare_pile.DUTY_BP)
            machine.levels[pin] = 1
            run_locked(tick, CLOSE, 20)
            conclude(tick)
        for situation in SITUATIONS:
            tick = closed_tick(profile)
            vehicle(high_mv)
            control_pilot.set_drive(drive, bare_pile.DUTY_BP)
            situation(tick)
            conclude(tick)


def every_level(profile):
    """Every drive, permission, pair of levels and feedback."""
    for drive in DRIVES:
        for permission in (OPEN, HOLD, CLOSE):
            for high_mv in LEVELS_MV:
                for low_mv in (-12000, -6000):
                    for is_closed in (False, True):
                        tick = closed_tick(profile, drive)
                        vehicle(high_mv, low_mv)
                        feedback(is_closed)
                        run_locked(tick, permission, 60)
                        conclude(tick)


def never_closes(profile):
    """The feedback never follows the coil."""
    tick = new_tick(profile)
    vehicle(6000)
    run_locked(tick, CLOSE, LONG)
    conclude(tick)


def broken_part(profile):
    """A part that fails while closed: the tick opens and keeps the error."""
    tick = closed_tick(profile)
    tick.inputs = ((Broken(), TICK_FAILED),)
    run_locked(tick, CLOSE, 10)
    if tick.contactor.commanded or not isinstance(tick.error, OSError):
        raise RuntimeError("a broken part left the contactor closed, error %r" % tick.error)
    conclude(tick)


def main(names):
    """The first profile at every level, all of them in every state and fault."""
    profiles = [pilot_profiles.load(name) for name in names]
    every_level(profiles[0])
    for profile in profiles:
        every_fault_in_every_state(profile)
        never_closes(profile)
        broken_part(profile)
    micropython.heap_lock()
    try:
        for _ in range(100):
            bare_pile.time.pass_us(bare_pile.PERIOD_US)
            dead_man.beat()
    finally:
        micropython.heap_unlock()
    print(
        "ticks %d closings %d fed %d faults %d"
        % (Totals.ticks, Totals.closings, Totals.fed, Totals.seen)
    )


main(sys.argv[1:])
