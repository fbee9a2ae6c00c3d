"""What a build's one board is: its data, found by running them. What somebody could change is no fact."""

from __future__ import annotations

import ast
import copy
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field

from .board_names import EVSES, Scope, check, is_the_board, scopes
from .board_tables import ANY, touched
from .known import BUILTINS, Given, UnknownError, as_literal, evaluate, is_same
from .program import Module, Program
from .scopes import DEFS, bound_in
from .settled import Settled
from .values import Key, Namespaces
from .walking import walk, words_set

_MODULE, _BOARD = "board", "BOARD"


@dataclass
class Facts:
    """`values`: by name and by the number of an EVSE. `chain`: the board's classes, the first its own.

    `own`: the same of the class, whatever its EVSEs say. `numbers`: of the EVSEs there are.
    """

    chain: list[Key] = field(default_factory=list)
    values: dict[str, dict[int, object]] = field(default_factory=dict)
    own: dict[str, object] = field(default_factory=dict)
    numbers: set[int] = field(default_factory=lambda: {1})


def chain_of(program: Program) -> list[tuple[Module, ast.ClassDef]]:
    """Classes of the one that BOARD is made of, itself first; empty when there is no such."""
    if _MODULE not in program.modules:
        return []
    for node in program.modules[_MODULE].tree.body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id == _BOARD
            and isinstance(node.value, ast.Call)
            and isinstance(node.value.func, ast.Name)
        ):
            return list(_bases(program, program.origin(_MODULE, node.value.func.id)))
    return []


def _bases(program: Program, key: Key) -> Iterator[tuple[Module, ast.ClassDef]]:
    module = program.modules[key[0]]
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef) and node.name == key[1]:
            yield module, node
            for base in node.bases:
                if isinstance(base, ast.Name):
                    yield from _bases(program, program.origin(module.name, base.id))


def data_of(node: ast.ClassDef) -> set[str]:
    """Names of a class's data."""
    return bound_in([part for part in node.body if not isinstance(part, DEFS)])


def facts(program: Program) -> Facts:
    """Facts of the board; none when there is no board."""
    chain = chain_of(program)
    found = Facts([(module.name, node.name) for module, node in chain])
    if not chain:
        return found
    check(program, found.chain)
    with warnings.catch_warnings(action="ignore"):
        # What can never run any more may look odd
        board = Namespaces(program).of[_MODULE][_BOARD]
    has_evses = any(
        isinstance(part, DEFS) and part.name == EVSES
        for _module, node in chain
        for part in node.body
    )
    every = [board, *(getattr(board, EVSES)() if has_evses else ())]
    found.numbers = {getattr(item, "number", 1) for item in every}
    changed = _changed(program, found)
    kept = touched(program)
    for name in sorted(set().union(*(data_of(node) for _module, node in chain)) - changed):
        by_number: dict[int, object] = {}
        for item in every:
            value = getattr(item, name)
            if not is_same(by_number.setdefault(getattr(item, "number", 1), value), value):
                break
        else:
            own = getattr(type(board), name)
            if all(_is_data(value) and not kept & _keys(value) for value in by_number.values()):
                found.values[name] = by_number
                found.own[name] = own
    return found


def _is_data(value: object) -> bool:
    if isinstance(value, tuple):
        return all(_is_data(part) for part in value)
    if isinstance(value, dict):
        return bool(value) and all(_is_data(part) for item in value.items() for part in item)
    return value is None or isinstance(value, bool | int | str)


def _keys(value: object) -> set[object]:
    if isinstance(value, tuple):
        return set().union(*(_keys(part) for part in value))
    if not isinstance(value, dict):
        return set()
    return set(value).union(*(_keys(part) for part in value.values()), [ANY])


def _changed(program: Program, found: Facts) -> set[str]:
    """Attributes that somebody sets who could have the board in hand; what evses() sets has been seen."""
    names: set[str] = set()
    for scope in scopes(program, found.chain):
        for node in walk(scope.node):
            if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
                is_own = isinstance(node.value, ast.Name) and node.value.id == "self"
                if scope.is_board:
                    if scope.node.name != EVSES:
                        names.add(node.attr)
                elif not (is_own and scope.owner):
                    names.add(node.attr)
            names |= words_set(node)
    return names


class Asked:
    """Answers for the expressions of one function."""

    def __init__(self, found: Facts, scope: Scope, settled: Settled) -> None:
        self._facts = found
        self._scope = scope
        self._settled = settled

    def by_number(self, node: ast.expr) -> tuple[dict[int, object], ast.expr | None]:
        """What a node that asks the board gives for each EVSE, and of which board; UnknownError if it is none."""
        try:
            settled = self._settled.value(node, self._scope.owner, self._scope.node)
        except KeyError:
            pass
        else:
            return dict.fromkeys(self._facts.numbers, settled), None
        if not isinstance(node, ast.Attribute) or node.attr not in self._facts.values:
            raise UnknownError
        if is_the_board(node.value, self._scope):
            return self._facts.values[node.attr], node.value
        if (
            self._scope.is_board
            and isinstance(node.value, ast.Call)
            and ast.unparse(node.value) == "type(self)"
        ):
            value = self._facts.own[node.attr]
            return dict.fromkeys(self._facts.values[node.attr], value), None
        raise UnknownError

    def given(self, node: ast.expr) -> object:
        """What a node gives that is the same for all EVSEs."""
        values, _board = self.by_number(node)
        first, *others = values.values()
        if not all(is_same(first, other) for other in others):
            raise UnknownError
        return first

    def instead(self, node: ast.expr) -> ast.expr | None:
        """What stands for an expression as a whole, None where it must stay."""
        asked = _getattr(node)
        if isinstance(asked, ast.Call) and not _may_be_known(asked):
            return None
        asks = [part for part in walk(asked) if self._is_fact(part)]
        if not asks and not isinstance(node, ast.Compare | ast.BinOp | ast.Subscript):
            return None
        try:
            return self._literal(asked, node)
        except UnknownError:
            return None

    def is_known(self, node: ast.expr, with_tables: bool) -> bool:
        """True for what a local may stand for: a constant, or what is asked of the board."""
        if isinstance(node, ast.Tuple):
            return with_tables and all(self.is_known(part, True) for part in node.elts)
        return isinstance(node, ast.Constant) or self._is_fact(node)

    def _is_fact(self, node: ast.AST) -> bool:
        try:
            self.by_number(node)  # type: ignore[arg-type]
        except UnknownError:
            return False
        return True

    def _literal(self, asked: ast.expr, node: ast.expr) -> ast.expr:
        boards: list[ast.expr] = []
        asks: set[str] = set()
        for part in walk(asked):
            if self._is_fact(part):
                assert isinstance(part, ast.Attribute)
                _values, board = self.by_number(part)
                boards += [board] if board is not None else []
                asks.add(part.attr)
        found: dict[int, object] = {}
        for number in sorted(self._facts.numbers):
            try:
                found[number] = evaluate(asked, self._of(number))
            except UnknownError:
                # What this EVSE has not it does not ask for; who does fails as before
                if not isinstance(asked, ast.Subscript) or not boards:
                    raise
        if not found or (len(found) < len(self._facts.numbers) and len(asks) != 1):
            raise UnknownError
        first, *others = found.values()
        is_whole = len(found) == len(self._facts.numbers)
        if is_whole and all(is_same(first, other) for other in others):
            if isinstance(first, dict) and not isinstance(asked, ast.DictComp):
                # One object for all who ask: see table()
                raise UnknownError
            new = as_literal(first)
            if ast.dump(new) == ast.dump(node):
                raise UnknownError
            return new
        if asks <= {"number"} or len({ast.dump(board) for board in boards}) != 1:
            raise UnknownError
        if any(isinstance(value, dict | list) for value in found.values()):
            raise UnknownError
        return _by_number(found, copy.deepcopy(boards[0]))

    def _of(self, number: int) -> Given:
        return lambda part: self.by_number(part)[0][number]

    def table(self, node: ast.expr) -> ast.expr | None:
        """A table of the board as it stands in its class; None for any other expression."""
        if isinstance(node, ast.Attribute) and node.attr in self._facts.values:
            try:
                value = self.given(node)
                return as_literal(value) if isinstance(value, dict) else None
            except UnknownError:
                return None
        return None


def _may_be_known(node: ast.Call) -> bool:
    if isinstance(node.func, ast.Name):
        return node.func.id in BUILTINS
    return isinstance(node.func, ast.Attribute) and node.func.attr == "get"


def _getattr(node: ast.expr) -> ast.expr:
    """`getattr(board, "X", default)` as `board.X`."""
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "getattr"
        and len(node.args) > 1
        and isinstance(node.args[1], ast.Constant)
        and isinstance(node.args[1].value, str)
    ):
        return ast.copy_location(ast.Attribute(node.args[0], node.args[1].value, ast.Load()), node)
    return node


def _by_number(found: dict[int, object], board: ast.expr) -> ast.expr:
    """One of several values, by the board's number."""
    number = ast.Attribute(board, "number", ast.Load())
    if all(isinstance(value, bool) for value in found.values()):
        chosen = [key for key, value in found.items() if value]
        if len(chosen) == 1:
            return ast.Compare(number, [ast.Eq()], [ast.Constant(chosen[0])])
    return ast.Subscript(as_literal(found), number, ast.Load())
