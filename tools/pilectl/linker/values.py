"""Values of module-level names, found by running the modules; nothing of the chip is there when they run.

Only a name that is bound once, by an expression of literals, pure builtins and other such names, is a
constant: what depends on the chip or on another library is not.
"""

from __future__ import annotations

import ast
import builtins
import types
from collections.abc import Mapping, Sequence

from .program import Module, Program
from .scopes import COMPREHENSIONS, Globals, bound_in
from .walking import walk

Value = None | bool | int | float | str | bytes | tuple["Value", ...]
Key = tuple[str, str]
_PURE = ("len", "range", "tuple", "bytes", "min", "max", "sum", "sorted", "enumerate", "ord")
# Pure rules: their functions depend on their arguments only
_RULES = "evse.core"


class _Foreign(types.ModuleType):
    """Stands for a module that is not ours; whatever is asked of it is an empty class."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {"const": staticmethod(lambda value: value)})


def _foreign(name: str) -> types.ModuleType:
    module = _Foreign(name)
    if name == "micropython":
        module.__dict__["const"] = lambda value: value
    for part in name.split(".")[1:]:
        module.__dict__[part] = _Foreign(part)
    return module


class Namespaces:
    """Runs every module of a program once, in order; `of[name]` is its namespace."""

    def __init__(self, program: Program) -> None:
        self.of: dict[str, dict[str, object]] = {}
        self._program = program
        for module in program.modules.values():
            code = compile(module.tree, module.path, "exec")
            package = module.name if module.is_package else module.name.rpartition(".")[0]
            space: dict[str, object] = {
                "__name__": module.name,
                "__package__": package,
                "__builtins__": {**builtins.__dict__, "__import__": self._import},
            }
            self.of[module.name] = space
            try:
                exec(code, space)
            except Exception as error:
                raise module.error(module.tree, f"does not start: {error!r}") from error

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
        if name not in self.of and not self._is_ours(name):
            return _foreign(name)
        found = types.ModuleType(name)
        found.__dict__.update(self.of.get(name, {}))
        for part in wanted or ():
            if f"{name}.{part}" in self.of:
                inner = types.ModuleType(part)
                inner.__dict__.update(self.of[f"{name}.{part}"])
                found.__dict__[part] = inner
        return found

    def _is_ours(self, name: str) -> bool:
        return any(ours == name or ours.startswith(name + ".") for ours in self._program.modules)


def _is_value(value: object) -> bool:
    if isinstance(value, tuple):
        return all(_is_value(part) for part in value)
    return value is None or isinstance(value, bool | int | float | str | bytes)


def _bindings(module: Module) -> dict[str, list[ast.expr | None]]:
    """Expressions that module-level statements bind each name to; None where it is no plain assignment."""
    found: dict[str, list[ast.expr | None]] = {}
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            if all(isinstance(name, ast.Name) for name in names):
                for name in names:
                    assert isinstance(name, ast.Name)
                    found.setdefault(name.id, []).append(node.value)
                continue
        for bound in bound_in([node]):
            found.setdefault(bound, []).append(None)
    return found


def constants(program: Program) -> dict[Key, Value]:
    """Value of every module-level constant, by (module, name)."""
    spaces = Namespaces(program).of
    found: dict[Key, Value] = {}
    rules = {
        (module.name, node.name)
        for module in program.modules.values()
        if module.name.startswith(_RULES)
        for node in module.tree.body
        if isinstance(node, ast.FunctionDef)
    }
    for module in program.modules.values():
        for name, expressions in _bindings(module).items():
            if len(expressions) != 1 or expressions[0] is None:
                continue
            value = spaces[module.name].get(name)
            if _is_value(value) and _is_pure(program, module, expressions[0], found, rules):
                found[module.name, name] = value  # type: ignore[assignment]
    return found


def _is_pure(
    program: Program,
    module: Module,
    expression: ast.expr,
    found: dict[Key, Value],
    rules: set[Key],
) -> bool:
    """True when an expression depends on nothing but constants found before it."""
    wrapped = ast.Module([ast.Expr(expression)], [])
    known = {"const", *_PURE, *(name for where, name in found if where == module.name)}
    known |= {name for where, name in rules if where == module.name}
    for node in module.tree.body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                meaning = program.meaning(module, node, alias.name)
                if meaning is not None and (
                    meaning in found or meaning in rules or not meaning[1]
                ):
                    known.add(alias.asname or alias.name)
    for part in walk(expression):
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
            # Of a module only what is constant there; of a value its methods
            where = _of_module(program, module, part.value.id)
            if where is not None and (where, part.attr) not in {*found, *rules}:
                return False
        if isinstance(part, ast.Lambda | ast.Await | ast.Yield | ast.Starred | ast.JoinedStr):
            return False
    return all(name.id in known for name in Globals(wrapped).names)


def _of_module(program: Program, module: Module, alias_name: str) -> str | None:
    for node in module.tree.body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == alias_name:
                    meaning = program.meaning(module, node, alias.name)
                    if meaning is not None and not meaning[1]:
                        return meaning[0]
    return None


__all__ = ("COMPREHENSIONS", "Key", "Value", "constants")
