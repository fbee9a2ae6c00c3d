"""Puts the values of constants where their names are used, so that the names need no heap on the pile."""

from __future__ import annotations

import ast
from collections import Counter

from .program import Module, Program
from .scopes import Globals
from .values import Key, Value
from .walking import walk

# Larger ones are objects on a 32-bit chip: one for each use would cost more than the name
_SMALL_INT = 1 << 30


def propagate(program: Program, values: dict[Key, Value]) -> None:
    """Replace uses of constants by literals, and their definitions by plain assignments of literals."""
    uses = {name: _uses(program, module) for name, module in program.modules.items()}
    counts = Counter(key for found in uses.values() for key in found.values() if key in values)
    for name, module in program.modules.items():
        _Uses(uses[name], values, counts).visit(module.tree)
    for module in program.modules.values():
        _define(module, values)


def _uses(program: Program, module: Module) -> dict[ast.AST, Key]:
    """Nodes of a module that load a global of ours, and which."""
    aliases: dict[str, Key] = {}
    for node in module.tree.body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                meaning = program.meaning(module, node, alias.name)
                if meaning is not None:
                    aliases[alias.asname or alias.name] = meaning
    names = {id(node): node for node in Globals(module.tree).names}
    found: dict[ast.AST, Key] = {}
    for part in walk(module.tree):
        if isinstance(part, ast.Name) and id(part) in names and isinstance(part.ctx, ast.Load):
            key = aliases.get(part.id, (module.name, part.id))
            if key[1]:
                found[part] = key
        elif (
            isinstance(part, ast.Attribute)
            and isinstance(part.ctx, ast.Load)
            and isinstance(part.value, ast.Name)
            and id(part.value) in names
        ):
            key = aliases.get(part.value.id, ("", ""))
            if key[0] and not key[1]:
                found[part] = program.origin(key[0], part.attr)
    return found


def _goes_in(value: Value, count: int) -> bool:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return True
    if isinstance(value, int):
        return abs(value) < _SMALL_INT or count == 1
    return count == 1


class _Uses(ast.NodeTransformer):
    """Replaces the nodes that stand for constants."""

    def __init__(
        self, uses: dict[ast.AST, Key], values: dict[Key, Value], counts: Counter[Key]
    ) -> None:
        self._uses = uses
        self._values = values
        self._counts = counts

    def visit(self, node: ast.AST) -> ast.AST:
        """The literal instead of a name, or of a place in or the length of a constant table."""
        key = self._uses.get(node)
        if key is not None and key in self._values:
            value = self._values[key]
            return literal(value) if _goes_in(value, self._counts[key]) else node
        folded = self._folded(node)
        if folded is not None:
            return folded
        return self.generic_visit(node)

    def _folded(self, node: ast.AST) -> ast.expr | None:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "len" and len(node.args) == 1:
                table = self._table(node.args[0])
                return None if table is None else literal(len(table))
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            table = self._table(node.value)
            index = self._constant(node.slice)
            if table is not None and isinstance(index, int) and -len(table) <= index < len(table):
                value = table[index]
                return literal(value) if _goes_in(value, 2) else None
        return None

    def _constant(self, node: ast.expr) -> Value:
        if isinstance(node, ast.Constant) and isinstance(node.value, int):
            return node.value
        key = self._uses.get(node)
        return self._values.get(key) if key is not None else None

    def _table(self, node: ast.expr) -> tuple[Value, ...] | None:
        key = self._uses.get(node)
        value = self._values.get(key) if key is not None else None
        return value if isinstance(value, tuple) else None


def literal(value: Value) -> ast.expr:
    """Expression of a value."""
    if isinstance(value, tuple):
        return ast.Tuple([literal(part) for part in value], ast.Load())
    if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)


def _define(module: Module, values: dict[Key, Value]) -> None:
    """`A, B = rule()` and `A = rule()` become `A = literal`, where all is constant."""
    body: list[ast.stmt] = []
    for node in module.tree.body:
        names = _targets(node)
        if names and all((module.name, name) in values for name in names):
            for name in names:
                target = ast.Name(name, ast.Store())
                body.append(ast.Assign([target], literal(values[module.name, name])))
        else:
            body.append(node)
    module.tree.body = body
    ast.fix_missing_locations(module.tree)


def _targets(node: ast.stmt) -> list[str]:
    if not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return []
    target = node.targets[0]
    names = target.elts if isinstance(target, ast.Tuple) else [target]
    return [name.id for name in names if isinstance(name, ast.Name)]
