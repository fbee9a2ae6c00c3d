"""Rules for the parts of a board: dead-man, contactor feedback, protections, lock."""

from board_reasons import problem, whole

# DEAD_MAN: its role
DEAD_MEN = {"charge_pump": "heartbeat", "rmt": "dead_man_rmt", "uart": "dead_man_uart"}
# Longer than the longest gap that the safety tick forgives, short enough for a slow contactor
HOLD_LEAST_MS, HOLD_MOST_MS = 36, 50
# part: its roles
PROTECTIONS = {
    "residual_current": ("rcm_trip", "rcm_test"),
    "emergency_stop": ("emergency_stop",),
    "pe_monitor": ("pe_monitor",),
    "temperature": ("temperature_adc",),
}
CONNECTOR_KINDS = ("cable", "socket")
LOCK = ("lock_a", "lock_b", "lock_feedback")


def part_problems(board, chip):
    """Problems of a board whose CHIP is `chip`, a row of board_lint.CHIPS."""
    found = []
    if board.CONNECTOR_KIND not in CONNECTOR_KINDS:
        known = ", ".join(CONNECTOR_KINDS)
        found.append(problem("connector_kind", value=board.CONNECTOR_KIND, known=known))
    if board.PHASES != 1:
        found.append(problem("phases", value=board.PHASES))
    if "mirror" not in board.PINS and "output_sense" not in board.PINS:
        found.append(problem("feedback_missing"))
    elif "mirror" in board.PINS and "output_sense" in board.PINS:
        pin = board.PINS["output_sense"]
        found.append(problem("feedback_twice", pin=pin, role="output_sense"))
    found += _dead_man_problems(board, chip) + _protection_problems(board)
    return found + _lock_problems(board) + _uart_problems(board, chip)


def _dead_man_problems(board, chip):
    found = []
    value = board.DEAD_MAN
    if value not in DEAD_MEN:
        found.append(problem("dead_man", value=value, known=", ".join(DEAD_MEN)))
    for kind, role in DEAD_MEN.items():
        if kind == value and role not in board.PINS:
            found.append(problem("dead_man_missing", role=role, value=value))
        elif kind != value and role in board.PINS and value in DEAD_MEN:
            pin = board.PINS[role]
            found.append(problem("dead_man_other", pin=pin, role=role, value=value))
    if value == "rmt" and not chip.rmt_stops:
        found.append(problem("dead_man_chip", value=value, chip=board.CHIP))
    hold_ms = board.DEAD_MAN_HOLD_MS
    if not whole(hold_ms) or not HOLD_LEAST_MS <= hold_ms <= HOLD_MOST_MS:
        span = {"lowest": HOLD_LEAST_MS, "highest": HOLD_MOST_MS}
        found.append(problem("dead_man_hold", value=hold_ms, **span))
    return found


def _protection_problems(board):
    known = ", ".join(PROTECTIONS)
    found = [
        problem("outside_unknown", value=name, known=known)
        for name in board.INSTALLED_OUTSIDE
        if name not in PROTECTIONS
    ]
    for part, roles in PROTECTIONS.items():
        outside = part in board.INSTALLED_OUTSIDE
        for role in roles:
            if outside and role in board.PINS:
                found.append(problem("part_twice", pin=board.PINS[role], role=role, part=part))
            elif not outside and role not in board.PINS:
                found.append(problem("part_missing", role=role, part=part))
    return found


def _lock_problems(board):
    if board.CONNECTOR_KIND == "socket":
        needed, reason = (*LOCK, "mains_monitor"), "socket"
    elif any(role in board.PINS for role in LOCK):
        needed, reason = LOCK, "lock"
    else:
        return []
    return [problem(reason, role=role) for role in needed if role not in board.PINS]


def _uart_problems(board, chip):
    found = []
    uarts = {"UART_METER": board.UART_METER}
    if board.DEAD_MAN == "uart":
        uarts["UART_DEAD_MAN"] = getattr(board, "UART_DEAD_MAN", None)
    known = ", ".join(map(str, sorted(chip.uarts)))
    for name, uart in uarts.items():
        if uart not in chip.uarts:
            found.append(problem("uart", name=name, uart=uart, known=known))
    if uarts["UART_METER"] == uarts.get("UART_DEAD_MAN"):
        found.append(problem("uart_twice", uart=board.UART_METER))
    return found
