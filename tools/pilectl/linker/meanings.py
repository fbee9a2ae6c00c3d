"""Gives public names that mean different things in different classes different names.

Two methods or attributes of one name are told apart where no object that is asked for the one can have the
other. Passes that go by name then see one in each, and classes that have little in common can become one.
"""

from __future__ import annotations

import ast

from .families import classes, families
from .flow import OUT
from .names import BY_TEXT, asked_by_text
from .program import Program
from .receivers import Receivers
from .values import Key
from .walking import walk

_MARK = "__of_"


def tell_meanings(
    program: Program, stay: frozenset[str], foreign: set[str], kept: set[Key]
) -> list[str]:
    """Give each meaning of a name of ours its own; returns the new names.

    `stay`: names that may not change; `foreign`: those that objects may have which are not ours; `kept`:
    globals that something outside knows.
    """
    telling = _Telling(program, stay, foreign, kept)
    shut = stay | asked_by_text(program)
    shut |= {name for family in telling.families for item in family for name in item.data}
    found: list[str] = []
    for name in sorted(telling.members()):
        if name not in shut and not name.startswith("__"):
            found += telling.tell(name)
    return found


def plain(name: str) -> str:
    """A name as the sources have it."""
    return name.partition(_MARK)[0]


class _Telling:
    def __init__(
        self, program: Program, stay: frozenset[str], foreign: set[str], kept: set[Key]
    ) -> None:
        self.families = families(classes(program))
        self._foreign = foreign
        self._receivers = Receivers(program, stay, kept)
        self._nodes: dict[str, list[ast.Attribute]] = {}
        self._of: dict[tuple[object, ...], int] = {}
        of = {id(item.node): at for at, family in enumerate(self.families) for item in family}
        made: set[str] = set()
        for module in program.modules.values():
            for node in walk(module.tree):
                if isinstance(node, ast.ClassDef):
                    self._of[module.name, node.name] = of[id(node)]
                elif isinstance(node, ast.Attribute) and id(node) not in self._receivers.globals:
                    self._nodes.setdefault(node.attr, []).append(node)
                elif isinstance(node, ast.Call) and _asks_by_text(node):
                    made |= {n.id for n in walk(node.args[0]) if isinstance(n, ast.Name)}
        # Asked by texts, or by who is not followed: their names stay
        self._fixed = {
            at
            for at, family in enumerate(self.families)
            if any(i.is_foreign or i.is_dynamic or i.node.name in made for i in family)
        }

    def members(self) -> set[str]:
        """Names of methods, properties and attributes."""
        return {name for family in self.families for item in family for name in item.uses}

    def tell(self, name: str) -> list[str]:
        """Give the meanings of a name theirs."""
        owners = {
            at for at, family in enumerate(self.families) if any(name in i.uses for i in family)
        }
        asks = [
            (node, self._receivers.of.get(id(node), set())) for node in self._nodes.get(name, [])
        ]
        for node, kinds in asks:
            if not isinstance(node.ctx, ast.Load):
                owners |= self._asked(kinds)
        parts = _Parts(owners, self._fixed & owners)
        for _node, kinds in asks:
            asked = self._asked(kinds)
            ours = asked & owners
            if asked & self._fixed:
                ours |= owners & self._fixed
            if name in self._foreign and OUT in kinds:
                # Maybe of an object that is not ours, which knows no other name
                parts.join(ours, is_fixed=True)
            else:
                # Who asks nobody that has it asks somebody whom this pass does not see
                parts.join(ours or owners, is_fixed=not ours and name in self._foreign)
        new = {} if parts.is_one() else self._names(name, parts)
        for node, kinds in asks:
            node.attr = new.get(min(self._asked(kinds) & owners, default=-1), name)
        for at, text in new.items():
            for item in self.families[at]:
                item.rename({name: text})
        return sorted(set(new.values()))

    def _asked(self, kinds: set[tuple[object, ...]]) -> set[int]:
        return {self._of[kind] for kind in kinds if kind != OUT}

    def _names(self, name: str, parts: _Parts) -> dict[int, str]:
        """New names by family, where all may change."""
        new: dict[int, str] = {}
        for part in parts.changing():
            text = f"{name}{_MARK}{self.families[min(part)][0].node.name}"
            new.update(dict.fromkeys(part, text))
        return new


class _Parts:
    """Families in parts, each of which has one name."""

    def __init__(self, items: set[int], fixed: set[int]) -> None:
        self._of = {item: {item} for item in items}
        self._fixed = fixed

    def join(self, items: set[int], is_fixed: bool) -> None:
        """These have one name, which is fixed or not."""
        whole: set[int] = set().union(*(self._of[item] for item in items))
        for item in whole:
            self._of[item] = whole
        if is_fixed:
            self._fixed = self._fixed | whole

    def is_one(self) -> bool:
        """True when all have one name."""
        return len({id(part) for part in self._of.values()}) < 2

    def changing(self) -> list[set[int]]:
        """Parts that may have another name."""
        found = {min(part): part for part in self._of.values() if not part & self._fixed}
        return [found[first] for first in sorted(found)]


def _asks_by_text(node: ast.Call) -> bool:
    return (
        isinstance(node.func, ast.Name)
        and node.func.id in BY_TEXT
        and isinstance(node.args[0], ast.Call)
    )
