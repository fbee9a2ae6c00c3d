"""The order in which Python evaluates the parts of a statement."""

from __future__ import annotations

import ast


def first_part(node: ast.stmt) -> str | None:
    """Attribute of a statement whose expression is evaluated first and once; None where there is none."""
    if isinstance(node, ast.Expr | ast.Return | ast.Assign | ast.AugAssign):
        return "value" if node.value is not None else None
    if isinstance(node, ast.If):
        return "test"
    return "iter" if isinstance(node, ast.For) else None


def parts_in_order(node: ast.expr) -> list[ast.expr]:
    """Parts of an expression that are evaluated whatever the others give, in their order."""
    found: list[ast.expr] = []
    if isinstance(node, ast.Call):
        found = [node.func, *node.args, *(word.value for word in node.keywords)]
    elif isinstance(node, ast.BoolOp):
        found = node.values[:1]
    elif isinstance(node, ast.Compare):
        found = [node.left, node.comparators[0]]
    elif isinstance(node, ast.BinOp):
        found = [node.left, node.right]
    elif isinstance(node, ast.UnaryOp):
        found = [node.operand]
    elif isinstance(node, ast.Tuple | ast.List):
        found = list(node.elts)
    elif isinstance(node, ast.IfExp):
        found = [node.test]
    elif isinstance(node, ast.Attribute | ast.Await | ast.Starred):
        found = [node.value]
    elif isinstance(node, ast.Subscript):
        found = [node.value, node.slice]
    return found
