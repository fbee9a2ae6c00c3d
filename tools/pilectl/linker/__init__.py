"""The link step: from the modules that a board needs to the few that go on it, with less in the heap.

Semantics stay; what changes is how many modules, names, functions and objects MicroPython must keep.
"""

from __future__ import annotations

import ast
import gc
from dataclasses import dataclass
from pathlib import Path

from . import dialect, foreign, keep
from .apart import tell_apart
from .attributes import Attributes
from .companions import join_companions
from .constants import propagate
from .evidence import drop_evidence
from .expanding import expand
from .globals import rename_globals
from .inlining import inline
from .joining import Joiner
from .keys import rename_keys
from .late import by_name
from .loading import STATION, arrange
from .meanings import tell_meanings
from .merging import Merging
from .names import Told, shortest
from .needs import idle_rules
from .one_board import fold
from .packing import pack
from .parameters import rename_parameters
from .program import LinkError, Module, Program, needed, read
from .residing import reside
from .shaking import prune, shake
from .slots import share_locals
from .splitting import split
from .starting import BOARD_CALL, mentions, start_only
from .unlabelled import unlabel
from .values import constants
from .walking import walk

__all__ = ("LinkError", "Linked", "link")

_BOARD = "board"
# What stays in the heap, and what only the start needs
RESIDENT = "evse.pile"
STARTING = "evse.starting"
_HOOK = "start_is_over"

_AFTER_START = f"""
from sys import modules
from {STARTING} import release
release()
name = "{STARTING}"
del modules[name]
delattr(modules["evse"], name[5:])
"""


@dataclass(frozen=True)
class Linked:
    """Source texts by target path, and what each short name of a function or class stands for."""

    sources: dict[str, str]
    told: Told


def link(files: dict[str, Path], entries: list[Path]) -> Linked:
    """Link the modules in `files` (target path to source) for the board among them.

    `entries` are the files that MicroPython starts, which stay as they are.
    """
    # Trees are full of lists that the collector would look through again and again, and hold few circles
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _linked(files, entries)
    finally:
        if collecting:
            gc.enable()


def _linked(files: dict[str, Path], entries: list[Path]) -> Linked:
    every = read(files)
    program = needed(every, [_BOARD, STATION], set())
    dialect.check(program)
    keep.check(program)
    by_name(program)
    _strip(program)
    drop_evidence(program)
    propagate(program, constants(program))
    prune(program)
    program = fold(program, [_BOARD, STATION], idle_rules(every), _outside(entries))
    program, units = reside(program, [_BOARD, STATION], _BOARD, RESIDENT)
    join_companions(program, units, RESIDENT)
    program = Joiner(program, units, keep.GLOBALS).joined()
    return _reduced(program, _outside(entries))


def _reduced(program: Program, later: set[str]) -> Linked:
    station = (RESIDENT, "Station")
    kept = {(_BOARD, "BOARD"), station}
    _hook(program)
    shake(program, kept, set(keep.NAMES))
    others = foreign.names(program)
    tell_meanings(program, keep.NAMES, others, kept)
    shake(program, kept, set(keep.NAMES))
    # Who makes the Station makes one, and that is the start
    later = (later | keep.NAMES | {BOARD_CALL + name for name in keep.BOARD}) - {station[1]}
    early = start_only(program, later, {RESIDENT, _BOARD})
    starting = frozenset(id(item.node) for item in early)
    stay = keep.NAMES | others
    tell_apart(program, stay)
    inline(program, kept, stay, starting)
    expand(program, kept, stay, starting)
    inline(program, kept, stay, starting)
    shake(program, kept, set(keep.NAMES))
    by_name(program)
    rename_keys(program, stay)
    found = start_only(program, later, {RESIDENT, _BOARD})
    resident = program.modules[RESIDENT]
    leaving = [item.node for item in found]
    attributes = Attributes(program, resident, keep.NAMES, others, leaving)
    merging = Merging(program, resident, kept, found)
    told = attributes.rename(merging.beside)
    merging.merge()
    split(program, RESIDENT, found, STARTING, kept | {(RESIDENT, _HOOK)})
    share_locals(program)
    rename_parameters(program, keep.NAMES, shortest(resident))
    whole = {(name, own) for name in _as_values(program) for own in _own(program.modules[name])}
    fixed = kept | whole
    for name, old in rename_globals(program, resident, fixed, set(told)).items():
        told.setdefault(name, []).extend(old)
    merging.tell(told)
    unlabel(program)
    pack(program)
    told.update(arrange(program, resident, program.modules[STARTING]))
    sources = {
        module.path: ast.unparse(ast.fix_missing_locations(module.tree)) + "\n"
        for module in program.modules.values()
        if module.tree.body or not module.is_package
    }
    return Linked(dict(sorted(sources.items())), told)


def _strip(program: Program) -> None:
    """Docstrings go: no code asks for them."""
    for module in program.modules.values():
        for node in walk(module.tree):
            if isinstance(
                node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
            ):
                body = [s for s in node.body if not _is_text(s)]
                node.body = body or ([] if isinstance(node, ast.Module) else [ast.Pass()])
        ast.fix_missing_locations(module.tree)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _outside(entries: list[Path]) -> set[str]:
    """Names that the files beside the program mention."""
    found: set[str] = set()
    for path in entries:
        found |= mentions(ast.parse(path.read_text(encoding="utf-8")))
    return found


def _hook(program: Program) -> None:
    """Give the function that runs when the start is over its work."""
    for module in program.modules.values():
        for node in module.tree.body:
            if isinstance(node, ast.FunctionDef) and node.name == _HOOK:
                node.body = ast.parse(_AFTER_START).body
                return
    raise LinkError(f"nothing defines {_HOOK}(), by which the start is over")


def _as_values(program: Program) -> set[str]:
    """Modules of ours that another one imports as a whole."""
    found: set[str] = set()
    for module in program.modules.values():
        for node in walk(module.tree):
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    meaning = program.meaning(module, node, alias.name)
                    if meaning is not None and not meaning[1]:
                        found.add(meaning[0])
    return found


def _own(module: Module) -> set[str]:
    from .scopes import bound_in

    return bound_in(module.tree.body)
