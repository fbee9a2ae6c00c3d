"""Makes few classes of many: objects of several become ones of a class that has what all of them have.

A class costs its object, its dict, a table that is rarely full and its global. Its constructor becomes a
function that is given the new object and returns it, since a class has only one.
"""

from __future__ import annotations

import ast

from .class_uses import ClassUses
from .families import Class
from .grouping import grouped
from .mergeable import Part, parts
from .names import Told, mentioned_names
from .program import Module, Program
from .scopes import FUNCTIONS
from .splitting import can_move
from .starting import Member
from .values import Key


class Merging:
    """One merging of the classes of the module `resident`; `found`: what only the start needs of it."""

    def __init__(
        self, program: Program, resident: Module, kept: set[Key], found: list[Member]
    ) -> None:
        self._program = program
        self._home = resident
        self._kept = kept
        self._found = found
        # Before methods have the names of others' attributes
        self._uses = ClassUses(program, resident)
        self._groups: list[list[ast.ClassDef]] | None = None
        self._gone: dict[str, list[str]] = {}  # class: the others that it stands for now

    def beside(self, item: Class) -> set[str]:
        """Members of the classes that `item` becomes one with: no attribute of its objects may hide them.

        Asked when all methods have their names; decides which classes become one.
        """
        if self._groups is None:
            found = self._parts()
            groups = grouped([part.size for part in found], lambda i, j: found[i].bears(found[j]))
            self._groups = [[found[i].item.node for i in group] for group in groups]
            self._members = {part.item.node: part.members for part in found}
        for group in self._groups:
            if item.node in group:
                return {name for node in group for name in self._members[node]}
        return set()

    def _parts(self) -> list[Part]:
        as_values = self._uses.as_values
        return parts(self._program, self._home, self._kept, self._found, as_values)

    def merge(self) -> None:
        """Make one class of each group. Constructors that only the start needs are functions of the start."""
        known = {part.item.node: part for part in self._parts()}
        groups: list[list[Part]] = []
        for group in self._groups or []:
            # It was made before attributes had their names
            joined: list[Part] = []
            for part in [known[node] for node in group if node in known]:
                if all(part.bears(other) for other in joined):
                    joined.append(part)
            if len(joined) > 1:
                groups.append(joined)
        self._stay_with_callers([part for joined in groups for part in joined if part.init])
        for joined in groups:
            self._join(joined)

    def tell(self, told: Told) -> None:
        """Add the classes that a class stands for, by the names that `told` has."""
        for names in told.values():
            for name in list(names):
                word, _, own = name.rpartition("class ")
                if not word and name != own:
                    names += ["class " + other for other in self._gone.get(own, ())]

    def _join(self, group: list[Part]) -> None:
        first, *others = group
        place = self._home.tree.body.index(first.item.node)
        body: list[ast.stmt] = []
        makers: list[ast.stmt] = []
        taken = mentioned_names(self._home)
        for part in group:
            own = part.item.node.body
            body += [n for n in own if n is not part.init and not isinstance(n, ast.Pass)]
            maker = first.name
            if part.init is not None:
                maker = _fresh(f"{part.name}___init__", taken)
                makers.append(_maker(part.init, maker, first.name))
            self._rename(part.name, maker)
            for item in self._found:
                if item.module == self._home.name and item.owner == part.name:
                    item.owner = "" if item.node is part.init else first.name
        first.item.node.body = body or [ast.Pass()]
        self._home.tree.body[place + 1 : place + 1] = makers
        for part in others:
            self._home.tree.body.remove(part.item.node)
        self._gone[first.name] = [part.name for part in others]

    def _rename(self, name: str, maker: str) -> None:
        """Let whoever makes objects of a class have them made by `maker`."""
        for brought in self._uses.brought.get(name, []):
            brought.alias.asname = brought.alias.asname or name
            brought.alias.name = maker
        for use in self._uses.uses.get(name, []):
            if use.brought is None:
                use.name.id = maker

    def _stay_with_callers(self, makers: list[Part]) -> None:
        """A constructor stays where a caller stays that cannot ask the start for it."""
        names = {id(part.init): part.name for part in makers}
        while True:
            moving = {
                id(item.node)
                for item in self._found
                if item.module == self._home.name and can_move(item, self._kept)
            }
            staying = [
                item
                for item in self._found
                if id(item.node) in names
                and not all(
                    id(use.function) in moving if use.brought is None else use.brought.scope
                    for use in self._uses.uses.get(names[id(item.node)], [])
                )
            ]
            if not staying:
                return
            for item in staying:
                self._found.remove(item)


def _maker(init: ast.FunctionDef, name: str, cls: str) -> ast.FunctionDef:
    """The function that a constructor becomes: it makes an object of the class `cls` and returns it."""
    own = init.args.args.pop(0).arg

    class Returns(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            """Every return of its own."""
            if isinstance(node, ast.Return):
                node.value = ast.Name(own, ast.Load())
            return node if isinstance(node, FUNCTIONS) else self.generic_visit(node)

    for node in init.body:
        Returns().visit(node)
    new = ast.Call(ast.Name(cls, ast.Load()), [], [])
    init.body.insert(0, ast.Assign([ast.Name(own, ast.Store())], new))
    if not isinstance(init.body[-1], ast.Return):
        init.body.append(ast.Return(ast.Name(own, ast.Load())))
    init.name = name
    return init


def _fresh(wanted: str, taken: set[str]) -> str:
    name = wanted
    while name in taken:
        name += "_"
    taken.add(name)
    return name
