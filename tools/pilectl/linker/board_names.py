"""Who in a program is its board: a name that ends in `board` means the board or one of its EVSEs.

So it is all over the program; check() refuses one where such a name could stand for anything else.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from .known_locals import bindings
from .program import Module, Program
from .scopes import DEFS, FUNCTIONS, parameters
from .starting import is_board
from .values import Key
from .walking import walk

# The method of a board that gives its EVSEs, each a board
EVSES = "evses"


@dataclass
class Scope:
    """One function at the top of a module or class; `is_board`: its self is the board.

    `names`: what it binds. A global that goes by the name of a board is a class or a module.
    """

    module: Module
    owner: ast.ClassDef | None
    node: ast.FunctionDef | ast.AsyncFunctionDef
    is_board: bool
    names: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.names = self.names or frozenset(bindings(self.node))


def scopes(program: Program, chain: list[Key]) -> Iterator[Scope]:
    """Every function, the board's own first."""
    later: list[Scope] = []
    for module in program.modules.values():
        for node in module.tree.body:
            if isinstance(node, DEFS):
                later.append(Scope(module, None, node, False))
            elif isinstance(node, ast.ClassDef):
                is_ours = (module.name, node.name) in chain
                parts = [part for part in node.body if isinstance(part, DEFS)]
                later += [Scope(module, node, part, is_ours) for part in parts]
    yield from sorted(later, key=lambda scope: not scope.is_board)


def is_the_board(node: ast.expr, scope: Scope) -> bool:
    """True for an expression that gives the board or one of its EVSEs, without doing anything."""
    if scope.is_board and isinstance(node, ast.Name) and node.id == "self":
        return True
    inner = node
    while isinstance(inner, ast.Attribute):
        inner = inner.value
    if not isinstance(inner, ast.Name) or not is_board(node):
        return False
    return inner.id in scope.names or (inner is node and _is_global(inner, scope))


def _is_global(node: ast.Name, scope: Scope) -> bool:
    """True for BOARD of the module `board`."""
    return node.id == "BOARD" and any(
        isinstance(part, ast.ImportFrom)
        and (part.module, part.level) == ("board", 0)
        and any((alias.name, alias.asname) == ("BOARD", None) for alias in part.names)
        for part in scope.module.tree.body
    )


def check(program: Program, chain: list[Key]) -> None:
    """LinkError where something could go by the name of a board that is none."""
    for scope in scopes(program, chain):
        good: set[int] = set()
        for node in walk(scope.node):
            for target, value in _bindings(node):
                if is_board(target) and _gives_board(target, value, scope):
                    is_early = isinstance(target, ast.Name) or scope.node.name == "__init__"
                    good |= {id(target)} if is_early else set()
        for node in walk(scope.node):
            if id(node) not in good and _binds_board(node, scope):
                raise scope.module.error(node, "goes by the name of a board and may be none")
    _check_calls(program, chain)


def _binds_board(node: ast.AST, scope: Scope) -> bool:
    """True for what gives a name of a board to anything, but for the function's own parameters."""
    if isinstance(node, ast.Name | ast.Attribute):
        return not isinstance(node.ctx, ast.Load) and is_board(node)
    if isinstance(node, ast.ExceptHandler):
        return is_board(ast.Name(node.name or ""))
    if isinstance(node, FUNCTIONS) and node is not scope.node:
        return any(is_board(ast.Name(arg.arg)) for arg in parameters(node))
    return False


def _bindings(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Tuple):
                parts = node.value.elts if isinstance(node.value, ast.Tuple) else []
                same = len(parts) == len(target.elts)
                for index, part in enumerate(target.elts):
                    yield part, parts[index] if same else None
            else:
                yield target, node.value
    elif isinstance(node, ast.For | ast.comprehension):
        yield node.target, node.iter
    elif isinstance(node, ast.AugAssign | ast.AnnAssign | ast.NamedExpr):
        yield node.target, None


def _gives_board(target: ast.expr, value: ast.expr | None, scope: Scope) -> bool:
    if value is None:
        return False
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        return value.func.attr == EVSES and is_the_board(value.func.value, scope)
    if isinstance(value, ast.Tuple) and len(value.elts) == 1:
        return is_the_board(value.elts[0], scope)
    return is_the_board(value, scope)


def _check_calls(program: Program, chain: list[Key]) -> None:
    """Whoever has a parameter of that name must be handed a board."""
    wanted: dict[str, dict[str, int]] = {}
    for scope in scopes(program, chain):
        maker = scope.owner.name if scope.owner and scope.node.name == "__init__" else ""
        names = [arg.arg for arg in parameters(scope.node)]
        skipped = 1 if scope.owner else 0
        for index, name in enumerate(names[skipped:]):
            if is_board(ast.Name(name)):
                wanted.setdefault(maker or scope.node.name, {})[name] = index
    for scope in scopes(program, chain):
        called = {id(node.func) for node in walk(scope.node) if isinstance(node, ast.Call)}
        for node in walk(scope.node):
            if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
                name = node.id if isinstance(node, ast.Name) else node.attr
                if name in wanted and id(node) not in called:
                    raise scope.module.error(node, f"{name}() takes a board: call it by its name")
            if not isinstance(node, ast.Call):
                continue
            func = node.func
            name = func.id if isinstance(func, ast.Name) else getattr(func, "attr", "")
            for word, index in wanted.get(name, {}).items():
                given = {item.arg: item.value for item in node.keywords}
                handed = node.args[index] if index < len(node.args) else given.get(word)
                is_starred = any(isinstance(arg, ast.Starred) for arg in node.args[:index])
                if handed is None or is_starred or not is_the_board(handed, scope):
                    raise scope.module.error(node, f"{name}() takes a board, and this may be none")
