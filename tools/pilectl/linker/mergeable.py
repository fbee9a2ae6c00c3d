"""Which classes can be one: whose objects nobody can tell apart but by names that only one of them has.

A program asks an object for what its class has. So objects of several classes may be of one that has what
all of them have, where no name means two things. Left alone is what something tells by its class, asks for by
a text, or asks for without saying so, as `len(x)` does.
"""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from dataclasses import dataclass, field
from typing import TypeGuard

from .families import Class, classes, on_self
from .foreign import imported
from .names import BY_TEXT, asked_by_text, asked_texts
from .program import Module, Program
from .scopes import DEFS, FUNCTIONS, local_names
from .starting import Member
from .values import Key
from .walking import walk

# `with` only asks what has them; any other such name has a meaning where it is not there
_DUNDERS = ("__init__", "__enter__", "__exit__")
_UNFOLLOWED = ("__dict__", "__class__")


@dataclass(eq=False)
class Part:
    """A class that may become one with others.

    `members`: names that its objects find in it; `asked`: what its code asks of self or sets; `outer`: names
    that its body takes from outside; `size`: entries of its table when the start is over.
    """

    item: Class
    init: ast.FunctionDef | None
    members: set[str]
    asked: set[str] = field(default_factory=set)
    outer: set[str] = field(default_factory=set)
    has_property: bool = False
    size: int = 0

    @property
    def name(self) -> str:
        """The class's name."""
        return self.item.node.name

    def bears(self, other: Part) -> bool:
        """True when objects of both can be of one class that has the members of both.

        A class with a property looks every attribute up that its objects set; others are spared that.
        """
        return not (
            self.has_property != other.has_property
            or self.members & (other.members | other.asked | other.outer)
            or other.members & (self.asked | self.outer)
        )


def parts(
    program: Program, resident: Module, kept: set[Key], found: list[Member], as_values: set[str]
) -> list[Part]:
    """Classes of the module `resident` that may become one with others, in its order."""
    asked = _Asked(program)
    if asked.unknown:
        return []
    every = classes(program)
    places = {id(node) for node in resident.tree.body}
    local = {
        name
        for node in walk(resident.tree)
        if isinstance(node, FUNCTIONS)
        for name in local_names(node)
    }
    count = Counter(item.node.name for item in every)
    bases = {id(base) for item in every for base in item.bases}
    said = asked_texts(program)
    early = {id(item.node) for item in found}
    used: dict[str, set[str]] = {}
    for attribute, owner in on_self(program):
        used.setdefault(owner, set()).add(attribute.attr)
    result = []
    for item in every:
        node = item.node
        if (
            id(node) not in places
            or (resident.name, node.name) in kept
            or count[node.name] > 1
            or item.is_foreign
            or item.is_dynamic
            or item.bases
            or id(item) in bases
            or node.name in as_values | asked.made | said | local
            or node.decorator_list
            or node.keywords
        ):
            continue
        part = _part(item, used.get(node.name, set()), early)
        # What is set from outside is an attribute of objects that nobody knows
        if part is not None and not part.members & (asked.by_text | asked.set_outside):
            result.append(part)
    return result


def _part(item: Class, asked: set[str], early: set[int]) -> Part | None:
    part = Part(item, None, set(item.methods | item.data), asked)
    for node in item.node.body:
        outer: list[ast.expr] = []
        if isinstance(node, DEFS):
            decorators = {ast.unparse(decorator) for decorator in node.decorator_list}
            part.has_property = part.has_property or "property" in decorators
            if "classmethod" in decorators:
                return None
            if node.name == "__init__":
                if isinstance(node, ast.AsyncFunctionDef) or not _is_plain(node):
                    return None
                part.init = node
            elif id(node) not in early:
                part.size += 1
            defaults = [*node.args.defaults, *node.args.kw_defaults]
            outer = [*node.decorator_list, *(value for value in defaults if value is not None)]
        elif isinstance(node, ast.Assign):
            # Attributes get their names after classes have found each other
            if any(name.startswith("_") for name in item.data):
                return None
            part.size += len(node.targets)
            outer = [node.value]
        elif not isinstance(node, ast.Pass):
            return None
        for expression in outer:
            part.outer |= {n.id for n in walk(expression) if isinstance(n, ast.Name)}
    part.outer -= part.members
    part.members.discard("__init__")
    dunders = {name for name in part.members | asked if name.startswith("__")} - {*_DUNDERS}
    if "__init__" in asked:
        return None
    # Elsewhere in the module a global may not be there yet
    return None if dunders or not all(hasattr(builtins, name) for name in part.outer) else part


def _is_plain(init: ast.FunctionDef) -> bool:
    """True for a constructor that can be a function which returns what it was given."""
    if init.decorator_list or not init.args.args or init.args.posonlyargs:
        return False
    first = init.args.args[0].arg
    for node in walk(init):
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return False
        if isinstance(node, ast.Name) and node.id == first and not isinstance(node.ctx, ast.Load):
            return False
        if isinstance(node, ast.ExceptHandler) and node.name == first:
            return False
        if isinstance(node, ast.Name) and node.id in ("super", "__class__"):
            return False
    return True


class _Asked:
    """What a program asks of objects that this pass does not know.

    `by_text`: names for which it may ask in vain; `set_outside`: attributes set on anything but self; `made`:
    classes whose new objects are asked by a text; `unknown`: it asks in ways that are not followed.
    """

    def __init__(self, program: Program) -> None:
        self.by_text = asked_by_text(program)
        self.made: set[str] = set()
        self.unknown = False
        own = {id(node) for node, _owner in on_self(program)}
        self.set_outside = {
            node.attr
            for module in program.modules.values()
            for node in walk(module.tree)
            if isinstance(node, ast.Attribute)
            and id(node) not in own
            and not isinstance(node.ctx, ast.Load)
        }
        functions = _defined(program)
        for module in program.modules.values():
            foreign = imported(program, module.tree)
            named = {id(n.value) for n in walk(module.tree) if _is_name_of(n)}
            for top in module.tree.body:
                owner = top.name if isinstance(top, ast.ClassDef) else ""
                for node in walk(top):
                    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                        self._call(node, node.func.id, foreign, owner, id(node) in named)
                    elif isinstance(node, ast.Attribute) and node.attr in _UNFOLLOWED:
                        self.unknown = True
                    elif isinstance(node, ast.Attribute) and node.attr == "__init__":
                        self._again(node.value, {"self", *foreign, *functions})
                    elif isinstance(node, ast.Try) and _expects_no_attribute(node):
                        for part in node.body:
                            self._in_vain(part, functions)

    def _call(
        self, node: ast.Call, name: str, foreign: set[str], owner: str, only_named: bool
    ) -> None:
        if name in ("vars", "dir", "locals", "globals", "eval", "exec"):
            self.unknown = True
        if name == "type" and not only_named:
            # What it gives may be called
            if owner and _is_self(node.args[0]):
                self.made.add(owner)
            else:
                self.unknown = True
        if name not in BY_TEXT:
            return
        root = node.args[0]
        if isinstance(node.args[1], ast.Constant):
            return
        if isinstance(root, ast.Call) and isinstance(root.func, ast.Name):
            self.made.add(root.func.id)
        else:
            while isinstance(root, ast.Attribute | ast.Subscript):
                root = root.value
            # A class that asks itself is left alone as it is
            if not isinstance(root, ast.Name) or root.id not in {"self", *foreign}:
                self.unknown = True

    def _again(self, root: ast.expr, known: set[str]) -> None:
        """A constructor that is called by its name: of a class by name, or of what it inherits from."""
        if isinstance(root, ast.Call):
            root = root.func
            known = {"super"}
        name = root.id if isinstance(root, ast.Name) else ""
        self.unknown = self.unknown or not (name in known or hasattr(builtins, name))

    def _in_vain(self, statement: ast.stmt, functions: set[str]) -> None:
        for node in walk(statement):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                self.by_text.add(node.attr)
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
                name = node.func.id if isinstance(node.func, ast.Name) else name
                # What it calls may ask in vain as well
                self.unknown = self.unknown or name in functions


def _is_name_of(node: ast.AST) -> TypeGuard[ast.Attribute]:
    return isinstance(node, ast.Attribute) and node.attr == "__name__"


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def _expects_no_attribute(node: ast.Try) -> bool:
    return any(
        isinstance(part, ast.Name) and part.id == "AttributeError"
        for handler in node.handlers
        if handler.type is not None
        for part in walk(handler.type)
    )


def _defined(program: Program) -> set[str]:
    return {
        node.name
        for module in program.modules.values()
        for node in walk(module.tree)
        if isinstance(node, (*DEFS, ast.ClassDef))
    }
