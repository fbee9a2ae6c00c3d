"""Why a connector does not charge: every reason is reached, and each has its sentence in both languages."""

from evse.core import faults
from evse.core.charging import B1, B2, C1, C2
from evse.core.transaction import AUTHORISED, CHARGING, ENDING
from evse.core.why import CLEAR, SENTENCES, reason, sentence

TX = {"vehicle": True, "phase": AUTHORISED, "least_a10": 320, "holder": "rated", "state": B1}
# What is so, and the key of what is said
CASES = (
    ({}, "no_vehicle"),
    ({"vehicle": True}, "no_authorisation"),
    ({"vehicle": True, "finished": True}, "finished"),
    ({"in_service": False}, "out_of_service"),
    ({"has_key": False, "vehicle": True}, "no_key"),
    ({"journal_problem": "full", "vehicle": True}, "journal"),
    ({"faults": faults.PE_LOST, "fault_sentence": "look"}, "fault"),
    ({"closed": True}, "welded"),
    (dict(TX, closed=True, commanded=True, phase=CHARGING, state=C2), "charging"),
    (dict(TX, phase=ENDING, stop_reason="local"), "ending"),
    (dict(TX, least_a10=50, holder="site"), "limit"),
    (dict(TX, testing=True), "self_test"),
    (dict(TX, unlocked=True), "lock"),
    (dict(TX, switching=True), "phases"),
    (dict(TX, state=C1), "pause"),
    (dict(TX, state=B1), "pause"),
    (dict(TX, state=B2, state_name="B2"), "vehicle"),
    (dict(TX, state=C2, phase=CHARGING), "contactor"),
)


def situation(changes):
    found = dict(CLEAR)
    for name in changes:
        assert name in found, name
        found[name] = changes[name]
    return found


def test_each_case_has_its_reason():
    for changes, key in CASES:
        assert reason(situation(changes))[0] == key, (changes, key)


def test_every_sentence_is_reached_and_filled_in_both_languages():
    reached = set()
    for changes, _key in CASES:
        found, values = reason(situation(changes))
        reached.add(found)
        for language in ("en", "zh"):
            text = sentence(found, values, language)
            assert "%s" not in text
            for value in values:
                assert value in text
        assert any(char > "\u4e00" for char in sentence(found, values, "zh"))
    assert reached == set(SENTENCES)


def test_what_has_to_go_first_is_said_first():
    # A fault before the vehicle that waits, the journal before the missing vehicle
    assert reason(situation(dict(TX, faults=faults.EMERGENCY_STOP, least_a10=0)))[0] == "fault"
    assert reason(situation(dict(TX, least_a10=0, testing=True)))[0] == "limit"
    assert reason(situation({"journal_problem": "full"}))[0] == "journal"
    # A warning holds nothing
    assert (
        reason(situation({"faults": faults.CLOCK_UNKNOWN, "vehicle": True}))[0]
        == "no_authorisation"
    )
