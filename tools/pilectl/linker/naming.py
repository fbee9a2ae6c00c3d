"""Gives names that need not be told from outside short ones, which many owners share.

Renamed are attributes that only their own class asks of `self`, such methods (each gets a name of its own,
so that a traceback can be told), globals, and parameters that no call names.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from .families import Class, classes, families
from .program import Module, Program
from .scopes import DEFS, FUNCTIONS, Function, Globals, bound_in, local_names
from .values import Key

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
Told = dict[str, list[str]]


def short_names(prefix: str = "_") -> Iterator[str]:
    """_a, _b, .. _z, _A, .. _Z, _aa, _ab, .."""
    for letter in _LETTERS:
        yield prefix + letter
    for first in short_names(prefix):
        for letter in _LETTERS:
            yield first + letter


def texts(program: Program) -> set[str]:
    """Strings of the program: a name among them may be asked for by it."""
    return {
        node.value
        for module in program.modules.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


# Parameters


def rename_parameters(program: Program, kept: set[str]) -> None:
    """Parameters that no call names become a, b, c .. in order; functions of a name in `kept` stay."""
    called = {
        word.arg
        for module in program.modules.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        for word in node.keywords
    }
    for module in program.modules.values():
        for node in ast.walk(module.tree):
            if isinstance(node, FUNCTIONS) and getattr(node, "name", "") not in kept:
                _rename_parameters(node, called)


def _rename_parameters(function: Function, called: set[str | None]) -> None:
    args = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    inner = [n for n in ast.walk(function) if isinstance(n, FUNCTIONS) and n is not function]
    shadowed = {name for node in inner for name in local_names(node)}
    for part in ast.walk(function):
        if isinstance(part, ast.comprehension):
            shadowed |= {n.id for n in ast.walk(part.target) if isinstance(n, ast.Name)}
    used = {n.id for n in ast.walk(function) if isinstance(n, ast.Name)}
    used |= shadowed | local_names(function)
    pool = short_names("")
    for arg in args:
        if arg.arg in called or arg.arg in shadowed or arg.arg in ("self", "cls"):
            continue
        new = next(name for name in pool if name not in used)
        body = [function.body] if isinstance(function, ast.Lambda) else function.body
        for statement in body:
            for node in ast.walk(statement):
                if isinstance(node, ast.Name) and node.id == arg.arg:
                    node.id = new
                elif isinstance(node, ast.ExceptHandler) and node.name == arg.arg:
                    node.name = new
        arg.arg = new


# Attributes


def _asked_of_others(program: Program) -> set[str]:
    """Attributes that are used on anything but self or cls of a class."""
    found: set[str] = set()
    for module in program.modules.values():
        inside: set[int] = set()
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef):
                inside |= {id(part) for part in ast.walk(node)}
        for part in ast.walk(module.tree):
            if isinstance(part, ast.Attribute):
                owner = part.value.id if isinstance(part.value, ast.Name) else ""
                if owner not in ("self", "cls") or id(part) not in inside:
                    found.add(part.attr)
            elif isinstance(part, ast.keyword) and part.arg:
                found.add(part.arg)
    return found


def rename_attributes(program: Program, kept: set[str]) -> Told:
    """Short names for attributes that only their class uses; the new names of methods, with the old."""
    stay = _asked_of_others(program) | texts(program) | kept
    groups = families(classes(program))
    for family in groups:
        if any(item.is_foreign for item in family):
            stay |= {name for item in family for name in item.uses}
        # What a class shows by itself is data that others read: the board's, for one
        stay |= {n for item in family for n in item.data if not n.startswith("_")}
    told: Told = {}
    method_names = (name for name in short_names() if name not in stay)
    for family in groups:
        methods = sorted({n for item in family for n in item.methods if _may(n)} - stay)
        new = {name: next(method_names) for name in methods}
        for name, short in new.items():
            owners = [item.node.name for item in family if name in item.methods]
            told.setdefault(short, []).append(f"{owners[0]}.{name}")
        for item in family:
            item.rename(new)
    for family in groups:
        counts: Counter[str] = Counter()
        for item in family:
            counts.update(item.uses)
        taken = stay | {name for item in family for name in item.methods}
        rest = sorted({n for n in counts if _may(n)} - taken, key=lambda n: (-counts[n], n))
        pool = (name for name in short_names() if name not in taken)
        new = {name: next(pool) for name in rest}
        for item in family:
            item.rename(new)
    return told


def _may(name: str) -> bool:
    return not (name.startswith("__") and name.endswith("__"))


# Globals


def rename_globals(program: Program, kept: set[Key]) -> Told:
    """Short names for globals; the new names of functions and classes, with the old."""
    told: Told = {}
    borrowed = _borrowed(program)
    strings = texts(program)
    taken = {name: _names(module) for name, module in program.modules.items()}
    everywhere: set[str] = set().union(*taken.values())
    new: dict[Key, str] = {}
    pool = (name for name in short_names() if name not in everywhere)
    for module, name in sorted(_renamed(program, kept, strings)):
        if (module, name) in borrowed:
            new[module, name] = next(pool)
    # What no other module imports may have the name of what does not come here
    for module in program.modules:
        here = set(new.values())
        own = (name for name in short_names() if name not in taken[module] and name not in here)
        for where, name in sorted(_renamed(program, kept, strings)):
            if where == module and (where, name) not in borrowed:
                new[where, name] = next(own)
    for item in program.modules.values():
        _rename_in(program, item, new, told)
    return told


def _renamed(program: Program, kept: set[Key], strings: set[str]) -> list[Key]:
    found = []
    for module in program.modules.values():
        imports = (ast.Import, ast.ImportFrom)
        own = bound_in([n for n in module.tree.body if not isinstance(n, imports)])
        for name in own - strings - _exceptions(module):
            if (module.name, name) not in kept:
                found.append((module.name, name))
    return found


def _names(module: Module) -> set[str]:
    """Every identifier of a module that is no attribute."""
    found: set[str] = set()
    for node in ast.walk(module.tree):
        if isinstance(node, FUNCTIONS):
            found |= local_names(node)
        elif isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).split(".")[0])
    return found


def _borrowed(program: Program) -> set[Key]:
    found: set[Key] = set()
    for module in program.modules.values():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom):
                base = program.target(module, node)
                found |= {(base, alias.name) for alias in node.names}
    return found


def _exceptions(module: Module) -> set[str]:
    """Classes that are told by their name when they are raised."""
    return {
        node.name
        for node in module.tree.body
        if isinstance(node, ast.ClassDef) and node.name.endswith("Error")
    }


def _rename_in(program: Program, module: Module, new: dict[Key, str], told: Told) -> None:
    mapping = {name: short for (where, name), short in new.items() if where == module.name}
    for part in ast.walk(module.tree):
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
            told.setdefault(mapping[node.name], []).append(node.name)
            node.name = mapping[node.name]


__all__ = ("Class", "rename_attributes", "rename_globals", "rename_parameters", "short_names", "texts")
