"""New names change nothing but names, and objects of one family never get two attributes under one."""

import ast
import re

from small_programs import program, result, text

from pilectl.linker import foreign as foreign_names
from pilectl.linker.attributes import Attributes
from pilectl.linker.globals import rename_globals
from pilectl.linker.parameters import rename_parameters
from rig import ROOT


def renamed(main, kept=(), foreign=()):
    """(told, text) of a program after attributes, parameters and globals have their new names."""
    found = program(main=main)
    before = result(found)
    resident = found.modules["main"]
    told = Attributes(found, resident, frozenset({"result", *kept}), set(foreign)).rename()
    assert result(found) == before
    rename_parameters(found, frozenset({"result", *kept}))
    assert result(found) == before
    for name, old in rename_globals(found, resident, {("main", "result")}, set(told)).items():
        told.setdefault(name, []).extend(old)
    assert result(found) == before
    return told, text(found)


FAMILY = """
class Base:
    def __init__(self, size):
        self._size = size
        self._lines = []
    def _grow(self, by):
        self._size += by
    def grow(self, by):
        self._grow(by)
        return self._size
class Heir(Base):
    def __init__(self, size):
        Base.__init__(self, size)
        self._kept = size * 10
    def _grow(self, by):
        self._size += 2 * by
        self._kept += 1
    def seen(self):
        return self._size, self._kept, self._lines
class Stranger:
    def __init__(self):
        self._count = 5
        self._other = 6
    def seen(self):
        return self._count, self._other
def result():
    heir = Heir(1)
    return heir.grow(3), heir.seen(), Stranger().seen(), Base(2).grow(4)
"""


def test_a_family_keeps_its_attributes_apart_and_its_overrides_together():
    told, found = renamed(FAMILY)
    for name in ("_size", "_lines", "_grow", "_kept", "_count", "_other"):
        assert name not in found
    assert sum("Base._grow" in names for names in told.values()) == 1


def test_strangers_share_names():
    _told, found = renamed(FAMILY)
    parts = [set(re.findall(r"self\.(\w+) =", part)) for part in found.split("class ")[1:]]
    base, heir, stranger = parts
    assert len(base) == len(stranger) == 2
    assert not base & heir
    assert stranger & set(re.findall(r"self\.(\w+)", found.split("class ")[1]))


def test_texts_lend_their_names_and_keep_what_is_asked_for_by_them():
    main = """
class Part:
    def __init__(self):
        self.red_fast = 1
        self.blinks_so_often = 2
        self.asked = 3
    def count_of_all(self):
        return self.red_fast + self.blinks_so_often + getattr(self, "asked")
class Lamp:
    def __init__(self):
        self._pattern_of_light = "yellow"
    def shown(self):
        return self._pattern_of_light
def result():
    part = Part()
    lent = ("finishing", "red_fast", "suspended")
    return part.red_fast, part.blinks_so_often, part.count_of_all(), Lamp().shown(), lent
"""
    _told, found = renamed(main)
    assert "self.red_fast" in found
    assert "self.asked" in found
    for name in ("blinks_so_often", "count_of_all", "_pattern_of_light", "shown"):
        assert name not in found
    assert ".finishing" in found or ".yellow" in found


def test_what_others_have_a_say_in_keeps_its_names():
    main = """
from umqtt import MQTTClient
class Codec(MQTTClient):
    def __init__(self):
        self._buffer = b""
        self.wire = 1
    def _take(self):
        return self._buffer, self.wire
class Free:
    def write(self, data):
        self._data = data
        return self._data
def result():
    return Codec()._take(), Free().write(1)
"""
    _told, found = renamed(main, foreign={"write"})
    for name in ("self._buffer", "self.wire", "def _take", "def write"):
        assert name in found


def test_what_the_mqtt_client_has_is_known_to_be_foreign():
    tree = ast.parse((ROOT / "build/lib/umqtt/simple.py").read_text(encoding="utf-8"))
    client = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "MQTTClient")
    found = {n.name for n in client.body if isinstance(n, ast.FunctionDef)}
    found |= {
        n.attr
        for n in ast.walk(client)
        if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == "self"
    }
    assert {name for name in found if not name.startswith("_")} <= set(foreign_names.UMQTT)
    assert set(foreign_names.UMQTT) <= foreign_names.names(program(main="pass"))


def test_every_function_can_be_told_from_its_new_name():
    told, found = renamed(FAMILY + "\ndef _helper(x):\n    return x\nVALUE = [_helper(1)]\n")
    for name, whose in told.items():
        functions = {n.rpartition(".")[2] for n in whose if not n.startswith("class ")}
        assert len(functions) <= 1, (name, whose)
        assert name in found
    assert ["_helper"] in told.values()


def test_a_parameter_that_a_call_names_or_an_inner_scope_hides_stays():
    main = """
def named(first_value, second_value=2):
    return first_value - second_value
def hidden(some_list):
    return [some_list for some_list in some_list]
def plain(long_name, b):
    a = long_name * 2
    return a + b, (lambda other_name: other_name + long_name)(1)
def result():
    return named(5, second_value=1), hidden([1, 2]), plain(3, 4)
"""
    _told, found = renamed(main)
    assert "second_value=1" in found
    assert "some_list" in found
    for name in ("first_value", "long_name", "other_name"):
        assert name not in found


def test_a_function_that_takes_any_name_keeps_its_own():
    main = """
def record(kind, connector, **detail):
    return kind, connector, sorted(detail)
def plain(first, second):
    return first - second
def result():
    return record("boot", 0, a=1, b=2, **{"first": 3, "second": 4}), plain(5, 3)
"""
    found = program(main=main)
    before = result(found)
    rename_parameters(found, frozenset(), ("first", "b"))
    assert result(found) == before
    assert "def record(kind, connector, **detail)" in text(found)
    assert "def plain(b, a)" in text(found)
