"""HLW8032 and CSE7766 frames: vectors, flags, resynchronisation. Sums are made here again."""

from evse.core import hlw8032
from evse.core.hlw8032 import FrameError
from evse.core.readings import CURRENTS, ENERGY, FREQUENCY, POWER, VOLTAGES

LOADED = "555A02E93200061500 3A980005DC4DD1E0001042711234F2"
NO_LOAD = "F25A02E93200061500 3A980005DC4DD1E0FFFFFF6112348D"
# From public logs of real chips: nothing connected, no mains at all, a load below 5 W, off
REAL = (
    "F25A02DA78071AE0003D3B03ECF54CC4589C2A3961000079",
    "FA5A02EEC8FEFF01003F66000000512188FADB2901000054",
    "555A02F76000035A004010048B9F51A6581872756 1ACA130",
    "F25A02F7600003AB00401002605D51A65803E9EF710B7A36",
)
KU, KI = 1880000, 1000000


def hexed(text):
    text = text.replace(" ", "")
    return bytes(int(text[i : i + 2], 16) for i in range(0, len(text), 2))


def summed(frame, **changes):
    """The frame with single bytes changed (b20=0x70) and its sum made good."""
    data = bytearray(frame)
    for name, value in changes.items():
        data[int(name[1:])] = value
    total = 0
    for value in data[2:23]:
        total += value
    data[23] = total % 256
    return bytes(data)


def read(frame, quantity, ku=KU, ki=KI):
    found, rest, error = hlw8032.find_frame(frame)
    assert found == frame and rest == b"" and error == ""
    return hlw8032.value(found, quantity, ku, ki)


def refused(frame, quantity):
    try:
        read(frame, quantity)
    except FrameError as error:
        return str(error)
    return ""


def test_the_sums_of_the_vectors_are_right():
    for text in (LOADED, NO_LOAD) + REAL:
        assert summed(hexed(text)) == hexed(text), text


def test_values_of_the_loaded_frame():
    frame = hexed(LOADED)
    assert read(frame, VOLTAGES) == (230345,)
    assert read(frame, CURRENTS) == (10000,)
    assert read(frame, POWER) == 2304
    assert read(frame, VOLTAGES, 1000000) == (122524,)
    assert read(frame, POWER, 1000000) == 1225
    # A shunt of 0.5 mOhm
    assert read(frame, CURRENTS, KU, 2 * KI) == (20000,)
    assert read(frame, FREQUENCY) is read(frame, ENERGY) is None
    assert hlw8032.refusal(frame) == ""


def test_energy_of_the_counter():
    frame = hexed(LOADED)
    assert hlw8032.counter(frame) == 0x1234
    part = hlw8032.energy_numerator(frame, KU, KI)
    # 0x1234 pulses are 0.012411 kWh, and 375469 make one
    assert 0x1234 * part * 1000 // hlw8032.ENERGY_DENOMINATOR == 12411
    assert 375469 * part < 1000 * hlw8032.ENERGY_DENOMINATOR < 375470 * part
    assert hlw8032.counter(summed(frame, b20=0xF1)) == 0x11234


def test_real_frames():
    assert read(hexed(REAL[0]), POWER) == 0
    assert read(hexed(REAL[0]), CURRENTS) == (61,)
    assert refused(hexed(REAL[1]), VOLTAGES) == "voltage cycle overflow"
    assert read(hexed(REAL[1]), CURRENTS) is None
    assert read(hexed(REAL[2]), POWER) is None
    assert read(hexed(REAL[2]), VOLTAGES, 1000000) == (226573,)
    assert read(hexed(REAL[3]), POWER) == 0


def test_flags_of_the_state_by_name():
    frame = hexed(LOADED)
    assert read(hexed(NO_LOAD), POWER) == 0
    assert read(hexed(NO_LOAD), VOLTAGES) == (230345,)
    assert read(summed(frame, b0=0xF4), CURRENTS) == (0,)
    assert read(summed(frame, b0=0xF4), POWER) == 2304
    assert refused(summed(frame, b0=0xF8), VOLTAGES) == "voltage cycle overflow"
    assert hlw8032.refusal(summed(frame, b0=0xAA)) == "chip not calibrated"
    assert hlw8032.refusal(summed(frame, b0=0xF1)) == "coefficient area bad"
    assert hlw8032.refusal(summed(frame, b0=0xFF)) == "coefficient area bad"
    assert hlw8032.refusal(summed(frame, b0=0xFE)) == ""
    assert hlw8032.refusal(summed(frame, b14=0, b15=0, b16=0)) == "coefficient of 0"


def test_a_value_waits_for_the_end_of_its_cycle():
    frame = hexed(LOADED)
    for quantity, bit in ((VOLTAGES, 0x40), (CURRENTS, 0x20), (POWER, 0x10)):
        assert read(summed(frame, b20=0x70 & ~bit), quantity) is None
        assert read(summed(frame, b20=bit), quantity) is not None
    for quantity, place in ((VOLTAGES, 5), (CURRENTS, 11), (POWER, 17)):
        zero = {"b%d" % (place + index): 0 for index in range(3)}
        assert refused(summed(frame, **zero), quantity) == "cycle of 0"


def test_a_frame_is_found_behind_what_is_none():
    good = hexed(LOADED)
    for before in (
        b"\x00",
        b"\x5a",
        b"\x55",
        b"\x55\x55",
        good[7:],
        b"\xf0\x5a\x5a\xf1",
        good[:20],
    ):
        found, rest, error = hlw8032.find_frame(before + good + b"\xf2")
        assert found == good, before
        assert rest == b"\xf2"
        assert error in ("noise", "checksum")


def test_a_frame_arrives_byte_by_byte():
    good = hexed(LOADED)
    buffer, found, said = b"", None, ""
    for value in good:
        assert found is None
        found, buffer, error = hlw8032.find_frame(buffer + bytes((value,)))
        said += error
    assert found == good and said == ""


def test_every_flipped_bit_is_noticed():
    good = hexed(LOADED)
    for index in range(24):
        for bit in range(8):
            bad = bytearray(good)
            bad[index] ^= 1 << bit
            found, _rest, error = hlw8032.find_frame(bytes(bad))
            # The state stands outside the sum
            assert found is None or index == 0
            assert found or error or _rest == b"", (index, bit)


def test_coefficients_are_those_of_one_chip():
    good = hexed(LOADED)
    assert hlw8032.coefficients(good) == hexed("02E932003A984DD1E0")
    assert hlw8032.coefficients(good) == hlw8032.coefficients(hexed(NO_LOAD))
