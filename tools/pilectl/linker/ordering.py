"""Puts the names that a module uses most in front of its table of names.

In bytecode a name is its place in that table, one byte for the first 128 and two for the others. Places
are given in the order of first use, so a module begins with a use of its commonest names that never runs.
"""

from __future__ import annotations

import ast
from collections import Counter
from keyword import iskeyword

from .program import Module
from .scopes import DEFS, Globals
from .tables import short_texts
from .walking import walk

_ONE_BYTE = 128


def order(module: Module) -> None:
    """Begin the module with its commonest names."""
    counts: Counter[str] = Counter()
    for node in walk(module.tree):
        if isinstance(node, ast.Attribute):
            counts[node.attr] += 1
        elif isinstance(node, ast.keyword) and node.arg:
            counts[node.arg] += 1
        elif isinstance(node, DEFS):
            counts[node.name] += 1
            counts.update(arg.arg for arg in node.args.args)
    counts.update(node.id for node in Globals(module.tree).names)
    counts.update(
        text for text in short_texts(module.tree) if text.isidentifier() and not iskeyword(text)
    )
    common = sorted(counts, key=lambda name: (-counts[name], name))[:_ONE_BYTE]
    if len(counts) <= _ONE_BYTE:
        return
    # `if not __name__` is never true, which the compiler does not know
    expression: ast.expr = ast.Name("__name__", ast.Load())
    uses: list[ast.stmt] = [
        ast.Expr(ast.Attribute(expression, name, ast.Load())) for name in common
    ]
    never = ast.UnaryOp(ast.Not(), ast.Name("__name__", ast.Load()))
    module.tree.body.insert(0, ast.If(never, uses, []))
    ast.fix_missing_locations(module.tree)
