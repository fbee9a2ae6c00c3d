"""What a program must not do to be linked: the passes could not follow it. Each is a LinkError with its place."""

from __future__ import annotations

import ast
from typing import TypeGuard

from .program import Module, Program
from .walking import walk

_BY_TEXT = ("getattr", "setattr", "hasattr", "delattr")
_DECORATORS = ("property", "staticmethod", "classmethod")


def check(program: Program) -> None:
    """LinkError at the first thing that cannot be followed."""
    classes = {
        node.name
        for module in program.modules.values()
        for node in module.tree.body
        if isinstance(node, ast.ClassDef)
    }
    for module in program.modules.values():
        foreign = _foreign(program, module)
        tops = {id(node) for node in module.tree.body}
        for node in walk(module.tree):
            if isinstance(node, ast.ClassDef) and id(node) not in tops:
                raise module.error(
                    node, f"class {node.name} does not stand at the top of its module"
                )
            if isinstance(node, ast.Global | ast.Nonlocal):
                raise module.error(
                    node, "global and nonlocal are not followed, hand the value over"
                )
            if isinstance(node, ast.ImportFrom) and any(a.name == "*" for a in node.names):
                raise module.error(node, "import names, not all there are")
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for decorator in node.decorator_list:
                    if not isinstance(decorator, ast.Name) or decorator.id not in _DECORATORS:
                        raise module.error(node, f"a decorator that is none of {_DECORATORS}")
            if _asks_by_text(node) and not _is_followed(node, foreign, classes):
                raise module.error(
                    node, "an attribute of an unknown object by a text made elsewhere"
                )


def _asks_by_text(node: ast.AST) -> TypeGuard[ast.Call]:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _BY_TEXT
    )


def _foreign(program: Program, module: Module) -> set[str]:
    """Names that a module has by importing what is not ours."""
    found: set[str] = set()
    for node in walk(module.tree):
        if isinstance(node, ast.Import):
            found |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if program.meaning(module, node, alias.name) is None:
                    found.add(alias.asname or alias.name)
    return found


def _is_followed(node: ast.Call, foreign: set[str], classes: set[str]) -> bool:
    """A literal text; or an object that is self, a new one of our classes, or not ours."""
    if len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
        return True
    root = node.args[0]
    if isinstance(root, ast.Call) and isinstance(root.func, ast.Name):
        return root.func.id in classes
    while isinstance(root, ast.Attribute | ast.Subscript):
        root = root.value
        if isinstance(root, ast.Name) and root.id == "self":
            return False
    return isinstance(root, ast.Name) and root.id in {"self", *foreign}
