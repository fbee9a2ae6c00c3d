"""Gives attributes and methods new names: those that only their own class asks of `self` by family, public
ones all over the program.

Left alone is what has a meaning elsewhere: names of objects that are not ours, keywords, texts, what classes
show as data, and what is kept. Every method has a name that no other function has, so that a traceback can
be told.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Collection, Iterable

from .families import Class, classes, families, on_self
from .meanings import plain
from .names import Told, asked_by_text, asked_texts, keywords, lenders, pool
from .program import Module, Program
from .walking import walk


class Attributes:
    """One renaming of a program; `told` says afterwards what the new names of methods stand for.

    `leaving`: functions whose texts will not stay in the resident module.
    """

    def __init__(
        self,
        program: Program,
        resident: Module,
        kept: frozenset[str],
        foreign: set[str],
        leaving: Iterable[ast.AST] = (),
    ) -> None:
        self.told: Told = {}
        self._program = program
        self._families = families(classes(program))
        # Nothing may have a name for which somebody asks whether it is there
        by_text = asked_by_text(program)
        self._given = [name for name in lenders(resident, leaving) if name not in by_text]
        every = asked_texts(program)
        self._stay: set[str] = set(kept) | foreign | every | keywords(program)
        for family in self._families:
            for item in family:
                self._stay |= {name for name in item.data if not name.startswith("_")}
                if any(member.is_foreign for member in family):
                    self._stay |= set(item.uses)
        self._asked = _asked_of_others(program)
        self._functions: set[str] = set()
        self._done: set[str] = set()  # new names
        # What others ask of an object by its new name, and what they set
        self._public_names: Counter[str] = Counter()

    def rename(self, beside: Callable[[Class], set[str]] = lambda item: set()) -> Told:
        """Rename; returns `told`. `beside`: names that attributes of a class's objects may not have."""
        self._public()
        for family in self._families:
            self._private(family, only_methods=True)
        for family in self._families:
            others = {name for item in family for name in beside(item)}
            self._private(family, only_methods=False, others=others)
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
        # A board has no part whose name begins before "a", see StandardBoard.__getattr__
        lower = [name for name in self._given if name[0].islower()]
        lent, short = pool(lower, taken), pool([], taken)
        new = {name: next(short if name in dynamic else lent) for name in order}
        self._done = set(new.values())
        set_by_others = _asked_of_others(self._program, only_set=True)
        for name in self._asked:
            self._public_names[new.get(name, name)] = 2 if name in set_by_others else 1
        for module in self._program.modules.values():
            for node in walk(module.tree):
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

    def _private(
        self, family: list[Class], only_methods: bool, others: Collection[str] = ()
    ) -> None:
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
        taken |= self._functions if only_methods else methods.union(others)
        given = [] if any(item.is_dynamic for item in family) else self._given
        if only_methods:
            # Classes whose methods have names of others' attributes cannot become one
            given = sorted(given, key=lambda name: self._public_names[name])
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


def _asked_of_others(program: Program, only_set: bool = False) -> Counter[str]:
    """Attributes that are used, or only set, on anything but self or cls of a class."""
    own = {id(node) for node, _owner in on_self(program)}
    return Counter(
        node.attr
        for module in program.modules.values()
        for node in walk(module.tree)
        if isinstance(node, ast.Attribute) and id(node) not in own
        if not only_set or isinstance(node.ctx, ast.Store)
    )
