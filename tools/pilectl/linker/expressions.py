"""What the values of expressions can be: cells of a flow, joined as the expressions are evaluated.

A tuple has what is in it; what a list or dict has, and what code is given that is not followed, goes out.
Attributes and methods go by name.
"""

from __future__ import annotations

import ast

from .cells import GONE, NONE, Cells, Values, Words
from .flow import OUT, Cell
from .names import BY_TEXT
from .scope_names import Meaning
from .scopes import COMPREHENSIONS, DEFS, Function
from .walking import children

# Builtins that keep nothing of what they are given; those whose result has it
_PURE = frozenset(
    ("len", "int", "str", "bool", "float", "abs", "isinstance", "issubclass", "repr", "print")
) | frozenset(("range", "ord", "chr", "hash", "id", "callable", "round", "pow", "divmod", "hex"))
_PASSING = frozenset(("min", "max", "sorted", "list", "tuple", "iter", "next", "set", "dict")) | (
    frozenset(("reversed", "enumerate", "zip"))
)
# What values have that are no objects of ours and yet come from nowhere
_PLAIN = {name for kind in (str, bytes, int, float, tuple) for name in dir(kind)}


class Expressions(Cells):
    """Joins cells for every expression that `value` is given, in the scopes around it."""

    def _defaults(self, node: Function) -> None:
        plain = [*node.args.posonlyargs, *node.args.args]
        values = node.args.defaults
        pairs = [*zip(plain[len(plain) - len(values) :], values, strict=True)]
        words = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        pairs += [(arg, value) for arg, value in words if value is not None]
        for arg, value in pairs:
            self._flow.flows(self._value(value), self._local(node, arg.arg))

    def _return(self, value: ast.expr | None) -> None:
        if value is not None:
            self._flow.flows(self._value(value), self._result(self._function_around()))

    def _store(self, target: ast.expr, value: Values) -> None:
        if isinstance(target, ast.Name):
            for cell in self._names.find(self._module, self._scopes, target.id).cells:
                self._flow.flows(value, cell)
                if cell[0] == "attribute":
                    self._flow.flows([cell], (*cell[:2], ""))
        elif isinstance(target, ast.Attribute):
            asked = self._asked[id(target)] = self._value(target.value)
            self._set_attribute(asked, target.attr, value)
            if target.attr in self._outside:
                self._flow.flows(value, OUT)
        elif isinstance(target, ast.Tuple | ast.List):
            for part in target.elts:
                self._store(part, value)
        elif isinstance(target, ast.Starred):
            self._store(target.value, value | GONE)
            self._flow.flows(value, OUT)
        elif isinstance(target, ast.Subscript):
            self._value(target.value)
            self._value(target.slice)
            self._flow.flows(value, OUT)

    def _meaning(self, node: ast.expr) -> Meaning | None:
        """What a name, or a name of a module of ours, stands for; None for other expressions."""
        if isinstance(node, ast.Name):
            return self._names.find(self._module, self._scopes, node.id)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            whole = self._names.find(self._module, self._scopes, node.value.id)
            found = [self._names.of_module(name, node.attr) for name in whole.modules]
            if found and not whole.is_open:
                self.globals.add(id(node))
                return Meaning(
                    [cell for part in found for cell in part.cells],
                    [entry for part in found for entry in part.definitions],
                    [],
                    any(part.is_open for part in found),
                )
        return None

    def _value(self, node: ast.expr | None) -> Values:
        """Cells that the value of an expression, or what is in it, comes from."""
        if isinstance(node, ast.Name | ast.Attribute):
            return self._loaded(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, COMPREHENSIONS):
            return self._comprehension(node)
        if isinstance(node, ast.Lambda):
            self._take(node)
            self._defaults(node)
            self._scopes.append(node)
            self._return(node.body)
            self._scopes.pop()
            return GONE
        found = NONE
        for child in children(node) if node is not None else ():
            if isinstance(child, ast.expr):
                value = self._value(child)
                # What it is decided or found by is not the value
                if child not in (getattr(node, "test", None), getattr(node, "slice", None)):
                    found |= value
        if isinstance(node, ast.NamedExpr):
            self._store(node.target, found)
        elif isinstance(node, ast.Yield | ast.YieldFrom):
            self._flow.flows(found, self._result(self._function_around()))
            return found | GONE
        elif isinstance(node, ast.List | ast.Dict | ast.Set):
            return found | GONE
        is_number = isinstance(node, ast.Compare | ast.UnaryOp) or (
            isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod | ast.Div | ast.FloorDiv)
        )
        return (NONE if is_number else found) | self._operators

    def _function_around(self) -> ast.AST:
        return next(s for s in reversed(self._scopes) if isinstance(s, (*DEFS, ast.Lambda)))

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ) -> Values:
        self._scopes.append(node)
        for part in node.generators:
            self._store(part.target, self._value(part.iter))
            for test in part.ifs:
                self._value(test)
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        found = GONE.union(*(self._value(part) for part in parts))
        self._scopes.pop()
        return found

    def _loaded(self, node: ast.Name | ast.Attribute) -> Values:
        meaning = self._meaning(node)
        if meaning is not None:
            for key, definition in meaning.definitions:
                if isinstance(definition, ast.ClassDef):
                    self._class_goes_out(key)
                else:
                    self._take(definition)
            # Somebody else's, or what is got by calling what goes about
            is_out = meaning.definitions or not meaning.cells
            return frozenset(meaning.cells) | (GONE if is_out else NONE)
        assert isinstance(node, ast.Attribute)
        asked = self._asked[id(node)] = self._value(node.value)
        return self._of_attribute(asked, node.attr)

    # Calls

    def _call(self, node: ast.Call) -> Values:
        words = self._arguments(node)
        everything = NONE.union(*(value for _place, _word, value in words))
        meaning = self._meaning(node.func)
        if meaning is None and isinstance(node.func, ast.Attribute):
            return self._method(node.func, words, everything)
        if meaning is None:
            self._value(node.func)
            return self._given_away(everything)
        if not meaning.cells and isinstance(node.func, ast.Name):
            return self._builtin(node, node.func.id, everything)
        found = NONE
        for key, definition in meaning.definitions:
            if isinstance(definition, ast.ClassDef):
                found |= {self._objects(key)}
                for init in self._names.makers(key):
                    self._bind(init, 1, words)
                if definition.bases:
                    self._given_away(everything)
            else:
                self._bind(definition, 0, words)
                found |= {self._result(definition)}
        if meaning.is_open or not meaning.definitions:
            found |= self._given_away(everything) | self._made(node.func, frozenset(meaning.cells))
        return found

    def _made(self, func: ast.expr, values: Values) -> Values:
        """Objects of the class that cls() makes, given anything."""
        for scope in self._scopes:
            if "classmethod" in self._names.kinds(scope) and isinstance(scope, DEFS):
                owner = self._names.owner(scope)
                if isinstance(func, ast.Name) and func.id == scope.args.args[0].arg and owner:
                    for init in self._names.makers(owner):
                        self._take(init)
                    return values
        return GONE

    def _arguments(self, call: ast.Call) -> Words:
        """(place or -1, name, value) of arguments; neither for those that may be any."""
        found: Words = []
        is_any = False
        for place, value in enumerate(call.args):
            is_any = is_any or isinstance(value, ast.Starred)
            found.append((-1 if is_any else place, "", self._value(value)))
        return found + [(-1, word.arg or "", self._value(word.value)) for word in call.keywords]

    def _method(self, func: ast.Attribute, words: Words, everything: Values) -> Values:
        name = func.attr
        asked = self._asked[id(func)] = self._value(func.value)
        meaning = self._meaning(func.value)
        result: Cell = ("called", id(func))
        for key, definition in meaning.definitions if meaning is not None else ():
            if isinstance(definition, ast.ClassDef):
                # Of a class, a plain method is given its object as well
                for method in self._names.of_family(key, name):
                    own = int("classmethod" in self._names.kinds(method))
                    self._bind(method, own, words)
                    self._flow.flows([self._result(method)], result)

        def told(kind: Cell) -> None:
            if kind == OUT:
                self._flow.flows(everything, OUT)
                self._flow.flows([OUT], result)
                return
            methods = self._names.of_family(kind, name)
            for method in methods:
                self._bind(method, self._names.given(method), words)
                self._flow.flows([self._result(method)], result)
            if (
                name in self._names.data
                or self._names.is_foreign(kind)
                or any("property" in self._names.kinds(m) for m in methods)
            ):
                # Something that is called: an attribute, or what a base has that is not ours
                self._flow.flows(everything, OUT)
                self._flow.flows([OUT], result)

        self._flow.hear(asked, told)
        if name not in self._names.methods or name in _PLAIN:
            return self._given_away(everything) | asked | {result}
        return frozenset([result])

    def _builtin(self, node: ast.Call, name: str, everything: Values) -> Values:
        if name == "super":
            owners = [self._names.owner(scope) for scope in self._scopes]
            kin = [self._names.kin[owner] for owner in owners if owner is not None]
            return frozenset(self._objects(key) for keys in kin for key in keys)
        if name in _PURE:
            return NONE
        if name in BY_TEXT:
            return self._by_text(node, name, everything)
        if name == "type":
            self._flow.hear(everything, self._known_by_type)
        return everything | GONE if name in _PASSING else self._given_away(everything)

    def _known_by_type(self, kind: Cell) -> None:
        """Who has a class may make objects of it."""
        if kind != OUT:
            self._class_goes_out((str(kind[0]), str(kind[1])))

    def _by_text(self, node: ast.Call, name: str, everything: Values) -> Values:
        asked = self._value(node.args[0])
        text = node.args[1].value if isinstance(node.args[1], ast.Constant) else None
        if name == "setattr" and text is None:

            def told(kind: Cell) -> None:
                family = OUT if kind == OUT else ("set by text", self._names.family[kind])
                self._flow.flows(everything, family)

            self._flow.hear(asked, told)
        elif name == "setattr":
            self._set_attribute(asked, str(text), self._value(node.args[2]))
        if name != "getattr":
            return NONE
        found = NONE.union(*(self._value(value) for value in node.args[2:]))
        if text is not None:
            return found | self._of_attribute(asked, str(text))
        result: Cell = ("by text", id(node))
        in_vain = any(isinstance(s, DEFS) and s.name == "__getattr__" for s in self._scopes)

        def asked_for(kind: Cell) -> None:
            if kind == OUT:
                self._flow.flows([OUT], result)
            elif not in_vain:
                self._flow.flows([self._attribute(kind, "")], result)
                for method in self._names.of_family(kind, ""):
                    self._take(method)
                    self._flow.flows([self._result(method)], result)

        # __getattr__: who asks by that name is taken to ask every class that has it
        self._flow.hear(asked, asked_for)
        return found | {result}
