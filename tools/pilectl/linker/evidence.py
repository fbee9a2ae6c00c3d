"""What of a pilot profile is for people goes: clause and tag of each row, and rows that no code asks for.

The names of the rows that stay become numbers: each profile, and the code that reads it, has all of them.
"""

from __future__ import annotations

import ast
from typing import TypeGuard

from .program import Module, Program
from .walking import walk

_PROFILES = "evse.core.profile_"
# The only one that reads them
_READER = "evse.core.pilot_profiles"
# Name and value stay, of name, value, clause, tag
_KEPT, _WHOLE = 2, 4


def drop_evidence(program: Program) -> None:
    """Shorten the table of every profile that the program has."""
    profiles = [each for each in program.modules.values() if each.name.startswith(_PROFILES)]
    asked = {
        node.value
        for module in program.modules.values()
        if module not in profiles
        for node in walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    for module in profiles:
        _shorten(module, asked)
    _number(program, profiles)


def _number(program: Program, profiles: list[Module]) -> None:
    """Put numbers where the names of rows stood, but for names that stand elsewhere too."""
    rows = [row.elts[0] for module in profiles for row in _short_rows(module)]
    at_rows = {id(node) for node in rows}
    others: set[object] = set()
    for module in program.modules.values():
        for node in walk(module.tree):
            is_other = module.name != _READER and id(node) not in at_rows
            if is_other and isinstance(node, ast.Constant) and isinstance(node.value, str):
                others.add(node.value)
    names = {node.value for node in rows if isinstance(node, ast.Constant)} - others
    numbers: dict[object, int] = {
        name: place for place, name in enumerate(sorted(map(str, names)))
    }
    readers = [program.modules[_READER]] if _READER in program.modules else []
    for module in [*profiles, *readers]:
        for node in walk(module.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                node.value = numbers.get(node.value, node.value)


def _short_rows(module: Module) -> list[ast.Tuple]:
    """Rows of a profile that was shortened."""
    return [
        node
        for node in walk(module.tree)
        if isinstance(node, ast.Tuple) and len(node.elts) == _KEPT and isinstance(_name(node), str)
    ]


def _shorten(module: Module, asked: set[str]) -> None:
    for node in walk(module.tree):
        if isinstance(node, ast.Tuple) and node.elts and all(_is_row(row) for row in node.elts):
            node.elts = [row for row in node.elts if _is_row(row) and _name(row) in asked]
            for row in node.elts:
                if _is_row(row):
                    del row.elts[_KEPT:]


def _is_row(node: ast.expr) -> TypeGuard[ast.Tuple]:
    return (
        isinstance(node, ast.Tuple) and len(node.elts) == _WHOLE and isinstance(_name(node), str)
    )


def _name(row: ast.Tuple) -> object:
    first = row.elts[0]
    return first.value if isinstance(first, ast.Constant) else None
