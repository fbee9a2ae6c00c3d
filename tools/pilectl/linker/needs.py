"""Which driver modules a board can import: asked of its own data, without any driver being there."""

from __future__ import annotations

import ast
import builtins
import inspect
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .program import LinkError, Module

DRIVERS = "evse.drivers"
# Rules that are loaded late, for a part that not every board has: module, role of the part
_RULES_OF_PARTS = (("evse.core.lock", "lock_a"),)
_BASE = f"{DRIVERS}.standard_board"


class _Part:
    """Whatever a driver module has: takes any arguments, and has every attribute."""

    def __init__(self, *_values: object, **_words: object) -> None:
        pass

    def __getattr__(self, name: str) -> object:
        return _Part


class _Recorder:
    """Runs the board's modules; imports of drivers are noted, not made."""

    def __init__(self, modules: dict[str, Module]) -> None:
        self.found: set[str] = set()
        self._modules = modules
        self._spaces: dict[str, types.ModuleType] = {}

    def run(self, name: str) -> types.ModuleType:
        """The module `name`, run once."""
        if name not in self._spaces:
            space = types.ModuleType(name)
            space.__dict__["__package__"] = name.rpartition(".")[0]
            space.__dict__["__builtins__"] = {**builtins.__dict__, "__import__": self._import}
            self._spaces[name] = space
            module = self._modules[name]
            exec(compile(module.tree, module.path, "exec"), space.__dict__)
        return self._spaces[name]

    def _import(
        self,
        name: str,
        space: Mapping[str, object] | None = None,
        _locals: object = None,
        wanted: Sequence[str] | None = (),
        level: int = 0,
    ) -> object:
        if level:
            parts = str((space or {}).get("__package__", "")).split(".")
            base = ".".join(parts[: len(parts) - level + 1])
            name = f"{base}.{name}" if name else base
        if name.startswith(DRIVERS + ".standard_"):
            return self.run(name)
        if name in self._modules and name.startswith(DRIVERS + "."):
            self.found.add(name)
        for part in wanted or ():
            if f"{name}.{part}" in self._modules:
                self.found.add(f"{name}.{part}")
        return _Part()


@dataclass(frozen=True)
class Needs:
    """Driver modules that a board can import, those of its base included; rules that it has no part for."""

    drivers: set[str]
    idle_rules: set[str]


def needs(modules: dict[str, Module]) -> Needs:
    """What the board among `modules` needs; LinkError when its data does not tell."""
    recorder = _Recorder(modules)
    try:
        board = recorder.run("board").__dict__["BOARD"]
        found = _drivers(modules, recorder, board) | _base(modules)
        roles = {*board.PINS, *(getattr(board, "SECOND", None) or ())}
    except Exception as error:
        raise LinkError(f"board.py does not tell what it needs: {error!r}") from error
    return Needs(found, {module for module, role in _RULES_OF_PARTS if role not in roles})


def _drivers(modules: dict[str, Module], recorder: _Recorder, board: Any) -> set[str]:
    told = getattr(type(board), "driver_modules", None)
    if told is not None:
        return {f"{DRIVERS}.{name}" for name in board.driver_modules()}
    for name, method in inspect.getmembers(type(board), inspect.isfunction):
        if not name.startswith("_"):
            count = method.__code__.co_argcount - 1 - len(method.__defaults__ or ())
            getattr(board, name)(*[""] * count)
    return recorder.found


def _base(modules: dict[str, Module]) -> set[str]:
    return {name for name in modules if name.startswith(DRIVERS + ".standard_")} | {
        f"{DRIVERS}.safe_state"
    }


def chosen_later(modules: dict[str, Module], needed: set[str]) -> set[str]:
    """Drivers among which a setting chooses: one function imports several that the board may need."""
    found: set[str] = set()
    for module in modules.values():
        if module.name != "board" and not module.name.startswith(DRIVERS + ".standard_"):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef):
                names = {
                    f"{DRIVERS}.{part.module}"
                    for part in ast.walk(node)
                    if isinstance(part, ast.ImportFrom) and part.level == 1 and part.module
                }
                if len(names & needed) > 1:
                    found |= names & needed
    return found
