"""Puts a private function that is called at one place only into that place.

A function costs its object, its entry in a table, its name and the rounding up of its code. Only calls
whose order of evaluation cannot change are replaced; every other stays a call.
"""

from __future__ import annotations

import ast
import copy
from collections import Counter
from dataclasses import dataclass

from .program import Module, Program
from .returns import NotPossibleError, as_statements, as_tail
from .scopes import COMPREHENSIONS, DEFS, FUNCTIONS, Globals, bound_in, local_names
from .shaking import mentioned
from .values import Key

Def = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class _Callee:
    node: Def
    body_of: list[ast.stmt]  # where its definition stands
    owner: ast.ClassDef | None

    @property
    def is_async(self) -> bool:
        return isinstance(self.node, ast.AsyncFunctionDef)


def inline(program: Program, kept: set[Key], kept_names: set[str]) -> list[str]:
    """Inline all that can be; returns the names of the functions that are gone."""
    gone: list[str] = []
    refused: set[int] = set()
    while True:
        fixed = _set_by_constructors(program)
        counts = mentioned(program)
        for module in program.modules.values():
            counts.update(n.id for n in Globals(module.tree).names if isinstance(n.ctx, ast.Load))
            counts.update(_imported(module))
        defined = Counter(
            node.name
            for module in program.modules.values()
            for node in ast.walk(module.tree)
            if isinstance(node, (*DEFS, ast.ClassDef))
        )
        done = False
        for module in program.modules.values():
            for callee in _candidates(module):
                name = callee.node.name
                if (
                    id(callee.node) in refused
                    or defined[name] != 1
                    or counts[name] != 1
                    or name in kept_names
                    or (module.name, name) in kept
                ):
                    continue
                if _Site(module, callee, fixed).replace():
                    callee.body_of.remove(callee.node)
                    gone.append(f"{callee.owner.name}.{name}" if callee.owner else name)
                    done = True
                    # Counts are those of before
                    counts[name] = 0
                else:
                    refused.add(id(callee.node))
        if not done:
            return gone


def _imported(module: Module) -> list[str]:
    return [
        alias.name
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]


def _candidates(module: Module) -> list[_Callee]:
    found = []
    for node in module.tree.body:
        if isinstance(node, DEFS):
            found.append(_Callee(node, module.tree.body, None))
        elif isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, DEFS) and part.name.startswith("_"):
                    found.append(_Callee(part, node.body, node))
    return [callee for callee in found if _is_plain(callee)]


def _is_plain(callee: _Callee) -> bool:
    node = callee.node
    if node.name.startswith("__") or node.decorator_list:
        return False
    if node.args.vararg or node.args.kwarg or node.args.posonlyargs or node.args.kwonlyargs:
        return False
    for part in ast.walk(node):
        if part is not node and isinstance(part, FUNCTIONS):
            return False
        if isinstance(part, ast.Yield | ast.YieldFrom):
            return False
        if isinstance(part, ast.Import | ast.ImportFrom):
            return False
    return callee.owner is None or bool(node.args.args and node.args.args[0].arg == "self")


def _set_by_constructors(program: Program) -> set[str]:
    """Attributes that nothing but constructors sets."""
    set_anywhere: set[str] = set()
    known: set[str] = set()
    for module in program.modules.values():
        inits: set[int] = set()
        for node in ast.walk(module.tree):
            if isinstance(node, DEFS) and node.name == "__init__":
                inits |= {id(part) for part in ast.walk(node)}
        for node in ast.walk(module.tree):
            if isinstance(node, DEFS) and any(
                isinstance(d, ast.Name) and d.id == "property" for d in node.decorator_list
            ):
                set_anywhere.add(node.name)
            if isinstance(node, ast.Attribute):
                known.add(node.attr)
                if not isinstance(node.ctx, ast.Load) and id(node) not in inits:
                    set_anywhere.add(node.attr)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                if node.func.id == "setattr":
                    # Of a constructor's own object, with keys of a table
                    continue
    return known - set_anywhere


class _Site:
    """The one place where a callee is called, and what can be done there."""

    def __init__(self, module: Module, callee: _Callee, fixed: set[str]) -> None:
        self._module = module
        self._callee = callee
        self._fixed = fixed

    def replace(self) -> bool:
        """Put the body in the place of the call; False when that cannot be done."""
        scope: list[ast.stmt] = self._module.tree.body
        if self._callee.owner is not None:
            scope = self._callee.owner.body
        for caller in self._callers(scope):
            if caller is self._callee.node:
                continue
            found = self._find(caller.body)
            if found is not None:
                try:
                    return self._put(caller, *found)
                except NotPossibleError:
                    return False
        return False

    def _callers(self, scope: list[ast.stmt]) -> list[Def]:
        found: list[Def] = []
        for node in scope:
            if isinstance(node, DEFS):
                found.append(node)
            elif isinstance(node, ast.ClassDef):
                found += [part for part in node.body if isinstance(part, DEFS)]
        return found

    def _is_call(self, node: ast.AST) -> bool:
        if not isinstance(node, ast.Call):
            return False
        if self._callee.owner is None:
            return isinstance(node.func, ast.Name) and node.func.id == self._callee.node.name
        return (
            isinstance(node.func, ast.Attribute)
            and node.func.attr == self._callee.node.name
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "self"
        )

    def _wanted(self, node: ast.AST) -> ast.Call | None:
        """The call when `node` is it, awaited if the callee is a coroutine."""
        if self._callee.is_async:
            if isinstance(node, ast.Await) and self._is_call(node.value):
                assert isinstance(node.value, ast.Call)
                return node.value
            return None
        return node if isinstance(node, ast.Call) and self._is_call(node) else None

    def _find(self, body: list[ast.stmt]) -> tuple[list[ast.stmt], int] | None:
        """The innermost list of statements, and the place in it, that has the call."""
        for index, node in enumerate(body):
            if not any(self._is_call(part) for part in ast.walk(node)):
                continue
            for inner in _bodies(node):
                found = self._find(inner)
                if found is not None:
                    return found
            return body, index
        return None

    def _put(self, caller: Def, body: list[ast.stmt], index: int) -> bool:
        statement = body[index]
        holder = _expression(statement)
        if holder is None:
            return False
        expression: ast.expr = getattr(statement, holder)
        nodes = [part for part in ast.walk(expression) if self._wanted(part) is not None]
        if len(nodes) != 1:
            return False
        place = nodes[0]
        call = self._wanted(place)
        assert call is not None
        prelude, lines = self._body(caller, call)
        if place is expression and isinstance(statement, ast.Expr):
            new = as_statements(lines, None)
        elif place is expression and isinstance(statement, ast.Return):
            new = as_tail(lines)
        elif (
            place is expression
            and isinstance(statement, ast.Assign)
            and len(statement.targets) == 1
            and isinstance(statement.targets[0], ast.Name)
        ):
            new = as_statements(lines, statement.targets[0].id)
        else:
            new = self._hoisted(caller, statement, holder, place, lines)
        body[index : index + 1] = (prelude + new) or [ast.Pass()]
        ast.fix_missing_locations(caller)
        return True

    def _hoisted(
        self,
        caller: Def,
        statement: ast.stmt,
        holder: str,
        place: ast.AST,
        lines: list[ast.stmt],
    ) -> list[ast.stmt]:
        """The result first, in a local, then the statement with it: only where nothing comes before."""
        if isinstance(statement, ast.AugAssign) and not isinstance(statement.target, ast.Name):
            raise NotPossibleError
        expression: ast.expr = getattr(statement, holder)
        if not self._is_first(expression, place):
            raise NotPossibleError
        if len(lines) == 1 and isinstance(lines[0], ast.Return) and lines[0].value is not None:
            result: ast.expr = lines[0].value
            before: list[ast.stmt] = []
        else:
            name = _fresh("r", _names(caller))
            before = as_statements(lines, name)
            result = ast.Name(name, ast.Load())
        setattr(statement, holder, _Swap(place, result).visit(expression))
        return [*before, statement]

    def _is_first(self, node: ast.expr, place: ast.AST) -> bool:
        """True when `place` is evaluated before anything that it could change."""
        if node is place:
            return True
        for part in _order(node):
            if any(inner is place for inner in ast.walk(part)):
                return self._is_first(part, place)
            if not self._is_inert(part):
                return False
        return False

    def _is_inert(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Attribute):
            return node.attr in self._fixed and self._is_inert(node.value)
        return isinstance(node, ast.Constant | ast.Name)

    def _body(self, caller: Def, call: ast.Call) -> tuple[list[ast.stmt], list[ast.stmt]]:
        """(assignments of the arguments, copy of the body) in names that are free in the caller."""
        callee = copy.deepcopy(self._callee.node)
        used = _names(caller)
        own = local_names(callee) - {"self"}
        part = ast.Module([callee], [])
        shared = {n.id for n in Globals(part).names} & (bound_in(caller.body) | local_names(caller))
        if shared - {"self"}:
            raise NotPossibleError
        arguments = self._arguments(callee, call)
        rebound = bound_in(callee.body)
        mapping: dict[str, ast.expr] = {}
        prelude: list[ast.stmt] = []
        new_names: dict[str, str] = {}
        for name in sorted(own):
            new_names[name] = _fresh(name, used | set(new_names.values()))
        for name, value in arguments:
            simple = isinstance(value, ast.Constant | ast.Name)
            if simple and name not in rebound:
                mapping[name] = value
            else:
                target = ast.Name(new_names[name], ast.Store())
                prelude.append(ast.Assign([target], value))
        _Substitute(mapping, new_names).visit(callee)
        lines = [s for s in callee.body if not isinstance(s, ast.Pass)]
        return prelude, lines

    def _arguments(self, callee: Def, call: ast.Call) -> list[tuple[str, ast.expr]]:
        names = [arg.arg for arg in callee.args.args]
        if self._callee.owner is not None:
            names = names[1:]
        if any(isinstance(arg, ast.Starred) for arg in call.args) or len(call.args) > len(names):
            raise NotPossibleError
        given: dict[str, ast.expr] = dict(zip(names, call.args, strict=False))
        for word in call.keywords:
            if word.arg is None or word.arg not in names:
                raise NotPossibleError
            given[word.arg] = word.value
        defaults = callee.args.defaults
        for name, default in zip(names[len(names) - len(defaults) :], defaults, strict=True):
            if name not in given:
                if not isinstance(default, ast.Constant):
                    raise NotPossibleError
                given[name] = default
        if set(given) != set(names):
            raise NotPossibleError
        # In the order in which the call evaluates them
        order = [*names[: len(call.args)], *(word.arg for word in call.keywords if word.arg)]
        return [(name, given[name]) for name in [*order, *(set(names) - set(order))]]


class _Substitute(ast.NodeTransformer):
    """Parameters by their arguments, locals by their new names."""

    def __init__(self, mapping: dict[str, ast.expr], new_names: dict[str, str]) -> None:
        self._mapping = mapping
        self._new_names = new_names

    def visit_Name(self, node: ast.Name) -> ast.AST:  # noqa: N802
        """A parameter that is never set anew stands for its argument."""
        if node.id in self._mapping and isinstance(node.ctx, ast.Load):
            return copy.deepcopy(self._mapping[node.id])
        node.id = self._new_names.get(node.id, node.id)
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:  # noqa: N802
        """Its name is a local."""
        if node.name is not None:
            node.name = self._new_names.get(node.name, node.name)
        return self.generic_visit(node)


class _Swap(ast.NodeTransformer):
    """One node for another."""

    def __init__(self, old: ast.AST, new: ast.expr) -> None:
        self._old = old
        self._new = new

    def visit(self, node: ast.AST) -> ast.AST:
        """The new one where the old one stood."""
        return self._new if node is self._old else super().visit(node)


def _bodies(node: ast.stmt) -> list[list[ast.stmt]]:
    """Lists of statements within a statement; definitions are not entered."""
    if isinstance(node, (*DEFS, ast.ClassDef)):
        return []
    found = []
    for name in ("body", "orelse", "finalbody"):
        part = getattr(node, name, None)
        if isinstance(part, list) and part:
            found.append(part)
    if isinstance(node, ast.Try):
        found += [handler.body for handler in node.handlers]
    return found


def _expression(node: ast.stmt) -> str | None:
    """Attribute of a statement whose expression is evaluated first, and once."""
    if isinstance(node, ast.Expr | ast.Return | ast.Assign | ast.AugAssign):
        return "value"
    if isinstance(node, ast.If):
        return "test"
    if isinstance(node, ast.For):
        return "iter"
    return None


def _order(node: ast.expr) -> list[ast.expr]:
    """Parts of an expression that are always evaluated, in their order."""
    if isinstance(node, ast.Call):
        return [node.func, *node.args, *(word.value for word in node.keywords)]
    if isinstance(node, ast.BoolOp):
        return node.values[:1]
    if isinstance(node, ast.Compare):
        return [node.left, node.comparators[0]]
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.UnaryOp):
        return [node.operand]
    if isinstance(node, ast.Tuple | ast.List):
        return list(node.elts)
    if isinstance(node, ast.IfExp):
        return [node.test]
    if isinstance(node, ast.Attribute | ast.Await | ast.Starred):
        return [node.value]
    if isinstance(node, ast.Subscript):
        return [node.value, node.slice]
    return []


def _names(function: Def) -> set[str]:
    """Every name that a function mentions."""
    found = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    found |= local_names(function)
    for node in ast.walk(function):
        if isinstance(node, FUNCTIONS):
            found |= local_names(node)
    return found


def _fresh(wanted: str, used: set[str]) -> str:
    name, count = wanted, 1
    while name in used:
        count += 1
        name = f"{wanted}_{count}"
    return name


__all__ = ("COMPREHENSIONS", "inline")
