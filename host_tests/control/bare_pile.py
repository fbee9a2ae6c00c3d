"""Under MicroPython: the parts of a board on bare stand-ins, brought into a pilot state and closed.

Run with host_tests/control/bare, host_tests/control, firmware and one board folder on MICROPYPATH.
"""

import time

import machine

from board import BOARD
from evse.control.parts import Parts
from evse.control.safety_tick import SafetyTick
from evse.core.charging import CLOSE
from evse.core.pilot import DRIVE_PWM

PERIOD_US = 4000
DUTY_BP = 5000

_PINS = BOARD.PINS
_FEEDBACK = _PINS["mirror"] if "mirror" in _PINS else _PINS["output_sense"]
_CLOSED_LEVEL = 1 if "mirror" in _PINS else 0
# Role of each safety input: 0 is well
INPUTS = tuple(
    _PINS[role]
    for role in ("rcm_trip", "emergency_stop", "pe_monitor", "mains_monitor")
    if role in _PINS
)

machine.cp_adc = _PINS["cp_adc"]
control_pilot = BOARD.control_pilot()
contactor = BOARD.contactor()
dead_man = BOARD.dead_man()
parts = Parts(BOARD)


def vehicle(high_mv, low_mv=-12000):
    """What the pilot line shows in its two half-waves."""
    machine.cp_high_mv, machine.cp_low_mv = high_mv, low_mv


def feedback(closed):
    """What the mirror contact or the output sensing says."""
    machine.levels[_FEEDBACK] = _CLOSED_LEVEL if closed else 1 - _CLOSED_LEVEL


def run(tick, permission, count, period_us=PERIOD_US):
    """`count` ticks; a permission of None is a control loop that is silent."""
    while count:
        time.pass_us(period_us)
        if permission is not None:
            tick.permit(permission)
        tick.run()
        count -= 1


def new_tick(profile, inputs=None, dead_man=dead_man):
    """A tick with the board's inputs or others; open, generator at the PWM."""
    for pin in INPUTS:
        machine.levels[pin] = 0
    machine.generator, machine.refuses = None, False
    feedback(False)
    control_pilot.set_drive(DRIVE_PWM, DUTY_BP)
    if inputs is None:
        inputs = parts.inputs()
    tick = SafetyTick(profile, control_pilot, contactor, dead_man, inputs)
    tick._last_us = time.ticks_us()
    return tick


def close(tick, run=run):
    """State C until the contactor has closed and its feedback said so; True when it did."""
    vehicle(6000)
    run(tick, CLOSE, 115)
    feedback(tick.contactor.commanded)
    run(tick, CLOSE, 15)
    return tick.contactor.commanded
