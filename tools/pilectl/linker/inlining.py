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
from .starting import mentions
from .values import Key
from .walking import walk


def inline(
    program: Program, kept: set[Key], stay: frozenset[str], starting: frozenset[int] = frozenset()
) -> list[str]:
    """Inline all that can be; returns the names of the functions that are gone.

    `stay`: names of methods that do. `starting`: functions, by identity, that only the start runs: what they
    alone set is fixed for all others.
    """
    gone: list[str] = []
    refused: set[int] = set()
    while True:
        fixed = attributes_set_by(program, frozenset())
        settled = attributes_set_by(program, starting)
        counts = _mentions(program)
        defined = Counter(
            node.name
            for module in program.modules.values()
            for node in walk(module.tree)
            if isinstance(node, (*DEFS, ast.ClassDef))
        )
        done = False
        for module in program.modules.values():
            callers = [(node, mentions(node)) for node in functions(module)]
            for callee in _candidates(module):
                name = callee.node.name
                if id(callee.node) in refused or defined[name] != 1 or counts[name] != 1:
                    continue
                if (callee.owner and name in stay) or (module.name, name) in kept:
                    continue
                likely = [n for n, names in callers if name in names and n is not callee.node]
                early = [node for node in likely if id(node) in starting]
                late = [node for node in likely if id(node) not in starting]
                caller = (
                    Site(callee, early, fixed).replace() or Site(callee, late, settled).replace()
                )
                if caller is not None:
                    callee.body_of.remove(callee.node)
                    own = next(names for node, names in callers if node is callee.node)
                    # What is gone calls nobody any more; the caller calls what it called
                    callers = [entry for entry in callers if entry[0] is not callee.node]
                    next(names for node, names in callers if node is caller).update(own)
                    gone.append(f"{callee.owner.name}.{name}" if callee.owner else name)
                    done = True
                    # The counts are those of before
                    counts[name] = 0
                else:
                    refused.add(id(callee.node))
        if not done:
            return gone


def functions(module: Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Functions and methods at the top of a module and its classes."""
    found: list[ast.FunctionDef | ast.AsyncFunctionDef] = []
    for node in module.tree.body:
        if isinstance(node, DEFS):
            found.append(node)
        elif isinstance(node, ast.ClassDef):
            found += [part for part in node.body if isinstance(part, DEFS)]
    return found


def _mentions(program: Program) -> Counter[str]:
    """How often each name stands anywhere, as attribute, global, text or import."""
    counts = mentioned(program)
    for module in program.modules.values():
        counts.update(n.id for n in Globals(module.tree).names if isinstance(n.ctx, ast.Load))
        for node in walk(module.tree):
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
    for part in walk(node):
        if part is not node and isinstance(part, FUNCTIONS):
            return False
        if isinstance(part, ast.Yield | ast.YieldFrom | ast.Import | ast.ImportFrom):
            return False
        if isinstance(part, ast.Name) and part.id == "super":
            return False
    return callee.owner is None or bool(node.args.args and node.args.args[0].arg == "self")


def attributes_set_by(program: Program, starting: frozenset[int]) -> set[str]:
    """Attributes that nothing but constructors and `starting` sets, and that are no properties."""
    set_later: set[str] = set()
    known: set[str] = set()
    for module in program.modules.values():
        inits: set[int] = set()
        for node in walk(module.tree):
            if isinstance(node, DEFS):
                if node.name == "__init__" or id(node) in starting:
                    inits |= {id(part) for part in walk(node)}
                if node.decorator_list:
                    set_later.add(node.name)
        for node in walk(module.tree):
            if isinstance(node, ast.Attribute):
                known.add(node.attr)
                if not isinstance(node.ctx, ast.Load) and id(node) not in inits:
                    set_later.add(node.attr)
    return known - set_later
