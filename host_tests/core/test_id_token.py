"""Id tokens: text of a UID, settings entries, and when a card that is held to the reader counts."""

from evse.core import id_token
from evse.core.id_token import Presented

CARD = bytes((0x04, 0xA2, 0x1C, 0x7F, 0x3B, 0x60, 0x80))
OTHER = bytes((0xDE, 0xAD, 0xBE, 0xEF))
NAMES = {CARD: "04A21C7F3B6080", OTHER: "DEADBEEF"}


def refused(text):
    try:
        id_token.normalise(text)
    except ValueError as error:
        return str(error)
    return ""


def test_uid_is_upper_case_hex_and_fits_an_id_tag():
    for uid, text in NAMES.items():
        assert id_token.from_uid(uid) == text
        assert id_token.normalise(text) == text
    longest = id_token.from_uid(bytes(range(0xF0, 0xFA)))
    assert longest == "F0F1F2F3F4F5F6F7F8F9"
    assert len(longest) == 20


def test_settings_take_what_people_write():
    for text in (
        "04:a2:1c:7f:3b:60:80",
        "04 A2 1C 7F 3B 60 80",
        "04a2-1c7f-3b60-80",
        " 04A21C7F3B6080 ",
    ):
        assert id_token.normalise(text) == "04A21C7F3B6080", text
    assert id_token.normalise("de ad be ef") == "DEADBEEF"
    assert id_token.normalise("00112233445566778899") == "00112233445566778899"


def test_what_is_refused_is_named():
    for text in (
        "",
        "DEADBEE",
        "DEADBEEF0",
        "DEADBEXF",
        "04A21C7F3B608",
        "0011223344556677889900",
        "DE.AD.BE.EF",
        "DEAD\nBEEF",
    ):
        sentence = refused(text)
        assert repr(text)[:32] in sentence, text
        assert "8, 14 or 20 hex digits" in sentence
    for value in (None, 12345678, ["DEADBEEF"]):
        assert repr(value) in refused(value)


def test_a_uid_that_the_card_made_up_is_known():
    assert id_token.is_random("08A1B2C3")
    # A real UID of 7 or 10 bytes may begin so
    for text in ("18A1B2C3", "80A1B2C3", "08A1B2C3D4E5F6", "08112233445566778899"):
        assert not id_token.is_random(text), text


def story(presented, *steps):
    """Tokens that counted, with the time of each, for (uid, times, dt_ms) steps."""
    found = []
    now_ms = 0
    for uid, times, dt_ms in steps:
        for _ in range(times):
            now_ms += dt_ms
            token = presented.step(uid, dt_ms)
            if token is not None:
                found.append((token, now_ms))
    return found


def test_a_card_held_for_ten_seconds_counts_once():
    for dt_ms in (20, 100, 300, 900):
        found = story(Presented(), (CARD, 10000 // dt_ms, dt_ms))
        assert found == [(NAMES[CARD], 2 * dt_ms)], dt_ms


def test_reads_with_gaps_are_one_presentation():
    presented = Presented()
    found = []
    for _ in range(20):
        found += story(presented, (CARD, 1, 100), (None, 8, 100))
    assert len(found) == 1


def test_the_same_card_counts_again_after_a_second_away():
    for away_ms, count in ((500, 1), (900, 1), (1000, 2), (60000, 2)):
        presented = Presented()
        found = story(presented, (CARD, 3, 10), (None, away_ms // 10, 10), (CARD, 3, 10))
        assert len(found) == count, away_ms


def test_one_read_alone_does_not_count():
    assert story(Presented(), (CARD, 1, 100), (None, 30, 100)) == []
    # Nor with another one that comes much later
    assert story(Presented(), (CARD, 1, 100), (None, 30, 100), (CARD, 1, 100)) == []
    # Nor with another card between
    assert story(Presented(), (CARD, 1, 100), (OTHER, 1, 100), (CARD, 1, 100)) == []


def test_another_card_counts_at_once():
    found = story(Presented(), (CARD, 5, 100), (OTHER, 5, 100))
    assert found == [(NAMES[CARD], 200), (NAMES[OTHER], 700)]


def test_two_cards_in_turn_count_once_each():
    presented = Presented()
    found = []
    for _ in range(30):
        found += story(presented, (CARD, 2, 100), (OTHER, 2, 100))
    assert [token for token, _ms in found] == [NAMES[CARD], NAMES[OTHER]]


def test_nothing_is_kept_of_cards_that_are_gone():
    presented = Presented()
    for number in range(200):
        uid = bytes((0x10, 0, 0, number))
        assert story(presented, (uid, 2, 100), (None, 11, 100))
    assert presented._present == []
