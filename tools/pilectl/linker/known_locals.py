"""Locals that only stand for something known: what they stand for comes to stand in their place."""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from .known import substitute
from .scopes import FUNCTIONS, Function, bound_in, parameters
from .starting import is_board
from .walking import walk

Def = ast.FunctionDef | ast.AsyncFunctionDef


def settle(function: Def, is_known: Callable[[ast.expr], bool]) -> int:
    """Replace locals that are bound once, to what `is_known`; returns how much became less."""
    count = _split(function, is_known)
    bound = bindings(function)
    for body in list(blocks(function)):
        for index, node in enumerate(body):
            name = _target(node)
            if name is None or bound[name] != 1:
                continue
            assert isinstance(node, ast.Assign)
            behind = body[index + 1 :]
            is_plain = isinstance(node.value, ast.Attribute | ast.Name) and is_board(node.value)
            if is_plain and not _loads(name, [function]):
                body[index] = ast.Pass()
                count += 1
                continue
            is_list = isinstance(node.value, ast.List) and all(map(is_known, node.value.elts))
            if not _is_only_behind(name, function, behind):
                continue
            if not is_known(node.value) and not (is_list and _is_asked_once(name, behind)):
                continue
            roots = {n.id for n in walk(node.value) if isinstance(n, ast.Name)}
            if any(bound[root] > 1 for root in roots):
                # It would be another one's further down
                continue
            substitute(ast.Module(behind, []), {name: node.value})
            body[index] = ast.Pass()
            count += 1
    return count + _drop_imports(function)


def blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Lists of statements within a function, those of inner functions left out."""
    for name in ("body", "orelse", "finalbody", "handlers"):
        part = getattr(node, name, None)
        if not isinstance(part, list):
            continue
        if name != "handlers" and part:
            yield part
        for inner in list(part):
            if not isinstance(inner, (*FUNCTIONS, ast.ClassDef)):
                yield from blocks(inner)


def _target(node: ast.stmt) -> str | None:
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
        return target.id if isinstance(target, ast.Name) else None
    return None


def bindings(function: Function) -> Counter[str]:
    """How often each name is bound in a function and all that stands in it."""
    found: Counter[str] = Counter()
    for node in walk(function):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found[node.id] += 1
        elif isinstance(node, FUNCTIONS):
            found.update(arg.arg for arg in parameters(node))
        elif isinstance(node, ast.Import | ast.ImportFrom | ast.ExceptHandler):
            found.update(bound_in([node]) if isinstance(node, ast.stmt) else [node.name or ""])
    return found


def _is_only_behind(name: str, function: Def, rest: list[ast.stmt]) -> bool:
    """True when a name is asked for only by the statements behind the one that binds it."""
    return _loads(name, [function]) == _loads(name, rest)


def _is_asked_once(name: str, rest: list[ast.stmt]) -> bool:
    """True when one statement that is no loop asks for a name, once."""
    return _loads(name, rest) == 1 and any(
        isinstance(node, ast.Expr | ast.Return) and _loads(name, [node])
        for node in rest
        if not any(isinstance(part, (ast.comprehension, ast.Lambda)) for part in walk(node))
    )


def _loads(name: str, nodes: Sequence[ast.AST]) -> int:
    return sum(
        isinstance(part, ast.Name) and part.id == name and isinstance(part.ctx, ast.Load)
        for node in nodes
        for part in walk(node)
    )


def _split(function: Def, is_known: Callable[[ast.expr], bool]) -> int:
    """`a, b = x, y` and `a = b = x` become two statements where a part is known and none asks the other."""
    count = 0
    for body in list(blocks(function)):
        for index in range(len(body) - 1, -1, -1):
            pairs = _pairs(body[index])
            if not pairs or not any(is_known(value) for _name, value in pairs):
                continue
            names = {name for name, _value in pairs}
            asked = {n.id for _name, v in pairs for n in walk(v) if isinstance(n, ast.Name)}
            if names & asked:
                continue
            body[index : index + 1] = [
                ast.Assign([ast.Name(name, ast.Store())], copy.deepcopy(value))
                for name, value in pairs
            ]
            count += 1
    return count


def _pairs(node: ast.stmt) -> list[tuple[str, ast.expr]]:
    if not isinstance(node, ast.Assign):
        return []
    target, value = node.targets[0], node.value
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        found = [
            (name.id, part)
            for name, part in zip(target.elts, value.elts, strict=False)
            if isinstance(name, ast.Name) and not isinstance(part, ast.Starred)
        ]
        whole = len(node.targets) == 1 and len(target.elts) == len(value.elts) == len(found)
        return found if whole else []
    if len(node.targets) > 1 and isinstance(value, ast.Constant):
        names = [name for name in node.targets if isinstance(name, ast.Name)]
        return [(name.id, value) for name in names] if len(names) == len(node.targets) else []
    return []


def _drop_imports(function: Def) -> int:
    """Imports of names that the function no longer asks for; modules of ours do nothing when they load."""
    count = 0
    for body in list(blocks(function)):
        for index, node in enumerate(body):
            if isinstance(node, ast.ImportFrom) and node.level:
                names = [a for a in node.names if _loads(a.asname or a.name, [function])]
                count += len(node.names) - len(names)
                node.names = names
                if not names:
                    body[index] = ast.Pass()
    return count
