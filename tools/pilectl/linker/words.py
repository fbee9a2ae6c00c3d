"""Texts made known to MicroPython as names before the modules that show them are loaded.

A text of more than ten characters, or in a table, it keeps as an object for each place where it stands; one that
it knows as a name already it keeps once, and smaller. Asking any object for an attribute makes a name known. A
name costs little only while the table of names has room: it grows to twice its size at once.
"""

from __future__ import annotations

import ast
from collections import Counter

from . import rom
from .packing import IMPORTS, unpacked
from .program import Module
from .tables import identifiers, short_texts
from .walking import walk

# The table grows at 620; what comes in while the program runs, and what the port brings, needs some
_ROOM = 604
# A name has 255 bytes at most
_MOST = 250


def names_of(modules: list[Module]) -> set[str]:
    """Names that modules bring into the heap: identifiers, short texts, and those of the modules themselves."""
    found: set[str] = set()
    for module in modules:
        found |= identifiers(module) | set(short_texts(module.tree))
        whole = module.name
        found |= {whole, whole.rpartition(".")[2], whole.replace(".", "/") + ".mpy"}
    return rom.without(found)


def words(showing: list[Module], names: set[str]) -> list[str]:
    """Texts of the modules `showing` that are worth a name beside `names`; the worthiest if there is no room."""
    places = Counter(
        node.value
        for module in showing
        for node in walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    sizes = {text: len(text.encode()) + 1 for text in rom.without(set(places)) - names}
    worth = {text: places[text] * _object(size) - size for text, size in sizes.items()}
    found = sorted((text for text in worth if sizes[text] <= _MOST), key=lambda t: (-worth[t], t))
    return sorted(found[: max(0, _ROOM - len(names))])


def _object(size: int) -> int:
    """Bytes that a text of `size` bytes takes as an object, on a 64-bit host."""
    return 32 + -(-size // 32) * 32


def words_tree(texts: list[str]) -> ast.Module:
    """Code of a module that makes texts known when it is loaded."""
    unpacking = unpacked(texts)
    listed = unpacking or repr(tuple(texts))
    return ast.parse(f"{IMPORTS if unpacking else ''}for _ in {listed}:\n    hasattr(0, _)\n")
