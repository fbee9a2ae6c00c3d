"""Every reason for which the board lint refuses a board: what is wrong, and what to do."""

from __future__ import annotations

from typing import NamedTuple


class Problem(NamedTuple):
    """One finding: key of REASONS, and the sentence."""

    reason: str
    text: str


REASONS = {
    "board_file": "board.py cannot be loaded, {error}: mend it, or copy one from `make new-board`",
    "chip": "CHIP {chip}: not one of {known}; choose one, or add the chip to pilectl/boardlint/chips.py",
    "name": "NAME {name}: the folder is called {folder}; give both one name",
    "phases": "PHASES {value}: write 1 or 3",
    "connector_kind": "CONNECTOR_KIND {value}: not one of {known}; choose one",
    # Pins
    "role_missing": "no pin for {role}, which every board needs: give it one in PINS",
    "role_unknown": "GPIO {pin}, {role}: no such role; take one of pilectl/boardlint/roles.py",
    "pin_number": "{pin}, {role}: no GPIO number; write the plain number",
    "no_such_pin": "GPIO {pin}, {role}: the {chip} has no such pin; choose another",
    "flash": "GPIO {pin}, {role}: belongs to the flash of the {chip}; choose another",
    "psram": "GPIO {pin}, {role}: belongs to the PSRAM that PSRAM says is there; choose another",
    "console": "GPIO {pin}, {role}: belongs to the console; choose another",
    "usb": "GPIO {pin}, {role}: belongs to USB, which stock MicroPython takes; choose another",
    "input_only": "GPIO {pin}, {role}: can only be an input, the role drives it; choose another",
    "no_pull_up": (
        "GPIO {pin}, {role}: has no pull-up of its own; fit one and list the pin in EXTERNAL_PULL_UP"
    ),
    "pull_up_idle": (
        "EXTERNAL_PULL_UP names GPIO {pin}, which has no role with a pull-up; take it out"
    ),
    "strapping": (
        "GPIO {pin}, {role}: decides how the chip boots; choose another, or prove its level at reset "
        "on the page and list it in STRAPPING_USED"
    ),
    "strapping_idle": "STRAPPING_USED names GPIO {pin}, which has no role or is no strapping pin; take it out",
    "not_adc1": "GPIO {pin}, {role}: is not on ADC1; choose one of {known}",
    "used_twice": "GPIO {pin}, {role}: is {other} already; choose another",
    # Units of the chip
    "uart": "{name} {uart}: not free on the {chip}; allowed {known}",
    "uart_twice": "{name} {uart}: is {other} already; the {chip} has {known}, choose other parts",
    "pwm": "{needed} PWM channels for {parts}: the {chip} has {there}; choose other parts or another chip",
    "timers": "{needed} timers for {parts}: the {chip} has {there}; choose other parts or another chip",
    "rmt": "{needed} RMT channels for {parts}: the {chip} has {there}; choose other parts or another chip",
    # Ethernet
    "ethernet_chip": "ETHERNET: the {chip} has no Ethernet MAC; leave it away or choose an esp32",
    "ethernet_key": "ETHERNET {key} = {value}: {allowed}",
    "ethernet_pins": "ETHERNET pins: GPIO {pin} is missing, which the MAC or its clock takes; add it",
    "ethernet_extra": "ETHERNET pins: GPIO {pin} is neither the MAC's nor its clock's; take it out",
    "ethernet_role": "no pin for {role}, which ETHERNET needs: give it one in PINS",
    "ethernet_idle": "GPIO {pin}, {role}: ETHERNET is None; describe the PHY there or take the pin out",
    # Parts
    "choice": "{name} {value}: not one of {known}; choose one",
    "choice_missing": "no pin for {role}, which {name} {value} needs: give it one in PINS",
    "choice_other": "GPIO {pin}, {role}: {name} is {value}; take the pin out or choose the other part",
    "feedback_missing": (
        "no pin for mirror or output_sense: one of them must tell that the contactor closed; add it"
    ),
    "feedback_twice": "GPIO {pin}, {role}: the contactor has mirror already; take one out",
    "dead_man_chip": (
        "DEAD_MAN {value}: the RMT of the {chip} cannot stop a running pulse; choose charge_pump or uart"
    ),
    "dead_man_hold": "DEAD_MAN_HOLD_MS {value}: allowed {lowest}..{highest}; change the parts, then the number",
    "part_missing": (
        "no pin for {role}, and {part} is not in INSTALLED_OUTSIDE: the pile would say "
        "safety_part_missing and begin no charge; add the part, or list it if the installation has it"
    ),
    "part_twice": "GPIO {pin}, {role}: {part} is in INSTALLED_OUTSIDE; take one of them out",
    "outside_unknown": "INSTALLED_OUTSIDE {value}: not one of {known}; take it out",
    "socket": "no pin for {role}, which a socket needs: add it, or make CONNECTOR_KIND cable",
    "lock": "no pin for {role}, which a lock needs: add it, or take the lock out",
    "rcm_half": "GPIO {pin}, {role}: there is no {other}; add it or take this one out",
    "phase_half": "GPIO {pin}, {role}: there is no {other}; add it or take this one out",
    "phase_switch": "GPIO {pin}, {role}: PHASES is {value}; only three phases can be switched",
    "meter_phases": "METER {value}: measures one phase, PHASES is {phases}; choose another meter",
    "meter_number": "{name} {value}: METER {meter} needs {allowed}",
    "light_count": "LIGHT_COUNT {value}: write how many lamps the chain has, 1 or more",
    # Second EVSE
    "second_missing": "SECOND has no {role}: the EVSEs cannot share it; give the second one its own pin",
    "second_none": "SECOND {role} is None: an EVSE cannot do without; give it a pin",
    "second_extra": "GPIO {pin}, {role}: the first EVSE has none; add it to PINS or take it out",
    "second_uart": (
        "SECOND: {name} {value} needs a UART for each EVSE; choose another part for two EVSEs"
    ),
    # Front ends
    "front_end": "{name} {key} = {value}: not a whole number above 0; write the part's value",
    "front_end_missing": "{name} is missing, which {role} needs: describe the divider",
    "calibration": "PILOT_CALIBRATION {value}: not two whole numbers, the second above 0; see BLUEPRINT.md",
    "adc_range": (
        "CP at {pilot_mv} mV puts {adc_mv} mV on the ADC, allowed {lowest}..{highest}: "
        "change the divider of PILOT_FRONT_END"
    ),
    "disagrees": (
        "CP at {pilot_mv} mV would be read as {read_mv} mV, allowed error {allowed} mV: "
        "compute PILOT_CALIBRATION from the resistors again"
    ),
    "temperature_range": (
        "{celsius} degC puts {adc_mv} mV on the ADC, allowed {lowest}..{highest}: "
        "change the divider of TEMPERATURE_FRONT_END"
    ),
    "proximity_range": (
        "a cable of {ohm} ohm puts {adc_mv} mV on the ADC, allowed {lowest}..{highest}: "
        "change PROXIMITY_FRONT_END"
    ),
    # Wiring page
    "page_file": "there is no board.md: write it, `make new-board` has a beginning",
    "page_danger": "board.md: no line that begins `> **Danger.**`; say it first",
    "page_table": "board.md: no table whose header begins GPIO, role, direction; add it",
    "page_row": "board.md: the row {row} has no number as its GPIO; write the plain number",
    "page_missing": "board.md: no row for GPIO {pin}, {role}; add it",
    "page_extra": "board.md: the row GPIO {pin}, {role} is not in board.py; mend one of them",
    "page_direction": "board.md: GPIO {pin}, {role}: direction {value}, is {direction}; mend the row",
}


def problem(reason: str, **facts: object) -> Problem:
    """The Problem for one of REASONS."""
    return Problem(reason, REASONS[reason].format(**facts))


def whole(value: object) -> bool:
    """True for an integer that is no bool."""
    return isinstance(value, int) and not isinstance(value, bool)
