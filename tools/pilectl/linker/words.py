"""The texts of the resident modules, made known to MicroPython before those are loaded.

Ten characters and more it keeps as an object for each place they stand in; a text that it knows as a name
already it keeps once, and smaller. Asking any object for an attribute makes a name known.
"""

from __future__ import annotations

import ast

from .program import Module

# From here on a text is an object; a name has 255 bytes at most
_LEAST = 10
_MOST = 250


def words_module(name: str, modules: list[Module]) -> Module:
    """A module that makes the texts of `modules` known when it is loaded."""
    found = {
        node.value
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    texts = sorted(text for text in found if _LEAST <= len(text.encode()) <= _MOST)
    source = f"for word in {tuple(texts)!r}:\n    hasattr(0, word)\n"
    return Module(name, name.replace(".", "/") + ".py", ast.parse(source))
