"""Leaves of each function what the one board makes of it: choices that are made, parts that are there.

Functions of the board's builders that give one expression, or nothing, go where they are called.
"""

from __future__ import annotations

import ast
import copy
from collections import Counter

from .board_facts import Asked, Facts
from .board_names import Scope, is_the_board, scopes
from .choices import Folder
from .known import is_inert, substitute
from .known_locals import bindings, settle
from .program import Program
from .scopes import FUNCTIONS, local_names
from .settled import Settled
from .starting import BUILDERS, is_board
from .walking import walk

_DEEPEST = 4
_PARTS = ("evse.drivers.standard_parts", "StandardParts")
Def = ast.FunctionDef | ast.AsyncFunctionDef


class Folding:
    """Folds a program by the facts of its board; `changed`: functions that are to be looked at in any case."""

    def __init__(
        self, program: Program, found: Facts, settled: Settled, changed: list[Def]
    ) -> None:
        self._facts = found
        self._changed = changed
        self._settled = settled
        self._scopes = list(scopes(program, found.chain))
        # The builders first: what they come to is known when others ask them
        self._scopes.sort(key=lambda scope: scope.module.name not in BUILDERS)
        self._heirs = Counter(
            base.id
            for module in program.modules.values()
            for node in module.tree.body
            if isinstance(node, ast.ClassDef)
            for base in node.bases
            if isinstance(base, ast.Name)
        )

    def fold(self) -> int:
        """Fold every function once; returns how much was replaced."""
        return sum(self._fold(scope) for scope in self._scopes)

    def _fold(self, scope: Scope) -> int:
        if not self._concerns(scope):
            return 0
        was = copy.deepcopy(scope.node)
        count = self._reduce(scope, 0)
        if _is_generator(was) and not _is_generator(scope.node):
            # Without a yield it would run when it is called
            scope.node.body = was.body
            return 0
        ast.fix_missing_locations(scope.node)
        return count

    def _concerns(self, scope: Scope) -> bool:
        """True for a function that may ask the board, or something that is settled."""
        if scope.module.name in BUILDERS or scope.node in self._changed:
            return True
        return any(
            (isinstance(node, ast.Name | ast.Attribute) and is_board(node))
            or (isinstance(node, ast.Attribute) and node.attr in self._settled.names)
            or (isinstance(node, ast.Name) and node.id in self._settled.names)
            for node in walk(scope.node)
        )

    def _reduce(self, scope: Scope, depth: int) -> int:
        total = 0
        asked = Asked(self._facts, scope, self._settled)
        is_builder = scope.module.name in BUILDERS
        while True:
            folder = Folder(lambda node: self._instead(node, scope, asked, depth), asked.given)
            folder.generic_visit(scope.node)
            count = folder.replaced + self._tails(scope, depth)
            count += settle(scope.node, lambda node: asked.is_known(node, is_builder))
            total += count
            if not count:
                return total + (0 if depth else _hand_tables(scope.node, asked))

    def _instead(self, node: ast.expr, scope: Scope, asked: Asked, depth: int) -> ast.expr | None:
        if isinstance(node, ast.Call) and depth < _DEEPEST:
            new = self._called(node, scope, depth)
            if new is not None:
                return new
        return asked.instead(node)

    def _called(self, call: ast.Call, scope: Scope, depth: int) -> ast.expr | None:
        """The one expression that a call comes to."""
        callee = self._callee(call, scope)
        if callee is None or not self._is_worth_it(callee, call, scope):
            return None
        body = self._specialised(callee, call, scope, depth)
        if body is None or len(body) != 1:
            return None
        if not isinstance(body[0], ast.Return):
            return ast.Constant(None) if isinstance(body[0], ast.Pass) else None
        value = body[0].value or ast.Constant(None)
        if isinstance(value, ast.Constant):
            return value
        names = _globals(value, call)
        if names & set(bindings(scope.node)) or (names and callee.module is not scope.module):
            return None
        return value

    def _is_worth_it(self, callee: Scope, call: ast.Call, scope: Scope) -> bool:
        """True for a builder, and for what calls a part's builder that it is handed."""
        if callee.module.name in BUILDERS:
            return True
        return len(callee.node.body) == 1 and any(
            isinstance(part, ast.Attribute) and is_the_board(part.value, scope)
            for part in call.args
        )

    def _tails(self, scope: Scope, depth: int) -> int:
        """Put what a call comes to in the place of `return call`, where a builder asks itself."""
        last = scope.node.body[-1] if scope.node.body else None
        if (
            depth
            or scope.module.name not in BUILDERS
            or not isinstance(last, ast.Return)
            or not isinstance(last.value, ast.Call)
        ):
            return 0
        callee = self._callee(last.value, scope)
        if callee is None or callee.owner is not scope.owner or callee.node is scope.node:
            return 0
        body = self._specialised(callee, last.value, scope, depth)
        if body is None:
            return 0
        new = ast.FunctionDef(name="", args=_no_arguments(), body=body, decorator_list=[])
        is_long = len(body) > 2 or any(isinstance(part, ast.If) for part in body)
        if (is_long and self._asked_by_builders(callee.node.name) > 1) or local_names(
            new
        ) & local_names(scope.node):
            return 0
        scope.node.body[-1:] = body
        return 1

    def _asked_by_builders(self, name: str) -> int:
        return sum(
            isinstance(node, ast.Attribute) and node.attr == name
            for scope in self._scopes
            if scope.module.name in BUILDERS
            for node in walk(scope.node)
        )

    def _callee(self, call: ast.Call, scope: Scope) -> Scope | None:
        """The function that is called, when there is no doubt."""
        func = call.func
        if isinstance(func, ast.Name):
            if func.id in local_names(scope.node):
                return None
            found = [s for s in self._scopes if s.owner is None and s.node.name == func.id]
            return found[0] if len(found) == 1 and found[0].module is scope.module else None
        if not isinstance(func, ast.Attribute):
            return None
        if is_the_board(func.value, scope):
            return self._of_board(func.attr)
        if isinstance(func.value, ast.Name) and func.value.id == "self" and scope.owner:
            owner = scope.owner
            if self._heirs[owner.name] or owner.bases:
                return None
            return self._method(func.attr, (scope.module.name, owner.name))
        return None

    def _of_board(self, name: str) -> Scope | None:
        """A method of the board, or of its parts, which it asks for what it has not itself."""
        asks_parts = any(self._method("__getattr__", key) for key in self._facts.chain)
        for key in [*self._facts.chain, *([_PARTS] if asks_parts else [])]:
            found = self._method(name, key)
            if found is not None:
                return found
        return None

    def _method(self, name: str, key: tuple[str, str]) -> Scope | None:
        for scope in self._scopes:
            owner = scope.owner.name if scope.owner else ""
            if (scope.module.name, owner, scope.node.name) == (*key, name):
                return scope
        return None

    def _specialised(
        self, callee: Scope, call: ast.Call, scope: Scope, depth: int
    ) -> list[ast.stmt] | None:
        """What the body of a function comes to with these arguments; None where that cannot be told."""
        node = callee.node
        if (
            isinstance(node, ast.AsyncFunctionDef)
            or node.decorator_list
            or _is_generator(node)
            or call.keywords
            or not all(self._is_quiet(part, scope) for part in call.args)
            or any(isinstance(part, FUNCTIONS) for part in walk(node) if part is not node)
            or depth >= _DEEPEST
        ):
            return None
        new = copy.deepcopy(node)
        mapping = _arguments(new, callee, call)
        bound = bindings(new)
        if mapping is None or any(bound[name] != 1 for name in mapping):
            return None
        # An argument must not meet a local of that name
        brought = {n.id for v in mapping.values() for n in walk(v) if isinstance(n, ast.Name)}
        if brought & (set(bound) - set(mapping) - {"self"}):
            return None
        substitute(ast.Module(new.body, []), mapping)
        names = scope.names | frozenset(bound)
        inner = Scope(callee.module, callee.owner, new, callee.is_board, names)
        self._reduce(inner, depth + 1)
        return new.body

    def _is_quiet(self, node: ast.expr, scope: Scope) -> bool:
        """True for what does nothing and gives the same wherever it stands."""
        if isinstance(node, ast.Tuple):
            return all(self._is_quiet(part, scope) for part in node.elts)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Dict):
            # One of several values, by the board's number
            return len(node.value.keys) == len(self._facts.numbers) and is_inert(node.slice)
        if isinstance(node, ast.Dict):
            return all(self._is_quiet(part, scope) for part in node.values)
        if isinstance(node, ast.Attribute):
            return is_the_board(node, scope) or is_the_board(node.value, scope)
        return isinstance(node, ast.Constant | ast.Name)


def _hand_tables(function: Def, asked: Asked) -> int:
    """A table that is handed on stands where it is handed on."""
    count = 0
    for node in walk(function):
        if isinstance(node, ast.Call):
            for index, part in enumerate(node.args):
                new = asked.table(part)
                if new is not None:
                    node.args[index] = new
                    count += 1
    return count


def _arguments(function: Def, callee: Scope, call: ast.Call) -> dict[str, ast.expr] | None:
    """Parameters and what stands for them; None where a call cannot be followed or would do something."""
    names = [arg.arg for arg in function.args.args]
    if function.args.kwonlyargs or function.args.kwarg or function.args.posonlyargs:
        return None
    if callee.owner:
        names = names[1:]
    found: dict[str, ast.expr] = dict(zip(names, call.args, strict=False))
    if len(call.args) > len(names):
        if not function.args.vararg:
            return None
        rest = call.args[len(names) :]
        found[function.args.vararg.arg] = ast.Tuple(rest, ast.Load())
    elif function.args.vararg:
        return None
    defaults = function.args.defaults
    for name, default in zip(names[len(names) - len(defaults) :], defaults, strict=True):
        if name not in found:
            if not isinstance(default, ast.Constant):
                return None
            found[name] = default
    if callee.is_board:
        assert isinstance(call.func, ast.Attribute)
        found["self"] = call.func.value
    return found if set(names) <= set(found) else None


def _globals(value: ast.expr, call: ast.Call) -> set[str]:
    """Names in an expression that do not come from the call."""
    brought = {node.id for node in walk(call) if isinstance(node, ast.Name)}
    return {node.id for node in walk(value) if isinstance(node, ast.Name)} - brought


def _is_generator(node: Def) -> bool:
    return any(isinstance(part, ast.Yield | ast.YieldFrom) for part in walk(node))


def _no_arguments() -> ast.arguments:
    return ast.arguments([], [], None, [], [], None, [])
