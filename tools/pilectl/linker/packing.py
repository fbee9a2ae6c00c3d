"""Packs the texts of modules that come and go: on the pile's file system they take half, and unpack when loaded."""

from __future__ import annotations

import ast
import zlib

from .program import Module, Program
from .walking import walk

# Loaded for a while only, or by a pile that has an operator
PACKED = (
    "evse.app.operator",
    "evse.app.shell",
    "evse.app.update",
    "evse.core.fault_sentences",
    "evse.core.fault_sentences_zh",
    "evse.core.settings",
    "evse.starting",
)
# A shorter text is not worth the code that takes it out, nor a few texts the code that unpacks them
_LEAST_CHARS = 8
_LEAST_BYTES = 600
# A window of 4 KB, which the pile has room for while nothing is energised
_WINDOW_BITS = 12
_SEPARATOR = "\0"
IMPORTS = "import deflate\nimport io\n"


def pack(program: Program) -> None:
    """Put the longer texts of such modules into one that is packed, and take them from there."""
    for module in program.modules.values():
        if module.name in PACKED:
            _pack(module)


def packed(data: bytes) -> bytes:
    """`data` as a zlib stream that MicroPython unpacks within the window."""
    packer = zlib.compressobj(9, zlib.DEFLATED, _WINDOW_BITS)
    return packer.compress(data) + packer.flush()


def _pack(module: Module) -> None:
    found: dict[str, None] = {}
    for node in walk(module.tree):
        if isinstance(node, ast.Constant) and _is_worth_it(node.value):
            found[str(node.value)] = None
    texts = list(found)
    unpacking = unpacked(texts)
    if not unpacking:
        return
    name = _free(module.tree)
    module.tree = _Taking(name, texts).visit(module.tree)
    first = [node for node in module.tree.body if _is_future(node)]
    rest = [node for node in module.tree.body if not _is_future(node)]
    begin = ast.parse(f"{IMPORTS}{name} = {unpacking}\ndel deflate, io").body
    module.tree.body = [*first, *begin, *rest]
    ast.fix_missing_locations(module.tree)


def unpacked(texts: list[str]) -> str:
    """An expression that has the texts as a list, after IMPORTS; "" where that takes more than they do."""
    data = _SEPARATOR.join(texts).encode()
    if len(data) < _LEAST_BYTES:
        return ""
    return f"str(deflate.DeflateIO(io.BytesIO({packed(data)!r})).read(), 'utf-8').split('\\x00')"


def _is_worth_it(value: object) -> bool:
    if not isinstance(value, str) or len(value) < _LEAST_CHARS or _SEPARATOR in value:
        return False
    # A module gets its short name later, also where a text names it
    return not value.startswith("evse.")


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _free(tree: ast.Module) -> str:
    """A name that nothing in the module has."""
    taken = {node.id for node in walk(tree) if isinstance(node, ast.Name)}
    taken |= {node.arg for node in walk(tree) if isinstance(node, ast.arg)}
    taken |= {node.attr for node in walk(tree) if isinstance(node, ast.Attribute)}
    name = "T"
    while name in taken:
        name += "T"
    return name


class _Taking(ast.NodeTransformer):
    """Puts `name[place]` where a text stood."""

    def __init__(self, name: str, texts: list[str]) -> None:
        self._name = name
        self._places = {text: place for place, text in enumerate(texts)}

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if isinstance(node.value, str) and node.value in self._places:
            place = ast.Constant(self._places[node.value])
            return ast.Subscript(ast.Name(self._name, ast.Load()), place, ast.Load())
        return node
