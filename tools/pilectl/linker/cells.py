"""The cells of a program: its variables, attributes, parameters and results, and how functions join them."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from .flow import OUT, Cell, Flow
from .program import Module, Program
from .scope_names import Names, Scope
from .scopes import Function, parameters
from .values import Key

Values = frozenset[Cell]
NONE: Values = frozenset()
GONE: Values = frozenset([OUT])
# Arguments of a call: (place or -1, name, value); neither place nor name for those that may be any
Words = list[tuple[int, str, Values]]
_NO_OPERATORS = {
    "__init__",
    "__enter__",
    "__exit__",
    "__getattr__",
    "__len__",
    "__bool__",
    "__repr__",
}


class Cells:
    """Cells of a program by what they are of; attributes by family of classes."""

    def __init__(self, program: Program, outside: Iterable[str]) -> None:
        self.globals: set[int] = set()
        self._flow = Flow()
        self._names = Names(program)
        self._outside = set(outside)
        self._asked: dict[int, Values] = {}
        self._taken: set[int] = set()
        self._scopes: list[Scope] = []
        self._module = Module("", "", ast.Module([], []))
        self._flow.put(OUT, OUT)
        # What an operator gives, a class may define
        odd = any(name.startswith("__") for name in set(self._names.methods) - _NO_OPERATORS)
        self._operators = GONE if odd else NONE

    def _local(self, scope: ast.AST, name: str) -> Cell:
        return ("local", id(scope), name)

    def _result(self, node: ast.AST) -> Cell:
        return ("result", id(node))

    def _take(self, node: Function) -> None:
        """Whoever has a function may call it with anything."""
        if id(node) not in self._taken:
            self._taken.add(id(node))
            for arg in parameters(node)[self._names.given(node) :]:
                self._flow.flows([OUT], self._local(node, arg.arg))
            self._flow.flows([self._result(node)], OUT)

    def _class_goes_out(self, key: Key) -> None:
        for heir in self._names.kin[key]:
            self._flow.put(heir, OUT)
        for init in self._names.makers(key):
            self._take(init)

    def _objects(self, key: Key) -> Cell:
        """A cell with the objects of a class."""
        self._flow.put(key, ("class", *key))
        return ("class", *key)

    def _given_away(self, values: Values) -> Values:
        """Values go where nobody follows them; what comes from there."""
        self._flow.flows(values, OUT)
        return GONE

    def _set_attribute(self, asked: Values, name: str, value: Values) -> None:
        def told(kind: Cell) -> None:
            if kind == OUT or self._names.is_foreign(kind):
                self._flow.flows(value, OUT)
            if kind != OUT:
                self._flow.flows(value, self._attribute(kind, name))

        self._flow.hear(asked, told)

    def _attribute(self, kind: Cell, name: str) -> Cell:
        """The attributes of a name of all objects of a family; name "" for any."""
        family = self._names.family[kind]
        cell: Cell = ("attribute", family, name)
        if name:
            self._flow.flows([cell], ("attribute", family, ""))
        return cell

    def _of_attribute(self, asked: Values, name: str) -> Values:
        result: Cell = ("asked", asked, name)

        def told(kind: Cell) -> None:
            if kind == OUT:
                self._flow.flows([OUT], result)
                return
            for family in self._names.answering(kind):
                self._flow.flows([self._attribute(family, name), ("set by text", family)], result)
            for method in self._names.of_family(kind, "__getattr__"):
                self._flow.flows([self._result(method)], result)
            if self._names.is_foreign(kind):
                self._flow.flows([OUT], result)
            for method in self._names.of_family(kind, name):
                if "property" in self._names.kinds(method):
                    self._flow.flows([self._result(method)], result)
                else:
                    self._take(method)
                    self._flow.flows([OUT], result)

        self._flow.hear(asked, told)
        if name not in self._names.data and name not in self._names.methods:
            return asked | GONE | {result}
        return frozenset([result])

    def _bind(self, function: Function, own: int, words: Words) -> None:
        """Let the arguments of a call flow into the parameters of a function."""
        args = function.args
        places = [arg.arg for arg in (*args.posonlyargs, *args.args)][own:]
        known = [arg.arg for arg in parameters(function)]
        rest = [args.vararg.arg] if args.vararg else []
        for place, word, value in words:
            names = (places[place : place + 1] or rest) if place >= 0 else known
            for name in [word] if word in known else names:
                self._flow.flows(value, self._local(function, name))
