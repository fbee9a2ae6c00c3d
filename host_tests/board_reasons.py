"""Every reason for which the board lint refuses a board, and its sentence."""

from collections import namedtuple

Problem = namedtuple("Problem", "reason text")

REASONS = {
    "chip": "CHIP {chip}: not one of {known}",
    "name": "NAME {name}: the folder is called {folder}",
    "phases": "PHASES {value}: the meter is read, and the supply supervised, on one phase only",
    "connector_kind": "CONNECTOR_KIND {value}: not one of {known}",
    # Pins
    "role_missing": "no pin for {role}, which every board needs",
    "role_unknown": "GPIO {pin}, {role}: the lint does not know this role",
    "no_such_pin": "GPIO {pin}, {role}: the {chip} has no such pin",
    "flash": "GPIO {pin}, {role}: belongs to the flash",
    "console": "GPIO {pin}, {role}: belongs to the console",
    "input_only": "GPIO {pin}, {role}: can only be an input, the role drives it",
    "no_pull_up": "GPIO {pin}, {role}: has no pull-up of its own and is not in EXTERNAL_PULL_UP",
    "pull_up_idle": "EXTERNAL_PULL_UP names GPIO {pin}, which has no role with a pull-up",
    "strapping": "GPIO {pin}, {role}: decides how the chip boots and is not in STRAPPING_USED",
    "not_adc1": "GPIO {pin}, {role}: is not on ADC1",
    "used_twice": "GPIO {pin}, {role}: is {other} already",
    "uart": "{name} {uart}: allowed {known}",
    "uart_twice": "UART_DEAD_MAN {uart}: is UART_METER already",
    # Parts
    "feedback_missing": "no pin for mirror or output_sense, one of which tells that the contactor closed",
    "feedback_twice": "GPIO {pin}, {role}: the contactor has mirror already",
    "dead_man": "DEAD_MAN {value}: not one of {known}",
    "dead_man_missing": "no pin for {role}, which DEAD_MAN {value} needs",
    "dead_man_other": "GPIO {pin}, {role}: DEAD_MAN is {value}",
    "dead_man_chip": "DEAD_MAN {value}: the RMT of the {chip} cannot stop a running pulse",
    "dead_man_hold": "DEAD_MAN_HOLD_MS {value}: allowed {lowest}..{highest}",
    "part_missing": "no pin for {role}, and {part} is not in INSTALLED_OUTSIDE",
    "part_twice": "GPIO {pin}, {role}: {part} is in INSTALLED_OUTSIDE",
    "outside_unknown": "INSTALLED_OUTSIDE {value}: not one of {known}",
    "socket": "no pin for {role}, which a socket needs",
    "lock": "no pin for {role}, which a lock needs",
    # Front ends
    "front_end": "{name} {key} = {value}: not a whole number above 0",
    "calibration": "PILOT_CALIBRATION {value}: not two whole numbers, the second above 0",
    "adc_range": "CP at {pilot_mv} mV puts {adc_mv} mV on the ADC, allowed {lowest}..{highest}",
    "disagrees": "CP at {pilot_mv} mV would be read as {read_mv} mV, allowed error {allowed} mV",
    "temperature_range": "{celsius} degC puts {adc_mv} mV on the ADC, allowed {lowest}..{highest}",
    # Wiring page
    "page_table": "board.md: no table whose header begins GPIO, role, direction",
    "page_row": "board.md: the row {row} has no number as its GPIO",
    "page_missing": "board.md: no row for GPIO {pin}, {role}",
    "page_extra": "board.md: the row GPIO {pin}, {role} is not in board.py",
    "page_direction": "board.md: GPIO {pin}, {role}: direction {value}, is {direction}",
}


def problem(reason, **facts):
    """The Problem for one of REASONS."""
    return Problem(reason, REASONS[reason].format(**facts))


def whole(value):
    """True for an integer that is no bool."""
    return isinstance(value, int) and not isinstance(value, bool)
