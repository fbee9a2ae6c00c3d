"""Packs modules of nothing but sentences: on the pile's file system they take half, and unpack when loaded."""

from __future__ import annotations

import ast
import zlib

from .program import Program

# Less is not worth the code that unpacks it
_LEAST_BYTES = 1000
# A window of 4 KB, which the pile has room for while nothing is energised
_WINDOW_BITS = 12
_SEPARATOR = "\0"


def pack(program: Program) -> None:
    """Replace the one tuple of texts that a module may be by what unpacks it."""
    for module in program.modules.values():
        if len(module.tree.body) != 1:
            continue
        node = module.tree.body[0]
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
            texts = [part.value for part in node.value.elts if isinstance(part, ast.Constant)]
            if len(texts) == len(node.value.elts) and all(isinstance(text, str) for text in texts):
                _pack(module.tree, node, [str(text) for text in texts])


def packed(data: bytes) -> bytes:
    """`data` as a zlib stream that MicroPython unpacks within the window."""
    packer = zlib.compressobj(9, zlib.DEFLATED, _WINDOW_BITS)
    return packer.compress(data) + packer.flush()


def _pack(tree: ast.Module, node: ast.Assign, texts: list[str]) -> None:
    data = _SEPARATOR.join(texts).encode()
    if len(data) < _LEAST_BYTES or any(_SEPARATOR in text for text in texts):
        return
    unpacking = ast.parse(
        f"str(deflate.DeflateIO(io.BytesIO({packed(data)!r})).read(), 'utf-8').split('\\x00')",
        mode="eval",
    )
    node.value = unpacking.body
    tree.body[:0] = ast.parse("import deflate\nimport io").body
