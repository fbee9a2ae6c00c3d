"""Attributes that are always one constant are that constant, and whatever only another would reach goes."""

import pytest
from small_programs import program, result, text

from pilectl.linker import keep
from pilectl.linker.one_board import fold

SETTLED = """
from board import BOARD
class Bearer:
    def __init__(self, lan, names):
        self._lan = lan
        self._loops = []
        self.names = names
    @property
    def up(self):
        return False
    def step(self):
        for loop in self._loops:
            loop.step()
        if self._lan:
            self._lan.step()
        return self.names, bool(self._lan)
class Owner:
    def __init__(self, names):
        self.bearer = Bearer(None, names)
    def step(self):
        return "up" if self.bearer.up else self.bearer.step()
def result():
    return Owner(["a"]).step()
"""


BOARD = "class Board:\n    pass\nBOARD = Board()"


@pytest.fixture(autouse=True)
def nothing_is_kept(monkeypatch):
    monkeypatch.setattr(keep, "GLOBALS", {("board", "BOARD"), ("main", "result")})
    monkeypatch.setattr(keep, "NAMES", frozenset())


def sources(main):
    return program(board=BOARD, main=main)


def folded(main):
    """Text of the folded program; it does what it did."""
    before = result(sources(main))
    found = fold(sources(main), ["board", "main"], set(), set())
    assert result(found) == before
    return text(found)


def test_attributes_that_are_always_one_constant_are_it():
    found = folded(SETTLED)
    assert "_lan" not in found
    assert "_loops" not in found
    assert "'up'" not in found
    assert "return (self.names, False)" in found.replace("bool(None)", "False")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "        return self.names,",
            "        self._lan = self.names\n        return self.names,",
        ),
        ("    return Owner", "    setattr(Bearer(None, 1), '_lan', 1)\n    return Owner"),
        ("Bearer(None, names)\n", "Bearer(None, names)\n        self.other = Bearer(self, 1)\n"),
        ("class Bearer:", "class Bearer(int):"),
        (
            "Bearer(None, names)\n",
            "self.made(Bearer)\n    def made(self, what):\n        return what(None, [])\n",
        ),
    ],
)
def test_what_could_be_another_is_left(old, new):
    main = SETTLED.replace(old, new)
    assert main != SETTLED
    found = fold(sources(main), ["board", "main"], set(), set())
    assert "if self._lan:" in text(found)


def test_a_class_that_makes_itself_is_handed_nothing():
    main = SETTLED.replace(
        "    def step(self):\n        for",
        "    @classmethod\n    def other(cls, lan):\n        return cls(lan, 1)\n    def step(self):\n        for",
    ).replace("return Owner", "Bearer.other(1)\n    return Owner")
    assert "self._lan = lan" in folded(main)
