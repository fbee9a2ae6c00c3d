"""Texts that are nothing but names of attributes get shorter ones, as those that code writes down do.

A class may take its attributes from rows, the first part of each the attribute's name:

    for key, value, _source in rows:
        setattr(self, key, value)

If such a text stands in such rows only, and nothing else is done with it, nobody can see what it says.
"""

from __future__ import annotations

import ast
from collections.abc import Set

from . import rom
from .names import keywords, pool, texts
from .program import Program
from .scopes import DEFS, bound_in, parameters
from .walking import walk

_BY_TEXT = ("setattr", "getattr")
_Method = ast.FunctionDef | ast.AsyncFunctionDef


def rename_keys(program: Program, kept: Set[str]) -> None:
    """Give attributes that are named in rows only names in ROM; those in `kept` stay."""
    places = {id(node): node for rows in _rows(program) for node in rows}
    keys = {str(node.value) for node in places.values()}
    used = _used(program)
    keys -= kept | keywords(program)
    for module in program.modules.values():
        for node in walk(module.tree):
            if isinstance(node, ast.Constant) and id(node) not in places:
                keys.discard(node.value)
            elif isinstance(node, ast.ClassDef):
                keys -= bound_in(node.body)
    free = pool(list(rom.NAMES), used | kept)
    new = {key: next(free) for key in sorted(keys) if key.isidentifier() and key[0] != "_"}
    for place in places.values():
        place.value = new.get(str(place.value), place.value)
    for module in program.modules.values():
        for node in walk(module.tree):
            if isinstance(node, ast.Attribute):
                node.attr = new.get(node.attr, node.attr)


def _used(program: Program) -> set[str]:
    """Attributes and texts of a program, and what its classes bind."""
    modules = list(program.modules.values())
    found = texts(modules) | keywords(program)
    for module in modules:
        for node in walk(module.tree):
            if isinstance(node, ast.Attribute):
                found.add(node.attr)
            elif isinstance(node, ast.ClassDef):
                found |= bound_in(node.body)
    return found


def _rows(program: Program) -> list[list[ast.Constant]]:
    """The first parts of every table of which a class takes its attributes."""
    found: list[list[ast.Constant]] = []
    for module in program.modules.values():
        for kind in module.tree.body:
            if not isinstance(kind, ast.ClassDef):
                continue
            for method in kind.body:
                if isinstance(method, DEFS):
                    for loop in _loops(method):
                        found += _tables(program, module.name, kind, method, loop)
    return found


def _loops(method: _Method) -> list[ast.For]:
    """Loops over rows whose first part is used as the name of an attribute of self only."""
    parts = list(walk(method))
    asked = {
        id(part.args[1])
        for part in parts
        if isinstance(part, ast.Call)
        and isinstance(part.func, ast.Name)
        and part.func.id in _BY_TEXT
        and len(part.args) > 1
        and isinstance(part.args[0], ast.Name)
        and part.args[0].id == "self"
    }
    loops = [
        part
        for part in parts
        if isinstance(part, ast.For)
        and isinstance(part.target, ast.Tuple)
        and isinstance(part.target.elts[0], ast.Name)
    ]
    targets = {id(loop.target.elts[0]) for loop in loops if isinstance(loop.target, ast.Tuple)}
    seen = {
        part.id
        for part in parts
        if isinstance(part, ast.Name) and id(part) not in asked and id(part) not in targets
    }
    seen |= {arg.arg for arg in parameters(method)}
    return [
        loop
        for loop in loops
        if isinstance(loop.target, ast.Tuple)
        and isinstance(loop.target.elts[0], ast.Name)
        and loop.target.elts[0].id not in seen
    ]


def _tables(
    program: Program, where: str, kind: ast.ClassDef, method: _Method, loop: ast.For
) -> list[list[ast.Constant]]:
    """Tables over which a loop of a method runs; none if one of them is not written down."""
    if isinstance(loop.iter, ast.Tuple):
        table = _keys(loop.iter)
        return [table] if table else []
    args = [arg.arg for arg in method.args.args]
    if not isinstance(loop.iter, ast.Name) or method.name != "__init__":
        return []
    name = loop.iter.id
    uses = [part for part in walk(method) if isinstance(part, ast.Name) and part.id == name]
    if name not in args[1:] or len(uses) != 1:
        return []
    found = []
    for call in _calls(program, where, kind.name):
        place = args.index(name) - 1
        if not isinstance(call, ast.Call) or call.keywords or len(call.args) <= place:
            return []
        if any(isinstance(arg, ast.Starred) for arg in call.args):
            return []
        table = _keys(call.args[place])
        if not table:
            return []
        found.append(table)
    return found


def _keys(node: ast.expr) -> list[ast.Constant]:
    """First parts of the rows of a table, [] if it is none of texts."""
    found = []
    for row in node.elts if isinstance(node, ast.Tuple) else []:
        first = row.elts[0] if isinstance(row, ast.Tuple) and row.elts else None
        if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
            return []
        found.append(first)
    return found


def _calls(program: Program, where: str, kind: str) -> list[ast.AST]:
    """Every call of a class; what names it in another way, as it is."""
    found: list[ast.AST] = []
    for module in program.modules.values():
        names = {kind} if module.name == where else set()
        for node in walk(module.tree):
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    if program.meaning(module, node, alias.name) == (where, kind):
                        names.add(alias.asname or alias.name)
        called = {id(node.func): node for node in walk(module.tree) if isinstance(node, ast.Call)}
        found += [
            called.get(id(node), node)
            for node in walk(module.tree)
            if isinstance(node, ast.Name) and node.id in names
        ]
    return found
