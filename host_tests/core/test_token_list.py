"""Id tokens in few bytes: verdict, expiry, group, and who gives way in a cache."""

from evse.core import token_list

T = 1767225600


def test_a_token_is_found_whatever_its_case_and_others_are_not():
    entries = token_list.entry("04a2B3c4", "accepted", 0, "Fleet")
    entries += token_list.entry("visitor@example", "blocked", 0, "")
    assert len(entries) == 2 * token_list.ENTRY_BYTES
    fleet = token_list.group_key("FLEET")
    assert token_list.find(entries, "04A2B3C4", T) == ("accepted", fleet)
    assert token_list.find(entries, "Visitor@Example", None) == ("blocked", token_list.NO_GROUP)
    assert token_list.find(entries, "04A2B3C5", T) is None
    assert token_list.find(b"", "04A2B3C4", T) is None
    assert token_list.group_key("") == token_list.NO_GROUP != fleet


def test_what_has_an_end_is_good_until_then_and_not_without_a_clock():
    entries = token_list.entry("A", "accepted", T, "") + token_list.entry("B", "invalid", T, "")
    assert token_list.find(entries, "A", T - 1)[0] == "accepted"
    assert token_list.find(entries, "A", T)[0] == "expired"
    assert token_list.find(entries, "A", None)[0] == "expired"
    # What is not accepted stays what it is
    assert token_list.find(entries, "B", T)[0] == "invalid"


def test_a_cache_keeps_the_newest_and_each_token_once():
    cache = b""
    for number in range(6):
        cache = token_list.remembered(
            cache, token_list.entry("T%d" % number, "accepted", 0, ""), 4
        )
    assert [token_list.find(cache, "T%d" % number, T) is not None for number in range(6)] == [
        False,
        False,
        True,
        True,
        True,
        True,
    ]
    cache = token_list.remembered(cache, token_list.entry("t2", "blocked", 0, ""), 4)
    assert len(cache) == 4 * token_list.ENTRY_BYTES
    assert token_list.find(cache, "T2", T)[0] == "blocked"
    cache = token_list.remembered(cache, token_list.entry("T9", "accepted", 0, ""), 4)
    assert token_list.find(cache, "T3", T) is None
    assert token_list.find(cache, "T2", T)[0] == "blocked"


def test_a_status_that_is_none_is_refused():
    try:
        token_list.entry("A", "maybe", 0, "")
    except ValueError:
        return
    raise AssertionError("it was taken")
