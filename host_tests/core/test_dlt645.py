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
    ("687856341200216891063533B3353483A316", 0x02800002, 5001),
)
# Published frames that none of the requests above is answered by
OTHERS = (
    "6878563412002168930 6AB8967453354 0516",
    "68785634120021689106333339 35CB3C7716",
    "6878563412002168D101350C16",
    "680100000000006891083333 3433AB89674517 16",
    "683703009281396891083333343337333333 8C16",
    "681290785634126811043334 34356B16",
    "68AAAAAAAAAAAA681300DF16",
)


def hexed(text):
    text = text.replace(" ", "")
    return bytes(int(text[i : i + 2], 16) for i in range(0, len(text), 2))


def test_published_checksums():
    for row in [row[0] for row in ANSWERS] + list(OTHERS):
        frame = hexed(row)
        assert sum(frame[:-2]) % 256 == frame[-2], row
        assert (frame[0], frame[7], frame[-1]) == (0x68, 0x68, 0x16), row
        assert len(frame) == 12 + frame[9], row
        assert dlt645.find_frame(frame) == (frame, b""), row


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
    error = refused("68785634120021 68D101350C16", METER, 0x00010000)
    assert error == "meter error 02: no such data"
    assert refused(dlt645.encode(METER, 0xD1, b"\x04"), METER, 0x00010000) == "meter error 04"
    assert refused(dlt645.encode(METER, 0xD1), METER, 0x00010000) == "meter error 00"
    assert "bytes" in refused(ANSWERS[1][0], METER, 0x00010000)
    data = dlt645.ENERGY_IMPORT.to_bytes(4, "little") + b"\x5a\0\0\0"
    assert "not BCD" in refused(dlt645.encode(METER, 0x91, data), METER, 0x00010000)


def block(identifier, values):
    """An answer with these bytes as data."""
    return dlt645.encode(METER, 0x91, identifier.to_bytes(4, "little") + hexed(values))


def test_blocks_of_three_phases():
    voltages = block(0x0201FF00, "0423 1022 9921")
    found, _rest = dlt645.find_frame(voltages)
    assert dlt645.decode_read(found, METER, 0x0201FF00) == (2304, 2210, 2199)
    currents = block(0x0202FF00, "725801 000080 010000")
    found, _rest = dlt645.find_frame(currents)
    assert dlt645.decode_read(found, METER, 0x0202FF00) == (15872, 0, 1)
    assert "bytes" in refused(block(0x0201FF00, "0423 1022"), METER, 0x0201FF00)
    assert "not BCD" in refused(block(0x0201FF00, "0423 FFFF 9921"), METER, 0x0201FF00)
    other = block(0x0202FF00, "0423 1022 9921")
    assert "another quantity" in refused(other, METER, 0x0201FF00)


def test_address_that_a_meter_tells():
    found, _rest = dlt645.find_frame(hexed(OTHERS[0]))
    assert dlt645.decode_address(found) == METER
    for frame, text in (
        (dlt645.encode(dlt645.WILDCARD, 0x13), "echo"),
        (dlt645.encode(METER, 0x93, hexed("79563412 0021")), "another address"),
        (dlt645.encode(METER, 0x93, b""), "another address"),
        (dlt645.encode(dlt645.WILDCARD, 0x93, b"\xaa" * 6), "another address"),
        (hexed(ANSWERS[0][0]), "control 91"),
        (dlt645.encode(METER, 0xD3, b"\x01"), "meter error 01"),
    ):
        found, _rest = dlt645.find_frame(frame)
        try:
            dlt645.decode_address(found)
            raise AssertionError(text)
        except FrameError as error:
            assert text in str(error), str(error)
