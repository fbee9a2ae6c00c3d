"""What a board folder must hold to, checked without running it: pins, parts, front ends, wiring page.

`board_problems(board, folder)` and `page_problems(board, text)` return a list of `Problem`; empty is
good. A strapping pin is refused unless the board lists it in an optional `STRAPPING_USED`, a tuple of
GPIOs.
"""

from collections import namedtuple

from board_front_ends import pilot_problems, temperature_problems
from board_parts import part_problems
from board_reasons import problem

Chip = namedtuple("Chip", "gpios flash input_only strapping adc1 console uarts rmt_stops")

CHIPS = {
    "esp32": Chip(
        gpios=frozenset((*range(20), 21, 22, 23, 25, 26, 27, *range(32, 40))),
        flash=frozenset(range(6, 12)),
        input_only=frozenset(range(34, 40)),
        strapping=frozenset((0, 2, 5, 12, 15)),
        # ADC2 is taken by Wi-Fi
        adc1=frozenset(range(32, 40)),
        console=frozenset((1, 3)),
        uarts=frozenset((1, 2)),
        # Its driver waits for the end of the pulse, with interrupts off
        rmt_stops=False,
    ),
    "esp32s3": Chip(
        gpios=frozenset((*range(22), *range(26, 49))),
        # 33 to 37 on modules with octal flash or PSRAM
        flash=frozenset(range(26, 38)),
        input_only=frozenset(),
        strapping=frozenset((0, 3, 45, 46)),
        adc1=frozenset(range(1, 11)),
        # UART0, and USB
        console=frozenset((19, 20, 43, 44)),
        uarts=frozenset((1, 2)),
        rmt_stops=True,
    ),
}

# role: direction
ROLES = {
    "cp_pwm": "out",
    "cp_adc": "in",
    "contactor": "out",
    "mirror": "in",
    "output_sense": "in",
    "heartbeat": "out",
    "dead_man_rmt": "out",
    "dead_man_uart": "out",
    "rs485_tx": "out",
    "rs485_rx": "in",
    "led": "out",
    "rcm_trip": "in",
    "rcm_test": "out",
    "emergency_stop": "in",
    "pe_monitor": "in",
    "mains_monitor": "in",
    "temperature_adc": "in",
    "lock_a": "out",
    "lock_b": "out",
    "lock_feedback": "in",
}
REQUIRED = ("cp_pwm", "cp_adc", "contactor", "rs485_tx", "rs485_rx", "led")
ANALOG = ("cp_adc", "temperature_adc")
# Inputs that read 1, the safe level, by a pull-up when their wire breaks
PULLED_UP = (
    "mirror",
    "output_sense",
    "rcm_trip",
    "emergency_stop",
    "pe_monitor",
    "mains_monitor",
    "lock_feedback",
)


def board_problems(board, folder):
    """Problems of a board: chip, name, pins, parts, UARTs, front ends and calibration."""
    chip = CHIPS.get(board.CHIP)
    if chip is None:
        return [problem("chip", chip=board.CHIP, known=", ".join(CHIPS))]
    found = []
    if folder != board.NAME:
        found.append(problem("name", name=board.NAME, folder=folder))
    found += _pin_problems(board, chip) + part_problems(board, chip)
    found += pilot_problems(board.PILOT_FRONT_END, board.PILOT_CALIBRATION)
    if "temperature_adc" in board.PINS:
        found += temperature_problems(board.TEMPERATURE_FRONT_END)
    return found


def _pin_problems(board, chip):
    found = [problem("role_missing", role=role) for role in REQUIRED if role not in board.PINS]
    owner = {}
    allowed_strapping = getattr(board, "STRAPPING_USED", ())
    for role, pin in board.PINS.items():
        facts = {"pin": pin, "role": role, "chip": board.CHIP}
        if role not in ROLES:
            found.append(problem("role_unknown", **facts))
        if pin in owner:
            found.append(problem("used_twice", other=owner[pin], **facts))
        owner.setdefault(pin, role)
        if pin not in chip.gpios:
            # Nothing more can be said about it
            found.append(problem("no_such_pin", **facts))
            continue
        bare = pin in chip.input_only and pin not in board.EXTERNAL_PULL_UP
        checks = (
            ("flash", pin in chip.flash),
            ("console", pin in chip.console),
            ("input_only", pin in chip.input_only and ROLES.get(role) == "out"),
            ("no_pull_up", bare and role in PULLED_UP),
            ("strapping", pin in chip.strapping and pin not in allowed_strapping),
            ("not_adc1", role in ANALOG and pin not in chip.adc1),
        )
        found += [problem(reason, **facts) for reason, broken in checks if broken]
    return found + [
        problem("pull_up_idle", pin=pin)
        for pin in board.EXTERNAL_PULL_UP
        if owner.get(pin) not in PULLED_UP
    ]


def page_rows(text):
    """[(gpio, role, direction)] as texts from the pin table of a wiring page, None without one."""
    rows = None
    for line in text.splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip().strip("|").split("|")]
        if rows is None:
            if [cell.lower() for cell in cells[:3]] == ["gpio", "role", "direction"]:
                rows = []
        elif not line.lstrip().startswith("|"):
            break
        elif set(cells[0]) - set("-: "):
            rows.append(tuple((*cells, "", "")[:3]))
    return rows


def page_problems(board, text):
    """Problems of a wiring page: its pin table has exactly the pins of `board`."""
    rows = page_rows(text)
    if rows is None:
        return [problem("page_table")]
    found = []
    listed = set()
    for gpio, role, direction in rows:
        if not gpio.isdigit():
            found.append(problem("page_row", row=" | ".join((gpio, role, direction))))
            continue
        facts = {"pin": int(gpio), "role": role}
        listed.add((role, int(gpio)))
        if board.PINS.get(role) != int(gpio):
            found.append(problem("page_extra", **facts))
        elif direction != ROLES.get(role):
            is_direction = ROLES.get(role, "unknown")
            found.append(
                problem("page_direction", value=direction, direction=is_direction, **facts)
            )
    for role, pin in board.PINS.items():
        if (role, pin) not in listed:
            found.append(problem("page_missing", pin=pin, role=role))
    return found
