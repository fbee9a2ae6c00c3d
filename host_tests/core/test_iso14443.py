"""ISO/IEC 14443-3 type A: published check values, cascade levels, everything that must not become a UID."""

from evse.core import iso14443
from evse.core.iso14443 import Activation
from pilesim.rng import Random

FOUR = bytes((0xDE, 0xAD, 0xBE, 0xEF))
SEVEN = bytes((0x04, 0xA2, 0x1C, 0x7F, 0x3B, 0x60, 0x80))
TEN = bytes((0x04, 0x01, 0x02, 0x88, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09))


def hexed(text):
    return bytes(int(part, 16) for part in text.split())


def slow_crc(data):
    """CRC_A by its polynomial, bit by bit."""
    crc = 0x6363
    for byte in data:
        for bit in range(8):
            odd = (crc ^ byte >> bit) & 1
            crc = crc >> 1 ^ (0x8408 if odd else 0)
    return crc


def answers(uid, sak=0x08):
    """What a card with this UID answers from the wake-up to its last SAK."""
    out = [b"\x04\x00"]
    while uid:
        last = len(uid) == 4
        part = uid if last else b"\x88" + uid[:3]
        uid = b"" if last else uid[3:]
        check = 0
        for byte in part:
            check ^= byte
        out.append(part + bytes((check,)))
        tail = bytes((sak if last else 0x04,))
        crc = slow_crc(tail)
        out.append(tail + bytes((crc & 255, crc >> 8)))
    return out


def test_crc_of_published_frames():
    for frame, crc in (
        ("50 00", "57 CD"),  # HLTA
        ("00 00", "A0 1E"),  # ISO/IEC 14443-3, annex B
        ("12 34", "26 CF"),  # the same
        ("E0 80", "31 73"),  # RATS
        ("30 00", "02 A8"),  # read of block 0
        ("08", "B6 DD"),
        ("04", "DA 17"),
        ("20", "FC 70"),
        ("00", "FE 51"),
    ):
        assert iso14443.crc_a(hexed(frame)) == hexed(crc), frame


def test_crc_against_its_polynomial():
    random = Random(11)
    for _ in range(300):
        data = bytes(random.below(256) for _ in range(random.below(20)))
        crc = slow_crc(data)
        assert iso14443.crc_a(data) == bytes((crc & 255, crc >> 8)), data


def test_bcc_is_the_exclusive_or():
    assert iso14443.bcc(FOUR) == 0x22
    assert iso14443.bcc(hexed("88 04 A2 1C")) == 0x32


def test_frames_to_a_card_with_seven_bytes():
    frames = []
    activation = Activation()
    uid = None
    for answer in answers(SEVEN):
        frames.append((activation.frame, activation.bits))
        assert uid is None
        uid = activation.step(answer)
    assert uid == SEVEN
    first, second = (hexed("93 70 88 04 A2 1C 32"), hexed("95 70 7F 3B 60 80 A4"))
    assert frames == [
        (hexed("52"), 7),
        (hexed("93 20"), 0),
        (first + iso14443.crc_a(first), 0),
        (hexed("95 20"), 0),
        (second + iso14443.crc_a(second), 0),
    ]
    assert (activation.frame, activation.bits, activation.problem) == (hexed("52"), 7, "")


def test_every_size_of_uid_again_and_again():
    activation = Activation()
    for uid in (FOUR, SEVEN, TEN, FOUR, TEN):
        told = answers(uid, 0x20)
        found = [activation.step(answer) for answer in told]
        assert found[:-1] == [None] * (len(told) - 1)
        assert found[-1] == uid
        # The selected card misses the next wake-up
        assert activation.step(b"") is None


def ended(uid, at, answer, collided=False):
    """The problem after `answer` in place of the card's own at one step."""
    activation = Activation()
    for known in answers(uid)[:at]:
        assert activation.step(known) is None
    assert activation.step(answer, collided) is None
    assert activation.frame == b"\x52"
    return activation.problem


def test_why_a_card_was_not_read():
    assert ended(FOUR, 0, b"") == ""
    assert ended(FOUR, 0, b"\x00\x0c") == "card without anticollision"
    assert ended(FOUR, 1, b"") == "card went away"
    assert ended(FOUR, 1, FOUR + b"\x23") == "no BCC"
    assert ended(FOUR, 1, FOUR) == "no BCC"
    assert ended(FOUR, 2, b"\x08\xb6\xdc") == "no CRC"
    assert ended(FOUR, 2, b"\x08") == "no CRC"
    # A UID said to go on without the cascade tag, and a cascade tag said to be the end
    assert ended(FOUR, 2, hexed("04 DA 17")) == "SAK 04 to UID part DE"
    assert ended(SEVEN, 2, hexed("08 B6 DD")) == "SAK 08 to UID part 88"
    # There is no fourth level
    assert ended(TEN, 6, hexed("04 DA 17")) == "SAK 04 to UID part 06"


def test_two_cards_are_named_at_every_step():
    for at in range(7):
        assert ended(TEN, at, answers(TEN)[at], True) == "two cards", at


def test_a_problem_stays_while_its_cards_stay():
    activation = Activation()
    for number in range(6):
        # Their ATQA may differ, or only the UID
        if number & 1:
            assert activation.step(b"\x04\x00") is None
        assert activation.step(FOUR + b"\x22", True) is None
        assert activation.problem == "two cards"
        assert activation.step(b"") is None
        assert activation.problem == "two cards"
    assert activation.step(b"") is None
    assert activation.problem == ""


def test_every_flipped_bit_of_uid_and_sak_is_noticed():
    told = answers(SEVEN)
    for at in range(1, 5):
        for bit in range(len(told[at]) * 8):
            bad = bytearray(told[at])
            bad[bit >> 3] ^= 1 << (bit & 7)
            assert ended(SEVEN, at, bytes(bad)) in ("no BCC", "no CRC"), (at, bit)


def test_random_answers_never_raise_and_never_make_a_uid_without_its_checks():
    random = Random(5)
    activation = Activation()
    told, card = [], ()
    uids = 0
    for _ in range(6000):
        if activation.bits:
            told, card = [], answers((FOUR, SEVEN, TEN)[random.below(3)])
        answer = bytearray(card[len(told)])
        kind = random.below(20)
        if kind == 0:
            answer[random.below(len(answer))] = random.below(256)
        elif kind == 1:
            answer = bytearray(random.below(256) for _ in range(random.below(8)))
        told.append(bytes(answer))
        uid = activation.step(bytes(answer), kind == 2)
        if uid is not None:
            uids += 1
            parts = told[1::2]
            assert all(part[0] ^ part[1] ^ part[2] ^ part[3] == part[4] for part in parts)
            for sak in told[2::2]:
                assert slow_crc(sak[:1]) == sak[1] | sak[2] << 8
            whole = b""
            for part in parts[:-1]:
                assert part[0] == 0x88
                whole += part[1:4]
            assert uid == whole + parts[-1][:4]
    assert uids > 100
