"""BL0942 frames: vectors, signs, resynchronisation. Sums are made here again."""

from evse.core import bl0942
from evse.core.bl0942 import FrameError
from evse.core.readings import CURRENTS, ENERGY, FREQUENCY, POWER, VOLTAGES

FORWARD = "5507552639B53780542 6B0EA14393000204E000000002C"
REVERSE = "5507552639B537805426 5015EB393000204E000000008A"
SCALE = (251213, 15873, 596, 3305)


def hexed(text):
    text = text.replace(" ", "")
    return bytes(int(text[i : i + 2], 16) for i in range(0, len(text), 2))


def summed(frame, address=0):
    """The frame with its check made good."""
    total = 0x58 + address
    for value in frame[:22]:
        total += value
    return frame[:22] + bytes((255 - total % 256,))


def read(frame, quantity):
    found, rest, error = bl0942.find_frame(frame, 0)
    assert found == frame and rest == b"" and error == ""
    return bl0942.value(found, quantity, SCALE)


def test_requests():
    assert bl0942.encode_read(0) == b"\x58\xaa"
    assert bl0942.encode_read(3) == b"\x5b\xaa"


def test_values_of_the_vectors():
    for text, watt in ((FORWARD, 2300), (REVERSE, -2300)):
        frame = hexed(text)
        assert summed(frame) == frame
        assert read(frame, CURRENTS) == (10000,)
        assert read(frame, VOLTAGES) == (230005,)
        assert read(frame, POWER) == watt
        assert read(frame, FREQUENCY) == 5000
        assert read(frame, ENERGY) is None
        assert bl0942.counter(frame) == 12345


def test_the_ends_of_the_ranges():
    frame = summed(hexed(FORWARD)[:10] + b"\x00\x00\x80\xff\xff\xff\xff\xff\x00\x03\x00\x00\x00")
    assert read(frame, POWER) == (-8388608 + 298) // 596
    assert bl0942.counter(frame) == bl0942.TURN - 1
    assert read(frame, FREQUENCY) == 1526
    frame = summed(hexed(FORWARD)[:10] + b"\xff\xff\x7f\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00")
    assert read(frame, POWER) == (8388607 + 298) // 596
    try:
        read(frame, FREQUENCY)
        said = ""
    except FrameError as error:
        said = str(error)
    assert said == "period of 0"


def test_the_answer_of_another_address_has_another_sum():
    frame = summed(hexed(FORWARD), 2)
    assert bl0942.find_frame(frame, 2)[0] == frame
    for address in (0, 1, 3):
        assert bl0942.find_frame(frame, address)[0] is None
        assert bl0942.find_frame(frame, address)[2] == "checksum"


def test_an_answer_is_found_behind_noise_and_a_false_start():
    good = hexed(FORWARD)
    for before in (b"\x00", b"\x55", b"\x55\x55\x55", b"\x58\xaa", good[:22], good[3:]):
        found, rest, error = bl0942.find_frame(before + good + b"\x55", 0)
        assert found == good, before
        assert rest == b"\x55"
        assert error in ("noise", "checksum")


def test_an_answer_arrives_byte_by_byte():
    good = hexed(REVERSE)
    buffer, found, said = b"", None, ""
    for value in good:
        assert found is None
        found, buffer, error = bl0942.find_frame(buffer + bytes((value,)), 0)
        said += error
    assert found == good and said == ""


def test_every_flipped_bit_is_noticed():
    good = hexed(FORWARD)
    for index in range(23):
        for bit in range(8):
            bad = bytearray(good)
            bad[index] ^= 1 << bit
            found, _rest, error = bl0942.find_frame(bytes(bad), 0)
            assert found is None and error, (index, bit)
