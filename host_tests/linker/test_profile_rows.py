"""Rows of pilot profiles: evidence goes, and names become numbers where nothing else says them."""

import ast

from small_programs import program, result, text

from pilectl.linker.evidence import drop_evidence
from pilectl.linker.words import words_tree

READER = """
WINDOWS = (("low_mv", "A"),)
class Profile:
    def __init__(self, name, rows):
        value = {row[0]: row[1] for row in rows}
        self.name = name
        self.found = [(state, value[key]) for key, state in WINDOWS] + [value["wait_ms"], value["kind"]]
"""
ROWS = """
from evse.core.pilot_profiles import Profile
PROFILE = Profile(%r, (
    ("low_mv", (%d, 9), "the paper", "M"),
    ("wait_ms", 30, "own choice", "S"),
    ("kind", "F", "own choice", "S"),
    ("only_people_ask", 7, "the paper", "S"),
))
"""
MAIN = """
from evse.core.profile_a import PROFILE
from evse.core.profile_b import PROFILE as OTHER
def result():
    return [(each.name, each.found) for each in (PROFILE, OTHER)], "kind"
"""


def test_names_of_rows_become_the_same_numbers_for_all_who_have_them():
    found = program(
        evse__core__pilot_profiles=READER,
        evse__core__profile_a=ROWS % ("a", 1),
        evse__core__profile_b=ROWS % ("b", 2),
        main=MAIN,
    )
    before = result(found)
    drop_evidence(found)
    assert result(found) == before
    said = text(found)
    for gone in ("low_mv", "wait_ms", "only_people_ask", "the paper"):
        assert gone not in said
    # What another module says as well stays a text
    assert said.count("'kind'") == 4


def test_many_words_are_packed_and_few_are_listed():
    few = ["%s: cut off", "not an object"]
    many = ["Sentence %d: check the cable" % number for number in range(60)]
    listed, packed = (ast.unparse(words_tree(texts)) for texts in (few, many))
    assert repr(tuple(few)) in listed
    assert "deflate" not in listed
    assert "deflate.DeflateIO" in packed
    assert len(packed) < sum(map(len, many))
