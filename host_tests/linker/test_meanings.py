"""Methods of one name are told apart where no object can be asked for both, and only there."""

import pytest
from small_programs import program, result, text

from pilectl.linker.meanings import plain, tell_meanings

KEPT = {("main", "result")}


def told(main, foreign=(), stay=("result",), **others):
    """(new names, text) of a program after its meanings have their names."""
    found = program(main=main, **others)
    before = result(found)
    names = tell_meanings(found, frozenset(stay), set(foreign), KEPT)
    assert result(found) == before
    return names, text(found)


TWO = """
class Lamp:
    def __init__(self, n):
        self._n = n
    def step(self, ms):
        return self._n * ms
class Coil:
    def __init__(self, lamp, n):
        self.lamp = lamp
        self._more = n
    def step(self, ms):
        return self.lamp.step(ms) + self._more
%s
def result():
    lamp = Lamp(3)
    coil = Coil(lamp, n=4)
    return coil.step(5), lamp.step(6), %s
"""


def test_objects_are_followed_through_arguments_attributes_and_locals():
    names, found = told(TWO % ("", "0"))
    assert names == ["step__of_Coil", "step__of_Lamp"]
    assert "self.lamp.step__of_Lamp(ms)" in found
    assert {plain(name) for name in names} == {"step"}


EITHER = """
def either(n):
    part = lamp_of(n)
    if n:
        part = Coil(part, n)
    return part
def lamp_of(n):
    return Lamp(n)
"""
BOX = """
class Box:
    pass
def put(a):
    box = Box()
    box.held = a
    return box
"""
FILLED = """
class Box:
    def fill(self, name, a):
        setattr(self, name, a)
        return self
"""
ANSWERS = """
class Box:
    def __init__(self, **k):
        self.k = k
    def __getattr__(self, n):
        return self.k[n]
"""
INDEXED = """
class Wrap:
    def __init__(self, a):
        self.a = a
    def __getitem__(self, n):
        return self.a
"""


@pytest.mark.parametrize(
    ("more", "asked"),
    [
        # One place asks both
        ("", "[part.step(1) for part in (coil, lamp)]"),
        ("", "(lamp if coil else coil).step(1)"),
        ("def ask(part):\n    return part.step(2)", "ask(lamp) + ask(coil)"),
        (
            "def ask(*parts, **words):\n    return parts[0].step(1) + words['a'].step(2)",
            "ask(lamp, a=coil)",
        ),
        ("", "{'a': lamp, 'b': coil}['b'].step(1)"),
        ("", "sorted([lamp, coil], key=lambda part: part.step(1))[0].step(2)"),
        (
            "def both():\n    yield Lamp(1)\n    yield Coil(Lamp(1), 2)",
            "[part.step(1) for part in both()]",
        ),
        (EITHER, "either(1).step(2), either(0).step(3)"),
        (BOX, "put(lamp).held.step(1), put(coil).held.step(1)"),
        (
            FILLED,
            "Box().fill('he' + 'ld', lamp).held.step(1), Box().fill('held', coil).held.step(2)",
        ),
        (ANSWERS, "Box(a=lamp).a.step(1), Box(a=coil).a.step(1)"),
        # Through hands that nobody follows
        ("", "list(map(lambda part: part.step(1), [coil, lamp]))"),
        ("", "[type(part)(*n).step(2) for part, n in ((lamp, (1,)), (coil, (lamp, 1)))]"),
        (INDEXED, "Wrap(lamp)[0].step(1), Wrap(coil)[0].step(1)"),
        ("", "[getattr(part, 'step')(1) for part in (coil, lamp)]"),
        ("", "[f(1) for f in (coil.step, lamp.step)], [p.step(1) for p in [lamp] + [coil]]"),
    ],
)
def test_what_one_place_may_ask_of_both_keeps_one_name(more, asked):
    names, found = told(TWO % (more, asked))
    assert names == []
    assert found.count("def step(") == 2


def test_heirs_have_the_name_of_their_base():
    names, found = told("""
class Base:
    def step(self):
        return self.more() + 1
    def more(self):
        return 1
class Heir(Base):
    def more(self):
        return super().more() + 5
class Other:
    def more(self):
        return 9
def result():
    return Base().step(), Heir().step(), Other().more()
""")
    assert names == ["more__of_Heir", "more__of_Other"]
    assert found.count("more__of_Heir") == 4


def test_what_is_asked_of_objects_that_are_not_ours_keeps_its_name():
    main = """
class Part:
    def pop(self):
        return 1
class Port:
    def pop(self):
        return 2
class Own:
    def pop(self):
        return 3
def result():
    return [part.pop() for part in (Part(), [7])], Port().pop(), Own().pop()
"""
    names, found = told(main, foreign={"pop"}, stay=("result",))
    assert names == ["pop__of_Own", "pop__of_Port"]
    assert "part.pop()" in found
    kept, _found = told(main, stay=("result", "pop"))
    assert kept == []


def test_each_part_of_a_tuple_goes_its_own_way():
    names, found = told(
        TWO % ("", "both(lamp, coil)")
        + """
def both(lamp, coil):
    first, second = lamp, coil
    return first.step(1), second.step(2)
"""
    )
    assert names == ["step__of_Coil", "step__of_Lamp"]
    assert "first.step__of_Lamp(1), second.step__of_Coil(2)" in found


def test_an_attribute_of_the_one_and_a_property_of_the_other_are_two():
    names, found = told("""
class Sector:
    def __init__(self):
        self.wear = 4
class Ring:
    def __init__(self, sector):
        self.sector = sector
    @property
    def wear(self):
        return self.sector.wear + 1
def result():
    ring = Ring(Sector())
    ring.sector.wear = 6
    return ring.wear
""")
    assert names == ["wear__of_Ring", "wear__of_Sector"]
    assert "self.sector.wear__of_Sector + 1" in found
