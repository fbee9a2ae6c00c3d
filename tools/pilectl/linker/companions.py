"""Modules that are always loaded by one other join it: each module has an object, a table and names of its own."""

from __future__ import annotations

import ast

from .program import Module, Program, imported
from .walking import walk


def join_companions(program: Program, units: dict[str, str], resident: str) -> None:
    """Give modules that only one unit imports, and at its top, that unit; those of `resident` stay there.

    A module that is forgotten takes nobody with it: what it imports may have a state that must last.
    """
    texts = {
        node.value
        for module in program.modules.values()
        for node in walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    changed = True
    while changed:
        changed = False
        for name in sorted(units):
            if units[name] != name or name in texts or "." not in name:
                continue
            places = {
                (units[module.name], at_top)
                for module in program.modules.values()
                for at_top in (True, False)
                if module.name != name and _imports(program, module, name, at_top)
            }
            if len(places) != 1:
                continue
            unit, at_top = places.pop()
            if at_top and unit not in (name, resident) and unit not in texts:
                changed = True
                moved = [other for other, where in units.items() if where == name]
                units.update(dict.fromkeys(moved, unit))


def _imports(program: Program, module: Module, name: str, at_top: bool) -> bool:
    """True if a module imports another, at its top or in its functions."""
    top = set(map(id, module.tree.body))
    nodes = (node for node in walk(module.tree) if (id(node) in top) == at_top)
    return name in set(imported(program, module, nodes))
