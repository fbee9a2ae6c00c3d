"""PN532 host frames: the ones that the manual prints, damaged ones, lists of cards."""

from evse.core import pn532
from evse.core.pn532 import FrameError

FOUR = bytes((0xDE, 0xAD, 0xBE, 0xEF))
SEVEN = bytes((0x04, 0xA2, 0x1C, 0x7F, 0x3B, 0x60, 0x80))
TEN = bytes((0x04, 0x01, 0x02, 0x88, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09))
ACK = b"\x00\x00\xff\x00\xff\x00"
SYNTAX_ERROR = b"\x00\x00\xff\x01\xff\x7f\x81\x00"


def hexed(text):
    return bytes(int(part, 16) for part in text.split())


def frame(body):
    return (
        b"\x00\x00\xff"
        + bytes((len(body), -len(body) & 255))
        + body
        + bytes((-sum(body) & 255, 0))
    )


def listed(uid, sak=0x08, ats=b""):
    return b"\x01\x01\x00\x04" + bytes((sak, len(uid))) + uid + ats


def refused(function, *arguments):
    try:
        function(*arguments)
    except FrameError as error:
        return str(error)
    return ""


def test_commands():
    assert pn532.encode(pn532.GET_FIRMWARE_VERSION) == hexed("00 00 FF 02 FE D4 02 2A 00")
    assert pn532.encode(pn532.SAM_CONFIGURATION, b"\x01\x00\x00") == hexed(
        "00 00 FF 05 FB D4 14 01 00 00 17 00"
    )
    assert pn532.encode(pn532.LIST_PASSIVE_TARGET, b"\x01\x00") == hexed(
        "00 00 FF 04 FC D4 4A 01 00 E1 00"
    )
    assert pn532.encode(pn532.RF_CONFIGURATION, b"\x05\xff\x01\x01") == hexed(
        "00 00 FF 06 FA D4 32 05 FF 01 01 F4 00"
    )


def test_acknowledgement_and_answer_come_apart():
    answer = hexed("00 00 FF 06 FA D5 03 32 01 06 07 E8 00")
    first, rest = pn532.find_frame(ACK + answer)
    assert first == pn532.ACK
    found, rest = pn532.find_frame(rest)
    assert found == hexed("D5 03 32 01 06 07")
    assert pn532.answer_data(found, pn532.GET_FIRMWARE_VERSION) == hexed("32 01 06 07")
    assert pn532.find_frame(rest)[0] is None


def test_answer_arrives_byte_by_byte_behind_noise():
    good = frame(b"\xd5\x4b\x00")
    for before in (
        b"",
        b"\x00\x00",
        b"\xff\x00\xff\x55",
        b"\x00\xff\x03\xfc",
        b"\x00\xff\xff\xff",
    ):
        buffer = before
        # It is complete without the byte behind its checksum
        for value in good[:-2]:
            found, buffer = pn532.find_frame(buffer + bytes((value,)))
            assert found is None, before
        assert pn532.find_frame(buffer + good[-2:])[0] == b"\xd5\x4b\x00", before


def test_every_flipped_bit_of_an_answer_is_noticed():
    good = frame(b"\xd5\x4b" + listed(SEVEN))
    for bit in range(8, len(good) * 8 - 8):
        bad = bytearray(good)
        bad[bit >> 3] ^= 1 << (bit & 7)
        found, _rest = pn532.find_frame(bytes(bad))
        assert not found, bit


def test_what_is_no_answer_says_why():
    error, _rest = pn532.find_frame(SYNTAX_ERROR)
    assert refused(pn532.answer_data, error, 0x4A) == "chip refuses command 4A"
    assert refused(pn532.answer_data, b"\xd5\x03\x32", 0x4A) == "answer 03 to command 4A"
    # Our own command, seen again
    assert refused(pn532.answer_data, b"\xd4\x4a\x02\x00", 0x4A) == "chip refuses command 4A"


def test_cards():
    assert pn532.listed_uid(b"\x00") is None
    for uid in (FOUR, SEVEN, TEN):
        assert pn532.listed_uid(listed(uid)) == uid
        assert pn532.listed_uid(listed(uid, 0x20, b"\x06\x75\x77\x81\x02\x80")) == uid
    assert pn532.listed_uid(listed(b"\x88" + SEVEN)) == SEVEN
    assert pn532.listed_uid(listed(b"\x88" + TEN[:3] + b"\x88" + TEN[3:])) == TEN


def test_lists_that_are_no_card():
    two = b"\x02" + listed(FOUR)[1:] + b"\x02\x00\x04\x08\x04" + SEVEN[:4]
    assert refused(pn532.listed_uid, two) == "two cards"
    for data in (
        b"",
        b"\x01",
        b"\x03" + listed(FOUR)[1:],
        listed(FOUR)[:-1],
        listed(b"\x01\x02\x03\x04\x05"),
        listed(FOUR, 0x04),
        listed(FOUR, 0x08, b"\x02\x80"),
        listed(FOUR, 0x20, b"\x07\x80"),
        listed(b"\x04" + SEVEN),
        listed(b"\x88" + TEN[:3] + b"\x04" + TEN[3:]),
    ):
        assert refused(pn532.listed_uid, data), data
