"""Gives the globals of the linked modules new names; exceptions keep theirs, which people read."""

from __future__ import annotations

import ast

from .names import Told, asked_texts, lenders, mentioned_names, pool
from .program import Module, Program
from .scopes import DEFS, Globals, bound_in
from .values import Key
from .walking import walk


def rename_globals(
    program: Program, resident: Module, kept: set[Key], functions: set[str]
) -> Told:
    """Rename; returns the new names of functions and classes, with the old. `functions`: names of methods."""
    told: Told = {}
    given = lenders(resident)
    borrowed = _borrowed(program)
    mentioned = {name: mentioned_names(module) for name, module in program.modules.items()}
    kept_texts = asked_texts(program)
    wanted = sorted(_renamed(program, kept, kept_texts))
    defined = _functions(program)
    new: dict[Key, str] = {}
    # What others import has one name everywhere; a function has one that no other function has
    for key in [key for key in wanted if key in borrowed or key in defined]:
        taken = mentioned[key[0]] | set(new.values()) | (functions if key in defined else set())
        for borrower in borrowed.get(key, ()):
            taken |= mentioned[borrower]
        new[key] = next(pool(given, taken))
    for key in wanted:
        if key not in new:
            here = {name for (where, _old), name in new.items() if where == key[0]}
            imported = {new[other] for other in borrowed if other in new}
            new[key] = next(pool(given, mentioned[key[0]] | here | imported))
    for item in program.modules.values():
        _rename_in(program, item, new, told)
    return told


def _renamed(program: Program, kept: set[Key], kept_texts: set[str]) -> list[Key]:
    found = []
    for module in program.modules.values():
        imports = (ast.Import, ast.ImportFrom)
        own = bound_in([n for n in module.tree.body if not isinstance(n, imports)])
        for name in own - kept_texts - _exceptions(module):
            if (module.name, name) not in kept:
                found.append((module.name, name))
    return found


def _functions(program: Program) -> set[Key]:
    return {
        (module.name, node.name)
        for module in program.modules.values()
        for node in module.tree.body
        if isinstance(node, DEFS)
    }


def _borrowed(program: Program) -> dict[Key, list[str]]:
    """Globals that other modules import, and which modules."""
    found: dict[Key, list[str]] = {}
    for module in program.modules.values():
        for node in walk(module.tree):
            if isinstance(node, ast.ImportFrom):
                base = program.target(module, node)
                for alias in node.names:
                    found.setdefault((base, alias.name), []).append(module.name)
    return found


def _exceptions(module: Module) -> set[str]:
    return {
        node.name
        for node in module.tree.body
        if isinstance(node, ast.ClassDef) and node.name.endswith("Error")
    }


def _rename_in(program: Program, module: Module, new: dict[Key, str], told: Told) -> None:
    mapping = {name: short for (where, name), short in new.items() if where == module.name}
    for part in walk(module.tree):
        if isinstance(part, ast.ImportFrom):
            base = program.target(module, part)
            is_global = part in module.tree.body
            for alias in part.names:
                if (base, alias.name) not in new:
                    continue
                short, own = new[base, alias.name], alias.asname or alias.name
                alias.name = short
                alias.asname = None if is_global else own
                if is_global:
                    mapping[own] = short
    for name in Globals(module.tree).names:
        name.id = mapping.get(name.id, name.id)
    for node in module.tree.body:
        if isinstance(node, (*DEFS, ast.ClassDef)) and node.name in mapping:
            what = "class " if isinstance(node, ast.ClassDef) else ""
            told.setdefault(mapping[node.name], []).append(what + node.name)
            node.name = mapping[node.name]
