"""Attributes that are named in rows get shorter names together with the rows, or stay as they are."""

import pytest
from small_programs import program, result, text

from pilectl.linker.keys import rename_keys

RULES = """
class Profile:
    def __init__(self, name, rows):
        self.name = name
        for key, value, _source in rows:
            setattr(self, key, value)
        self.found = []
        for key, state in (("low_window_mv", 1), ("high_window_mv", 2)):
            self.found.append((getattr(self, key), state))
"""
TABLE = """
from rules import Profile
PROFILE = Profile("iec", (
    ("low_window_mv", (1, 2), "Table A.2"),
    ("high_window_mv", 3, "Table A.2" + ", 1"),
    ("times_out_ms", 4, "own choice"),
    ("is_text_elsewhere", 5, ""),
    ("is_method_elsewhere", 6, ""),
    ("kept_for_others", 7, ""),
))
"""
MAIN = """
from table import PROFILE
class Other:
    def is_method_elsewhere(self):
        return "is_text_elsewhere"
def result():
    p = PROFILE
    return (p.low_window_mv, p.times_out_ms, p.found, p.name, p.kept_for_others,
        p.is_text_elsewhere, p.is_method_elsewhere, Other().is_method_elsewhere())
"""


def renamed(rules=RULES, table=TABLE, main=MAIN):
    """Text of a program after its keys have new names, which changes no result."""
    found = program(rules=rules, table=table, main=main)
    before = result(found)
    rename_keys(found, {"kept_for_others"})
    assert result(found) == before
    return text(found)


def test_what_only_rows_name_gets_a_name_in_rom():
    found = renamed()
    for key in ("low_window_mv", "high_window_mv", "times_out_ms"):
        assert key not in found
    for key in ("is_text_elsewhere", "is_method_elsewhere", "kept_for_others"):
        assert f"('{key}', " in found
        assert f"p.{key}" in found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("self.name = name", "self.name = name\n        self.rows = rows"),
        ("setattr(self, key, value)", "setattr(self, key, value)\n            self.name = key"),
        ("setattr(self, key, value)", "setattr(name, key, value) if not name else 0"),
        ("in rows:", "in sorted(rows):"),
    ],
)
def test_a_class_that_does_more_with_its_rows_keeps_them(old, new):
    rules = RULES.replace(old, new)
    assert rules != RULES
    main = "from table import PROFILE\ndef result():\n    return PROFILE.name\n"
    found = program(rules=rules, table=TABLE, main=main)
    before = text(found)
    rename_keys(found, set())
    assert "('times_out_ms', 4" in text(found)
    assert "'low_window_mv'" in text(found)
    assert before == text(found)


@pytest.mark.parametrize(
    "more",
    [
        "\nAGAIN = Profile('sae', PROFILE.found)",
        "\nROWS = [Profile]",
        "\nAGAIN = Profile('sae', rows=())",
        "\nAGAIN = Profile(*('sae', ()))",
        "\nclass Heir(Profile):\n    pass",
    ],
)
def test_rows_that_are_not_all_written_down_stay(more):
    found = program(rules=RULES, table=TABLE + more, main=MAIN)
    before = text(found)
    rename_keys(found, set())
    assert text(found) == before
