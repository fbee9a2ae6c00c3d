"""Rules for pins: each exists, can do its role, is used once over both EVSEs and Ethernet."""

from __future__ import annotations

from inspect import getattr_static
from typing import Any

from .chips import Chip
from .reasons import Problem, problem, whole
from .roles import PULLED_UP, REQUIRED, ROLES, wired


def pin_problems(board: Any, chip: Chip) -> list[Problem]:
    """Problems of PINS, SECOND, EXTERNAL_PULL_UP and STRAPPING_USED."""
    found = [problem("role_missing", role=role) for role in REQUIRED if role not in board.PINS]
    ethernet = (board.ETHERNET or {}).get("pins", ())
    owner = dict.fromkeys(ethernet, "a pin of Ethernet")
    strapping_used = getattr_static(board, "STRAPPING_USED", ())
    roles_of_pin: dict[int, str] = {}
    for label, role, pin in wired(board):
        if not whole(pin):
            found.append(problem("pin_number", pin=repr(pin), role=label))
            continue
        if role not in ROLES:
            found.append(problem("role_unknown", pin=pin, role=label))
        if pin in owner:
            found.append(problem("used_twice", pin=pin, role=label, other=owner[pin]))
        owner.setdefault(pin, label)
        roles_of_pin.setdefault(pin, role)
        found += _one_pin(board, chip, label, role, pin)
    found += [
        problem("pull_up_idle", pin=pin)
        for pin in board.EXTERNAL_PULL_UP
        if roles_of_pin.get(pin) not in PULLED_UP
    ]
    return found + [
        problem("strapping_idle", pin=pin)
        for pin in strapping_used
        if pin not in roles_of_pin or pin not in chip.strapping
    ]


def _one_pin(board: Any, chip: Chip, label: str, role: str, pin: int) -> list[Problem]:
    facts = {"pin": pin, "role": label, "chip": board.CHIP}
    if pin not in chip.gpios:
        # Nothing more can be said about it
        return [problem("no_such_pin", **facts)]
    bare = pin in chip.input_only and pin not in board.EXTERNAL_PULL_UP
    allowed_strapping = getattr_static(board, "STRAPPING_USED", ())
    driven = ROLES.get(role) in {"out", "both"}
    checks = (
        ("flash", pin in chip.flash),
        ("psram", pin in chip.psram and getattr_static(board, "PSRAM", False)),
        ("console", pin in chip.console),
        ("usb", pin in chip.usb),
        ("input_only", pin in chip.input_only and driven),
        ("no_pull_up", bare and role in PULLED_UP),
        ("strapping", pin in chip.strapping and pin not in allowed_strapping),
        ("not_adc1", role.endswith("_adc") and pin not in chip.adc1),
    )
    facts["known"] = ", ".join(map(str, sorted(chip.adc1)))
    return [problem(reason, **facts) for reason, broken in checks if broken]
