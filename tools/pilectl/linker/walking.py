"""Every node of a tree, in half the time of ast.walk() and another order; and what nodes set by texts."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def walk(tree: ast.AST) -> Iterator[ast.AST]:
    """The tree's nodes, itself first."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        fields = node.__dict__
        for name in node._fields:
            value = fields.get(name)
            if value.__class__ is list:
                waiting += [part for part in value if isinstance(part, ast.AST)]
            elif isinstance(value, ast.AST) and value._fields:
                waiting.append(value)


def is_setting(node: ast.AST) -> bool:
    """True for a call that sets or deletes an attribute by a text."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("setattr", "delattr")
        and len(node.args) > 1
    )


def words_set(node: ast.AST) -> set[str]:
    """Names of attributes that a call sets or deletes by a text."""
    if not is_setting(node):
        return set()
    assert isinstance(node, ast.Call)
    word = node.args[1]
    return {str(word.value)} if isinstance(word, ast.Constant) else set()
