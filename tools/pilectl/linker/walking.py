"""Every node of a tree, in a third of the time of ast.walk(); and what nodes set by texts."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

# Fields that never hold a node of interest; whether a name is loaded or stored is asked of the name
_NO_NODES = (
    "ctx",
    "id",
    "attr",
    "arg",
    "name",
    "asname",
    "kind",
    "type_comment",
    "lineno",
    "op",
    "ops",
    "level",
    "module",
    "is_async",
    "simple",
    "conversion",
    "rest",
    "kwd_attrs",
)
# Kinds of nodes whose other fields hold texts and numbers only
_LEAVES = (ast.Constant, ast.Global, ast.Nonlocal, ast.MatchSingleton)
_PARTS: dict[type[ast.AST], tuple[str, ...]] = {}
# All those fields of a node at once, None for a leaf
_VALUES: dict[type[ast.AST], Callable[[ast.AST], tuple[Any, ...]] | None] = {}


def walk(tree: ast.AST) -> Iterator[ast.AST]:
    """The tree's nodes, itself first, in the order of ast.walk()."""
    waiting = [tree]
    known = _VALUES
    for node in waiting:
        kind = node.__class__
        # Most nodes are leaves, and this is where the linker spends its time
        if kind not in known or known[kind] is not None:
            waiting += children(node)
        yield node


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below a node, as ast.iter_child_nodes() gives them."""
    kind = node.__class__
    values = _VALUES[kind] if kind in _VALUES else _values(kind)
    if values is None:
        return []
    found: list[ast.AST] = []
    try:
        parts = values(node)
    except AttributeError:
        # One that was made without what may be left out
        parts = tuple(getattr(node, name, None) for name in _PARTS[kind])
    for value in parts:
        if value.__class__ is list:
            # Nothing stands for the key of `**` and for a default that is not there
            found += [part for part in value if part is not None] if None in value else value
        elif value is not None:
            found.append(value)
    return found


def _values(kind: type[ast.AST]) -> Callable[[ast.AST], tuple[Any, ...]] | None:
    fields = () if issubclass(kind, _LEAVES) else kind._fields
    parts = _PARTS[kind] = tuple(name for name in fields if name not in _NO_NODES)
    if len(parts) == 1:
        only = attrgetter(parts[0])
        _VALUES[kind] = lambda node: (only(node),)
    else:
        _VALUES[kind] = attrgetter(*parts) if parts else None
    return _VALUES[kind]


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
