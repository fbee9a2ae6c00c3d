"""A small function or property goes where it is used, where and when it was evaluated there."""

import pytest
from small_programs import program, result, text

from pilectl.linker.expanding import expand

FRAME = """
log = []
class Part:
    def __init__(self, level):
        self.level = level
        self.parts = Inner(level)
    def raise_by(self, by):
        self.level += by
        log.append(self.level)
        return self.level
{methods}
class Data:
    is_even = False
    is_odd = True
def big(n):
    return n > 1
class Inner:
    def __init__(self, size):
        self.size = size
    @property
    def is_big(self):
        return self.size > 2
    @property
    def is_odd(self):
        return self.size % 2 == 1
def result():
    return [Part(n).run(n) for n in range(4)], log
"""


def expanded(methods):
    body = "\n".join("    " + line for line in methods.strip("\n").split("\n"))
    found = program(main=FRAME.format(methods=body))
    before = result(found)
    gone = expand(found, {("main", "result")}, frozenset({"run", "raise_by"}), frozenset())
    assert result(found) == before
    return gone, text(found)


GONE = {
    "a property of self, used twice": """
def run(self, n):
    first = self.is_low
    self.raise_by(2)
    return first, self.is_low
@property
def is_low(self):
    return self.level < 3
""",
    "a property of a part, behind a condition": """
def run(self, n):
    return self.parts is not None and self.parts.is_big
""",
    "a method with arguments": """
def run(self, n):
    return [self.is_within(n, 2) for _ in range(2)] + [self.is_within(1, n)]
def is_within(self, low, high):
    return low <= self.level <= high
""",
}


@pytest.mark.parametrize("name", GONE)
def test_it_goes_into_every_place(name):
    gone, found = expanded(GONE[name])
    assert len(gone) >= 1
    for function in gone:
        assert function not in found


STAYS = {
    "an argument that does something": """
def run(self, n):
    return self.twice(self.raise_by(1))
def twice(self, by):
    return by + by + self.level
""",
    "the caller has a local of a name that it uses": """
def run(self, n):
    log = n
    return self.count_of() + log
def count_of(self):
    return len(log)
""",
    "another class has data of that name": """
def run(self, n):
    return [part.is_odd for part in (self.parts, Data())]
def also(self):
    return Data().is_even, self.is_even
@property
def is_even(self):
    return self.level % 2 == 0
""",
    "one of its two calls cannot be replaced": """
def run(self, n):
    return self.low_or(n), self.low_or(self.raise_by(1))
def low_or(self, n):
    return self.level < n
""",
    "handed on": """
def run(self, n):
    ask = self.low_or
    return ask(n)
def low_or(self, n):
    return self.level < n
""",
    "larger than its calls": """
def run(self, n):
    return [self.sum_of(n), self.sum_of(1), self.sum_of(2), self.sum_of(3), self.sum_of(4)]
def sum_of(self, n):
    return (n + self.level) * (n - self.level) + (n + 3) * (n - 5) + self.level * self.level
""",
}


@pytest.mark.parametrize("name", STAYS)
def test_it_stays_a_function(name):
    gone, _found = expanded(STAYS[name])
    # What nobody asks for is none of its business
    assert [function for function in gone if function != "is_big"] == []


def test_a_local_of_its_name_stays_what_it_is():
    gone, found = expanded("""
def run(self, n):
    big = [self.raise_by].count
    return big(n), self.ask(n)
def ask(self, n):
    return big(n)
""")
    assert {"big", "ask"} <= set(gone)
    assert "return (big(n), n > 1)" in found


LATE = """
from late.asks import told
gone = "late.asks"
class Part:
    def __init__(self, level):
        self.level = level
    def is_low(self):
        return self.level < 3 + %s
more = 0
def result():
    return [(part.is_low(), told(part)) for part in map(Part, range(5))]
"""
ASKS = "def told(part):\n    return {'is_low': part.is_low()}"


def test_it_goes_into_a_module_that_is_forgotten_whose_texts_shut_no_name():
    found = program(late__asks=ASKS, main=LATE % "0")
    before = result(found)
    stay = frozenset({"result"})
    assert expand(found, {("main", "result")}, stay, frozenset()) == ["is_low"]
    assert result(found) == before
    assert "'is_low': part.level < 3 + 0" in text(found)


def test_what_names_globals_does_not_go_into_another_module():
    found = program(late__asks=ASKS, main=LATE % "more")
    gone = expand(found, {("main", "result")}, frozenset({"result"}), frozenset())
    assert "is_low" not in gone
