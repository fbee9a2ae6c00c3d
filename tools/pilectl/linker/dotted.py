"""Gives modules the shortest dotted names: each loaded one keeps three names in the heap, its own, its last part
and its file's.

Who names a module by a text writes it whole, as `forget("evse.core.settings")` does. Modules that the board
has no part for are not there; what imports them goes by one name for all.
"""

from __future__ import annotations

import ast
import re

from .names import Told, pool
from .program import Module, Program
from .walking import walk

_PACKAGE = "evse"
_LEFT_OUT = "left_out"
_DOTTED = re.compile(_PACKAGE + r"(\.\w+)+$")


def rename_modules(program: Program, given: list[str]) -> Told:
    """Rename what lies in the package to names in `given`, then short ones; returns the files' old names."""
    names = pool(given, set())
    new = {name: name for name in program.modules}
    for name in sorted(program.modules):
        if name.startswith(_PACKAGE + "."):
            # Not every file system tells a from A
            short = next(one for one in names if one.islower())
            new[name] = f"{_PACKAGE}.{short}"
    for module in program.modules.values():
        _rename_in(program, module, new)
    modules = list(program.modules.values())
    program.modules.clear()
    told: Told = {}
    for module in modules:
        if new[module.name] != module.name:
            told[_path(new[module.name], ".mpy")] = ["module " + module.name]
            module.name = new[module.name]
            module.path = _path(module.name, ".py")
        program.modules[module.name] = module
    return told


def _path(name: str, ending: str) -> str:
    return name.replace(".", "/") + ending


def _rename_in(program: Program, module: Module, new: dict[str, str]) -> None:
    for node in walk(module.tree):
        if isinstance(node, ast.ImportFrom):
            _import_from(program, module, node, new)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if node.value in new:
                node.value = new[node.value]
            elif node.value.startswith(_PACKAGE + ".") and _DOTTED.match(node.value + "_"):
                raise module.error(node, f"the text {node.value!r} names no module of the board")


def _import_from(
    program: Program, module: Module, node: ast.ImportFrom, new: dict[str, str]
) -> None:
    base = program.target(module, node)
    if base.split(".")[0] != _PACKAGE:
        return
    whole = [new.get(f"{base}.{alias.name}", "") for alias in node.names]
    if any(whole):
        if not all(whole):
            raise module.error(node, "a module and a name are imported by one statement")
        node.level, node.module = 0, _PACKAGE
        names = [name.rpartition(".")[2] for name in whole]
    else:
        node.level, node.module = 0, new.get(base, f"{_PACKAGE}.{_LEFT_OUT}")
        names = [alias.name if base in new else _LEFT_OUT for alias in node.names]
    for alias, name in zip(node.names, names, strict=True):
        own = alias.asname or alias.name
        alias.name, alias.asname = name, None if name == own else own
