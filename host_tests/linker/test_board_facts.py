"""What the one board is stands in the program; what would only be asked of another board goes."""

import pytest
from small_programs import program, result, text

from pilectl.linker.board_facts import facts
from pilectl.linker.one_board import fold
from pilectl.linker.program import LinkError

BASE = """
class StandardBoard:
    METER = "rs485"
    EXTERNAL_PULL_UP = ()
    SECOND = None
    number = 1
    shared = None
    def evses(self):
        if self.SECOND is None:
            return (self,)
        first, second = type(self)(), type(self)()
        pins, own = type(self).PINS, self.SECOND
        second.PINS = {r: own.get(r, pins.get(r)) for r in tuple(pins) + tuple(own) if own.get(r, 0) is not None}
        second.number = 2
        first.shared = second.shared = {}
        return (first, second)
    def safe_outputs(self):
        return [pins[r] for pins in (type(self).PINS, self.SECOND or {}) for r in ("coil", "lock") if r in pins]
    def __getattr__(self, name):
        from evse.drivers.standard_parts import StandardParts
        return getattr(StandardParts(self), name)
"""
PARTS = """
class StandardParts:
    def __init__(self, board):
        self._board = board
    def meter(self):
        if self._board.METER == "s0":
            return ("s0", self._board.PINS["pulse"], self._pull_up(self._board.PINS["pulse"]))
        pins = self._board.PINS
        return self._once(pins["tx"], make, pins["tx"], pins.get("direction"), self._pull_up(pins["tx"]))
    def lock(self):
        pins = self._board.PINS
        if "lock" not in pins:
            return None
        return make(pins["lock"])
    def coil(self):
        return make(self._board.PINS["coil"])
    def _pull_up(self, pin):
        return pin not in self._board.EXTERNAL_PULL_UP
    def _once(self, pin, make, *values):
        shared = self._board.shared
        if shared is None:
            return make(*values)
        if pin not in shared:
            shared[pin] = make(*values)
        return shared[pin]
def make(*values):
    found = [*values]
    return found
"""
MAIN = """
from board import BOARD
class Protection:
    def __init__(self, parts):
        self._lock = parts.lock
    def step(self):
        if self._lock:
            return self._lock.turn()
        return "no lock"
class Parts:
    def __init__(self, board):
        self.coil = self._built(board.coil)
        self.lock = self._built(board.lock)
    def _built(self, build):
        try:
            return build()
        except OSError:
            return None
class Station:
    def __init__(self, board):
        self.board = board
    def run(self):
        found = []
        for board in self.board.evses():
            parts = Parts(board)
            found.append((board.number, board.meter(), parts.coil, Protection(parts).step()))
        return found, self.board.safe_outputs(), self.board.meter() is self.board.meter()
def result():
    return Station(BOARD).run()
"""
ONE = 'PINS = {"coil": 4, "tx": 17}'
TWO = 'PINS = {"coil": 4, "tx": 17}\n    SECOND = {"coil": 5}'


def sources(data, main=MAIN, base=BASE):
    board = f"from evse.drivers.standard_board import StandardBoard\nclass Board(StandardBoard):\n    {data}\n"
    return {
        "evse__drivers__standard_board": base,
        "evse__drivers__standard_parts": PARTS,
        "board": board + "BOARD = Board()",
        "main": main,
    }


@pytest.fixture(autouse=True)
def nothing_is_kept(monkeypatch):
    from pilectl.linker import keep

    monkeypatch.setattr(keep, "GLOBALS", {("board", "BOARD"), ("main", "result")})
    monkeypatch.setattr(keep, "NAMES", frozenset(("run", "safe_outputs")))


def folded(data, **changes):
    """The folded program; it does what it did."""
    before = result(program(**sources(data, **changes)))
    found = fold(program(**sources(data, **changes)), ["board", "main"], set(), set())
    assert result(found) == before
    return text(found)


def test_one_board_is_no_choice_and_needs_no_table():
    found = folded(ONE)
    assert "return make(17, None, True)" in found
    assert "return make(4)" in found
    assert "return [4]" in found
    for gone in (
        "PINS",
        "SECOND",
        "METER",
        "shared",
        "'coil'",
        "'s0'",
        "_pull_up",
        "class Board(",
    ):
        assert gone not in found, gone
    assert "for board in (self.board,)" in found


def test_a_part_that_the_board_has_not_takes_what_asks_for_it_along():
    found = folded(ONE)
    assert ".turn(" not in found
    assert ".lock" not in found
    assert "return 'no lock'" in found


def test_two_evses_have_what_differs_by_their_number():
    found = folded(TWO)
    assert "make({1: 4, 2: 5}[self._board.number])" in found
    assert "shared[17] = make(17, None, True)" in found
    assert "return [4, 5]" in found
    assert "second.number = 2" in found
    for gone in ("PINS", "SECOND", "'coil'"):
        assert gone not in found, gone


def test_what_only_the_first_evse_has_is_found_as_before():
    data = 'PINS = {"coil": 4, "tx": 17, "lock": 9}\n    SECOND = {"coil": 5, "lock": None}'
    main = MAIN.replace("parts.coil, ", "").replace("self._lock.turn()", "self._lock")
    found = folded(data, main=main)
    assert "if self._board.number == 2:" in found
    assert "{1: 9}[self._board.number]" in found


def test_a_table_that_is_handed_on_stands_there():
    data = 'PINS = {"coil": 4, "tx": 17}\n    METER = {"ohm": 3}'
    main = MAIN.replace(
        "self.board.safe_outputs()", "len(dict(self.board.METER)), taken(self.board.METER)"
    )
    main += "def taken(table):\n    ohm = table['ohm']\n    return ohm\n"
    found = folded(data, main=main)
    assert "taken({'ohm': 3})" in found
    assert "METER" not in found


@pytest.mark.parametrize(
    "change",
    [
        "other = Station(BOARD)\n    other.METER = 's0'",
        "setattr(BOARD, 'METER', 'rs485')",
    ],
)
def test_data_that_somebody_sets_are_no_facts(change):
    main = MAIN.replace("def result():\n", f"def result():\n    {change}\n")
    found = facts(program(**sources(ONE, main=main)))
    assert "METER" not in found.values
    assert "PINS" in found.values


@pytest.mark.parametrize(
    "change",
    [
        "BOARD.PINS['tx'] = 3",
        "BOARD.PINS.update(a=1)",
        "pins = BOARD.PINS\n    pins.pop('tx')",
        "pins = BOARD.PINS\n    for key in ('tx',):\n        pins[key] = 1",
    ],
)
def test_a_table_that_somebody_changes_is_no_fact(change):
    main = MAIN.replace("def result():\n", f"def result():\n    {change}\n")
    found = facts(program(**sources(ONE, main=main)))
    assert "PINS" not in found.values
    assert "METER" in found.values


@pytest.mark.parametrize(
    "line",
    [
        "board = found",
        "self.board = 3",
        "board, other = found, 1",
        "for board in found:\n            pass",
        "parts = Parts(found)",
        "parts = Parts(*found)",
        "parts = [Parts]",
        "f = lambda board: 1",
        "with found as board:\n            pass",
        "try:\n            pass\n        except OSError as board:\n            pass",
    ],
)
def test_what_goes_by_the_name_of_a_board_must_be_one(line):
    main = MAIN.replace("        found = []\n", f"        found = []\n        {line}\n")
    with pytest.raises(LinkError, match=r"main.py:\d+: .*board"):
        facts(program(**sources(ONE, main=main)))


def test_a_generator_stays_one():
    main = MAIN.replace(
        "class Station:",
        "def many(board):\n    if board.METER == 's0':\n        yield 1\nclass Station:",
    ).replace("found = []", "found = list(many(self.board))")
    assert "yield 1" in folded(ONE, main=main)


def test_a_local_of_another_scope_is_not_taken_for_a_constant():
    main = MAIN.replace(
        "        found = []\n",
        "        tx = self.board.PINS['tx']\n        found = [tx for tx in (1, 2)] + [tx]\n"
        "        coil = self.board.PINS['coil']\n        found.append([coil + n for n in (1,)])\n",
    )
    found = folded(ONE, main=main)
    assert "[tx for tx in (1, 2)] + [tx]" in found
    assert "[4 + n for n in (1,)]" in found
