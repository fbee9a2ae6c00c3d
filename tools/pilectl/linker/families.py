"""Classes of a program and how they inherit: attributes of one family live in the same objects."""

from __future__ import annotations

import ast
from collections import Counter

from .program import Program
from .scopes import DEFS, bound_in
from .values import Key
from .walking import walk


class Class:
    """One class: its bases of ours, the attributes that it uses on itself, its methods and its data."""

    def __init__(self, node: ast.ClassDef) -> None:
        self.node = node
        self.bases: list[Class] = []
        self.uses: Counter[str] = Counter()
        self.methods = {part.name for part in node.body if isinstance(part, DEFS)}
        # Has a base that is not ours, or takes attributes from elsewhere
        self.is_foreign = "__getattr__" in self.methods
        # Asks itself for attributes by a text
        self.is_dynamic = any(
            isinstance(part, ast.Call)
            and isinstance(part.func, ast.Name)
            and part.func.id in ("getattr", "setattr", "hasattr", "delattr")
            and isinstance(part.args[0], ast.Name)
            and part.args[0].id == "self"
            for part in walk(node)
        )
        self.data = bound_in([part for part in node.body if not isinstance(part, DEFS)])
        self.uses.update([*self.methods, *self.data])
        self._nodes: list[ast.Attribute] = []

    def own(self, node: ast.Attribute) -> None:
        """Count an attribute that the class uses on itself."""
        self._nodes.append(node)
        self.uses[node.attr] += 1

    def rename(self, new: dict[str, str]) -> None:
        """Give attributes new names, in definitions and where the class uses them on itself."""
        for node in self._nodes:
            node.attr = new.get(node.attr, node.attr)
        bound = self.methods | self.data
        for statement in self.node.body:
            if isinstance(statement, DEFS):
                statement.name = new.get(statement.name, statement.name)
                continue
            for part in walk(statement):
                if isinstance(part, ast.Name) and part.id in bound:
                    part.id = new.get(part.id, part.id)
        self.methods = {new.get(name, name) for name in self.methods}
        self.data = {new.get(name, name) for name in self.data}
        self.uses = Counter({new.get(name, name): count for name, count in self.uses.items()})


def on_self(program: Program) -> list[tuple[ast.Attribute, str]]:
    """Attribute nodes that a class uses on itself, and the class's name.

    Code that was moved elsewhere says by `origin` whose it is.
    """
    found: list[tuple[ast.Attribute, str]] = []
    for module in program.modules.values():
        for top in module.tree.body:
            for node in walk(top):
                if not isinstance(node, ast.Attribute):
                    continue
                owner = node.value.id if isinstance(node.value, ast.Name) else ""
                if hasattr(node, "origin"):
                    found.append((node, node.origin))
                elif isinstance(top, ast.ClassDef) and owner in ("self", "cls"):
                    found.append((node, top.name))
    return found


def classes(program: Program) -> list[Class]:
    """Every class of the program, with its bases and uses. Two modules may have one of a name."""
    found: dict[Key, Class] = {}
    by_name: dict[str, list[Class]] = {}
    for module in program.modules.values():
        for top in module.tree.body:
            if isinstance(top, ast.ClassDef):
                item = found[module.name, top.name] = Class(top)
                by_name.setdefault(top.name, []).append(item)
    for node, owner in on_self(program):
        for item in by_name[owner]:
            item.own(node)
    for same in by_name.values():
        for item in same:
            # Of two classes of one name nobody can tell whose a moved attribute is
            item.is_foreign = item.is_foreign or len(same) > 1
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
