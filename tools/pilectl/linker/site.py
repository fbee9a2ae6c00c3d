"""The one place where a function is called, and how its body gets there."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass

from .evaluation import first_part, parts_in_order
from .returns import NotPossibleError, as_statements, as_tail
from .scopes import DEFS, FUNCTIONS, Globals, bound_in, local_names
from .walking import walk

Def = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Callee:
    """A function, the list of statements that defines it, and its class."""

    node: Def
    body_of: list[ast.stmt]
    owner: ast.ClassDef | None

    @property
    def is_async(self) -> bool:
        """True for a coroutine, which is awaited where it is called."""
        return isinstance(self.node, ast.AsyncFunctionDef)


class Site:
    """Looks for the call of `callee` among `callers`; `fixed` are attributes that only constructors set."""

    def __init__(self, callee: Callee, callers: list[Def], fixed: set[str]) -> None:
        self._callee = callee
        self._callers = callers
        self._fixed = fixed

    def replace(self) -> Def | None:
        """Put the body in the place of the call; the caller, or None when that cannot be done."""
        for caller in self._callers:
            found = self._find(caller.body)
            if found is None:
                continue
            body, index = found
            try:
                body[index : index + 1] = self._new(caller, body[index]) or [ast.Pass()]
            except NotPossibleError:
                return None
            ast.fix_missing_locations(caller)
            return caller
        return None

    def _is_call(self, node: ast.AST) -> bool:
        if not isinstance(node, ast.Call):
            return False
        if self._callee.owner is None:
            return isinstance(node.func, ast.Name) and node.func.id == self._callee.node.name
        return isinstance(node.func, ast.Attribute) and node.func.attr == self._callee.node.name

    def _wanted(self, node: ast.AST) -> ast.Call | None:
        """The call when `node` is it, awaited if the callee is a coroutine."""
        if self._callee.is_async:
            node = node.value if isinstance(node, ast.Await) else ast.Pass()
        return node if isinstance(node, ast.Call) and self._is_call(node) else None

    def _find(self, body: list[ast.stmt]) -> tuple[list[ast.stmt], int] | None:
        """The innermost list of statements, and the place in it, that has the call."""
        for index, node in enumerate(body):
            if any(self._is_call(part) for part in walk(node)):
                for inner in _bodies(node):
                    found = self._find(inner)
                    if found is not None:
                        return found
                return body, index
        return None

    def _new(self, caller: Def, statement: ast.stmt) -> list[ast.stmt]:
        """What stands instead of the statement with the call."""
        places = [part for part in walk(statement) if self._wanted(part) is not None]
        if len(places) != 1:
            raise NotPossibleError
        place = places[0]
        call = self._wanted(place)
        assert call is not None
        prelude, lines = self._body(caller, call)
        value = lines[0].value if lines and isinstance(lines[0], ast.Return) else None
        if value is not None and not prelude and not self._callee.is_async:
            # One expression, of what cannot change: evaluated where and when the call was
            _Swap(place, value).visit(statement)
            return [statement]
        holder = first_part(statement)
        if holder is None:
            raise NotPossibleError
        expression: ast.expr = getattr(statement, holder)
        if not any(part is place for part in walk(expression)):
            raise NotPossibleError
        if place is expression and isinstance(statement, ast.Expr):
            return prelude + as_statements(lines, None)
        if place is expression and isinstance(statement, ast.Return):
            return prelude + as_tail(lines)
        if place is expression and isinstance(statement, ast.Assign):
            target = statement.targets[0]
            if len(statement.targets) == 1 and isinstance(target, ast.Name):
                return prelude + as_statements(lines, target.id)
        # The result first, in a local, then the statement with it: only where nothing comes before
        if isinstance(statement, ast.AugAssign) and not isinstance(statement.target, ast.Name):
            raise NotPossibleError
        if not self._is_first(expression, place):
            raise NotPossibleError
        if len(lines) == 1 and isinstance(lines[0], ast.Return) and lines[0].value is not None:
            result: ast.expr = lines[0].value
        else:
            name = _fresh("r", _names(caller))
            prelude = prelude + as_statements(lines, name)
            result = ast.Name(name, ast.Load())
        setattr(statement, holder, _Swap(place, result).visit(expression))
        return [*prelude, statement]

    def _is_first(self, node: ast.expr, place: ast.AST) -> bool:
        """True when `place` is evaluated before anything that it could change."""
        if node is place:
            return True
        for part in parts_in_order(node):
            if any(inner is place for inner in walk(part)):
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
        free = {n.id for n in Globals(ast.Module([callee], [])).names}
        if free & local_names(caller):
            raise NotPossibleError
        rebound = bound_in(callee.body)
        new_names: dict[str, str] = {}
        for name in sorted(local_names(callee)):
            new_names[name] = _fresh(name, used | set(new_names.values()))
        read = {n.id for n in walk(callee) if isinstance(n, ast.Name)}
        mapping: dict[str, ast.expr] = {}
        prelude: list[ast.stmt] = []
        for name, value in self._arguments(callee, call):
            if isinstance(value, ast.Constant | ast.Name) and name not in rebound:
                mapping[name] = value
            elif name in read or not self._is_inert(value):
                # What nobody reads need not be evaluated if that shows nothing
                target = ast.Name(new_names[name], ast.Store())
                prelude.append(ast.Assign([target], value))
        # A comprehension's own names would capture what comes in from outside
        inner = {
            name.id
            for part in walk(callee)
            if isinstance(part, ast.comprehension)
            for name in walk(part.target)
            if isinstance(name, ast.Name)
        }
        if inner & {value.id for value in mapping.values() if isinstance(value, ast.Name)}:
            raise NotPossibleError
        if self._callee.owner is not None:
            self._mark(callee)
        _Substitute(mapping, new_names).visit(callee)
        return prelude, [s for s in callee.body if not isinstance(s, ast.Pass)]

    def _mark(self, callee: Def) -> None:
        """Attributes of self belong to the callee's class wherever they come to stand."""
        assert self._callee.owner is not None
        for node in walk(callee):
            if not isinstance(node, ast.Attribute) or hasattr(node, "origin"):
                continue
            if isinstance(node.value, ast.Name) and node.value.id == "self":
                node.origin = self._callee.owner.name  # type: ignore[attr-defined]

    def _arguments(self, callee: Def, call: ast.Call) -> list[tuple[str, ast.expr]]:
        """(parameter, expression) in the order in which the call evaluates them."""
        names = [arg.arg for arg in callee.args.args]
        values = list(call.args)
        if isinstance(call.func, ast.Attribute):
            # Of what a call gives, be it super(), a method may get its object in another way
            if not isinstance(call.func.value, ast.Name | ast.Attribute | ast.Subscript):
                raise NotPossibleError
            values.insert(0, call.func.value)
        if any(isinstance(value, ast.Starred) for value in values) or len(values) > len(names):
            raise NotPossibleError
        given = list(zip(names, values, strict=False))
        for word in call.keywords:
            if word.arg is None or word.arg not in names:
                raise NotPossibleError
            given.append((word.arg, word.value))
        known = {name for name, _value in given}
        defaults = callee.args.defaults
        for name, default in zip(names[len(names) - len(defaults) :], defaults, strict=True):
            if name not in known:
                if not isinstance(default, ast.Constant):
                    raise NotPossibleError
                given.append((name, default))
        if {name for name, _value in given} != set(names):
            raise NotPossibleError
        return given


class _Substitute(ast.NodeTransformer):
    """Parameters by their arguments, locals by their new names."""

    def __init__(self, mapping: dict[str, ast.expr], new_names: dict[str, str]) -> None:
        self._mapping = mapping
        self._new_names = new_names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """A parameter that is never set anew stands for its argument."""
        if node.id in self._mapping and isinstance(node.ctx, ast.Load):
            return copy.deepcopy(self._mapping[node.id])
        node.id = self._new_names.get(node.id, node.id)
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
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
        return self._new if node is self._old else ast.NodeTransformer.generic_visit(self, node)


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


def _names(function: Def) -> set[str]:
    """Every name that a function mentions."""
    found = {node.id for node in walk(function) if isinstance(node, ast.Name)}
    for node in walk(function):
        if isinstance(node, FUNCTIONS):
            found |= local_names(node)
    return found


def _fresh(wanted: str, used: set[str]) -> str:
    name, count = wanted, 1
    while name in used:
        count += 1
        name = f"{wanted}_{count}"
    return name
