"""The modules of one board as syntax trees, and what each import statement of them means."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .walking import walk


class LinkError(Exception):
    """The modules of a board cannot be linked; the text says where and why."""


@dataclass
class Module:
    """One module: its dotted name, file and syntax tree."""

    name: str
    path: str
    tree: ast.Module
    is_package: bool = False

    def error(self, node: ast.AST, text: str) -> LinkError:
        """LinkError about a place in this module."""
        return LinkError(f"{self.path}:{getattr(node, 'lineno', 0)}: {text}")


@dataclass
class Program:
    """Modules by dotted name, in the order in which the start imports them."""

    modules: dict[str, Module] = field(default_factory=dict)

    def target(self, module: Module, node: ast.ImportFrom) -> str:
        """Absolute dotted name of what `from X import` names."""
        if not node.level:
            return node.module or ""
        parts = module.name.split(".")
        keep = len(parts) - node.level + (1 if module.is_package else 0)
        if keep < 1:
            raise module.error(node, "an import beyond the top package")
        return ".".join(parts[:keep] + ([node.module] if node.module else []))

    def meaning(self, module: Module, node: ast.ImportFrom, name: str) -> tuple[str, str] | None:
        """What `from X import name` brings: (module, "") or (module, name) of ours, None if foreign."""
        base = self.target(module, node)
        if f"{base}.{name}" in self.modules:
            return f"{base}.{name}", ""
        if base in self.modules:
            return self.origin(base, name)
        return None

    def origin(self, module: str, name: str) -> tuple[str, str]:
        """Where a name that a module has was bound first: followed through `from X import name`."""
        for node in self.modules[module].tree.body:
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    if (alias.asname or alias.name) == name:
                        found = self.meaning(self.modules[module], node, alias.name)
                        if found is not None:
                            return found
        return module, name


def read(files: dict[str, Path]) -> dict[str, Module]:
    """Modules by dotted name from target path to source file; LinkError for one that is not Python."""
    modules = {}
    for target, path in files.items():
        parts = list(Path(target).with_suffix("").parts)
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"), filename=target)
        except SyntaxError as error:
            raise LinkError(f"{target}:{error.lineno}: {error.msg}") from error
        modules[name] = Module(name, target, tree, is_package)
    return modules


def imported(program: Program, module: Module, nodes: Iterator[ast.AST]) -> Iterator[str]:
    """Modules of ours that the import statements among `nodes` load, packages on the way included."""
    for node in nodes:
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = program.target(module, node)
            names = [base] + [f"{base}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            for count in range(1, len(parts) + 1):
                if ".".join(parts[:count]) in program.modules:
                    yield ".".join(parts[:count])


def needed(
    everything: dict[str, Module], roots: list[str], left_out: set[str], late: bool = True
) -> Program:
    """What the roots import, in the order of loading; modules in `left_out` are not followed.

    `late`: imports within functions count as well.
    """
    whole = Program({name: everything[name] for name in everything if name not in left_out})
    found: dict[str, Module] = {}
    waiting: list[str] = []
    started: set[str] = set()

    def load(name: str) -> None:
        if name in started:
            return
        started.add(name)
        module = whole.modules[name]
        for other in imported(whole, module, iter(module.tree.body)):
            load(other)
        found[name] = module
        waiting.extend(imported(whole, module, walk(module.tree)))

    for root in roots:
        if root not in whole.modules:
            raise LinkError(f"no module {root}")
        load(root)
    while late and waiting:
        load(waiting.pop(0))
    return Program(found)
