"""What expressions give where parts of them are known."""

from __future__ import annotations

import ast
import copy
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from .walking import walk

# Gives what stands for an expression that is known as it is; UnknownError for any other
Given = Callable[[ast.expr], object]
BUILTINS: dict[str, Any] = {"len": len, "tuple": tuple, "list": list, "dict": dict}
_PARTS = (
    *(
        ast.Constant,
        ast.Tuple,
        ast.List,
        ast.Dict,
        ast.Compare,
        ast.BoolOp,
        ast.UnaryOp,
        ast.BinOp,
    ),
    *(ast.IfExp, ast.Subscript, ast.ListComp, ast.DictComp, ast.comprehension, ast.Name),
    *(ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context, ast.Call, ast.Attribute),
)
# Larger ones are objects on a 32-bit chip
_SMALL_INT = 1 << 30


class UnknownError(Exception):
    """Only the running program can tell what an expression gives."""


def nothing(_node: ast.expr) -> object:
    """Given nothing but constants."""
    raise UnknownError


def evaluate(node: ast.expr, given: Given) -> object:
    """What `node` gives; UnknownError when that takes more than constants and what is `given`."""
    space: dict[str, object] = {}

    class Placing(ast.NodeTransformer):
        def visit(self, part: ast.AST) -> ast.AST:
            """A name for what is given."""
            if isinstance(part, ast.Name | ast.Attribute) and isinstance(part.ctx, ast.Load):
                try:
                    value = given(part)
                except UnknownError:
                    return self.generic_visit(part)
                space[f" {len(space)}"] = value
                return ast.copy_location(ast.Name(list(space)[-1], ast.Load()), part)
            return self.generic_visit(part)

    placed = Placing().visit(copy.deepcopy(node))
    _check(placed, set(space))
    assert isinstance(placed, ast.expr)
    expression = ast.fix_missing_locations(ast.Expression(placed))
    try:
        with warnings.catch_warnings(action="ignore"):
            code = compile(expression, "", "eval")
        return eval(code, {"__builtins__": BUILTINS, **space})
    except Exception as error:
        # What fails here fails on the pile, where it belongs
        raise UnknownError from error


def _check(placed: ast.AST, known: set[str]) -> None:
    """UnknownError for an expression that asks for more than what is known, or calls what may do anything."""
    called: set[int] = set()
    known = known | {
        name.id
        for part in walk(placed)
        if isinstance(part, ast.comprehension)
        for name in walk(part.target)
        if isinstance(name, ast.Name)
    }
    for part in walk(placed):
        if not isinstance(part, _PARTS) or (isinstance(part, ast.comprehension) and part.is_async):
            raise UnknownError
        if isinstance(part, ast.Call):
            called.add(id(part.func))
            is_builtin = isinstance(part.func, ast.Name) and part.func.id in BUILTINS
            is_get = isinstance(part.func, ast.Attribute) and part.func.attr == "get"
            if part.keywords or not (is_builtin or is_get):
                raise UnknownError
        elif (
            # A call comes before what it calls
            isinstance(part, ast.Name | ast.Attribute)
            and id(part) not in called
            and (not isinstance(part, ast.Name) or part.id not in known)
        ):
            raise UnknownError


def as_literal(value: object) -> ast.expr:
    """Expression of a value; UnknownError where one would not be the same, or cost more than a name."""
    if isinstance(value, bool | str) or value is None:
        return ast.Constant(value)
    if isinstance(value, int):
        if abs(value) >= _SMALL_INT:
            raise UnknownError
        return ast.UnaryOp(ast.USub(), ast.Constant(-value)) if value < 0 else ast.Constant(value)
    if isinstance(value, tuple | list):
        parts = [as_literal(part) for part in value]
        if any(isinstance(part, ast.Dict | ast.List) for part in parts):
            raise UnknownError
        return (ast.Tuple if isinstance(value, tuple) else ast.List)(parts, ast.Load())
    if isinstance(value, dict):
        return ast.Dict([as_literal(k) for k in value], [as_literal(v) for v in value.values()])
    raise UnknownError


def is_same(one: object, other: object) -> bool:
    """True for values that nothing can tell apart."""
    return repr(one) == repr(other)


def is_inert(node: ast.expr) -> bool:
    """True for a constant, a name, or an attribute of one."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Constant | ast.Name)


def substitute(tree: ast.AST, mapping: Mapping[str, ast.expr]) -> None:
    """Put copies of expressions in the place of the names that are loaded."""

    class Names(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.AST:
            """The expression that stands for a name."""
            if node.id in mapping and isinstance(node.ctx, ast.Load):
                return copy.deepcopy(mapping[node.id])
            return node

    Names().visit(tree)
