"""Takes out of each class what MicroPython puts into its table: the names of its module and of itself.

The type has its name anyway, by which tracebacks and repr() tell it. Taken out first, the two give their
places to the methods.
"""

from __future__ import annotations

import ast

from .names import texts
from .program import Program
from .walking import walk

_LABELS = ("__module__", "__qualname__")


def unlabel(program: Program) -> None:
    """Let every class that defines anything begin with their deletion, unless the program asks for them."""
    asked = texts(list(program.modules.values())) | {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for module in program.modules.values()
        for node in walk(module.tree)
        if isinstance(node, ast.Attribute | ast.Name)
    }
    if not asked.isdisjoint(_LABELS):
        return
    for module in program.modules.values():
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef) and not isinstance(node.body[0], ast.Pass):
                labels: list[ast.expr] = [ast.Name(name, ast.Del()) for name in _LABELS]
                node.body.insert(0, ast.Delete(labels))
        ast.fix_missing_locations(module.tree)
