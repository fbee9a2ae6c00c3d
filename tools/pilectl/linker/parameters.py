"""Gives parameters that no call names the same few names in every function."""

from __future__ import annotations

import ast

from .names import keywords, short_names
from .program import Program
from .scopes import FUNCTIONS, Function, local_names


def rename_parameters(program: Program, kept: frozenset[str]) -> None:
    """Parameters become a, b, c .. in order; those of functions whose name is in `kept` stay."""
    called = keywords(program)
    for module in program.modules.values():
        for node in ast.walk(module.tree):
            if isinstance(node, FUNCTIONS) and getattr(node, "name", "") not in kept:
                _rename(node, called)


def _rename(function: Function, called: set[str]) -> None:
    args = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    inner = [n for n in ast.walk(function) if isinstance(n, FUNCTIONS) and n is not function]
    shadowed = {name for node in inner for name in local_names(node)}
    for part in ast.walk(function):
        if isinstance(part, ast.comprehension):
            shadowed |= {n.id for n in ast.walk(part.target) if isinstance(n, ast.Name)}
    used = {n.id for n in ast.walk(function) if isinstance(n, ast.Name)}
    used |= shadowed | local_names(function)
    pool = short_names("")
    for arg in args:
        if arg.arg in called or arg.arg in shadowed or arg.arg in ("self", "cls"):
            continue
        new = next(name for name in pool if name not in used)
        body = [function.body] if isinstance(function, ast.Lambda) else function.body
        for statement in body:
            for node in ast.walk(statement):
                if isinstance(node, ast.Name) and node.id == arg.arg:
                    node.id = new
                elif isinstance(node, ast.ExceptHandler) and node.name == arg.arg:
                    node.name = new
        arg.arg = new
