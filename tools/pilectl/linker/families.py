"""Classes of a program and how they inherit: attributes of one family live in the same objects."""

from __future__ import annotations

import ast
from collections import Counter

from .program import Program
from .scopes import DEFS, bound_in
from .values import Key


class Class:
    """One class: its bases of ours, the attributes that it uses on itself, its methods and its data."""

    def __init__(self, node: ast.ClassDef) -> None:
        self.node = node
        self.bases: list[Class] = []
        self.uses: Counter[str] = Counter()
        self.methods = {part.name for part in node.body if isinstance(part, DEFS)}
        # Has a base that is not ours, or takes attributes from elsewhere
        self.is_foreign = "__getattr__" in self.methods
        self.data = bound_in([part for part in node.body if not isinstance(part, DEFS)])
        self.uses.update([*self.methods, *self.data])
        for part in ast.walk(node):
            if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
                if part.value.id in ("self", "cls"):
                    self.uses[part.attr] += 1

    def rename(self, new: dict[str, str]) -> None:
        """Give attributes new names, in definitions and where they are used on self."""
        for part in ast.walk(self.node):
            if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
                if part.value.id in ("self", "cls"):
                    part.attr = new.get(part.attr, part.attr)
        for statement in self.node.body:
            if not isinstance(statement, DEFS):
                for part in ast.walk(statement):
                    if isinstance(part, ast.Name) and part.id in self.methods | self.data:
                        part.id = new.get(part.id, part.id)
        for statement in self.node.body:
            if isinstance(statement, DEFS):
                statement.name = new.get(statement.name, statement.name)
        self.methods = {new.get(name, name) for name in self.methods}
        self.data = {new.get(name, name) for name in self.data}
        self.uses = Counter({new.get(name, name): count for name, count in self.uses.items()})


def classes(program: Program) -> list[Class]:
    """Every class of the program, with its bases."""
    found: dict[Key, Class] = {}
    for module in program.modules.values():
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef):
                found[module.name, node.name] = Class(node)
    for (where, _name), item in found.items():
        for base in item.node.bases:
            key = program.origin(where, base.id) if isinstance(base, ast.Name) else ("", "")
            if key in found:
                item.bases.append(found[key])
            else:
                item.is_foreign = True
    return list(found.values())


def families(items: list[Class]) -> list[list[Class]]:
    """Classes joined by inheritance."""
    group = {id(item): [item] for item in items}
    for item in items:
        for base in item.bases:
            one, other = group[id(item)], group[id(base)]
            if one is not other:
                one.extend(other)
                for member in other:
                    group[id(member)] = one
    found: list[list[Class]] = []
    for item in items:
        if not any(group[id(item)] is family for family in found):
            found.append(group[id(item)])
    return found
