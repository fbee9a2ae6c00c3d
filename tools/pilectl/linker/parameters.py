"""Gives parameters that no call names the same few names in every function."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Sequence

from .names import keywords, short_names
from .program import Program
from .scopes import FUNCTIONS, Function, local_names
from .walking import walk


def rename_parameters(program: Program, kept: frozenset[str], given: Sequence[str] = ()) -> None:
    """Parameters become those in `given`, then a, b, .. in order; functions whose name is in `kept` stay."""
    called = keywords(program)
    for module in program.modules.values():
        for node in walk(module.tree):
            if isinstance(node, FUNCTIONS) and getattr(node, "name", "") not in kept:
                _rename(node, called, given)


def _rename(function: Function, called: set[str], given: Sequence[str]) -> None:
    if function.args.kwarg is not None:
        # It takes any name, be it one that only a dict holds: none of ours may come to be in its way
        return
    args = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    inner = [n for n in walk(function) if isinstance(n, FUNCTIONS) and n is not function]
    shadowed = {name for node in inner for name in local_names(node)}
    for part in walk(function):
        if isinstance(part, ast.comprehension):
            shadowed |= {n.id for n in walk(part.target) if isinstance(n, ast.Name)}
    used = {n.id for n in walk(function) if isinstance(n, ast.Name)}
    used |= shadowed | local_names(function)
    pool = itertools.chain(given, short_names(""))
    for arg in args:
        if arg.arg in called or arg.arg in shadowed or arg.arg in ("self", "cls"):
            continue
        new = next(name for name in pool if name not in used)
        body = [function.body] if isinstance(function, ast.Lambda) else function.body
        for statement in body:
            for node in walk(statement):
                if isinstance(node, ast.Name) and node.id == arg.arg:
                    node.id = new
                elif isinstance(node, ast.ExceptHandler) and node.name == arg.arg:
                    node.name = new
        arg.arg = new
