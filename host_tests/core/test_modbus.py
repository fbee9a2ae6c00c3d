"""Modbus RTU frames: published vectors with their CRC recomputed here, and everything that is no answer."""

from evse.core import modbus
from evse.core.modbus import FrameError

REQUESTS = (
    ("01 04 00 00 00 02 71 CB", (1, 4, 0x0000, 2)),
    ("01 04 00 48 00 02 F1 DD", (1, 4, 0x0048, 2)),
    ("01 04 01 56 00 02 90 27", (1, 4, 0x0156, 2)),
    ("01 04 00 00 00 0C F0 0F", (1, 4, 0x0000, 12)),
    ("01 03 20 00 00 02 CF CB", (1, 3, 0x2000, 2)),
    ("01 03 20 00 00 10 4F C6", (1, 3, 0x2000, 16)),
    ("01 03 40 00 00 02 D1 CB", (1, 3, 0x4000, 2)),
    ("01 03 20 06 00 02 2F CA", (1, 3, 0x2006, 2)),
    ("01 03 10 1E 00 02 A0 CD", (1, 3, 0x101E, 2)),
)
ANSWERS = (
    ("01 04 04 43 66 33 33 5A FA", 4, "43663333"),
    ("01 04 04 44 9A 51 EC F3 46", 4, "449A51EC"),
    ("01 03 04 43 5C 19 9A A4 5E", 3, "435C199A"),
    ("01 03 04 45 0F D0 00 82 FC", 3, "450FD000"),
)
EXCEPTIONS = (("01 84 02 C2 C1", 4), ("01 83 02 C0 F1", 3))


def hexed(text):
    text = text.replace(" ", "")
    return bytes(int(text[i : i + 2], 16) for i in range(0, len(text), 2))


def crc(data):
    """Bit by bit, as the standard draws it."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            carry = value & 1
            value >>= 1
            if carry:
                value ^= 0xA001
    return bytes((value & 0xFF, value >> 8))


def sealed(text):
    return hexed(text) + crc(hexed(text))


def test_published_checksums():
    for row in REQUESTS + ANSWERS + EXCEPTIONS:
        frame = hexed(row[0])
        assert crc(frame[:-2]) == frame[-2:], row
        assert modbus.crc16(frame[:-2]).to_bytes(2, "little") == frame[-2:], row


def test_requests():
    for text, question in REQUESTS:
        assert modbus.encode_read(*question) == hexed(text), text


def test_answers():
    for text, function, data in ANSWERS:
        found, rest = modbus.find_frame(hexed(text))
        assert rest == b""
        assert modbus.decode_read(found, 1, function, 4) == hexed(data), text


def refused(frame, address=1, function=4, size=4):
    found, _rest = modbus.find_frame(frame)
    assert found is not None, frame
    try:
        modbus.decode_read(found, address, function, size)
    except FrameError as error:
        return str(error)
    return ""


def test_exceptions_are_named():
    for text, function in EXCEPTIONS:
        assert refused(hexed(text), 1, function) == "exception 2: illegal address"
    for code, name in (
        (1, "illegal function"),
        (3, "illegal value"),
        (4, "device failure"),
        (5, "acknowledge"),
        (6, "busy"),
        (8, "memory parity"),
        (10, "gateway path"),
        (11, "gateway target"),
        (99, "unknown"),
    ):
        assert refused(sealed("0184%02X" % code)) == "exception %d: %s" % (code, name)


def test_what_is_no_answer_says_why():
    answer = hexed(ANSWERS[0][0])
    assert refused(answer) == ""
    assert refused(answer, address=2) == "answer of meter 1, asked 2"
    assert refused(answer, function=3) == "answer to function 4, asked 3"
    assert refused(answer, size=12) == "wrong length: 4 bytes, asked for 12"
    assert refused(hexed(REQUESTS[0][0])) == "echo of a request"
    assert refused(sealed("018302")) == "answer to function 3, asked 4"
    assert refused(sealed("028402"), address=1) == "answer of meter 2, asked 1"


def test_frame_is_found_behind_noise_an_echo_and_a_false_start():
    good = hexed(ANSWERS[0][0])
    for before in (
        b"",
        b"\0",
        b"\x01",
        b"\x01\x04",
        b"\x01\x04\x04",
        b"\x01\x04\x04" * 7,
        b"\x01\x04\x30",
        b"\x01\x84",
        bytes(range(64)),
        good[:-1],
    ):
        found, rest = modbus.find_frame(before + good + b"\x01\x04")
        assert found == good, before
        assert rest == b"\x01\x04"
    request = hexed(REQUESTS[4][0])
    found, rest = modbus.find_frame(request + good)
    assert (found, rest) == (request, good)


def test_frame_arrives_byte_by_byte():
    for text in (ANSWERS[0][0], EXCEPTIONS[0][0], REQUESTS[4][0]):
        good = hexed(text)
        buffer, found = b"", None
        for value in good:
            assert found is None
            found, buffer = modbus.find_frame(buffer + bytes((value,)))
        assert found == good


def test_every_flipped_bit_and_every_swapped_pair_is_noticed():
    good = hexed(ANSWERS[1][0])
    for index in range(len(good)):
        for bit in range(8):
            bad = bytearray(good)
            bad[index] ^= 1 << bit
            assert modbus.find_frame(bytes(bad))[0] is None, (index, bit)
        bad = bytearray(good)
        bad[index], bad[index - 1] = bad[index - 1], bad[index]
        assert bad == good or modbus.find_frame(bytes(bad))[0] is None, index


def test_what_is_left_over_stays_small():
    for size in (0, 1, 2, 3, 8, 60):
        noise = bytes((index * 37 + 11) & 0xFF for index in range(size))
        found, rest = modbus.find_frame(noise)
        assert found is None and len(rest) <= size
    assert modbus.find_frame(b"\xff" * 60) == (None, b"\xff\xff")
