"""Finds what only the start needs: functions that nothing which runs later can reach.

By name, and so with care: a name that later code mentions, be it in a string, keeps every method and
function of that name; a class that it mentions keeps its constructor; a function that the start hands on
without calling it may be called at any time.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from .program import Module, Program
from .scopes import DEFS
from .walking import walk

# Modules whose methods build the parts of a board, and are asked for as `board.name()` only
BUILDERS = ("board", "evse.drivers.standard_board", "evse.drivers.standard_parts")
BOARD_CALL = "board."


@dataclass(eq=False)
class Member:
    """A function of the program: its module, its class or "", and its definition.

    `names`: what it mentions. `lasting`: what of that may run when the function has ended.
    """

    module: str
    owner: str
    node: ast.FunctionDef | ast.AsyncFunctionDef
    names: set[str] = field(default_factory=set)
    lasting: set[str] = field(default_factory=set)


def members(program: Program) -> list[Member]:
    """Every function and method at the top of a module or class."""
    found = []
    for module in program.modules.values():
        for node in module.tree.body:
            if isinstance(node, DEFS):
                found.append(Member(module.name, "", node))
            elif isinstance(node, ast.ClassDef):
                found += [
                    Member(module.name, node.name, part)
                    for part in node.body
                    if isinstance(part, DEFS)
                ]
    known = {item.node.name for item in found}
    # What a call of these gives goes on running afterwards
    resumed = {item.node.name for item in found if _goes_on(item.node)}
    for item in found:
        item.names = mentions(item.node)
        item.lasting = (handed_on(item.node) & known) | (item.names & resumed)
    return found


def _goes_on(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """True for a coroutine or generator."""
    return isinstance(node, ast.AsyncFunctionDef) or any(
        isinstance(part, ast.Yield | ast.YieldFrom) for part in walk(node)
    )


def mentions(tree: ast.AST) -> set[str]:
    """Identifiers and texts in a tree."""
    found: set[str] = set()
    for node in walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
            if is_board(node.value):
                found.add(BOARD_CALL + node.attr)
        elif isinstance(node, ast.alias):
            found.add(node.name)
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return found


def is_board(node: ast.expr) -> bool:
    """True for an expression that goes by the name of a board."""
    name = node.id if isinstance(node, ast.Name) else ""
    name = node.attr if isinstance(node, ast.Attribute) else name
    return name.lower().endswith("board")


def handed_on(tree: ast.AST) -> set[str]:
    """Names that a tree loads without calling them at once, and those within functions that it makes."""
    called: set[int] = set()
    found: set[str] = set()
    for node in walk(tree):
        if isinstance(node, ast.Call):
            called.add(id(node.func))
        if isinstance(node, ast.Lambda | ast.GeneratorExp):
            found |= mentions(node)
        if isinstance(node, DEFS) and node is not tree:
            found |= mentions(node)
    for node in walk(tree):
        if id(node) in called:
            continue
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return found


def start_only(program: Program, later: set[str], resident: set[str]) -> list[Member]:
    """Members that nothing reaches any more once the start is over.

    `later`: names known outside. `resident`: modules that are loaded once and stay; what stands beside the
    functions of another one runs when later code imports that module.
    """
    everything = members(program)
    heirs = _heirs(program)
    beside = {name: _beside_functions(module) for name, module in program.modules.items()}
    names = later.union(*(beside[name] for name in resident))
    dead = everything
    while True:
        for item in dead:
            names |= item.lasting
        for name, found in beside.items():
            if name in names or name.rpartition(".")[2] in names:
                names |= found
        alive = [item for item in dead if _is_reached(item, names, heirs)]
        if not alive:
            return dead
        for item in alive:
            names |= item.names
            if item.module in BUILDERS:
                # They ask each other by self
                names |= {BOARD_CALL + name for name in item.names}
        dead = [item for item in dead if item not in alive]


def _beside_functions(module: Module) -> set[str]:
    """Names that stand in a module and its classes outside functions."""
    found: set[str] = set()
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef):
            for part in node.body:
                found |= set() if isinstance(part, DEFS) else mentions(part)
        elif not isinstance(node, (*DEFS, ast.Import, ast.ImportFrom)):
            found |= mentions(node)
    return found


def _is_reached(item: Member, names: set[str], heirs: dict[str, set[str]]) -> bool:
    name = item.node.name
    if item.module in BUILDERS and not name.startswith("__"):
        return BOARD_CALL + name in names
    if name == "__init__":
        return bool(heirs[item.owner] & names)
    return name in names or (name.startswith("__") and name.endswith("__"))


def _heirs(program: Program) -> dict[str, set[str]]:
    """Each class with those that inherit from it, by name; itself included."""
    bases: dict[str, set[str]] = {}
    for module in program.modules.values():
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef):
                own = {base.id for base in node.bases if isinstance(base, ast.Name)}
                bases.setdefault(node.name, set()).update(own)
    found = {name: {name} for name in bases}
    grown = True
    while grown:
        grown = False
        for heir, own in bases.items():
            for known in found.values():
                if own & known and heir not in known:
                    known.add(heir)
                    grown = True
    return found
