"""What a board folder must hold to, checked without running it: pins, calibration, wiring page.

`board_problems(board)` and `page_problems(board, text)` return a list of `Problem`; empty is good.
A strapping pin is refused unless the board lists it in an optional `STRAPPING_USED`, a tuple of GPIOs.
"""

from collections import namedtuple

Problem = namedtuple("Problem", "reason text")
Chip = namedtuple("Chip", "gpios flash input_only strapping adc1 console uarts")

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
    ),
}

# role: direction
ROLES = {
    "cp_pwm": "out",
    "cp_adc": "in",
    "contactor": "out",
    "mirror": "in",
    "heartbeat": "out",
    "rs485_tx": "out",
    "rs485_rx": "in",
    "led": "out",
}
# Inputs that lean on the chip's own pull-up
PULLED_UP = ("mirror",)

# reason: sentence
REASONS = {
    "chip": "CHIP {chip}: not one of {known}",
    "name": "NAME {name}: the folder is called {folder}",
    "role_missing": "no pin for {role}, which every board needs",
    "role_unknown": "GPIO {pin}, {role}: the lint does not know this role",
    "no_such_pin": "GPIO {pin}, {role}: the {chip} has no such pin",
    "flash": "GPIO {pin}, {role}: belongs to the flash",
    "console": "GPIO {pin}, {role}: belongs to UART0, the console",
    "input_only": "GPIO {pin}, {role}: can only be an input, the role drives it",
    "no_pull_up": "GPIO {pin}, {role}: has no internal pull-up, the role needs one",
    "strapping": "GPIO {pin}, {role}: decides how the chip boots and is not in STRAPPING_USED",
    "not_adc1": "GPIO {pin}, {role}: is not on ADC1",
    "used_twice": "GPIO {pin}, {role}: is {other} already",
    "uart": "UART_METER {uart}: allowed {known}",
    "front_end": "PILOT_FRONT_END {key} = {value}: not a whole number above 0",
    "calibration": "PILOT_CALIBRATION {value}: not two whole numbers, the second above 0",
    "adc_range": "CP at {pilot_mv} mV puts {adc_mv} mV on the ADC, allowed {lowest}..{highest}",
    "disagrees": "CP at {pilot_mv} mV would be read as {read_mv} mV, allowed error {allowed} mV",
    "page_table": "board.md: no table whose header begins GPIO, role, direction",
    "page_row": "board.md: the row {row} has no number as its GPIO",
    "page_missing": "board.md: no row for GPIO {pin}, {role}",
    "page_extra": "board.md: the row GPIO {pin}, {role} is not in board.py",
    "page_direction": "board.md: GPIO {pin}, {role}: direction {value}, is {direction}",
}

PILOT_MOST_MV = 12600
ADC_LEAST_MV, ADC_MOST_MV = 150, 2450
# 1 % of 12 V
AGREEMENT_MV = 120
FRONT_END_KEYS = ("top_ohm", "pullup_ohm", "pulldown_ohm", "pullup_mv")


def problem(reason, **facts):
    """The Problem for one of REASONS."""
    return Problem(reason, REASONS[reason].format(**facts))


def board_problems(board, folder):
    """Problems of a board module: chip, name, pins, UART, front end and calibration."""
    chip = CHIPS.get(board.CHIP)
    if chip is None:
        return [problem("chip", chip=board.CHIP, known=", ".join(CHIPS))]
    found = []
    if folder != board.NAME:
        found.append(problem("name", name=board.NAME, folder=folder))
    found += _pin_problems(board, chip)
    if board.UART_METER not in chip.uarts:
        known = ", ".join(map(str, sorted(chip.uarts)))
        found.append(problem("uart", uart=board.UART_METER, known=known))
    return found + _pilot_problems(board.PILOT_FRONT_END, board.PILOT_CALIBRATION)


def _pin_problems(board, chip):
    found = [problem("role_missing", role=role) for role in ROLES if role not in board.PINS]
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
        checks = (
            ("flash", pin in chip.flash),
            ("console", pin in chip.console),
            ("input_only", pin in chip.input_only and ROLES.get(role) == "out"),
            ("no_pull_up", pin in chip.input_only and role in PULLED_UP),
            ("strapping", pin in chip.strapping and pin not in allowed_strapping),
            ("not_adc1", role == "cp_adc" and pin not in chip.adc1),
        )
        found += [problem(reason, **facts) for reason, broken in checks if broken]
    return found


def adc_uv(front_end, pilot_mv):
    """Microvolts at the ADC with `pilot_mv` at CP, from the resistors alone."""
    top, up, down = (front_end[key] for key in FRONT_END_KEYS[:3])
    # Node equation, multiplied by top * up * down
    weight = up * down + top * down + top * up
    current = pilot_mv * up * down + front_end["pullup_mv"] * top * down
    return current * 1000 // weight


def _pilot_problems(front_end, calibration):
    found = []
    for key in FRONT_END_KEYS:
        value = front_end.get(key)
        if not _whole(value) or value <= 0:
            found.append(problem("front_end", key=key, value=value))
    pair = len(calibration) == 2 and all(map(_whole, calibration))
    if not pair or calibration[1] <= 0:
        found.append(problem("calibration", value=calibration))
    if found:
        return found
    for pilot_mv in (-PILOT_MOST_MV, PILOT_MOST_MV):
        adc_mv = adc_uv(front_end, pilot_mv) // 1000
        if not ADC_LEAST_MV <= adc_mv <= ADC_MOST_MV:
            span = {"lowest": ADC_LEAST_MV, "highest": ADC_MOST_MV}
            found.append(problem("adc_range", pilot_mv=pilot_mv, adc_mv=adc_mv, **span))
    return found + _disagreement(front_end, calibration)


def _disagreement(front_end, calibration):
    """The worst point of the range where calibration and resistors part, if it is too far."""
    zero_mv, gain = calibration
    worst_mv, worst = 0, None
    for pilot_mv in range(-PILOT_MOST_MV, PILOT_MOST_MV + 1, 100):
        adc_mv = (adc_uv(front_end, pilot_mv) + 500) // 1000
        read_mv = (adc_mv - zero_mv) * gain // 1000
        if abs(read_mv - pilot_mv) > worst_mv:
            worst_mv, worst = abs(read_mv - pilot_mv), (pilot_mv, read_mv)
    if worst_mv <= AGREEMENT_MV:
        return []
    facts = {"pilot_mv": worst[0], "read_mv": worst[1], "allowed": AGREEMENT_MV}
    return [problem("disagrees", **facts)]


def _whole(value):
    return isinstance(value, int) and not isinstance(value, bool)


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
