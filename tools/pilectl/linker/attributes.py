"""Gives attributes and methods new names: those that only their own class asks of `self` by family, public
ones all over the program.

Left alone is what has a meaning elsewhere: names of objects that are not ours, keywords, texts, what classes
show as data, and what is kept. Every method has a name that no other function has, so that a traceback can
be told.
"""

from __future__ import annotations

import ast
from collections import Counter

from .apart import plain
from .families import Class, classes, families, on_self
from .names import Told, keywords, lenders, pool, texts
from .program import Module, Program


class Attributes:
    """One renaming of a program; `told` says afterwards what the new names of methods stand for."""

    def __init__(
        self, program: Program, resident: Module, kept: frozenset[str], foreign: set[str]
    ) -> None:
        self.told: Told = {}
        self._program = program
        self._families = families(classes(program))
        self._given = lenders(resident)
        every = texts(list(program.modules.values()))
        self._stay: set[str] = set(kept) | foreign | every | keywords(program)
        for family in self._families:
            for item in family:
                self._stay |= {name for name in item.data if not name.startswith("_")}
                if any(member.is_foreign for member in family):
                    self._stay |= set(item.uses)
        self._asked = _asked_of_others(program)
        self._functions: set[str] = set()
        self._done: set[str] = set()  # new names

    def rename(self) -> Told:
        """Rename; returns `told`."""
        self._public()
        for family in self._families:
            self._private(family, only_methods=True)
        for family in self._families:
            self._private(family, only_methods=False)
        return self.told

    def _may(self, name: str) -> bool:
        return name not in self._stay and not (name.startswith("__") and name.endswith("__"))

    def _public(self) -> None:
        """What others ask for: one new name for one old one, which nothing else has."""
        ours: Counter[str] = Counter()
        for family in self._families:
            for item in family:
                ours.update(item.uses)
        wanted = [name for name in ours if name in self._asked and self._may(name)]
        taken = (
            {name for name in ours if name not in wanted} | set(self._asked) | self._stay_names()
        )
        order = sorted(wanted, key=lambda name: (-ours[name] - self._asked[name], name))
        dynamic = {
            name
            for family in self._families
            for item in family
            if any(member.is_dynamic for member in family)
            for name in item.uses
        }
        lent, short = pool(self._given, taken), pool([], taken)
        new = {name: next(short if name in dynamic else lent) for name in order}
        self._done = set(new.values())
        for module in self._program.modules.values():
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Attribute):
                    node.attr = new.get(node.attr, node.attr)
        for family in self._families:
            for item in family:
                self._tell(item, new)
                item.rename(new)
                self._functions |= item.methods

    def _stay_names(self) -> set[str]:
        # A text may lend its name although attributes with the name of a text stay
        return self._stay - set(self._given)

    def _private(self, family: list[Class], only_methods: bool) -> None:
        """What only the family itself asks for."""
        counts: Counter[str] = Counter()
        for item in family:
            counts.update(item.uses)
        methods = {name for item in family for name in item.methods}
        wanted = [
            name
            for name in sorted(counts, key=lambda name: (-counts[name], name))
            if self._may(name)
            and name not in self._asked
            and name not in self._done
            and (name in methods) == only_methods
        ]
        taken = set(counts) | self._stay_names()
        taken |= self._functions if only_methods else methods
        given = [] if any(item.is_dynamic for item in family) else self._given
        names = pool(given, taken)
        new = {name: next(names) for name in wanted}
        for item in family:
            self._tell(item, new)
            item.rename(new)
            self._functions |= item.methods
        if only_methods:
            self._done |= set(new.values())

    def _tell(self, item: Class, new: dict[str, str]) -> None:
        for name in sorted(item.methods & set(new)):
            self.told.setdefault(new[name], []).append(f"{item.node.name}.{plain(name)}")


def _asked_of_others(program: Program) -> Counter[str]:
    """Attributes that are used on anything but self or cls of a class."""
    own = {id(node) for node, _owner in on_self(program)}
    return Counter(
        node.attr
        for module in program.modules.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and id(node) not in own
    )
