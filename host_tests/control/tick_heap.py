"""Under MicroPython: run the safety tick with the heap locked in every pilot state and fault.

An allocation raises MemoryError. Prints how many ticks ran, how often it closed, which faults it saw.
"""

import time

import machine
import micropython

import board
from evse.control.safety_tick import SafetyTick
from evse.core.charging import CLOSE, HOLD, OPEN
from evse.core.pilot import DRIVE_NEGATIVE, DRIVE_POSITIVE, DRIVE_PWM
from evse.core.pilot_profiles import PROFILES

LEVELS_MV = (12000, 9000, 7500, 6000, 4500, 3000, 0, -12000, 14000)
control_pilot = board.control_pilot()


def run_locked(tick, permission, count, period_us=4000):
    """`count` ticks with the heap locked; MemoryError when one of them allocates."""
    micropython.heap_lock()
    try:
        while count:
            time.pass_us(period_us)
            if permission is not None:
                tick.permit(permission)
            tick.run()
            count -= 1
    finally:
        micropython.heap_unlock()


def closed_tick(profile, drive):
    """A tick that has closed its contactor in state C."""
    machine.cp_high_mv, machine.cp_low_mv, machine.mirror = 6000, -12000, 0
    control_pilot.set_drive(drive, 5000)
    tick = SafetyTick(profile, control_pilot, board.contactor(), board.dead_man())
    tick._last_us = time.ticks_us()
    run_locked(tick, CLOSE, 115)
    machine.mirror = 1 if tick.contactor.commanded else 0
    run_locked(tick, CLOSE, 5)
    return tick


def main():
    """Every level, drive, permission and mirror contact; then lateness and a silent control loop."""
    runs = closings = seen = 0
    for profile in PROFILES.values():
        for drive in (DRIVE_POSITIVE, DRIVE_PWM, DRIVE_NEGATIVE):
            for permission in (OPEN, HOLD, CLOSE):
                for high_mv in LEVELS_MV:
                    for low_mv in (-12000, -6000):
                        for mirror in (0, 1):
                            tick = closed_tick(profile, drive)
                            closings += tick.contactor.commanded
                            machine.cp_high_mv, machine.cp_low_mv = high_mv, low_mv
                            machine.mirror = mirror
                            run_locked(tick, permission, 60)
                            runs += 180
                            seen |= tick.latched
    tick = closed_tick(profile, DRIVE_PWM)
    run_locked(tick, CLOSE, 2, 40000)
    seen |= tick.latched
    tick = closed_tick(profile, DRIVE_PWM)
    run_locked(tick, None, 200)
    seen |= tick.latched
    machine.mirror = 0
    tick = closed_tick(profile, DRIVE_PWM)
    machine.mirror = 0
    tick.contactor.was_closed = False
    run_locked(tick, CLOSE, 60)
    seen |= tick.latched
    print("ticks %d closings %d faults %d" % (runs, closings, seen))


main()
