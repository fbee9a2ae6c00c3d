"""Which names of a module are its globals, by Python's rules; other passes ask here before they touch one."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from .program import LinkError
from .walking import children, walk

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
DEFS = (ast.FunctionDef, ast.AsyncFunctionDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_NAMED = (*DEFS, ast.ClassDef)
# What binds within has a scope of its own
_CLOSED = frozenset((ast.Constant, ast.Lambda, *COMPREHENSIONS))


def bound_in(body: list[ast.stmt]) -> set[str]:
    """Names that statements bind in their own scope."""
    names: set[str] = set()
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        kind = node.__class__
        # By kind, the most frequent ones first: this runs for every function in every pass
        if kind is ast.Name:
            assert isinstance(node, ast.Name)
            if node.ctx.__class__ is not ast.Load:
                names.add(node.id)
            continue
        if kind in _CLOSED:
            continue
        if isinstance(node, _NAMED):
            names.add(node.name)
            waiting.extend(node.decorator_list)
            continue
        if isinstance(node, ast.Global | ast.Nonlocal):
            raise LinkError(
                f"line {node.lineno}: global and nonlocal are not linked, pass the value"
            )
        if isinstance(node, ast.ExceptHandler) and node.name:
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
        waiting.extend(children(node))
    return names


def parameters(function: Function) -> list[ast.arg]:
    """Every parameter of a function, in order."""
    args = function.args
    found = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    return found + [arg for arg in (args.vararg, args.kwarg) if arg is not None]


def local_names(function: Function) -> set[str]:
    """Names that belong to a function."""
    body = [] if isinstance(function, ast.Lambda) else function.body
    return bound_in(body) | {arg.arg for arg in parameters(function)}


class Globals(ast.NodeVisitor):
    """Collects in `names` every Name node of a module that means a global, bindings included."""

    def __init__(self, tree: ast.Module) -> None:
        self.names: list[ast.Name] = []
        self._scopes: list[set[str]] = []
        for node in tree.body:
            self.visit(node)

    def generic_visit(self, node: ast.AST) -> None:
        """Everything below; texts, numbers and operators hold no names."""
        for part in children(node):
            self.visit(part)

    def visit_Name(self, node: ast.Name) -> None:
        """A name is global unless a scope around it has it."""
        if not any(node.id in scope for scope in self._scopes):
            self.names.append(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Defaults and decorators belong to the scope around."""
        self._visit_all(_signature(node))
        self._inside(local_names(node), list(node.body))

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """As a function of one expression."""
        self._visit_all(_signature(node))
        self._inside(local_names(node), [node.body])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """What a class binds is seen in its body, but not in its methods."""
        self._visit_all([*node.decorator_list, *node.bases, *(w.value for w in node.keywords)])
        own = bound_in(node.body)
        for statement in node.body:
            if isinstance(statement, DEFS):
                self._inside(own, _signature(statement))
                self._inside(local_names(statement), list(statement.body))
            else:
                self._inside(own, [statement])

    def _comprehension(self, node: Comprehension) -> None:
        self.visit(node.generators[0].iter)
        own: set[str] = set()
        parts: list[ast.AST] = []
        for index, generator in enumerate(node.generators):
            own |= {n.id for n in walk(generator.target) if isinstance(n, ast.Name)}
            parts += [generator.target, *generator.ifs] + ([generator.iter] if index else [])
        if isinstance(node, ast.DictComp):
            parts += [node.key, node.value]
        else:
            parts.append(node.elt)
        self._inside(own, parts)

    visit_ListComp = _comprehension  # noqa: N815
    visit_SetComp = _comprehension  # noqa: N815
    visit_DictComp = _comprehension  # noqa: N815
    visit_GeneratorExp = _comprehension  # noqa: N815

    def _inside(self, own: set[str], parts: Sequence[ast.AST]) -> None:
        self._scopes.append(own)
        self._visit_all(parts)
        self._scopes.pop()

    def _visit_all(self, parts: Sequence[ast.AST]) -> None:
        for part in parts:
            self.visit(part)


def _signature(function: Function) -> list[ast.expr]:
    decorators = [] if isinstance(function, ast.Lambda) else function.decorator_list
    defaults = [*function.args.defaults, *function.args.kw_defaults]
    return [*decorators, *(part for part in defaults if part is not None)]
