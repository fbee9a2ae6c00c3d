"""Late imports of a whole module become imports of what is asked of it, so that its names can be renamed.

    from ..core import settings      ->    from ..core.settings import merge as settings_merge
    settings.merge(found)                  settings_merge(found)

A module that is used as anything else than the root of a name stays what it is.
"""

from __future__ import annotations

import ast

from .program import Module, Program
from .scopes import DEFS, FUNCTIONS, Function, local_names
from .walking import walk


def by_name(program: Program) -> None:
    """Change every function of the program that imports modules of ours."""
    for module in program.modules.values():
        taken = {node.id for node in walk(module.tree) if isinstance(node, ast.Name)}
        for node in walk(module.tree):
            if isinstance(node, FUNCTIONS) and not isinstance(node, ast.Lambda):
                _Modules(program, module, node, taken).change()


class _Modules:
    """The modules that one function imports."""

    def __init__(
        self, program: Program, module: Module, function: Function, taken: set[str]
    ) -> None:
        self._program = program
        self._module = module
        self._function = function
        self._taken = taken | local_names(function)

    def change(self) -> None:
        """Import names instead, where nothing else is asked of the module."""
        parts = list(walk(self._function))
        inner = {
            id(part)
            for node in parts
            if isinstance(node, FUNCTIONS) and node is not self._function
            for part in walk(node)
        }
        for node in parts:
            if isinstance(node, ast.ImportFrom) and id(node) not in inner and len(node.names) == 1:
                own = node.names[0].asname or node.names[0].name
                if self._is_whole(node) and self._bound(own, parts) == 1:
                    self._change(node, own, parts)

    def _is_whole(self, node: ast.ImportFrom) -> bool:
        meaning = self._program.meaning(self._module, node, node.names[0].name)
        return meaning is not None and not meaning[1]

    @staticmethod
    def _bound(own: str, parts: list[ast.AST]) -> int:
        """How many things in the function bind a name."""
        count = 0
        for part in parts:
            if isinstance(part, ast.Name) and part.id == own:
                count += not isinstance(part.ctx, ast.Load)
            elif isinstance(part, ast.alias):
                count += (part.asname or part.name).split(".")[0] == own
            elif isinstance(part, ast.arg):
                count += part.arg == own
            elif isinstance(part, (ast.ExceptHandler, *DEFS)):
                count += part.name == own
        return count

    def _change(self, node: ast.ImportFrom, own: str, parts: list[ast.AST]) -> None:
        asked = [
            part
            for part in parts
            if isinstance(part, ast.Attribute)
            and isinstance(part.value, ast.Name)
            and part.value.id == own
        ]
        uses = [part for part in parts if isinstance(part, ast.Name) and part.id == own]
        if len(asked) != len(uses) or not all(isinstance(part.ctx, ast.Load) for part in asked):
            return
        names = {part.attr: f"{own}_{part.attr}" for part in asked}
        if not names or set(names.values()) & self._taken:
            return
        whole = node.names[0].name
        node.module = f"{node.module}.{whole}" if node.module else whole
        node.names = [ast.alias(name, new) for name, new in sorted(names.items())]
        by_node = {id(part): ast.Name(names[part.attr], ast.Load()) for part in asked}
        for part in parts:
            for field, value in ast.iter_fields(part):
                if isinstance(value, list):
                    value[:] = [by_node.get(id(item), item) for item in value]
                elif id(value) in by_node:
                    setattr(part, field, by_node[id(value)])
        ast.fix_missing_locations(self._function)
