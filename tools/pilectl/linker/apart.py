"""Tells methods of the same name apart where only their own class asks for them, for passes that go by name."""

from __future__ import annotations

import ast

from .families import classes, families, on_self
from .names import asked_texts
from .program import Program
from .walking import walk

_MARK = "__of_"


def tell_apart(program: Program, stay: frozenset[str]) -> None:
    """Methods that are only used on self get the class into their name; `stay`: names that do not."""
    own = {id(node) for node, _owner in on_self(program)}
    asked = asked_texts(program) | {
        node.attr
        for module in program.modules.values()
        for node in walk(module.tree)
        if isinstance(node, ast.Attribute) and id(node) not in own
    }
    for family in families(classes(program)):
        if any(item.is_foreign or item.is_dynamic for item in family):
            continue
        names = {name for item in family for name in item.methods}
        new = {
            name: f"{name}{_MARK}{family[0].node.name}"
            for name in names
            if name not in asked and name not in stay and not name.startswith("__")
        }
        for item in family:
            item.rename(new)
