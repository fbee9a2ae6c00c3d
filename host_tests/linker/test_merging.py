"""Classes that nobody can tell apart become one, every other stays; the program does what it did."""

import pytest
from small_programs import merged

TWO = """
class Coil:
    def __init__(self, pin, level=1):
        self._pin = pin
        if level is None:
            return
        self._level = level
    def close(self):
        self._left = 3
        return self._pin * self._level
class Lamp:
    def shine(self):
        self._level = 7
        return self._level
class Timer:
    def __init__(self, *rates, **words):
        self._rates = rates, words
    def left_over(self, seen=[]):
        seen.append(self._rates)
        return seen[-1]
def result():
    return Coil(2).close(), Coil(3, level=5).close(), Lamp().shine(), Timer(1, 2, at=3).left_over()
"""


def test_classes_of_different_names_become_one_with_constructors_as_functions():
    count, found, told = merged(TWO)
    assert count == 1
    assert "__init__" not in found
    assert any(
        names[-3:] == ["class Coil", "class Lamp", "class Timer"] for names in told.values()
    )
    for maker in ("Coil___init__", "Timer___init__"):
        assert [maker] in told.values()


PAIR = """
class One:
    def __init__(self):
        self._one = 1
    def first_of_all(self):
        return self._one
%s
class Two:
    def __init__(self):
        self._two = 2
    def second_to_none(self):
        return self._two
%s
def result():
    return One().first_of_all(), Two().second_to_none(), %s
"""


@pytest.mark.parametrize(
    ("one", "two", "asked"),
    [
        # One public name, two meanings
        ("    def step(self): return 1", "    def step(self): return 2", "One().step()"),
        ("    rate = 1", "    rate = 2", "One().rate, Two().rate"),
        # An attribute of the one, a member of the other
        ("    rate = 1", "    def put(self): self.rate = 3; return self.rate", "Two().put()"),
        # What asks without saying so
        ("    def __len__(self): return 0", "", "bool(One()), bool(Two())"),
        ("    def __call__(self): return 5", "", "One()(), callable(Two())"),
        ("    def __eq__(self, other): return True", "", "One() == 1, Two() == 1"),
        # By a text
        ("    def start(self): return 1", "", "[hasattr(x, 'start') for x in (One(), Two())]"),
        ("    def by(self, n): return getattr(self, n, 4)", "", "One().by('x' * 3)"),
        # By its class
        ("", "", "[isinstance(x, One) for x in (One(), Two())]"),
        ("    def again(self): return type(self)().first_of_all()", "", "One().again()"),
        ("", "", "[c().__class__ is c for c in (One,)]"),
        ("    @staticmethod\n    def of(n): return n", "", "One.of(3)"),
        ("    @classmethod\n    def made(cls): return cls()", "", "One.made().first_of_all()"),
        # A property makes every store look into the class
        ("    @property\n    def rate(self): return self._one", "", "One().rate"),
        # What may not be there yet where the first class stands
        ("", "    limit = max(len(text) for text in ('a', 'bc'))", "Two().limit"),
    ],
)
def test_what_can_be_told_apart_stays_apart(one, two, asked):
    count, _found, _told = merged(PAIR % (one, two, asked))
    assert count == 2


def test_heirs_bases_and_exceptions_stay():
    count, _found, _told = merged("""
class Base:
    def named(self):
        return 1
class Heir(Base):
    def other_name(self):
        return 2
class BadError(ValueError):
    pass
class Free:
    def freely(self):
        return 3
class Alone:
    def lonely(self):
        return 4
def result():
    try:
        raise BadError("x")
    except BadError as error:
        return Base().named(), Heir().other_name(), Heir().named(), Free().freely(), Alone().lonely(), str(error)
""")
    assert count == 4


def test_a_class_that_is_set_something_from_outside_hides_it_from_nobody():
    count, _found, _told = merged("""
class Plain:
    def seen_by(self):
        return self
class Gauge:
    def level_of(self):
        return 1
class Third:
    def nothing_of_it(self):
        return 5
def mark(part):
    part.level_of = 9
    return part.level_of
def result():
    return mark(Plain().seen_by()), Gauge().level_of(), Third().nothing_of_it()
""")
    assert count == 2


def test_a_try_that_expects_no_attribute_is_asked_in_vain():
    main = """
class One:
    def first_of_all(self):
        return 1
class Two:
    def second_to_none(self):
        return 2
def result():
    found = []
    for part in (One(), Two()):
        try:
            found.append(part.first_of_all)
        except AttributeError:
            found.append(None)
    return [part is None for part in found], Two().second_to_none(), One().first_of_all()
"""
    count, _found, _told = merged(main)
    assert count == 2
