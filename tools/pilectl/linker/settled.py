"""Attributes that are set to one constant only, wherever they are set: who asks for one may have it at once."""

from __future__ import annotations

import ast

from . import keep
from .families import classes, families
from .kinds import Def, Kinds, made_elsewhere
from .known import UnknownError, as_literal, is_same, substitute
from .known_locals import bindings
from .names import texts
from .program import Program
from .scopes import DEFS, bound_in
from .walking import is_setting, walk, words_set


class Settled:
    """Finds them; `foreign`: names that objects which are not ours may have."""

    def __init__(self, program: Program, foreign: set[str]) -> None:
        self._kinds = Kinds(program, foreign)
        self._by_class: dict[int, dict[str, object]] = {}
        self._everywhere: dict[str, object] = {}
        stored = _Stores(program)
        everyone: dict[str, list[object]] = {}
        refused = set(stored.by_others)
        for family in families(classes(program)):
            found: dict[str, list[object]] = {}
            unsure: set[str] = set()
            known: set[str] = set()
            for item in family:
                constant = _properties(item.node)
                known |= (item.methods | item.data) - set(constant)
                for name, values in stored.of(item.node).items():
                    found.setdefault(name, []).extend(values)
                for name, value in constant.items():
                    found.setdefault(name, []).append(value)
            if any(item.is_foreign or _sets_by_text(item.node) for item in family):
                unsure |= set(found)
            for name, values in found.items():
                first, *others = values
                if (
                    name in unsure | known | stored.by_others | keep.NAMES
                    or first is stored.ANY
                    or not all(is_same(first, other) for other in others)
                    or (first == () and name not in stored.walked)
                ):
                    refused.add(name)
                    continue
                everyone.setdefault(name, []).append(first)
                for item in family:
                    self._by_class.setdefault(id(item.node), {})[name] = first
            refused |= known
        for module in program.modules.values():
            refused |= bound_in(module.tree.body)
        refused |= foreign | texts(list(program.modules.values()))
        for name, values in everyone.items():
            if name not in refused and all(is_same(values[0], value) for value in values):
                self._everywhere[name] = values[0]
        self.names = set(everyone)

    def value(self, node: ast.expr, owner: ast.ClassDef | None, function: Def) -> object:
        """What an attribute always is, asked for in a function of a class; KeyError for one that is not settled."""
        if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
            raise KeyError
        if isinstance(node.value, ast.Name) and node.value.id == "self" and owner is not None:
            return self._by_class.get(id(owner), {})[node.attr]
        inner = node.value
        while isinstance(inner, ast.Attribute):
            inner = inner.value
        if not isinstance(inner, ast.Name):
            raise KeyError
        if node.attr in self._everywhere:
            return self._everywhere[node.attr]
        kind = self._kinds.of(node.value, function) if node.attr in self.names else None
        return self._by_class.get(id(kind), {})[node.attr]


class _Stores:
    """What classes set on themselves, and the names that others set on them."""

    ANY = object()

    def __init__(self, program: Program) -> None:
        self.by_others: set[str] = set()
        # Attributes that are asked for by loops only, which go through them
        self.walked = _walked(program)
        self._by_class: dict[int, dict[str, list[object]]] = {}
        for module in program.modules.values():
            for top in module.tree.body:
                constant = _constants(top)
                for node in walk(top):
                    if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
                        is_self = isinstance(node.value, ast.Name) and node.value.id == "self"
                        if is_self and isinstance(top, ast.ClassDef):
                            own = self._by_class.setdefault(id(top), {})
                            value = constant.get(id(node), self.ANY)
                            own.setdefault(node.attr, []).append(value)
                        else:
                            self.by_others.add(node.attr)
                    self.by_others |= words_set(node)

    def of(self, node: ast.ClassDef) -> dict[str, list[object]]:
        """Values of a class's attributes, ANY for what is no constant."""
        return self._by_class.get(id(node), {})


def _walked(program: Program) -> set[str]:
    loops: set[int] = set()
    found: set[str] = set()
    others: set[str] = set()
    for module in program.modules.values():
        for node in walk(module.tree):
            if isinstance(node, ast.For):
                loops.add(id(node.iter))
        for node in walk(module.tree):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                (found if id(node) in loops else others).add(node.attr)
    return found - others


def _constants(top: ast.stmt) -> dict[int, object]:
    """Values of the attributes that plain assignments set to constants, by node."""
    found: dict[int, object] = {}
    for node in walk(top):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            value = node.value.value
            if value is None or isinstance(value, bool | int | str):
                found.update({id(target): value for target in node.targets})
        elif isinstance(node, ast.Assign) and ast.unparse(node.value) == "[]":
            # A list that stays empty, see _Stores.walked
            found.update({id(target): () for target in node.targets})
    return found


def _properties(node: ast.ClassDef) -> dict[str, object]:
    """Properties that only return a constant, and what they return."""
    found: dict[str, object] = {}
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and len(part.body) == 1 and _is_property(part):
            only = part.body[0]
            if isinstance(only, ast.Return) and isinstance(only.value, ast.Constant):
                found[part.name] = only.value.value
    return found


def _is_property(node: ast.FunctionDef) -> bool:
    return [ast.unparse(part) for part in node.decorator_list] == ["property"]


def _sets_by_text(node: ast.ClassDef) -> bool:
    return any(is_setting(part) for part in walk(node))


def hand_over(program: Program) -> list[Def]:
    """Put constants that a class's only maker hands to its constructor in the place of the parameters.

    Returns the constructors that have become others.
    """
    made: dict[str, list[ast.Call]] = {}
    named: dict[str, int] = {}
    for module in program.modules.values():
        calls = {id(n.func): n for n in walk(module.tree) if isinstance(n, ast.Call)}
        for node in walk(module.tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                named[node.id] = named.get(node.id, 0) + 1
                if id(node) in calls:
                    made.setdefault(node.id, []).append(calls[id(node)])
            elif isinstance(node, ast.alias) and node.asname:
                # It may go by two names
                named[node.name] = named.get(node.name, 0) + 2
            elif isinstance(node, ast.Attribute):
                # As `module.Name`, for all we know
                named[node.attr] = named.get(node.attr, 0) + 2
    unsure = made_elsewhere(program)
    return [
        part
        for module in program.modules.values()
        for top in module.tree.body
        if isinstance(top, ast.ClassDef) and named.get(top.name) == 1 and top.name in made
        if id(top) not in unsure and (module.name, top.name) not in keep.GLOBALS
        for part in top.body
        if isinstance(part, DEFS) and part.name == "__init__" and _hand(part, made[top.name][0])
    ]


def _hand(function: Def, call: ast.Call) -> int:
    names = [arg.arg for arg in function.args.args][1:]
    bound = bindings(function)
    mapping: dict[str, ast.expr] = {}
    for name, value in zip(names, call.args, strict=False):
        if isinstance(value, ast.Starred):
            break
        if isinstance(value, ast.Constant) and bound[name] == 1:
            try:
                mapping[name] = as_literal(value.value)
            except UnknownError:
                continue
    asked = {
        node.id for part in function.body for node in walk(part) if isinstance(node, ast.Name)
    }
    mapping = {name: value for name, value in mapping.items() if name in asked}
    substitute(ast.Module(function.body, []), mapping)
    return len(mapping)
