"""What the names, classes and methods of a program are, for passes that follow values."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from .flow import OUT, Cell
from .program import Module, Program
from .scopes import COMPREHENSIONS, DEFS, Function, bound_in, local_names
from .values import Key
from .walking import walk

Scope = ast.AST
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass
class Meaning:
    """What a name may be: cells with values, definitions of ours; `is_open`: something else as well."""

    cells: list[Cell] = field(default_factory=list)
    definitions: list[tuple[Key, Definition]] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)
    is_open: bool = False


class Names:
    """Names of a program. `methods`: by name; `kin`: each class with its heirs; `bases`: of each class."""

    def __init__(self, program: Program) -> None:
        self.classes: dict[Key, ast.ClassDef] = {}
        self.methods: dict[str, list[ast.FunctionDef | ast.AsyncFunctionDef]] = {}
        self.data: set[str] = set()
        self.bases: dict[Key, list[Key]] = {}
        self.kin: dict[Key, set[Key]] = {}
        self.family: dict[Cell, Key] = {}
        self._program = program
        self._owner: dict[int, Key] = {}
        self._tops: dict[Key, list[ast.stmt]] = {}
        self._found: dict[tuple[int, str], Meaning] = {}
        for module in program.modules.values():
            for node in module.tree.body:
                for name in bound_in([node]):
                    self._tops.setdefault((module.name, name), []).append(node)
                if isinstance(node, ast.ClassDef):
                    self._class((module.name, node.name), node)
            for part in walk(module.tree):
                if isinstance(part, ast.Attribute) and not isinstance(part.ctx, ast.Load):
                    self.data.add(part.attr)
        self._families()

    def _families(self) -> None:
        for key, node in self.classes.items():
            self.bases[key] = [
                self._program.origin(key[0], b.id) if isinstance(b, ast.Name) else ("", "")
                for b in node.bases
            ]
            self.kin[key] = {key}
        for _ in self.classes:
            for key, bases in self.bases.items():
                for base in bases:
                    self.kin.get(base, set()).update(self.kin[key])
        # Any class of those that have to do with each other by inheritance stands for all
        self.family.update((key, key) for key in self.classes)
        for key, heirs in self.kin.items():
            for heir in heirs:
                old, new = self.family[heir], self.family[key]
                for other, first in self.family.items():
                    self.family[other] = new if first == old else first
        asks = self.methods.get("__getattr__", [])
        self._asks = {self.family[self._owner[id(node)]] for node in asks}

    def _class(self, key: Key, node: ast.ClassDef) -> None:
        self.classes[key] = node
        for part in node.body:
            if isinstance(part, DEFS):
                self.methods.setdefault(part.name, []).append(part)
                self._owner[id(part)] = key
            else:
                self.data |= bound_in([part])

    def owner(self, node: ast.AST) -> Key | None:
        """The class of a method."""
        return self._owner.get(id(node))

    def kinds(self, node: ast.AST) -> set[str]:
        """Decorators of a function."""
        return {d.id for d in getattr(node, "decorator_list", ()) if isinstance(d, ast.Name)}

    def given(self, node: ast.AST) -> int:
        """How many parameters of a function its calls do not name: self of a method."""
        return int(id(node) in self._owner and "staticmethod" not in self.kinds(node))

    def of_family(self, kind: Cell, name: str) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Methods of a name, "" for all, that objects of a family may find; by `__getattr__` anybody's."""
        family = self.family[kind]
        found = self.methods.get(name, [])
        if not name:
            found = [method for methods in self.methods.values() for method in methods]
        own = [m for m in found if self.family[self._owner[id(m)]] == family]
        return found if name and not own and family in self._asks else own

    def answering(self, kind: Cell) -> set[Key]:
        """Families that may have the attributes of a family: its own, or by `__getattr__` all."""
        family = self.family[kind]
        return set(self.family.values()) if family in self._asks else {family}

    def is_foreign(self, kind: Cell) -> bool:
        """True when a family has a base that is not ours."""
        family = self.family[kind]
        return any(
            base not in self.classes
            for key, bases in self.bases.items()
            if self.family[key] == family
            for base in bases
        )

    def makers(self, key: Key) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Constructors that a call of a class, or of an heir, may run."""
        return [
            init
            for init in self.methods.get("__init__", [])
            if self.kin[self._owner[id(init)]] & self.kin[key]
        ]

    def find(self, module: Module, scopes: list[Scope], name: str) -> Meaning:
        """What a name means within scopes, the innermost last."""
        for place, scope in reversed(list(enumerate(scopes))):
            if isinstance(scope, ast.ClassDef) and place < len(scopes) - 1:
                continue
            key = (id(scope), name)
            if key not in self._found:
                self._found[key] = self._in(module, scope, name)
            if self._found[key].cells:
                return self._found[key]
        key = (id(module), name)
        if key not in self._found:
            self._found[key] = self._at_top(self._program.origin(module.name, name))
        return self._found[key]

    def of_module(self, name: str, attribute: str) -> Meaning:
        """What an attribute of a module of ours is."""
        return self._at_top(self._program.origin(name, attribute))

    def _at_top(self, key: Key) -> Meaning:
        if key[0] and not key[1]:
            return Meaning([("global", *key)], [], [key[0]])
        nodes = self._tops.get(key, [])
        found = Meaning([("global", *key)] if nodes else [], is_open=not nodes)
        for node in nodes:
            if isinstance(node, (*DEFS, ast.ClassDef)):
                found.definitions.append((key, node))
            else:
                found.is_open = True
                if isinstance(node, ast.Import | ast.ImportFrom):
                    found.cells.append(OUT)
        return found

    def _in(self, module: Module, scope: Scope, name: str) -> Meaning:
        if isinstance(scope, ast.ClassDef):
            is_own = name in bound_in(scope.body)
            methods = [m for m in scope.body if isinstance(m, DEFS) and m.name == name]
            cell: Cell = ("attribute", self.family[module.name, scope.name], name)
            found = Meaning([cell] if is_own else [], is_open=True)
            found.definitions = [(("", name), method) for method in methods]
            return found
        if isinstance(scope, COMPREHENSIONS):
            targets = [part.target for part in scope.generators]
            own = {n.id for t in targets for n in walk(t) if isinstance(n, ast.Name)}
            return Meaning([("local", id(scope), name)] if name in own else [], is_open=True)
        assert isinstance(scope, (*DEFS, ast.Lambda))
        if name not in local_names(scope):
            return Meaning()
        found = Meaning([("local", id(scope), name)])
        for node in walk(scope):
            self._bind(module, scope, node, name, found)
        return found

    def _bind(
        self, module: Module, scope: Function, node: ast.AST, name: str, found: Meaning
    ) -> None:
        """Add what one statement may bind a local to."""
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    key = self._program.meaning(module, node, alias.name)
                    inner = Meaning([OUT], is_open=True) if key is None else self._at_top(key)
                    found.definitions += inner.definitions
                    found.modules += inner.modules
                    found.cells += inner.cells
                    found.is_open = found.is_open or inner.is_open
        elif isinstance(node, ast.Import):
            own = {(alias.asname or alias.name).split(".")[0] for alias in node.names}
            if name in own:
                found.is_open = True
                found.cells.append(OUT)
        elif (
            (isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store))
            or (isinstance(node, ast.ExceptHandler) and node.name == name)
            or (isinstance(node, ast.arg) and node.arg == name)
            or (isinstance(node, DEFS) and node is not scope and node.name == name)
        ):
            found.is_open = True
