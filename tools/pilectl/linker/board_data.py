"""Data of the board that nobody asks for any more go, and with them what the board says of them."""

from __future__ import annotations

import ast

from .board_facts import Asked, Facts, chain_of
from .board_names import EVSES, scopes
from .known import UnknownError, evaluate
from .known_locals import blocks
from .program import Program
from .scopes import DEFS
from .settled import Settled
from .walking import walk


def drop_unasked(program: Program, found: Facts, outside: set[str]) -> int:
    """Data of the board that nobody asks for go, with what evses() says of them; `outside` may ask too."""
    ask = {
        id(scope.node): Asked(found, scope, Settled(Program({}), set()))
        for scope in scopes(program, found.chain)
        if scope.is_board and scope.node.name == EVSES
    }
    stores = [
        (body, index)
        for scope in scopes(program, found.chain)
        if id(scope.node) in ask
        for body in blocks(scope.node)
        for index, node in enumerate(body)
        if _is_store(node, ask[id(scope.node)], found)
    ]
    only_there = {id(part) for body, index in stores for part in walk(body[index])}
    asked = set(outside)
    for module in program.modules.values():
        for node in walk(module.tree):
            if id(node) in only_there:
                continue
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                asked.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                asked.add(node.value)
    count = 0
    for body, index in stores:
        if _target(body[index]) not in asked:
            body[index] = ast.Pass()
            count += 1
        else:
            parts = walk(body[index])
            asked |= {part.attr for part in parts if isinstance(part, ast.Attribute)}
    set_ = {
        node.attr
        for module in program.modules.values()
        for node in walk(module.tree)
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load)
    }
    for _module, top in chain_of(program):
        used = {
            node.id
            for part in top.body
            if not isinstance(part, DEFS)
            for node in walk(part)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        }
        body_ = [part for part in top.body if not _is_data_of(part, found, asked | used | set_)]
        count += len(top.body) - len(body_)
        top.body = body_ or [ast.Pass()]
    return count + _make_of_base(program)


def _make_of_base(program: Program) -> int:
    """A class that has nothing of its own need not be: the board is made of its base."""
    chain = chain_of(program)
    if len(chain) < 2 or not all(isinstance(part, ast.Pass) for part in chain[0][1].body):
        return 0
    module, top = chain[0]
    base = top.bases[0]
    loads = [
        node
        for node in walk(module.tree)
        if isinstance(node, ast.Name) and node.id == top.name and isinstance(node.ctx, ast.Load)
    ]
    if len(loads) != 1 or len(top.bases) != 1 or not isinstance(base, ast.Name):
        return 0
    loads[0].id = base.id
    module.tree.body.remove(top)
    return 1


def _is_data_of(node: ast.stmt, found: Facts, asked: set[str]) -> bool:
    return (
        isinstance(node, ast.Assign)
        and len(node.targets) == 1
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id in found.values
        and node.targets[0].id not in asked
    )


def _target(node: ast.stmt) -> str:
    """X of `second.X = ..`."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            return target.attr
    return ""


def _is_store(node: ast.stmt, ask: Asked, found: Facts) -> bool:
    """True for `second.X = ..` where X is data of the board and the value does nothing."""
    if _target(node) not in found.values:
        return False
    assert isinstance(node, ast.Assign)
    try:
        evaluate(node.value, ask.given)
    except UnknownError:
        return False
    return True
