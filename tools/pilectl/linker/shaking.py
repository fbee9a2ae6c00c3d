"""Leaves out what nothing in the program names: globals, methods, and attributes that nobody reads.

By name over the whole program: a name that occurs anywhere else, be it in a string, keeps its owner.
"""

from __future__ import annotations

import ast
from collections import Counter

from .names import forgotten
from .program import Module, Program
from .scopes import DEFS, Globals
from .values import Key
from .walking import walk

# A function that names itself more often stays
_MOST_OWN = 3
_PURE_CALLS = ("const", "tuple", "bytes", "len", "range", "bytearray", "dict", "list", "frozenset")


def shake(program: Program, kept: set[Key], kept_methods: set[str]) -> None:
    """Remove again and again until nothing more falls out. `kept`: globals that stay, by (module, name)."""
    while shake_once(program, kept, kept_methods):
        pass


def shake_once(program: Program, kept: set[Key], kept_methods: set[str]) -> int:
    """Remove what nothing names now; returns how much that was."""
    borrowed = _borrowed(program)
    fallen = 0
    for module in program.modules.values():
        fallen += _drop_globals(module, kept | borrowed)
    fallen += _drop_methods(program, kept_methods)
    return fallen + _drop_attributes(program, kept_methods)


def prune(program: Program) -> None:
    """Drop imports of names that a module no longer uses."""
    for module in program.modules.values():
        used = {node.id for node in Globals(module.tree).names}
        body: list[ast.stmt] = []
        for node in module.tree.body:
            if isinstance(node, ast.ImportFrom):
                node.names = [a for a in node.names if (a.asname or a.name) in used]
                if not node.names:
                    continue
            body.append(node)
        module.tree.body = body


def _borrowed(program: Program) -> set[Key]:
    """Globals that another module imports, or may take from the module as a value."""
    found: set[Key] = set()
    attributes = {
        node.attr
        for module in program.modules.values()
        for node in walk(module.tree)
        if isinstance(node, ast.Attribute)
    }
    for module in program.modules.values():
        for node in walk(module.tree):
            if not isinstance(node, ast.ImportFrom):
                continue
            for alias in node.names:
                meaning = program.meaning(module, node, alias.name)
                if meaning is None:
                    continue
                if meaning[1]:
                    found.add(meaning)
                else:
                    found |= {(meaning[0], name) for name in attributes}
    return found


def _is_pure(node: ast.expr | None) -> bool:
    """True when leaving the expression out changes nothing but its value's being there."""
    if node is None:
        return True
    for part in walk(node):
        if isinstance(part, ast.Call) and not (
            isinstance(part.func, ast.Name) and part.func.id in _PURE_CALLS
        ):
            return False
        if isinstance(part, ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr | ast.Subscript):
            return False
    return True


def _drop_globals(module: Module, kept: set[Key]) -> int:
    loads: Counter[str] = Counter()
    inside: dict[int, Counter[str]] = {}
    for node in module.tree.body:
        part = ast.Module([node], [])
        names = Counter(n.id for n in Globals(part).names if isinstance(n.ctx, ast.Load))
        inside[id(node)] = names
        loads.update(names)

    def is_dead(name: str, node: ast.stmt) -> bool:
        return (module.name, name) not in kept and loads[name] == inside[id(node)][name]

    body: list[ast.stmt] = []
    fallen = 0
    for node in module.tree.body:
        if isinstance(node, (*DEFS, ast.ClassDef)) and is_dead(node.name, node):
            fallen += 1
            continue
        if (
            isinstance(node, ast.Assign)
            and all(isinstance(target, ast.Name) for target in node.targets)
            and _is_pure(node.value)
            and all(is_dead(t.id, node) for t in node.targets if isinstance(t, ast.Name))
        ):
            fallen += 1
            continue
        if isinstance(node, ast.ImportFrom):
            names_ = [a for a in node.names if not is_dead(a.asname or a.name, node)]
            fallen += len(node.names) - len(names_)
            if not names_:
                continue
            node.names = names_
        elif isinstance(node, ast.Import):
            used = [a for a in node.names if not is_dead((a.asname or a.name).split(".")[0], node)]
            fallen += len(node.names) - len(used)
            if not used:
                continue
            node.names = used
        body.append(node)
    module.tree.body = body
    return fallen


def mentioned(program: Program) -> Counter[str]:
    """How often each name is asked of an object: as attribute, keyword, text, or in a class's own body."""
    found: Counter[str] = Counter()
    gone = forgotten(program)
    for module in program.modules.values():
        for node in walk(module.tree):
            if isinstance(node, ast.Attribute):
                found[node.attr] += 1
            elif isinstance(node, ast.keyword) and node.arg:
                found[node.arg] += 1
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found[node.value] += module not in gone
            elif isinstance(node, ast.ClassDef):
                found.update(_of_class_body(node))
    return found


def _of_class_body(node: ast.ClassDef) -> Counter[str]:
    """Names that statements of a class use beside its functions, as in `stop = halt`."""
    found: Counter[str] = Counter()
    for part in node.body:
        if isinstance(part, DEFS):
            parts: list[ast.AST] = [*part.decorator_list]
        else:
            parts = [part]
        for inner in parts:
            found.update(n.id for n in walk(inner) if isinstance(n, ast.Name))
    return found


def _drop_methods(program: Program, kept: set[str]) -> int:
    names = mentioned(program)
    fallen = 0
    for module in program.modules.values():
        for node in module.tree.body:
            if not isinstance(node, ast.ClassDef):
                continue
            body: list[ast.stmt] = []
            for part in node.body:
                is_rare = isinstance(part, DEFS) and names[part.name] <= _MOST_OWN
                if isinstance(part, DEFS) and is_rare and not part.name.startswith("__"):
                    own = mentioned(Program({"": Module("", "", ast.Module([part], []))}))
                    if names[part.name] == own[part.name] and part.name not in kept:
                        fallen += 1
                        continue
                body.append(part)
            node.body = body or [ast.Pass()]
    return fallen


def _drop_attributes(program: Program, kept: set[str]) -> int:
    """Statements that set an attribute which nothing ever reads, where the value costs nothing."""
    names = mentioned(program)
    stores: Counter[str] = Counter()
    for module in program.modules.values():
        for node in walk(module.tree):
            name = _only_set(node)
            if name:
                stores[name] += 1
    dead = {n for n in stores if stores[n] == names[n] and n not in kept}
    if not dead:
        return 0
    for module in program.modules.values():
        _Unset(dead).visit(module.tree)
    return len(dead)


def _only_set(node: ast.AST) -> str:
    """Name of the attribute that a droppable statement sets, "" for other nodes."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target: ast.expr = node.targets[0]
    elif isinstance(node, ast.AugAssign):
        target = node.target
    else:
        return ""
    if not isinstance(target, ast.Attribute) or not isinstance(target.value, ast.Name):
        return ""
    return target.attr if target.value.id == "self" and _is_pure(node.value) else ""


class _Unset(ast.NodeTransformer):
    def __init__(self, dead: set[str]) -> None:
        self._dead = dead

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        """Nothing in its place, but a body must not be empty."""
        return ast.copy_location(ast.Pass(), node) if _only_set(node) in self._dead else node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        """As an assignment."""
        return ast.copy_location(ast.Pass(), node) if _only_set(node) in self._dead else node
