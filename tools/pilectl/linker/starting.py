"""Finds what only the start needs: functions that nothing which runs later can reach.

By name, and so with care: a name that later code mentions, be it in a string, keeps every method and
function of that name; a class that it mentions keeps its constructor; a function that the start hands on
without calling it may be called at any time.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from .program import Program
from .scopes import DEFS


@dataclass
class Member:
    """A function of the program: its module, its class or "", its definition, and what it mentions."""

    module: str
    owner: str
    node: ast.FunctionDef | ast.AsyncFunctionDef
    names: set[str] = field(default_factory=set)


def members(program: Program) -> list[Member]:
    """Every function and method at the top of a module or class."""
    found = []
    for module in program.modules.values():
        for node in module.tree.body:
            if isinstance(node, DEFS):
                found.append(Member(module.name, "", node, mentions(node)))
            elif isinstance(node, ast.ClassDef):
                for part in node.body:
                    if isinstance(part, DEFS):
                        found.append(Member(module.name, node.name, part, mentions(part)))
    return found


def mentions(tree: ast.AST) -> set[str]:
    """Identifiers and texts in a tree."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.alias):
            found.add(node.name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return found


def handed_on(tree: ast.AST) -> set[str]:
    """Names that a tree loads without calling them at once, and those within functions that it makes."""
    called: set[int] = set()
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called.add(id(node.func))
        if isinstance(node, ast.Lambda | ast.GeneratorExp):
            found |= mentions(node)
        if isinstance(node, DEFS) and node is not tree:
            found |= mentions(node)
    for node in ast.walk(tree):
        if id(node) in called:
            continue
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return found


def start_only(program: Program, later: set[str]) -> list[Member]:
    """Members that nothing reaches any more once the start is over; `later` are the names known outside."""
    everything = members(program)
    classes = {
        node.name: node
        for module in program.modules.values()
        for node in module.tree.body
        if isinstance(node, ast.ClassDef)
    }
    alive: set[int] = set()
    names = set(later)
    # What stands beside functions, in modules and classes, may be read at any time
    for module in program.modules.values():
        for node in module.tree.body:
            if isinstance(node, (*DEFS, ast.Import, ast.ImportFrom)):
                continue
            if isinstance(node, ast.ClassDef):
                for part in node.body:
                    if not isinstance(part, DEFS):
                        names |= mentions(part)
            else:
                names |= mentions(node)
    while True:
        for item in everything:
            if id(item.node) not in alive:
                names |= handed_on(item.node) & {i.node.name for i in everything}
        grown = False
        for item in everything:
            if id(item.node) in alive or not _is_reached(item, names, classes):
                continue
            alive.add(id(item.node))
            names |= item.names
            grown = True
        if not grown:
            return [item for item in everything if id(item.node) not in alive]


def _is_reached(item: Member, names: set[str], classes: dict[str, ast.ClassDef]) -> bool:
    name = item.node.name
    if name == "__init__":
        return any(known in names for known in _heirs(item.owner, classes))
    return name in names or (name.startswith("__") and name.endswith("__"))


def _heirs(owner: str, classes: dict[str, ast.ClassDef]) -> set[str]:
    """A class and those that inherit from it."""
    found = {owner}
    grown = True
    while grown:
        grown = False
        for name, node in classes.items():
            bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
            if name not in found and bases & found:
                found.add(name)
                grown = True
    return found
