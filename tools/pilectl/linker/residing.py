"""Which module goes where: what is loaded at every start and stays becomes one with the station.

A late import, within a function, of what stays anyway is one at the top. Late remains what a setting or an
event asks for, and what is forgotten again.
"""

from __future__ import annotations

import ast

from .known_locals import blocks
from .names import texts
from .needs import DRIVERS, chosen_later, drivers
from .program import Module, Program, imported, needed
from .scopes import DEFS, bound_in
from .walking import walk

# A setting, or what the journal holds, decides
_BY_CHANCE = (
    "evse.app.interruption",
    "evse.app.operator",
    "evse.link.certificate",
    "evse.link.dns",
    "evse.link.encrypted",
    "evse.link.ntp",
    "evse.link.pausing_dialer",
    "evse.link.wlan",
)


def reside(
    program: Program, roots: list[str], board: str, resident: str
) -> tuple[Program, dict[str, str]]:
    """The program with less late imports, and the module into which each module goes.

    `roots`: modules that are loaded from outside; `board`, `resident`: names of the two that others go into.
    """
    units = _units(program, roots, board, resident)
    for module in program.modules.values():
        _hoist(program, module, units)
    program = needed(program.modules, roots, set())
    return program, {name: units[name] for name in program.modules}


def _units(program: Program, roots: list[str], board: str, resident: str) -> dict[str, str]:
    late = _late(program)
    fixed = drivers(program.modules) - late
    staying = {name for name in fixed if not _is_boards(name)} | {
        name for name in roots if name != board
    }
    while True:
        staying = set(needed(program.modules, sorted(staying), set(), late=False).modules)
        more = {
            name
            for module in program.modules.values()
            if module.name in staying
            for name in imported(program, module, walk(module.tree))
        }
        more -= late | staying
        if not more:
            break
        staying |= more
    units = {}
    for name, module in program.modules.items():
        if name in (board, f"{DRIVERS}.standard_board", f"{DRIVERS}.safe_state"):
            units[name] = board
        elif name in staying or module.is_package:
            units[name] = resident
        else:
            units[name] = name
    return _with_their_own(program, units)


def _is_boards(name: str) -> bool:
    """Modules that are loaded before the station, or forgotten by the board itself."""
    return name.startswith(DRIVERS + ".standard_") or name == f"{DRIVERS}.safe_state"


def _late(program: Program) -> set[str]:
    """Modules that only some starts load, or that go again: a text names those, whole."""
    found = set(_BY_CHANCE) | chosen_later(program.modules, drivers(program.modules))
    named = texts(list(program.modules.values())) & set(program.modules)
    return found | {name for name in named if "." in name}


def _with_their_own(program: Program, units: dict[str, str]) -> dict[str, str]:
    """What only one late module loads goes with it, and what only that loads."""
    late: set[str] = set()
    importers: dict[str, set[str]] = {}
    for module in program.modules.values():
        at_top = set(imported(program, module, iter(module.tree.body)))
        late |= set(imported(program, module, walk(module.tree))) - at_top
        for name in at_top:
            importers.setdefault(name, set()).add(module.name)
    is_new = True
    while is_new:
        is_new = False
        for name in list(units):
            theirs = {units[each] for each in importers.get(name, ())} - {name}
            if units[name] == name and name not in late and len(theirs) == 1:
                target = theirs.pop()
                # With all that had come to it
                units.update({each: target for each in units if units[each] == name})
                is_new = True
    return units


def _hoist(program: Program, module: Module, units: dict[str, str]) -> None:
    """Imports within functions, of what goes where the module itself goes, to its top."""
    for node in walk(module.tree):
        if not isinstance(node, DEFS):
            continue
        for body in blocks(node):
            for index, part in enumerate(body):
                if isinstance(part, ast.ImportFrom) and _can_rise(
                    program, module, node, part, units
                ):
                    body[index] = ast.Pass()
                    module.tree.body.insert(0, part)


def _can_rise(
    program: Program,
    module: Module,
    function: ast.FunctionDef | ast.AsyncFunctionDef,
    node: ast.ImportFrom,
    units: dict[str, str],
) -> bool:
    for alias in node.names:
        meaning = program.meaning(module, node, alias.name)
        if meaning is None or not meaning[1] or units[meaning[0]] != units[module.name]:
            return False
        if module.name in needed(program.modules, [meaning[0]], set(), late=False).modules:
            # Each would wait for the other
            return False
        own = alias.asname or alias.name
        others = [part for part in walk(function) if part is not node]
        if own in bound_in(module.tree.body) or any(
            (isinstance(part, ast.Name) and part.id == own and not isinstance(part.ctx, ast.Load))
            or (isinstance(part, ast.arg) and part.arg == own)
            or (isinstance(part, ast.alias) and (part.asname or part.name) == own)
            for part in others
            if part not in node.names
        ):
            return False
    return True
