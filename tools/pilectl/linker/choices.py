"""What is left of statements and expressions that choose by something known."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from .known import Given, UnknownError, evaluate
from .returns import ends


class Folder(ast.NodeTransformer):
    """Puts what is known in its place and drops what can never run; `replaced` counts.

    `given` as for evaluate(); `instead` gives what stands for an expression as a whole, or None.
    """

    def __init__(self, instead: Callable[[ast.expr], ast.expr | None], given: Given) -> None:
        self.replaced = 0
        self._instead = instead
        self._given = given

    def visit(self, node: ast.AST) -> Any:
        """The literal instead of an expression, and less of a statement."""
        if isinstance(node, ast.expr) and not isinstance(node, ast.Constant | ast.Starred):
            new = self._instead(node)
            if new is not None:
                self.replaced += 1
                return ast.copy_location(new, node)
        return super().visit(node)

    def _truth(self, node: ast.expr) -> bool | None:
        try:
            return bool(evaluate(node, self._given))
        except UnknownError:
            return None

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        """Without operands that decide nothing, and without those that are never asked."""
        self.generic_visit(node)
        stops = isinstance(node.op, ast.Or)
        values: list[ast.expr] = []
        for index, value in enumerate(node.values):
            truth = self._truth(value)
            is_last = index == len(node.values) - 1
            # The last one is what the whole gives: at a bool's end its twin may go
            is_twin = bool(values) and _is(value, not stops) and all(map(_is_bool, values))
            if truth is (not stops) and (not is_last or is_twin):
                continue
            values.append(value)
            if truth is stops:
                break
        if len(values) == len(node.values):
            return node
        self.replaced += 1
        node.values = values
        return values[0] if len(values) == 1 else node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        """The branch that is taken."""
        truth = self._truth(node.test)
        if truth is None:
            return self.generic_visit(node)
        self.replaced += 1
        chosen: ast.AST = self.visit(node.body if truth else node.orelse)
        return chosen

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        """The branch that is taken."""
        node.test = self.visit(node.test)
        truth = self._truth(node.test)
        if truth is None:
            self.generic_visit(node)
            if _is_idle(node.body) and node.orelse and not _is_idle(node.orelse):
                node.test = ast.UnaryOp(ast.Not(), node.test)
                node.body, node.orelse = node.orelse, []
            elif _is_idle(node.orelse):
                node.orelse = []
            is_quiet = isinstance(node.test, ast.Constant | ast.Name)
            if _is_idle(node.body) and not node.orelse and is_quiet:
                self.replaced += 1
                return []
            return node
        self.replaced += 1
        found: list[ast.stmt] = []
        for part in node.body if truth else node.orelse:
            new = self.visit(part)
            found += new if isinstance(new, list) else [new]
        return found

    def visit_For(self, node: ast.For) -> ast.AST | list[ast.stmt]:
        """Nothing of a loop over nothing."""
        node.iter = self.visit(node.iter)
        if self._truth(node.iter) is False and not node.orelse:
            self.replaced += 1
            return []
        return self.generic_visit(node)

    def visit_Try(self, node: ast.Try) -> ast.AST:
        """A constant that is returned cannot fail."""
        self.generic_visit(node)
        first = node.body[0] if node.body else None
        if (
            isinstance(first, ast.Return)
            and not node.finalbody
            and (first.value is None or isinstance(first.value, ast.Constant))
        ):
            self.replaced += 1
            return first
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """Nothing is in an empty tuple."""
        self.generic_visit(node)
        table = node.comparators[0]
        is_empty = isinstance(table, ast.Tuple) and not table.elts and len(node.ops) == 1
        asks = isinstance(node.ops[0], ast.In | ast.NotIn) and isinstance(node.left, ast.Name)
        if not is_empty or not asks:
            return node
        self.replaced += 1
        return ast.Constant(isinstance(node.ops[0], ast.NotIn))

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """What is asked for an attribute stays one that can be."""
        if isinstance(node.value, ast.Name | ast.Attribute):
            super().generic_visit(node.value)
            return node
        return self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        """A constant by itself does nothing."""
        self.generic_visit(node)
        return ast.Pass() if isinstance(node.value, ast.Constant) else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """`f(*[1, 2])` is `f(1, 2)`. What is called stays one that can be."""
        func = super().generic_visit(node.func)
        node.func = ast.Constant(None)
        self.generic_visit(node)
        assert isinstance(func, ast.expr)
        node.func = func
        args: list[ast.expr] = []
        for part in node.args:
            if isinstance(part, ast.Starred) and isinstance(part.value, ast.List | ast.Tuple):
                args += part.value.elts
            else:
                args.append(part)
        node.args = args
        return node

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Every part; what stands behind a statement that ends goes."""
        super().generic_visit(node)
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list):
                for index in range(len(body)):
                    if ends(body[: index + 1]):
                        del body[index + 1 :]
                        break
                if len(body) > 1:
                    body[:] = [part for part in body if not isinstance(part, ast.Pass)] or body[:1]
                if not body and name == "body" and not isinstance(node, ast.Module):
                    body.append(ast.Pass())
        return node


def _is(node: ast.expr, value: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _is_bool(node: ast.expr) -> bool:
    return isinstance(node, ast.Compare) or (
        isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    )


def _is_idle(body: list[ast.stmt]) -> bool:
    return all(isinstance(part, ast.Pass) for part in body)
