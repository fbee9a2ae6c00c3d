"""Rules for the wiring page: it warns, and its pin table has exactly the pins of board.py."""

from __future__ import annotations

from typing import Any

from .reasons import Problem, problem
from .roles import ROLES, wired

_DANGER = "> **Danger.**"


def page_rows(text: str) -> list[tuple[str, str, str]] | None:
    """[(gpio, role, direction)] as texts from the pin table of a wiring page, None without one."""
    rows: list[tuple[str, str, str]] | None = None
    for line in text.splitlines():
        cells = [cell.strip().replace("`", "") for cell in line.strip().strip("|").split("|")]
        if rows is None:
            if [cell.lower() for cell in cells[:3]] == ["gpio", "role", "direction"]:
                rows = []
        elif not line.lstrip().startswith("|"):
            break
        elif set(cells[0]) - set("-: "):
            gpio, role, direction = (*cells, "", "")[:3]
            rows.append((gpio, role, direction))
    return rows


def page_problems(board: Any, text: str) -> list[Problem]:
    """Problems of a wiring page. The second EVSE's own pins stand in it with a 2 behind the role."""
    found = []
    if not any(line.startswith(_DANGER) for line in text.splitlines()):
        found.append(problem("page_danger"))
    rows = page_rows(text)
    if rows is None:
        return [*found, problem("page_table")]
    pins = {label: (role, pin) for label, role, pin in wired(board)}
    listed = set()
    for gpio, label, direction in rows:
        if not gpio.isdigit():
            found.append(problem("page_row", row=" | ".join((gpio, label, direction))))
            continue
        pin = int(gpio)
        listed.add((label, pin))
        role, wanted = pins.get(label, (label, None))
        is_direction = ROLES.get(role, "unknown")
        if wanted != pin:
            found.append(problem("page_extra", pin=pin, role=label))
        elif direction != is_direction:
            facts = {"pin": pin, "role": label, "value": direction, "direction": is_direction}
            found.append(problem("page_direction", **facts))
    for label, (_role, pin) in pins.items():
        if (label, pin) not in listed:
            found.append(problem("page_missing", pin=pin, role=label))
    return found
