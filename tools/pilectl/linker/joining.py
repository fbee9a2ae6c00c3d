"""Joins the modules of a unit into one, so that what they have in common stands in the heap once.

Every global gets a name that is its own in the unit; imports within a unit vanish, those between units
become `from UNIT import NAME`. A late import, within a function, stays one.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from .program import Module, Program
from .scopes import FUNCTIONS, Globals, bound_in, local_names
from .values import Key
from .walking import walk


@dataclass
class _Unit:
    name: str
    modules: list[Module] = field(default_factory=list)
    names: dict[Key, str] = field(default_factory=dict)  # (module, name): name in the unit
    foreign: dict[tuple[str, str], str] = field(default_factory=dict)  # import: its alias
    borrowed: dict[tuple[str, str], str] = field(default_factory=dict)  # (unit, name): alias
    taken: set[str] = field(default_factory=set)

    def fresh(self, wanted: str) -> str:
        """A name like `wanted` that nothing in the unit has."""
        name, count = wanted, 1
        while name in self.taken:
            count += 1
            name = f"{wanted}_{count}"
        self.taken.add(name)
        return name


class Joiner:
    """Joins a program; `unit_of` maps each module to its unit, `as_it_is` are names that must stay."""

    def __init__(self, program: Program, unit_of: dict[str, str], as_it_is: set[Key]) -> None:
        self._program = program
        self._unit_of = unit_of
        self._as_it_is = as_it_is
        self._units: dict[str, _Unit] = {}
        for name, module in program.modules.items():
            unit = self._units.setdefault(unit_of[name], _Unit(unit_of[name]))
            unit.modules.append(module)
        for unit in self._units.values():
            self._name(unit)

    def joined(self) -> Program:
        """A program of one module for each unit."""
        return Program({name: self._join(unit) for name, unit in self._units.items()})

    def _name(self, unit: _Unit) -> None:
        # Locals and builtins of all modules must not capture what comes to stand beside them
        for module in unit.modules:
            bound = bound_in(module.tree.body)
            unit.taken.update(n.id for n in Globals(module.tree).names if n.id not in bound)
            for node in walk(module.tree):
                if isinstance(node, FUNCTIONS):
                    unit.taken |= local_names(node)
                elif isinstance(node, ast.comprehension):
                    unit.taken |= {n.id for n in walk(node.target) if isinstance(n, ast.Name)}
        for module in unit.modules:
            for name in sorted(_own(module)):
                if (module.name, name) in self._as_it_is:
                    unit.names[module.name, name] = name
                    unit.taken.add(name)
        alone = len(unit.modules) == 1 and unit.modules[0].name == unit.name
        for module in unit.modules:
            for name in sorted(_own(module)):
                if (module.name, name) not in unit.names:
                    # Nobody else's: what the module itself shadows it has always shadowed
                    unit.names[module.name, name] = name if alone else unit.fresh(name)
                    unit.taken.add(name)

    def _join(self, unit: _Unit) -> Module:
        body: list[ast.stmt] = []
        for module in unit.modules:
            body += self._rewritten(unit, module)
        imports: list[ast.stmt] = []
        for (name, part), alias in unit.foreign.items():
            if part:
                asname = alias if alias != part else None
                imports.append(ast.ImportFrom(name, [ast.alias(part, asname)], 0))
            else:
                imports.append(
                    ast.Import([ast.alias(name, None if "." in name else _as(name, alias))])
                )
        for (name, part), alias in unit.borrowed.items():
            asname = alias if alias != part else None
            imports.append(ast.ImportFrom(name, [ast.alias(part, asname)], 0))
        is_package = any(item.is_package and item.name == unit.name for item in unit.modules)
        path = unit.name.replace(".", "/") + ("/__init__.py" if is_package else ".py")
        tree = ast.fix_missing_locations(ast.Module(imports + body, []))
        return Module(unit.name, path, tree, is_package)

    def _rewritten(self, unit: _Unit, module: Module) -> list[ast.stmt]:
        """The module's statements without imports, with the unit's names."""
        aliases: dict[str, Key] = {}
        foreign: dict[str, str] = {}
        body: list[ast.stmt] = []
        for node in module.tree.body:
            if isinstance(node, ast.Import):
                self._import(unit, module, node, foreign)
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    own = alias.asname or alias.name
                    meaning = self._program.meaning(module, node, alias.name)
                    if meaning is not None:
                        aliases[own] = meaning
                    else:
                        key = (self._program.target(module, node), alias.name)
                        foreign[own] = self._foreign(unit, key, own)
            elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
                body.append(node)
        tree = ast.Module(body, [])
        globals_ = {id(node) for node in Globals(tree).names}
        rewriter = _Rewriter(self, unit, module, aliases, foreign, globals_)
        return [rewriter.visit(node) for node in body]

    def _import(
        self, unit: _Unit, module: Module, node: ast.Import, foreign: dict[str, str]
    ) -> None:
        for alias in node.names:
            if alias.name.split(".")[0] in {n.split(".")[0] for n in self._program.modules}:
                raise module.error(node, "import our own modules by `from .. import`")
            own = alias.asname or alias.name.split(".")[0]
            foreign[own] = self._foreign(unit, (alias.name, ""), own)

    def _foreign(self, unit: _Unit, key: tuple[str, str], wanted: str) -> str:
        if key not in unit.foreign:
            if "." in key[0] and not key[1]:
                # `import a.b` binds a
                unit.taken.add(wanted)
                unit.foreign[key] = wanted
            else:
                unit.foreign[key] = unit.fresh(wanted)
        return unit.foreign[key]

    def name_for(self, unit: _Unit, key: Key) -> str:
        """The name by which a global of ours goes in `unit`, imported from its own unit if need be."""
        other = self._units[self._unit_of[key[0]]]
        if key not in other.names:
            raise self._program.modules[key[0]].error(ast.Module([], []), f"has no {key[1]}")
        name = other.names[key]
        if other is unit:
            return name
        borrowed = (other.name, name)
        if borrowed not in unit.borrowed:
            unit.borrowed[borrowed] = unit.fresh(name)
        return unit.borrowed[borrowed]

    def own_name(self, unit: _Unit, key: Key) -> str:
        """The name of a module's own global in its unit."""
        return unit.names[key]

    def retarget(self, module: Module, node: ast.ImportFrom) -> ast.ImportFrom:
        """A late import by the units' names, each from where it is now."""
        names: list[tuple[str, ast.alias]] = []
        for alias in node.names:
            meaning = self._program.meaning(module, node, alias.name)
            own = alias.asname or alias.name
            if meaning is None:
                names.append((self._program.target(module, node), alias))
            elif meaning[1]:
                unit = self._units[self._unit_of[meaning[0]]]
                names.append((unit.name, ast.alias(unit.names[meaning], own)))
            elif self._unit_of[meaning[0]] == meaning[0]:
                names.append((meaning[0].rpartition(".")[0], alias))
            else:
                raise module.error(node, f"{meaning[0]} is joined to others: import its names")
        origins = {origin for origin, _alias in names}
        if len(origins) != 1:
            raise module.error(node, "a late import of names that now lie in two modules")
        tidy = [ast.alias(a.name, None if a.asname == a.name else a.asname) for _o, a in names]
        return ast.ImportFrom(origins.pop(), tidy, 0)


class _Rewriter(ast.NodeTransformer):
    """Gives the globals of one module their names in the unit."""

    def __init__(
        self,
        joiner: Joiner,
        unit: _Unit,
        module: Module,
        aliases: dict[str, Key],
        foreign: dict[str, str],
        globals_: set[int],
    ) -> None:
        self._joiner = joiner
        self._unit = unit
        self._module = module
        self._aliases = aliases
        self._foreign = foreign
        self._globals = globals_

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """`module.name` of ours becomes the name."""
        if isinstance(node.value, ast.Name) and id(node.value) in self._globals:
            key = self._aliases.get(node.value.id)
            if key is not None and not key[1]:
                if not isinstance(node.ctx, ast.Load):
                    raise self._module.error(node, "a module's name is set from outside")
                origin = self._joiner._program.origin(key[0], node.attr)
                return ast.copy_location(
                    ast.Name(self._joiner.name_for(self._unit, origin), ast.Load()), node
                )
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """A global by its new name."""
        if id(node) not in self._globals:
            return node
        key = self._aliases.get(node.id)
        if key is not None:
            if not key[1]:
                raise self._module.error(node, f"the module {node.id} is used as a value")
            return ast.copy_location(
                ast.Name(self._joiner.name_for(self._unit, key), node.ctx), node
            )
        if node.id in self._foreign:
            node.id = self._foreign[node.id]
        elif (self._module.name, node.id) in self._unit.names:
            node.id = self._joiner.own_name(self._unit, (self._module.name, node.id))
        return node

    def _definition(self, node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        is_global = node in self._module.tree.body
        self.generic_visit(node)
        if is_global:
            node.name = self._joiner.own_name(self._unit, (self._module.name, node.name))
        return node

    visit_FunctionDef = _definition  # noqa: N815
    visit_AsyncFunctionDef = _definition  # noqa: N815
    visit_ClassDef = _definition  # noqa: N815

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        """A late import."""
        return ast.copy_location(self._joiner.retarget(self._module, node), node)


def _own(module: Module) -> set[str]:
    """Globals of a module that it does not import."""
    imports = (ast.Import, ast.ImportFrom)
    return bound_in([node for node in module.tree.body if not isinstance(node, imports)])


def _as(name: str, alias: str) -> str | None:
    return alias if alias != name else None
