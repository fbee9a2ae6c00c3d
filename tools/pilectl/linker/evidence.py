"""What of a pilot profile is for people goes: clause and tag of each row, and rows that no code asks for."""

from __future__ import annotations

import ast
from typing import TypeGuard

from .program import Module, Program
from .walking import walk

_PROFILES = "evse.core.profile_"
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
