"""Of which class of ours an expression gives an object, where that is sure."""

from __future__ import annotations

import ast

from .program import Program
from .scopes import DEFS, bound_in, local_names
from .walking import walk, words_set

_DEEPEST = 5
Def = ast.FunctionDef | ast.AsyncFunctionDef


class Kinds:
    """Follows objects from where a class makes them, through locals, constructors and attributes."""

    def __init__(self, program: Program, foreign: set[str]) -> None:
        self._program = program
        # Objects that are not ours may have an attribute of that name
        self._foreign = foreign
        self._unsure = made_elsewhere(program)
        self._module_of: dict[int, str] = {}
        self._owner_of: dict[int, ast.ClassDef | None] = {}
        self._function_of: dict[int, Def] = {}
        self._stores: dict[str, list[tuple[ast.expr | None, Def | None]]] = {}
        self._made: dict[int, list[tuple[ast.Call, Def | None]]] = {}
        self._named: dict[str, int] = {}
        self._classes = {
            (module.name, node.name): node
            for module in program.modules.values()
            for node in module.tree.body
            if isinstance(node, ast.ClassDef)
        }
        for module in program.modules.values():
            for top in module.tree.body:
                self._top(module.name, top)

    def of(self, node: ast.expr, function: Def | None, depth: int = 0) -> ast.ClassDef | None:
        """The class, None where it may be another or none."""
        if depth > _DEEPEST:
            return None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self._class(node.func.id, function)
        if isinstance(node, ast.Attribute) and node.attr not in self._foreign:
            stores = self._stores.get(node.attr, [])
            found = [
                self.of(value, where, depth + 1) if value is not None else None
                for value, where in stores
            ]
            first = found[0] if found else None
            return first if all(kind is first for kind in found) else None
        if isinstance(node, ast.Name) and function is not None:
            return self._local(node.id, function, depth)
        return None

    def _top(self, module: str, top: ast.stmt) -> None:
        owner = top if isinstance(top, ast.ClassDef) else None
        functions = [part for part in (owner.body if owner else [top]) if isinstance(part, DEFS)]
        for name in bound_in(owner.body) if owner else ():
            # As `X.name` it may be what the class has
            self._stores.setdefault(name, []).append((None, None))
        for function in functions:
            self._module_of[id(function)] = module
            self._owner_of[id(function)] = owner
            for node in walk(function):
                self._function_of[id(node)] = function
        nodes = list(walk(top))
        values = {
            id(target): node.value
            for node in nodes
            if isinstance(node, ast.Assign)
            for target in node.targets
        }
        for node in nodes:
            self._node(module, node, values.get(id(node)))

    def _node(self, module: str, node: ast.AST, value: ast.expr | None) -> None:
        where = self._function_of.get(id(node))
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            self._stores.setdefault(node.attr, []).append((value, where))
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            name = node.id if isinstance(node, ast.Name) else node.attr
            self._named[name] = self._named.get(name, 0) + 1
        elif isinstance(node, ast.alias) and node.asname:
            self._named[node.name] = self._named.get(node.name, 0) + 2
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            made = self._class(node.func.id, where, module)
            if made is not None:
                self._made.setdefault(id(made), []).append((node, where))
            for word in words_set(node):
                self._stores.setdefault(word, []).append((None, None))

    def _class(self, name: str, function: Def | None, module: str = "") -> ast.ClassDef | None:
        """Class that a name means, at the top of a module or imported within a function."""
        where = module or (self._module_of.get(id(function), "") if function else "")
        if not where:
            return None
        if function is not None and name in local_names(function):
            imports = [
                node
                for node in walk(function)
                if isinstance(node, ast.ImportFrom)
                and any((alias.asname or alias.name) == name for alias in node.names)
            ]
            if len(imports) != 1 or any(
                isinstance(node, ast.Name)
                and node.id == name
                and not isinstance(node.ctx, ast.Load)
                for node in walk(function)
            ):
                return None
            real = next(a.name for a in imports[0].names if (a.asname or a.name) == name)
            key = self._program.meaning(self._program.modules[where], imports[0], real)
        else:
            key = self._program.origin(where, name)
        return self._classes.get(key) if key is not None else None

    def _local(self, name: str, function: Def, depth: int) -> ast.ClassDef | None:
        bindings = [
            node
            for node in walk(function)
            if isinstance(node, ast.Name)
            and node.id == name
            and not isinstance(node.ctx, ast.Load)
        ]
        if bindings:
            for node in walk(function):
                if isinstance(node, ast.Assign) and node.targets[0] in bindings:
                    return self.of(node.value, function, depth + 1) if len(bindings) == 1 else None
            return None
        return self._parameter(name, function, depth)

    def _parameter(self, name: str, function: Def, depth: int) -> ast.ClassDef | None:
        """What the only maker of a class hands to its constructor."""
        owner = self._owner_of.get(id(function))
        names = [arg.arg for arg in function.args.args]
        if owner is None or function.name != "__init__" or name not in names:
            return None
        made = self._made.get(id(owner), [])
        if len(made) != 1 or self._named.get(owner.name) != 1 or id(owner) in self._unsure:
            return None
        call, where = made[0]
        index = names.index(name) - 1
        if index >= len(call.args) or any(isinstance(arg, ast.Starred) for arg in call.args):
            return None
        return self.of(call.args[index], where, depth + 1)


def made_elsewhere(program: Program) -> set[int]:
    """Classes, by identity, that something but a call by name may make an object of."""
    every = {
        id(node): node
        for module in program.modules.values()
        for node in module.tree.body
        if isinstance(node, ast.ClassDef)
    }
    found: set[int] = set()
    for module in program.modules.values():
        for top in module.tree.body:
            for node in walk(top):
                if not isinstance(node, ast.Call):
                    continue
                func = node.func
                is_own = isinstance(func, ast.Name) and func.id == "cls"
                is_kind = isinstance(func, ast.Call) and ast.unparse(func.func) == "type"
                is_kind = is_kind or (isinstance(func, ast.Attribute) and func.attr == "__class__")
                if not is_own and not is_kind:
                    continue
                asks_self = is_own or ast.unparse(func) in ("type(self)", "self.__class__")
                if isinstance(top, ast.ClassDef) and asks_self:
                    found |= {id(top), *_heirs(every, top)}
                else:
                    found |= set(every)
    return found


def _heirs(every: dict[int, ast.ClassDef], top: ast.ClassDef) -> set[int]:
    names = {top.name}
    found: set[int] = set()
    while True:
        more = {
            key
            for key, node in every.items()
            if key not in found and names & {ast.unparse(base) for base in node.bases}
        }
        if not more:
            return found
        found |= more
        names |= {every[key].name for key in more}
