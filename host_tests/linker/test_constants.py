"""Constants stand where their names stood, and nothing else does."""

import pytest
from small_programs import program, result, text

from pilectl.linker.constants import propagate
from pilectl.linker.values import constants

RULES = """
from micropython import const
LOW = const(3)
HIGH = LOW * 4
A, B, C = range(3)
NAMES = ("a", "b", "c")
BITS = tuple(1 << index for index in range(len(NAMES)))
WIDE = 1 << 40
def mask(*names):
    return sum(1 << NAMES.index(name) for name in names)
BOTH = mask("a", "c")
"""


def linked(main, rules=RULES):
    found = program(evse__core__rules=rules, main=main)
    before = result(found)
    propagate(found, constants(found))
    assert result(found) == before
    return text(found)


def test_values_of_rules_are_found_by_running_them():
    main = "from evse.core import rules\nfrom evse.core.rules import HIGH as TOP\n"
    main += "def result():\n    return rules.LOW, TOP, rules.B, rules.BOTH, len(rules.NAMES), rules.NAMES[1]"
    assert "return (3, 12, 1, 5, 3, 'b')" in linked(main)


@pytest.mark.parametrize(
    "body",
    [
        "LOW = 7\n    return LOW",
        "return [LOW for LOW in (8, 9)]",
        "return (lambda LOW=1: LOW)()",
        "return inner(5)",
        "try:\n        raise ValueError\n    except ValueError as LOW:\n        return repr(LOW)",
    ],
)
def test_a_local_of_the_same_name_is_no_constant(body):
    main = "from evse.core.rules import LOW\ndef inner(LOW):\n    return LOW\n"
    assert "3" not in linked(f"{main}def result():\n    {body}").split("def inner")[1]


def test_what_a_class_binds_hides_a_constant_from_its_body_and_not_from_its_methods():
    main = """
from evse.core.rules import LOW
class Part:
    LOW = 9
    TWICE = LOW * 2
    def low(self, at=LOW):
        return LOW, self.LOW, at
def result():
    return Part().low(), Part.TWICE
"""
    found = linked(main)
    assert "TWICE = LOW * 2" in found
    assert "at=LOW" in found
    assert "return (3, self.LOW, at)" in found


def test_names_bound_twice_or_by_the_chip_are_no_constants():
    main = """
from machine import SPEED
FAST = SPEED
COUNT = 1
COUNT = COUNT + 1
if FAST:
    LATE = 5
def result():
    return COUNT, LATE
"""
    assert "return (COUNT, LATE)" in linked(main)
    assert "FAST = SPEED" in linked(main)


def test_a_number_that_is_an_object_on_the_chip_stays_one_object():
    twice = "from evse.core.rules import WIDE\ndef result():\n    return WIDE | 1, WIDE | 2"
    once = "from evse.core.rules import WIDE\ndef result():\n    return WIDE | 1"
    assert "WIDE | 1" in linked(twice)
    assert f"{1 << 40} | 1" in linked(once)


def test_a_table_that_only_constants_were_made_of_is_literal():
    main = "from evse.core.rules import BITS\ndef result():\n    return [b for b in BITS], BITS"
    found = linked(main)
    assert "BITS = (1, 2, 4)" in found
    assert "1 << index" not in found
