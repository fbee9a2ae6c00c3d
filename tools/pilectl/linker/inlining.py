"""Puts a function that is called at one place only into that place.

A function costs its object, its entry in a table, its name and the rounding up of its code. Only calls
whose order of evaluation cannot change are replaced; every other stays a call. A public method is found by
its name: nothing else in the program, and no object that is not ours, may have one of that name.
"""

from __future__ import annotations

import ast
from collections import Counter

from .program import Module, Program
from .scopes import DEFS, FUNCTIONS, Globals
from .shaking import mentioned
from .site import Callee, Site
from .values import Key


def inline(program: Program, kept: set[Key], stay: frozenset[str]) -> list[str]:
    """Inline all that can be; returns the names of the functions that are gone. `stay`: names of methods."""
    gone: list[str] = []
    refused: set[int] = set()
    while True:
        fixed = _set_by_constructors(program)
        counts = _mentions(program)
        defined = Counter(
            node.name
            for module in program.modules.values()
            for node in ast.walk(module.tree)
            if isinstance(node, (*DEFS, ast.ClassDef))
        )
        done = False
        for module in program.modules.values():
            for callee in _candidates(module):
                name = callee.node.name
                if id(callee.node) in refused or defined[name] != 1 or counts[name] != 1:
                    continue
                if name in stay or (module.name, name) in kept:
                    continue
                if Site(module, callee, fixed).replace():
                    callee.body_of.remove(callee.node)
                    gone.append(f"{callee.owner.name}.{name}" if callee.owner else name)
                    done = True
                    # The counts are those of before
                    counts[name] = 0
                else:
                    refused.add(id(callee.node))
        if not done:
            return gone


def _mentions(program: Program) -> Counter[str]:
    """How often each name stands anywhere, as attribute, global, text or import."""
    counts = mentioned(program)
    for module in program.modules.values():
        counts.update(n.id for n in Globals(module.tree).names if isinstance(n.ctx, ast.Load))
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom):
                counts.update(alias.name for alias in node.names)
    return counts


def _candidates(module: Module) -> list[Callee]:
    found = []
    for node in module.tree.body:
        if isinstance(node, DEFS):
            found.append(Callee(node, module.tree.body, None))
        elif isinstance(node, ast.ClassDef):
            found += [
                Callee(part, node.body, node) for part in node.body if isinstance(part, DEFS)
            ]
    return [callee for callee in found if _is_plain(callee)]


def _is_plain(callee: Callee) -> bool:
    node = callee.node
    if node.name.startswith("__") or node.decorator_list:
        return False
    if node.args.vararg or node.args.kwarg or node.args.posonlyargs or node.args.kwonlyargs:
        return False
    for part in ast.walk(node):
        if part is not node and isinstance(part, FUNCTIONS):
            return False
        if isinstance(part, ast.Yield | ast.YieldFrom | ast.Import | ast.ImportFrom):
            return False
        if isinstance(part, ast.Name) and part.id == "super":
            return False
    return callee.owner is None or bool(node.args.args and node.args.args[0].arg == "self")


def _set_by_constructors(program: Program) -> set[str]:
    """Attributes that nothing but constructors sets, and that are no properties."""
    set_later: set[str] = set()
    known: set[str] = set()
    for module in program.modules.values():
        inits: set[int] = set()
        for node in ast.walk(module.tree):
            if isinstance(node, DEFS):
                if node.name == "__init__":
                    inits |= {id(part) for part in ast.walk(node)}
                if node.decorator_list:
                    set_later.add(node.name)
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute):
                known.add(node.attr)
                if not isinstance(node.ctx, ast.Load) and id(node) not in inits:
                    set_later.add(node.attr)
    return known - set_later
