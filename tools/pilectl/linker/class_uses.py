"""Where the classes of a module are made, and whether they are used for anything else."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TypeGuard

from .program import Module, Program
from .scopes import DEFS, FUNCTIONS, Function, Globals, bound_in, local_names
from .walking import children, walk


@dataclass(eq=False)
class Use:
    """One place that names a class to have it called, there or by who is given it.

    `function`: the one at the top of a module or class that it stands in; `brought`: the import of the name.
    """

    name: ast.Name
    function: ast.AST | None
    brought: Brought | None


@dataclass(eq=False)
class Brought:
    """One import of a class by name, at the top of another module or in a function (`scope`)."""

    module: Module
    alias: ast.alias
    scope: Function | None


class ClassUses:
    """Uses and imports (`brought`) of the classes of `home` by name; `as_values`: those not only called."""

    def __init__(self, program: Program, home: Module) -> None:
        self.uses: dict[str, list[Use]] = {}
        self.brought: dict[str, list[Brought]] = {}
        self.as_values: set[str] = set()
        callers = _callers(program)
        names = {node.name for node in home.tree.body if isinstance(node, ast.ClassDef)}
        for module in program.modules.values():
            for node in walk(module.tree):
                if isinstance(node, ast.Attribute) and node.attr in names:
                    # A module handed about may be asked for its classes
                    self.as_values.add(node.attr)
            self._called = _called(module, callers)
            self._tops = _tops(module)
            if module is home:
                for name in Globals(module.tree).names:
                    if name.id in names:
                        self._use(name.id, name, None)
            for statement, scope in _imports(module):
                if program.target(module, statement) == home.name:
                    for alias in statement.names:
                        if alias.name in names:
                            self._follow(Brought(module, alias, scope))

    def _follow(self, found: Brought) -> None:
        """Uses of an imported class, all of which must mean it."""
        alias, own = found.alias, found.alias.asname or found.alias.name
        self.brought.setdefault(alias.name, []).append(found)
        if found.scope is None:
            uses = [n for n in Globals(found.module.tree).names if n.id == own]
            bound = sum(own in bound_in([node]) for node in found.module.tree.body)
        else:
            parts = list(walk(found.scope))
            uses = [n for n in parts if isinstance(n, ast.Name) and n.id == own]
            inner = [n for n in parts if isinstance(n, FUNCTIONS) and n is not found.scope]
            bound = sum(own in local_names(node) for node in inner)
            bound += sum(
                (other.asname or other.name) == own
                for statement in parts
                if isinstance(statement, ast.ImportFrom)
                for other in statement.names
            )
        if bound != 1:
            self.as_values.add(alias.name)
        for name in uses:
            self._use(alias.name, name, found)

    def _use(self, known: str, name: ast.Name, found: Brought | None) -> None:
        if id(name) in self._called:
            self.uses.setdefault(known, []).append(Use(name, self._tops.get(id(name)), found))
        else:
            self.as_values.add(known)


def _called(module: Module, callers: dict[str, set[int]]) -> set[int]:
    """Identities of the names that a module calls, or hands to a method of self that only calls it."""
    found: set[int] = set()
    for top in module.tree.body:
        own = {part.name for part in getattr(top, "body", ()) if isinstance(part, DEFS)}
        for node in walk(top):
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Name):
                found.add(id(node.func))
            elif isinstance(top, ast.ClassDef) and _is_of_self(node.func, own):
                for place, value in enumerate(node.args):
                    if isinstance(value, ast.Starred):
                        break
                    if place in callers[node.func.attr]:
                        found.add(id(value))
    return found


def _is_of_self(node: ast.expr, own: set[str]) -> TypeGuard[ast.Attribute]:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
        and node.attr in own
    )


def _callers(program: Program) -> dict[str, set[int]]:
    """By name of a method, the places of arguments with which every such one does nothing but call them."""
    found: dict[str, set[int]] = {}
    for module in program.modules.values():
        for node in walk(module.tree):
            if isinstance(node, DEFS):
                calls = {id(part.func) for part in walk(node) if isinstance(part, ast.Call)}
                good = set()
                for place, arg in enumerate(node.args.args[1:]):
                    uses = [n for n in walk(node) if isinstance(n, ast.Name)]
                    if all(id(n) in calls for n in uses if n.id == arg.arg):
                        good.add(place)
                is_plain = not node.decorator_list and not node.args.posonlyargs
                found[node.name] = found.get(node.name, good) & (good if is_plain else set())
            elif isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
                # An object may have something else by that name
                found[node.attr] = set()
    return found


def _tops(module: Module) -> dict[int, ast.AST]:
    """The function or method that each name stands in, by the identity of the name."""
    found: dict[int, ast.AST] = {}
    for node in module.tree.body:
        parts = node.body if isinstance(node, ast.ClassDef) else [node]
        for part in parts:
            if isinstance(part, DEFS):
                found.update((id(n), part) for n in walk(part) if isinstance(n, ast.Name))
    return found


def _imports(module: Module) -> list[tuple[ast.ImportFrom, Function | None]]:
    """Imports by name, each with the innermost function around it."""
    found: list[tuple[ast.ImportFrom, Function | None]] = []

    def visit(node: ast.AST, scope: Function | None) -> None:
        for child in children(node):
            if isinstance(child, ast.ImportFrom):
                found.append((child, scope))
            visit(child, child if isinstance(child, FUNCTIONS) else scope)

    visit(module.tree, None)
    return found
