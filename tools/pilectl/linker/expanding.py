"""Puts small functions and properties of one expression where they are used, if that is smaller.

The expression is evaluated where and when the call or the property was: arguments and the object that it is
asked of must be such that asking twice, or not at all, makes no difference.
"""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .inlining import attributes_set_by
from .names import asked_texts, forgotten
from .program import Module, Program
from .scopes import DEFS, FUNCTIONS, Globals, bound_in, local_names
from .values import Key
from .walking import walk

# About what a function takes: its object, its code rounded up, its entry, its name; a property some more
_FUNCTION_BYTES = 110
_PROPERTY_BYTES = 145
# About what a node of an expression takes in bytecode, and what a call takes
_NODE_BYTES = 2.5
_CALL_BYTES = 6
# No name of Python's begins so
_ATTRIBUTE = "."


@dataclass
class _Small:
    """A function of one expression."""

    node: ast.FunctionDef
    body_of: list[ast.stmt]
    owner: ast.ClassDef | None
    is_property: bool

    @property
    def value(self) -> ast.expr:
        """Its expression."""
        last = self.node.body[-1]
        assert isinstance(last, ast.Return)
        assert last.value is not None
        return last.value

    @property
    def free(self) -> set[str]:
        """Globals that it names."""
        return {n.id for n in Globals(ast.Module([self.node], [])).names if n.id != "property"}

    def gains(self, uses: int) -> bool:
        """True when the expression in every place takes less than the function."""
        size = sum(1 for part in walk(self.value) if not isinstance(part, ast.expr_context))
        cost = uses * (size * _NODE_BYTES - _CALL_BYTES)
        return cost < (_PROPERTY_BYTES if self.is_property else _FUNCTION_BYTES)


def expand(
    program: Program, kept: set[Key], stay: frozenset[str], starting: frozenset[int]
) -> list[str]:
    """Expand all that gains; returns the names of the functions that are gone. See inline()."""
    gone: list[str] = []
    kept_texts = asked_texts(program)
    going = forgotten(program)
    # What goes in sets nothing, so both stay true
    fixed = attributes_set_by(program, frozenset())
    settled = attributes_set_by(program, starting)
    index = _Index(program)
    for module in program.modules.values():
        for small in _smalls(module):
            name = small.node.name
            if name in kept_texts or (module.name, name) in kept or (small.owner and name in stay):
                continue
            asked = _ATTRIBUTE + name if small.owner else name
            users = [item for item in program.modules.values() if index.mentions(item, asked)]
            if not index.is_alone(name):
                continue
            if users != [module] and (small.owner is None or small.free):
                # What it names is not known there
                continue
            uses = sum(_uses(user, small) for user in users)
            # What becomes of a module that goes again matters less than a function that stays
            counted = [user for user in users if module in going or user not in going]
            if not uses or not small.gains(sum(_uses(user, small) for user in counted)):
                continue
            places = [
                n for user in users for n in index.mentions(user, asked) if n is not small.node
            ]
            if _expanded(places, _Expander(small, starting, fixed, settled, dry=True)) == uses:
                _expanded(places, _Expander(small, starting, fixed, settled))
                small.body_of.remove(small.node)
                if small.owner is not None and not small.owner.body:
                    small.owner.body.append(ast.Pass())
                gone.append(name)
                for place in places:
                    ast.fix_missing_locations(place)
                index.read([*places, *([small.owner] if small.owner else [])])
    return gone


class _Index:
    """Which statements at the top of a module mention a name, and how often it is defined or set."""

    def __init__(self, program: Program) -> None:
        self._mentioned: dict[int, set[str]] = {}
        self._defined: dict[int, Counter[str]] = {}
        for module in program.modules.values():
            self.read(module.tree.body)

    def read(self, statements: Sequence[ast.stmt]) -> None:
        """Take up these statements, again if they have changed."""
        for statement in statements:
            mentioned: set[str] = set()
            defined: Counter[str] = Counter()
            for node in walk(statement):
                if isinstance(node, ast.Attribute):
                    mentioned.add(_ATTRIBUTE + node.attr)
                    if not isinstance(node.ctx, ast.Load):
                        defined[node.attr] += 1
                elif isinstance(node, ast.Name):
                    mentioned.add(node.id)
                elif isinstance(node, ast.ImportFrom):
                    mentioned.update(alias.name for alias in node.names)
                elif isinstance(node, (*DEFS, ast.ClassDef)):
                    defined[node.name] += 1
                if isinstance(node, ast.ClassDef):
                    body = [part for part in node.body if not isinstance(part, DEFS)]
                    defined.update(bound_in(body))
            self._mentioned[id(statement)] = mentioned
            self._defined[id(statement)] = defined

    def mentions(self, module: Module, name: str) -> list[ast.stmt]:
        """Statements of a module that mention a name, or with `_ATTRIBUTE` before it an attribute."""
        return [s for s in module.tree.body if name in self._mentioned[id(s)]]

    def is_alone(self, name: str) -> bool:
        """True when nothing else is defined or set under this name."""
        return sum(found[name] for found in self._defined.values()) == 1


def _expanded(places: list[ast.stmt], expander: _Expander) -> int:
    for node in places:
        expander.visit(node)
    return expander.count


def _smalls(module: Module) -> list[_Small]:
    found: list[_Small] = []
    places: list[tuple[list[ast.stmt], ast.ClassDef | None]] = [(module.tree.body, None)]
    places += [(node.body, node) for node in module.tree.body if isinstance(node, ast.ClassDef)]
    for body, owner in places:
        for node in body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("__"):
                continue
            marks = [d.id for d in node.decorator_list if isinstance(d, ast.Name)]
            is_property = marks == ["property"]
            small = _Small(node, body, owner, is_property)
            if (is_property or not node.decorator_list) and _is_plain(small):
                found.append(small)
    return found


def _is_plain(small: _Small) -> bool:
    args = small.node.args
    if len(small.node.body) != 1 or not isinstance(small.node.body[0], ast.Return):
        return False
    if small.node.body[0].value is None or args.vararg or args.kwarg or args.kwonlyargs:
        return False
    if args.defaults or args.posonlyargs:
        return False
    if small.owner is not None and (not args.args or args.args[0].arg != "self"):
        return False
    # What it makes would see other locals there
    inner = (*FUNCTIONS, ast.comprehension, ast.Yield, ast.YieldFrom, ast.Await, ast.NamedExpr)
    return not any(isinstance(part, inner) for part in walk(small.value))


def _uses(module: Module, small: _Small) -> int:
    name = small.node.name
    if small.owner is None:
        count = sum(
            n.id == name and isinstance(n.ctx, ast.Load) for n in Globals(module.tree).names
        )
        for node in walk(module.tree):
            if isinstance(node, ast.ImportFrom):
                count += sum(alias.name == name for alias in node.names)
        return count
    return sum(isinstance(n, ast.Attribute) and n.attr == name for n in walk(module.tree))


class _Expander(ast.NodeTransformer):
    """Replaces the uses that can be; `count` says how many. A dry one only counts."""

    def __init__(
        self,
        small: _Small,
        starting: frozenset[int],
        fixed: set[str],
        settled: set[str],
        dry: bool = False,
    ) -> None:
        self.count = 0
        self.small = small
        self._dry = dry
        self._starting = starting
        self._fixed = fixed
        self._settled = settled
        self._around: list[ast.AST] = []

    def _function(self, node: ast.AST) -> ast.AST:
        self._around.append(node)
        self.generic_visit(node)
        self._around.pop()
        return node

    visit_FunctionDef = _function  # noqa: N815
    visit_AsyncFunctionDef = _function  # noqa: N815
    visit_Lambda = _function  # noqa: N815

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """A call of the function or method."""
        self.generic_visit(node)
        small = self.small
        if small.is_property or node.keywords:
            return node
        if small.owner is None:
            if not isinstance(node.func, ast.Name) or node.func.id != small.node.name:
                return node
            return self._expanded(node, node.args)
        if not isinstance(node.func, ast.Attribute) or node.func.attr != small.node.name:
            return node
        return self._expanded(node, [node.func.value, *node.args])

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """A load of the property."""
        self.generic_visit(node)
        small = self.small
        if small.is_property and node.attr == small.node.name and isinstance(node.ctx, ast.Load):
            return self._expanded(node, [node.value])
        return node

    def _expanded(self, node: ast.expr, values: list[ast.expr]) -> ast.expr:
        names = [arg.arg for arg in self.small.node.args.args]
        if not self._around or len(values) != len(names):
            return node
        if not all(self._is_inert(value) for value in values):
            return node
        bound: set[str] = set()
        for function in self._around:
            assert isinstance(function, FUNCTIONS)
            bound |= local_names(function)
            for part in walk(function):
                if isinstance(part, ast.comprehension):
                    bound |= {n.id for n in walk(part.target) if isinstance(n, ast.Name)}
        if (self.small.free | {self.small.node.name}) & bound:
            return node
        self.count += 1
        if self._dry:
            return node
        value = copy.deepcopy(self.small.value)
        filled = _Fill(dict(zip(names, values, strict=True)), self.small.owner).visit(value)
        assert isinstance(filled, ast.expr)
        return filled

    def _is_inert(self, node: ast.expr) -> bool:
        early = any(id(function) in self._starting for function in self._around)
        if isinstance(node, ast.Attribute):
            return node.attr in (self._fixed if early else self._settled) and self._is_inert(
                node.value
            )
        return isinstance(node, ast.Constant | ast.Name)


class _Fill(ast.NodeTransformer):
    """Parameters by their arguments; what was asked of self belongs to the class wherever it stands."""

    def __init__(self, values: dict[str, ast.expr], owner: ast.ClassDef | None) -> None:
        self._values = values
        self._owner = owner

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """Marked with its class before self becomes something else."""
        is_own = isinstance(node.value, ast.Name) and node.value.id == "self"
        if self._owner is not None and is_own and not hasattr(node, "origin"):
            node.origin = self._owner.name  # type: ignore[attr-defined]
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """An argument in the place of a parameter."""
        value = self._values.get(node.id)
        return copy.deepcopy(value) if value is not None else node
