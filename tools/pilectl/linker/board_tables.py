"""Which keys of tables somebody sets, and whether a table that the board's data are may be changed as a whole."""

from __future__ import annotations

import ast

from .program import Program
from .scopes import DEFS, parameters
from .walking import walk

# Rooms in which functions get tables of the board
_HANDED_TO = ("board", "evse.drivers.", "evse.link.")
_MUTATORS = ("update", "pop", "popitem", "clear", "setdefault")
# Stands for any key
ANY = "*"


def touched(program: Program) -> set[object]:
    """Keys that are set anywhere, ANY among them where a table of the board could be changed otherwise."""
    found: set[object] = set()
    for module in program.modules.values():
        is_near = module.name.startswith(_HANDED_TO)
        for node in walk(module.tree):
            if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
                key = node.slice.value if isinstance(node.slice, ast.Constant) else None
                found |= {key} if key is not None else set()
            elif isinstance(node, DEFS):
                names = _data_in(node) | ({a.arg for a in parameters(node)} if is_near else set())
                found |= {ANY for part in walk(node) if _changes(part, names)}
    return found


def _data_in(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Locals that may stand for data of the board, which go by capitals."""
    return {
        name.id
        for node in walk(function)
        if isinstance(node, ast.Assign)
        and any(
            isinstance(part, ast.Attribute) and part.attr.isupper() for part in walk(node.value)
        )
        for target in node.targets
        for name in walk(target)
        if isinstance(name, ast.Name)
    }


def _changes(node: ast.AST, names: set[str]) -> bool:
    """True for what changes a table that goes by one of these names, or by capitals."""
    table: ast.expr | None = None
    if isinstance(node, ast.Attribute) and node.attr in _MUTATORS:
        table = node.value
    elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
        # By a key that is known it is found above
        table = None if isinstance(node.slice, ast.Constant) else node.value
    if isinstance(table, ast.Name):
        return table.id in names
    return isinstance(table, ast.Attribute) and table.attr.isupper()
