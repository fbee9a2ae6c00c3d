"""Texts of modules that are forgotten again go with them: as parts of one table, not as names.

MicroPython makes a name of every short text in code, and never frees a name. What stands in a table of
constants it keeps as objects; and where a text is a name already, it takes that.
"""

from __future__ import annotations

import ast
from typing import TypeGuard

from . import rom
from .names import mentioned_names, pool
from .program import Module
from .scopes import Globals, bound_in
from .walking import children, walk

# A longer text is an object anyway
_MOST = 10
# They make a name of whatever they are given
_BY_TEXT = ("getattr", "setattr", "hasattr", "delattr")


def identifiers(module: Module) -> set[str]:
    """Names that a module brings into the heap by itself, without its texts."""
    found = {node.id for node in Globals(module.tree).names} | bound_in(module.tree.body)
    for node in walk(module.tree):
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.keyword | ast.arg):
            found.add(node.arg or "")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.alias):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {node.name, *bound_in(node.body)}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
        elif _asks_by_text(node):
            found |= {str(part.value) for part in node.args if isinstance(part, ast.Constant)}
    return found


def short_texts(tree: ast.Module) -> list[str]:
    """Texts that the compiler makes names of, each as often as it stands there."""
    return [str(node.value) for node in _texts(tree)]


def tabulate(module: Module, known: set[str]) -> None:
    """Put the short texts of a module that nothing else has as a name, see `known`, into a table."""
    wanted: dict[str, int] = {}
    nodes = _texts(module.tree)
    costly = rom.without({str(node.value) for node in nodes} - known)
    nodes = [node for node in nodes if node.value in costly]
    for node in nodes:
        wanted.setdefault(str(node.value), len(wanted))
    if not wanted:
        return
    # A function that only other modules call is mentioned nowhere
    taken = mentioned_names(module) | bound_in(module.tree.body)
    table = next(pool(list(rom.NAMES), taken))
    places = {id(node): wanted[str(node.value)] for node in nodes}
    _Places(table, places).visit(module.tree)
    parts: list[ast.expr] = [ast.Constant(text) for text in wanted]
    first = ast.Assign([ast.Name(table, ast.Store())], ast.Tuple(parts, ast.Load()))
    module.tree.body.insert(0, first)
    ast.fix_missing_locations(module.tree)


class _Places(ast.NodeTransformer):
    """Puts `table[place]` where the texts stood."""

    def __init__(self, table: str, places: dict[int, int]) -> None:
        self._table = table
        self._places = places

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        """A text of the table, or whatever else it is."""
        if id(node) not in self._places:
            return node
        place = ast.Constant(self._places[id(node)])
        return ast.Subscript(ast.Name(self._table, ast.Load()), place, ast.Load())


def _texts(tree: ast.Module) -> list[ast.Constant]:
    """Nodes of texts that the compiler makes names of, but those that are names by what is done with them."""
    found = []
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Tuple) and _is_constant(node):
            continue
        if _asks_by_text(node):
            waiting += [part for part in node.args if not isinstance(part, ast.Constant)]
            continue
        if isinstance(node, ast.Constant) and _is_short(node.value):
            found.append(node)
        waiting.extend(reversed(list(children(node))))
    return found


def _is_short(value: object) -> bool:
    return isinstance(value, str) and len(value.encode()) <= _MOST


def _asks_by_text(node: ast.AST) -> TypeGuard[ast.Call]:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _BY_TEXT
    )


def _is_constant(node: ast.expr) -> bool:
    """True for what the compiler makes one object of."""
    if isinstance(node, ast.Tuple):
        return all(_is_constant(part) for part in node.elts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return isinstance(node.operand, ast.Constant) and isinstance(node.operand.value, int)
    return isinstance(node, ast.Constant)
