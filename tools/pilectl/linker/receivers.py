"""Of which classes the objects can be whose attributes a program asks for.

Every variable, attribute, parameter and result of the program is one cell; attributes and methods go by name.
A tuple has what is in it; what a list or dict has, and what code is given that is not followed, goes out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from .cells import GONE, Values
from .expressions import Expressions
from .flow import OUT
from .program import Program
from .scopes import DEFS
from .values import Key
from .walking import children


class Receivers(Expressions):
    """`of[id(node)]`: classes by (module, name), and OUT, whose objects an Attribute node may ask.

    `outside`: names that code which is not followed asks for; `kept`: globals that it takes. `globals`:
    Attribute nodes that are names of modules.
    """

    def __init__(self, program: Program, outside: Iterable[str], kept: set[Key]) -> None:
        super().__init__(program, outside)
        for key, node in self._names.classes.items():
            self._class(key, node)
        for key in kept:
            self._flow.flows([("global", *key)], OUT)
            if key in self._names.classes:
                self._class_goes_out(key)
        for module in program.modules.values():
            self._module = module
            self._body(module.tree.body)
        self._flow.settle()
        self.of = {identity: self._flow.held(cells) for identity, cells in self._asked.items()}

    def _class(self, key: Key, node: ast.ClassDef) -> None:
        own: Values = frozenset(self._objects(heir) for heir in self._names.kin[key])
        is_foreign = any(base not in self._names.classes for base in self._names.bases[key])
        if is_foreign:
            self._flow.flows(own, OUT)
        for part in node.body:
            if not isinstance(part, DEFS):
                continue
            if part.args.args and self._names.given(part):
                self._flow.flows(own, self._local(part, part.args.args[0].arg))
            if part.name != "__init__" and (
                is_foreign or part.name in self._outside or part.name.startswith("__")
            ):
                self._take(part)

    # Statements

    def _body(self, body: list[ast.stmt]) -> None:
        for node in body:
            self._statement(node)

    def _statement(self, node: ast.stmt) -> None:
        if isinstance(node, DEFS):
            self._function(node)
        elif isinstance(node, ast.ClassDef):
            self._inside(node, node.body)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self._assign(target, node.value)
        elif isinstance(node, ast.AugAssign):
            self._store(node.target, self._value(node.value))
        elif isinstance(node, ast.For | ast.AsyncFor):
            self._store(node.target, self._value(node.iter) | self._operators)
            self._body(node.body + node.orelse)
        elif isinstance(node, ast.Return):
            self._return(node.value)
        else:
            self._parts(node)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        """Each part of a tuple its own, where both are written down."""
        if (
            isinstance(target, ast.Tuple)
            and isinstance(value, ast.Tuple)
            and len(target.elts) == len(value.elts)
            and not any(isinstance(part, ast.Starred) for part in target.elts + value.elts)
        ):
            for part, own in zip(target.elts, value.elts, strict=True):
                self._assign(part, own)
        else:
            self._store(target, self._value(value))

    def _parts(self, node: ast.AST) -> None:
        """What a statement of another kind is made of; names that it binds get what comes from anywhere."""
        if isinstance(node, ast.ExceptHandler) and node.name:
            self._store(ast.Name(node.name, ast.Store()), GONE)
        for child in children(node):
            if isinstance(child, ast.withitem):
                value = self._value(child.context_expr) | GONE
                for entered in self._names.methods.get("__enter__", []):
                    value |= {self._result(entered)}
                if child.optional_vars is not None:
                    self._store(child.optional_vars, value)
            elif isinstance(child, ast.expr):
                self._value(child)
            elif isinstance(child, ast.stmt):
                self._statement(child)
            elif isinstance(child, ast.ExceptHandler):
                self._parts(child)

    def _inside(
        self, scope: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, body: list[ast.stmt]
    ) -> None:
        self._scopes.append(scope)
        self._body(body)
        self._scopes.pop()

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        if any(isinstance(scope, (*DEFS, ast.Lambda)) for scope in self._scopes):
            # Who makes a function may give it to anybody
            self._take(node)
        self._defaults(node)
        self._inside(node, node.body)
