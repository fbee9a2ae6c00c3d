"""Moves what only the start needs into a module of its own, which is forgotten when the start is over.

Methods are put back into their classes when that module is loaded, and taken out by its `release()`.
"""

from __future__ import annotations

import ast
import copy

from .program import Module, Program
from .scopes import FUNCTIONS, Globals, bound_in
from .starting import Member
from .values import Key
from .walking import walk


def split(program: Program, unit: str, found: list[Member], new_name: str, kept: set[Key]) -> int:
    """Move members of the module `unit` into a new module; returns how many were moved."""
    module = program.modules[unit]
    moved = [item for item in found if item.module == unit and can_move(item, kept)]
    functions: list[ast.stmt] = []
    installs: list[ast.stmt] = []
    releases: list[ast.stmt] = []
    taken = bound_in(module.tree.body)
    for item in moved:
        if item.owner:
            owner = next(
                node
                for node in module.tree.body
                if isinstance(node, ast.ClassDef) and node.name == item.owner
            )
            owner.body.remove(item.node)
            owner.body = owner.body or [ast.Pass()]
            method = item.node.name
            item.node.name = _free(f"{item.owner}_{method}", taken)
            place = ast.Attribute(ast.Name(item.owner, ast.Load()), method, ast.Store())
            installs.append(ast.Assign([place], ast.Name(item.node.name, ast.Load())))
            # Not deleted: MicroPython's tables keep the value of a deleted entry
            releases.append(ast.Assign([copy.deepcopy(place)], ast.Constant(None)))
        else:
            module.tree.body.remove(item.node)
        functions.append(item.node)
    gone = {item.node.name for item in moved if not item.owner}
    for other in program.modules.values():
        _retarget(program, other, unit, gone, new_name)
    if not moved:
        return 0
    release = ast.FunctionDef(
        "release",
        ast.arguments([], [], None, [], [], None, []),
        releases or [ast.Pass()],
        [],
        None,
    )
    if hasattr(release, "type_params"):
        release.type_params = []
    body = [*functions, *installs, release]
    tree = ast.Module(body, [])
    tree.body = [*_imports(module, tree), *body]
    path = new_name.replace(".", "/") + ".py"
    program.modules[new_name] = Module(new_name, path, ast.fix_missing_locations(tree))
    return len(moved)


def _retarget(program: Program, module: Module, unit: str, gone: set[str], new_name: str) -> None:
    """Let imports of what has moved find it: who needs it runs during the start."""

    class Imports(ast.NodeTransformer):
        def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | list[ast.ImportFrom]:
            """One statement for what has stayed, one for what has moved."""
            moved = [alias for alias in node.names if alias.name in gone]
            if program.target(module, node) != unit or not moved:
                return node
            node.names = [alias for alias in node.names if alias.name not in gone]
            new = ast.copy_location(ast.ImportFrom(new_name, moved, 0), node)
            return [node, new] if node.names else [new]

    Imports().visit(module.tree)


def can_move(item: Member, kept: set[Key]) -> bool:
    if item.node.decorator_list or (item.module, item.node.name) in kept:
        return False
    for node in walk(item.node):
        if isinstance(node, ast.Name) and node.id == "super":
            return False
        if node is not item.node and isinstance(node, FUNCTIONS):
            # What it makes would hold the whole module
            return False
    return True


def _free(wanted: str, taken: set[str]) -> str:
    name = wanted
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _imports(module: Module, tree: ast.Module) -> list[ast.stmt]:
    """What the moved functions need of the module they come from, and of others."""
    own = bound_in(tree.body)
    wanted = {node.id for node in Globals(tree).names} - own
    found: list[ast.stmt] = []
    bound_here: set[str] = set()
    for node in module.tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [
                alias
                for alias in node.names
                if (alias.asname or alias.name).split(".")[0] in wanted
            ]
            if names and isinstance(node, ast.Import):
                found.append(ast.Import(names))
            elif names and isinstance(node, ast.ImportFrom):
                found.append(ast.ImportFrom(node.module, names, node.level))
        else:
            bound_here |= bound_in([node])
    borrowed = [ast.alias(name, None) for name in sorted(wanted & bound_here)]
    if borrowed:
        found.append(ast.ImportFrom(module.name, borrowed, 0))
    return found
