"""Which modules of a board's program are loaded by themselves, and which rules it has no part for."""

from __future__ import annotations

import ast

from .program import Module
from .walking import walk

DRIVERS = "evse.drivers"
# Rules that are loaded late, for a part that not every board has: module, the part's driver
_RULES_OF_PARTS = (("evse.core.lock", "lock_hbridge"),)


def drivers(modules: dict[str, Module]) -> set[str]:
    """Driver modules there are: those that the board can import, see board_modules."""
    return {name for name in modules if name.startswith(DRIVERS + ".")}


def idle_rules(modules: dict[str, Module]) -> set[str]:
    """Rules for parts whose driver is not there."""
    return {rule for rule, driver in _RULES_OF_PARTS if f"{DRIVERS}.{driver}" not in modules}


def chosen_later(modules: dict[str, Module], needed: set[str]) -> set[str]:
    """Drivers among which a setting chooses: one function imports several that the board may need."""
    found: set[str] = set()
    for module in modules.values():
        if module.name != "board" and not module.name.startswith(DRIVERS + ".standard_"):
            continue
        for node in walk(module.tree):
            if isinstance(node, ast.FunctionDef):
                names = {
                    f"{DRIVERS}.{part.module}"
                    for part in walk(node)
                    if isinstance(part, ast.ImportFrom) and part.level == 1 and part.module
                }
                if len(names & needed) > 1:
                    found |= names & needed
    return found
