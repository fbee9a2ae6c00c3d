"""Where new names come from: texts that stand in the heap anyway, names in ROM, and after them short names.

MicroPython keeps each distinct name once, with some 20 bytes. An attribute or a global that goes by the
text of a message field or a fault costs nothing, and nothing by the name of a string's method.
"""

from __future__ import annotations

import ast
import builtins
import keyword
from collections.abc import Container, Iterable, Iterator

from . import rom
from .program import Module, Program
from .scopes import FUNCTIONS, local_names
from .walking import walk

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Functions that are told by a text which attribute they are for
BY_TEXT = ("getattr", "setattr", "hasattr", "delattr")
_SHORT = 5
# New name of a function or class: those that go by it
Told = dict[str, list[str]]


def short_names(prefix: str = "_") -> Iterator[str]:
    """_a, _b, .. _z, _A, .. _Z, _aa, _ab, .."""
    for letter in _LETTERS:
        yield prefix + letter
    for first in short_names(prefix):
        for letter in _LETTERS:
            yield first + letter


def texts(modules: list[Module], without: Container[int] = ()) -> set[str]:
    """Strings of modules, but for nodes with the ids in `without`."""
    return {
        node.value
        for module in modules
        for node in walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if id(node) not in without
    }


def asked_texts(program: Program) -> set[str]:
    """Texts by which an object may be asked for an attribute: those of modules that are not forgotten again."""
    gone = forgotten(program)
    return texts([module for module in program.modules.values() if module not in gone])


def forgotten(program: Program) -> list[Module]:
    """Modules that some code names by a text: it does so to forget them."""
    named = texts(list(program.modules.values()))
    return [module for name, module in program.modules.items() if "." in name and name in named]


def lenders(resident: Module, leaving: Iterable[ast.AST] = ()) -> list[str]:
    """Texts of the resident module that can be names, then names in ROM; `leaving`: functions that go."""
    gone = {id(part) for node in leaving for part in walk(node)}
    lent = {
        text
        for text in texts([resident], gone)
        if text.isidentifier()
        and not text.startswith("_")
        and not keyword.iskeyword(text)
        and not hasattr(builtins, text)
    }
    # Other files have them once more
    found = sorted(lent, key=lambda text: (len(text), text))
    return found + [name for name in rom.NAMES if name not in found]


def shortest(resident: Module) -> list[str]:
    """Lent names in small letters, the shortest first: they stand in paths, and a parameter is only counted."""
    found = [name for name in lenders(resident) if name.islower() and len(name) <= _SHORT]
    return sorted(found, key=lambda name: (len(name), name))


def asked_by_text(program: Program) -> set[str]:
    """Attributes that the program asks an object for by a text that stands there."""
    return {
        node.args[1].value
        for module in program.modules.values()
        for node in walk(module.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in BY_TEXT
        and isinstance(node.args[1], ast.Constant)
        and isinstance(node.args[1].value, str)
    }


def pool(given: list[str], taken: set[str]) -> Iterator[str]:
    """Names out of `given`, then short ones; none of `taken`."""
    yield from (name for name in given if name not in taken)
    yield from (name for name in short_names() if name not in taken)


def mentioned_names(module: Module) -> set[str]:
    """Every identifier of a module that is no attribute."""
    found: set[str] = set()
    for node in walk(module.tree):
        if isinstance(node, FUNCTIONS):
            found |= local_names(node)
        elif isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).split(".")[0])
    return found


def keywords(program: Program) -> set[str]:
    """Names by which calls hand over arguments."""
    return {
        node.arg
        for module in program.modules.values()
        for node in walk(module.tree)
        if isinstance(node, ast.keyword) and node.arg
    }
