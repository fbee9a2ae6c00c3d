"""DL/T 645-2007 frames, published and recomputed vectors, both directions."""

from evse.core import dlt645
from evse.core.dlt645 import FrameError

METER = "210012345678"
ANSWERS = (
    ("68785634120021689108333334338967 4533D316", 0x00010000, 123456),
    ("68785634120021689106333434353756F916", 0x02010100, 2304),
    ("68785634120021689107333435 35A58B34D216", 0x02020100, 15872),
    ("687856341200216891073333363576 9836B216", 0x02030000, 36543),
    ("68785634120021689107333336357698B63216", 0x02030000, -36543),
)


def hexed(text):
    text = text.replace(" ", "")
    return bytes(int(text[i : i + 2], 16) for i in range(0, len(text), 2))


def test_requests():
    rows = (
        (0x00010000, "FEFEFEFE687856341200216811043333 3433E716"),
        (0x02010100, "FEFEFEFE68785634120021681104333434 35EA16"),
        (0x02020100, "FEFEFEFE687856341200216811043334 3535EB16"),
        (0x02030000, "FEFEFEFE687856341200216811043333 3635EB16"),
    )
    for identifier, frame in rows:
        assert dlt645.encode_read(METER, identifier) == hexed(frame), hex(identifier)
    assert dlt645.encode(dlt645.WILDCARD, 0x13) == hexed("FEFEFEFE68AAAAAAAAAAAA681300DF16")


def test_answers():
    for frame, identifier, value in ANSWERS:
        found, rest = dlt645.find_frame(hexed(frame))
        assert rest == b""
        assert dlt645.decode_read(found, METER, identifier) == value, frame
        assert dlt645.decode_read(found, dlt645.WILDCARD, identifier) == value


def test_independent_frames_from_public_logs():
    rows = (
        ("68370300928139689108333334333733 33338C16", "398192000337", 4),
        ("680100000000006891083333 3433AB89674517 16", "000000000001", 12345678),
    )
    for frame, address, value in rows:
        found, _rest = dlt645.find_frame(hexed(frame))
        assert dlt645.decode_read(found, address, 0x00010000) == value


def test_frame_is_found_behind_noise_wakeup_and_a_false_start():
    good = hexed(ANSWERS[0][0])
    for before in (
        b"",
        b"\xfe\xfe",
        b"\x00\x68\x11",
        b"\x68" * 7,
        b"\x68\1\2\3\4\5\6\x68\x91\xc0",
    ):
        found, rest = dlt645.find_frame(before + good + b"\xfe")
        assert found == good, before
        assert rest == b"\xfe"


def test_frame_arrives_byte_by_byte():
    good = hexed(ANSWERS[1][0])
    buffer, found = b"", None
    for value in good:
        assert found is None
        found, buffer = dlt645.find_frame(buffer + bytes((value,)))
    assert found == good


def test_every_flipped_bit_is_noticed():
    good = hexed(ANSWERS[0][0])
    for index in range(len(good)):
        for bit in range(8):
            bad = bytearray(good)
            bad[index] ^= 1 << bit
            found, _rest = dlt645.find_frame(bytes(bad))
            assert found is None or found != good, (index, bit)
            assert found is None, (index, bit)


def refused(frame, address, identifier):
    found, _rest = dlt645.find_frame(hexed(frame) if isinstance(frame, str) else frame)
    try:
        dlt645.decode_read(found, address, identifier)
    except FrameError as error:
        return str(error)
    return ""


def test_what_is_no_answer_says_why():
    answer = ANSWERS[0][0]
    assert "asked 000000000001" in refused(answer, "000000000001", 0x00010000)
    assert "another quantity" in refused(ANSWERS[4][0], METER, 0x02020100)
    assert "echo" in refused(dlt645.encode_read(METER, 0x00010000), METER, 0x00010000)
    assert "meter error 02" in refused("68785634120021 68D101350C16", METER, 0x00010000)
    assert "bytes" in refused(ANSWERS[1][0], METER, 0x00010000)
    data = dlt645.ENERGY_IMPORT.to_bytes(4, "little") + b"\x5a\0\0\0"
    assert "not BCD" in refused(dlt645.encode(METER, 0x91, data), METER, 0x00010000)
