"""Turns the body of a function into statements that stand where it was called: without `return`."""

from __future__ import annotations

import ast
import copy

from .scopes import FUNCTIONS
from .walking import children


class NotPossibleError(Exception):
    """This body, or this place, cannot be handled; the call stays a call."""


def has_return(node: ast.AST) -> bool:
    """True when a statement can end the function that it stands in."""
    if isinstance(node, ast.Return):
        return True
    if isinstance(node, FUNCTIONS):
        return False
    return any(has_return(child) for child in children(node))


def ends(body: list[ast.stmt]) -> bool:
    """True when control never comes out behind these statements."""
    if not body:
        return False
    last = body[-1]
    if isinstance(last, ast.Return | ast.Raise):
        return True
    return isinstance(last, ast.If) and ends(last.body) and ends(last.orelse)


def as_tail(body: list[ast.stmt]) -> list[ast.stmt]:
    """Statements for `return f()`: every return of f is one of the caller."""
    return body if ends(body) else [*body, ast.Return(None)]


def as_statements(body: list[ast.stmt], target: str | None) -> list[ast.stmt]:
    """Statements that leave the result in the local `target`, or drop it; a return in a loop is too much."""
    out: list[ast.stmt] = []
    for index, node in enumerate(body):
        if isinstance(node, ast.Return):
            return out + _result(node.value, target)
        if not has_return(node):
            out.append(node)
            if isinstance(node, ast.Raise):
                return out
            continue
        if not isinstance(node, ast.If):
            raise NotPossibleError
        rest = body[index + 1 :]
        if ends(node.body):
            first, second = node.body, node.orelse + rest
        elif ends(node.orelse):
            first, second = node.body + rest, node.orelse
        elif not rest:
            first, second = node.body, node.orelse
        else:
            raise NotPossibleError
        out.append(_if(node.test, as_statements(first, target), as_statements(second, target)))
        return out
    return out + _result(None, target)


def _if(test: ast.expr, first: list[ast.stmt], second: list[ast.stmt]) -> ast.stmt:
    if not first and second:
        return ast.If(ast.UnaryOp(ast.Not(), test), second, [])
    return ast.If(test, first or [ast.Pass()], second)


def _result(value: ast.expr | None, target: str | None) -> list[ast.stmt]:
    if target is None:
        is_plain = value is None or isinstance(value, ast.Constant | ast.Name)
        return [] if value is None or is_plain else [ast.Expr(value)]
    name = ast.Name(target, ast.Store())
    return [ast.Assign([name], ast.Constant(None) if value is None else copy.deepcopy(value))]
