"""Lets locals of a function that are never needed at the same time share one name.

The first sixteen take one byte of code wherever they stand, and each has a place in the frame; inlined
bodies bring many that are needed for a few lines.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TypeGuard

from .inlining import functions
from .program import Program
from .scopes import COMPREHENSIONS, DEFS, FUNCTIONS, local_names, parameters
from .walking import walk

Def = ast.FunctionDef | ast.AsyncFunctionDef


def share_locals(program: Program) -> None:
    """Rename locals of all functions at the top of modules and classes."""
    for module in program.modules.values():
        for function in functions(module):
            _share(function)


@dataclass
class _Range:
    """From where to where a local is needed. Each statement has two numbers: it reads, then it sets."""

    name: str
    start: int
    end: int


def _share(function: Def) -> None:
    slots: list[_Range] = []
    new: dict[str, str] = {}
    for item in sorted(_ranges(function), key=lambda item: (item.start, item.end)):
        free = next((slot for slot in slots if slot.end < item.start), None)
        if free is None:
            slots.append(item)
        else:
            new[item.name] = free.name
            free.end = item.end
    for statement in function.body:
        for node in walk(statement):
            if isinstance(node, ast.Name):
                node.id = new.get(node.id, node.id)


def _ranges(function: Def) -> list[_Range]:
    """Locals that hold a value for a part of the function only."""
    numbers: dict[int, tuple[int, int]] = {}
    _number(function.body, numbers)
    own = {arg.arg for arg in parameters(function)}
    fixed = {"self", "cls", *_shared_with_others(function)}
    found: list[_Range] = []
    for name in sorted(local_names(function) - fixed):
        if name in own:
            used = [node for node in function.body if _mentions(node, name)]
            found.append(_Range(name, -1, _end(used[-1], name, numbers) if used else -1))
            continue
        region = _region(function.body, name)
        if region and _Certain(name).holds(region):
            start = 2 * numbers[id(region[0])][0] + _is_set_last(region[0], name)
            found.append(_Range(name, start, _end(region[-1], name, numbers)))
    return found


def _number(body: list[ast.stmt], numbers: dict[int, tuple[int, int]]) -> None:
    """Number statements in their order: each one's own, and the last one within it."""
    for node in body:
        first = len(numbers)
        numbers[id(node)] = (first, first)
        for inner in _blocks(node):
            _number(inner, numbers)
        numbers[id(node)] = (first, len(numbers) - 1)


def _end(node: ast.stmt, name: str, numbers: dict[int, tuple[int, int]]) -> int:
    is_read_first = _is_simple(node) and not _is_set_last(node, name)
    return 2 * numbers[id(node)][1] + (not is_read_first)


def _is_simple(node: ast.stmt) -> bool:
    """True for a statement that sets nothing but one local, and that at last."""
    return (
        isinstance(node, ast.Assign)
        and len(node.targets) == 1
        and isinstance(node.targets[0], ast.Name)
    )


def _is_set_last(node: ast.stmt, name: str) -> bool:
    if not isinstance(node, ast.Assign) or not _is_simple(node):
        return False
    target = node.targets[0]
    return isinstance(target, ast.Name) and target.id == name


def _region(body: list[ast.stmt], name: str) -> list[ast.stmt]:
    """The innermost statements, one after the other, that have a name to themselves."""
    places = [index for index, node in enumerate(body) if _mentions(node, name)]
    if len(places) == 1:
        node = body[places[0]]
        inner = [block for block in _blocks(node) if any(_mentions(part, name) for part in block)]
        within = sum(_count(part, name) for block in inner for part in block)
        if len(inner) == 1 and within == _count(node, name):
            return _region(inner[0], name)
    return body[places[0] : places[-1] + 1] if places else []


def _shared_with_others(function: Def) -> set[str]:
    """Names that functions and comprehensions within see or have, and those bound in other ways than by `=`."""
    found = {a.arg for a in (function.args.vararg, function.args.kwarg) if a is not None}
    for node in walk(function):
        if node is not function and isinstance(node, (*FUNCTIONS, *COMPREHENSIONS)):
            found |= {part.id for part in walk(node) if isinstance(part, ast.Name)}
            found |= local_names(node) if isinstance(node, FUNCTIONS) else set()
        if node is not function and isinstance(node, (*DEFS, ast.ExceptHandler)):
            found.add(node.name or "")
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.NamedExpr):
            found.add(node.target.id)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del):
            found.add(node.id)
    return found


def _blocks(node: ast.stmt) -> list[list[ast.stmt]]:
    """The lists of statements within a statement, in their order."""
    found = [getattr(node, "body", [])]
    found += [handler.body for handler in getattr(node, "handlers", ())]
    found += [getattr(node, name, []) for name in ("orelse", "finalbody")]
    return [block for block in found if block]


def _count(node: ast.AST, name: str) -> int:
    return sum(_is_name(part, name) for part in walk(node))


def _is_name(node: ast.AST, name: str) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and node.id == name


def _mentions(node: ast.AST, name: str) -> bool:
    return _count(node, name) > 0


class _NotCertainError(Exception):
    """A read that might find nothing, or something older."""


class _Certain:
    """Whether a local is always set before it is read, within the statements that mention it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._broken: list[list[bool]] = []

    def holds(self, region: list[ast.stmt]) -> bool:
        """True when no read in these statements can find what was there before them."""
        try:
            self._run(region, False)
        except _NotCertainError:
            return False
        return True

    def _run(self, body: list[ast.stmt], is_set: bool | None) -> bool | None:
        """Whether it is set behind the statements; None when nothing comes there."""
        for node in body:
            if is_set is None:
                return None
            is_set = self._step(node, is_set)
        return is_set

    def _read(self, node: ast.AST | None, is_set: bool) -> None:
        if node is None or is_set:
            return
        for part in walk(node):
            if _is_name(part, self._name) and isinstance(part.ctx, ast.Load):
                raise _NotCertainError

    def _sets(self, target: ast.AST | None) -> bool:
        return target is not None and any(
            isinstance(part, ast.Name)
            and part.id == self._name
            and isinstance(part.ctx, ast.Store)
            for part in walk(target)
        )

    def _step(self, node: ast.stmt, is_set: bool) -> bool | None:
        reader = getattr(self, f"_{type(node).__name__.lower()}", None)
        if reader is not None:
            found: bool | None = reader(node, is_set)
            return found
        if _blocks(node):
            raise _NotCertainError
        self._read(node, is_set)
        return is_set

    def _assign(self, node: ast.Assign, is_set: bool) -> bool:
        self._read(node, is_set)
        return is_set or any(self._sets(target) for target in node.targets)

    def _augassign(self, node: ast.AugAssign, is_set: bool) -> bool:
        self._read(node, is_set)
        if self._sets(node.target) and not is_set:
            raise _NotCertainError
        return is_set

    def _return(self, node: ast.Return | ast.Raise, is_set: bool) -> None:
        self._read(node, is_set)

    _raise = _return

    def _break(self, _node: ast.Break, is_set: bool) -> None:
        if not self._broken:
            # Of a loop around the region
            return
        self._broken[-1].append(is_set)

    def _continue(self, _node: ast.Continue, _is_set: bool) -> None:
        return

    def _if(self, node: ast.If, is_set: bool) -> bool | None:
        self._read(node.test, is_set)
        return _both(self._run(node.body, is_set), self._run(node.orelse, is_set))

    def _while(self, node: ast.While, is_set: bool) -> bool | None:
        self._read(node.test, is_set)
        broken = self._loop(node.body, is_set)
        if isinstance(node.test, ast.Constant) and node.test.value:
            return broken
        return _both(broken, self._run(node.orelse, is_set))

    def _for(self, node: ast.For | ast.AsyncFor, is_set: bool) -> bool | None:
        self._read(node.iter, is_set)
        self._read(node.target, is_set)
        broken = self._loop(node.body, is_set or self._sets(node.target))
        return _both(broken, self._run(node.orelse, is_set))

    _asyncfor = _for

    def _loop(self, body: list[ast.stmt], is_set: bool) -> bool | None:
        """The state at the breaks of a loop."""
        self._broken.append([])
        self._run(body, is_set)
        states = self._broken.pop()
        return all(states) if states else None

    def _with(self, node: ast.With | ast.AsyncWith, is_set: bool) -> bool:
        for item in node.items:
            self._read(item.context_expr, is_set)
            is_set = is_set or self._sets(item.optional_vars)
        self._run(node.body, is_set)
        # It may swallow an exception, at any place
        return is_set

    _asyncwith = _with

    def _try(self, node: ast.Try, is_set: bool) -> bool | None:
        done = self._run(node.body, is_set)
        done = None if done is None else self._run(node.orelse, done)
        for handler in node.handlers:
            self._read(handler.type, is_set)
            done = _both(done, self._run(handler.body, is_set))
        at_last = self._run(node.finalbody, is_set)
        if done is None or at_last is None:
            return None
        return done or at_last


def _both(one: bool | None, other: bool | None) -> bool | None:
    if one is None:
        return other
    return one if other is None else one and other
