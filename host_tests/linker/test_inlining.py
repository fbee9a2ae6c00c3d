"""A function with one call goes where it is called, and only where the order of things stays."""

import pytest
from small_programs import program, result, text

from pilectl.linker.inlining import inline

FRAME = """
log = []
class Part:
    def __init__(self):
        self.value = 1
        self.other = 2
    def note(self, what):
        log.append(what)
        return what
    @property
    def noisy(self):
        self.value += 1
        return self.value
{methods}
def result():
    part = Part()
    found = [part.run(n) for n in (-1, 0, 1, 5)]
    return found, log, part.value
"""


def inlined(methods):
    body = "\n".join("    " + line for line in methods.strip("\n").split("\n"))
    found = program(main=FRAME.format(methods=body))
    before = result(found)
    gone = inline(found, {("main", "result")}, frozenset({"run", "note"}))
    assert result(found) == before
    return gone, text(found)


# Methods, and whether the helper is gone afterwards
PLACED = {
    "tail with returns in a loop": """
def run(self, n):
    return self._find(n)
def _find(self, n):
    for index in range(3):
        if index == n:
            return self.note(index)
    self.note("none")
""",
    "statement with early returns": """
def run(self, n):
    self._judge(n)
    return self.value
def _judge(self, n):
    if n < 0:
        return
    if n == 0:
        self.value = 7
        return
    elif n == 1:
        self.value = 8
    else:
        self.value = 9
        return
    self.note("one")
""",
    "result into a local, names in the way": """
def run(self, n):
    level = 100
    best = self._best(n, 3)
    return level + best
def _best(self, level, n):
    best = level * n
    if best > 3:
        level = best
    return level
""",
    "one expression, wherever it stands": """
def run(self, n):
    while self.value < 5 and self._is_below(n, 9):
        self.value += 1
    return self.noisy, n
def _is_below(self, a, b):
    return a < b
""",
    "condition before anything else": """
def run(self, n):
    if self._is_odd(n) and self.note(n):
        return "odd"
    return self.note("even")
def _is_odd(self, n):
    n = abs(n)
    if n == 5:
        return True
    return n % 2 == 1
""",
    "arguments in their order, defaults": """
def run(self, n):
    return self._three(self.note("x"), c=self.note("z"))
def _three(self, a, b=2, c=3):
    return (a, b, c)
""",
    "an argument that the body changes": """
def run(self, n):
    total = self._count(n)
    return n, total
def _count(self, n):
    n += 1
    while n < 3:
        n += 1
    return n
""",
}


@pytest.mark.parametrize("name", PLACED)
def test_the_body_stands_where_the_call_stood(name):
    gone, found = inlined(PLACED[name])
    assert len(gone) == 1
    assert gone[0].rpartition(".")[2] not in found


REFUSED = {
    "a comprehension that would capture an argument": """
def run(self, n):
    item = n
    return self._sum(item)
def _sum(self, by):
    return [item + by for item in (10, 20)]
""",
    "something comes before it": """
def run(self, n):
    return self.note(n) if n else self.noisy + self._bump()
def _bump(self):
    self.value += 5
    return self.value
""",
    "an attribute that it changes comes before it": """
def run(self, n):
    return self.value + self._bump()
def _bump(self):
    self.value += 5
    return self.value
""",
    "evaluated again and again": """
def run(self, n):
    while self._more():
        self.note(n)
    return self.value
def _more(self):
    self.value += 1
    if self.value < 4:
        return True
    return False
""",
    "a return in a loop that is not the caller's": """
def run(self, n):
    self._look(n)
    return self.note("end")
def _look(self, n):
    for index in range(3):
        if index == n:
            return
    self.note("none")
""",
    "an attribute that is added to": """
def run(self, n):
    self.value += self._bump()
    return self.value
def _bump(self):
    self.value = 50
    if self.other:
        return 1
    return 2
""",
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_call_stays_where_the_order_would_change(name):
    gone, _found = inlined(REFUSED[name])
    assert gone == []


def test_a_public_method_goes_into_another_class_with_its_own_attributes():
    found = program(
        main="""
class Pump:
    def __init__(self):
        self._level = 3
        self.pushes = 0
    def push_once(self, by):
        self._level += by
        self.pushes += 1
        return self._level
class Part:
    def __init__(self):
        self._pump = Pump()
        self._level = 1000
    def step(self, by):
        level = self._pump.push_once(by)
        return level, self._level, self._pump.pushes
def result():
    part = Part()
    return part.step(1), part.step(5)
"""
    )
    before = result(found)
    gone = inline(found, {("main", "result")}, frozenset({"step"}))
    assert gone == ["Pump.push_once"]
    assert result(found) == before == ((4, 1000, 1), (9, 1000, 2))


def test_a_name_that_others_have_is_no_proof_of_the_class():
    found = program(
        main="""
class Own:
    def append(self, x):
        raise AssertionError
def result():
    kept = []
    kept.append(1)
    return kept
"""
    )
    assert inline(found, {("main", "result")}, frozenset({"append"})) == []
    assert result(found) == [1]


def test_a_coroutine_goes_where_it_is_awaited():
    found = program(
        main="""
def drive(coroutine):
    try:
        while True:
            coroutine.send(None)
    except StopIteration as end:
        return end.value
class Part:
    async def run(self, n):
        value = await self._ask(n)
        return value + 1
    async def _ask(self, n):
        if n:
            return n * 2
        return 7
def result():
    return drive(Part().run(0)), drive(Part().run(4))
"""
    )
    before = result(found)
    assert inline(found, {("main", "result")}, frozenset({"run", "drive"})) == ["Part._ask"]
    assert result(found) == before == (8, 9)


def test_a_function_that_goes_into_one_that_goes_is_not_lost():
    found = program(
        main="""
class Part:
    def run(self, n):
        return self._first(n) + 1
    def _first(self, n):
        if n > 2:
            return 50
        return self._second(n) * 2
    def _second(self, n):
        if n:
            return self._third(n)
        return 4
    def _third(self, n):
        if n == 1:
            return 1
        return self._fourth(n)
    def _fourth(self, n):
        return n * 1
def result():
    return [Part().run(n) for n in range(4)]
"""
    )
    before = result(found)
    assert len(inline(found, {("main", "result")}, frozenset({"run"}))) == 4
    assert result(found) == before == [9, 3, 5, 51]
