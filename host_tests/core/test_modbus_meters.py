"""The five Modbus meters' tables, and singles as integers, against the interpreter's own floats."""

import struct

from evse.core import modbus, modbus_meters, readings
from evse.core.modbus import FrameError
from evse.core.modbus_meters import MODELS, decode, step_wh, to_integer

REGISTERS = modbus_meters.REGISTERS


def bits(value):
    return struct.unpack(">I", struct.pack(">f", value))[0]


def test_published_readings():
    for model, quantity, data, value in (
        ("sdm120", readings.VOLTAGES, "43663333", (230200,)),
        ("sdm630", readings.ENERGY, "449A51EC", 1234560),
        ("ddsu666", readings.VOLTAGES, "435C199A", (220100,)),
        ("dtsu666", readings.VOLTAGES, "450FD000", (230100,)),
    ):
        found = decode(MODELS[model][REGISTERS], quantity, bytes.fromhex(data))
        assert found == value, (model, found)


def test_published_requests_are_what_the_tables_ask():
    for model, quantity, count, frame in (
        ("sdm120", readings.VOLTAGES, 2, "0104000000 0271CB"),
        ("sdm230", readings.ENERGY, 2, "0104004800 02F1DD"),
        ("ddsu666", readings.VOLTAGES, 2, "0103200000 02CFCB"),
        ("ddsu666", readings.ENERGY, 2, "0103400000 02D1CB"),
        ("dtsu666", readings.VOLTAGES, 2, "0103200600 022FCA"),
        ("dtsu666", readings.ENERGY, 2, "0103101E00 02A0CD"),
    ):
        row = MODELS[model]
        register = row[REGISTERS][quantity][0]
        function, address = row[modbus_meters.FUNCTION], row[modbus_meters.ADDRESS]
        asked = modbus.encode_read(address, function, register, count)
        assert asked == bytes.fromhex(frame.replace(" ", "")), model


def test_scales_of_every_model():
    # What each sends for 16.5 A, 3650 W and 50.01 Hz
    sent = {
        "sdm120": (16.5, 3650, 50.01),
        "sdm230": (16.5, 3650, 50.01),
        "sdm630": (16.5, 3650, 50.01),
        "ddsu666": (16.5, 3.65, 50.01),
        "dtsu666": (16500, 36500, 5001),
    }
    assert sorted(sent) == sorted(MODELS)
    for model, values in sent.items():
        rows = MODELS[model][REGISTERS]
        quantities = (readings.CURRENTS, readings.POWER, readings.FREQUENCY)
        found = [
            decode(rows, quantity, struct.pack(">f", values[place]))
            for place, quantity in enumerate(quantities)
        ]
        assert found == [(16500,), 3650, 5001], model


def test_three_phases_and_signs():
    rows = MODELS["sdm630"][REGISTERS]
    data = struct.pack(">fff", 16.0, -15.5, 0.0)
    assert decode(rows, readings.CURRENTS, data) == (16000, 15500, 0)
    assert decode(rows, readings.POWER, struct.pack(">f", -36.6)) == -37
    data = struct.pack(">fff", 230.25, 229.5, 231.0)
    assert decode(rows, readings.VOLTAGES, data) == (230250, 229500, 231000)


def refused(rows, quantity, value):
    try:
        decode(rows, quantity, value.to_bytes(4, "big"))
    except FrameError as error:
        return str(error)
    return ""


def test_what_is_no_reading_is_named():
    rows = MODELS["sdm120"][REGISTERS]
    for quantity in range(5):
        for value, text in (
            (0x7FC00000, "not a number"),
            (0xFFC00000, "not a number"),
            (0x7F800001, "not a number"),
            (0x7F800000, "infinite"),
            (0xFF800000, "infinite"),
            (0x00000001, "denormal"),
            (0x807FFFFF, "denormal"),
            (0x7F7FFFFF, "out of range"),
            (0xFF7FFFFF, "out of range"),
        ):
            assert text in refused(rows, quantity, value), (quantity, hex(value))
        assert refused(rows, quantity, 0x80000000) == "", "minus nothing"
    assert "out of range" in refused(rows, readings.ENERGY, bits(-1.0))
    assert "out of range" in refused(rows, readings.VOLTAGES, bits(-230.0))
    assert "out of range" in refused(rows, readings.VOLTAGES, bits(1001.0))
    assert "out of range" in refused(rows, readings.FREQUENCY, bits(101.0))
    assert refused(rows, readings.POWER, bits(-230.0)) == ""


def test_singles_are_rounded_as_exact_arithmetic_does():
    state = 1
    for _ in range(5000):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        # 2 ** -20 to 2 ** 33, which doubles hold exactly even times a million
        exponent = 107 + (state >> 8) % 54
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        one = exponent << 23 | state >> 8 & 0x7FFFFF
        mantissa = 1 << 23 | one & 0x7FFFFF
        for permille in (100, 1000, 100000, 1000000):
            # Twice the value, cut, plus one, halved: the nearest integer, halves upward
            up, down = max(0, exponent - 150), max(0, 150 - exponent)
            twice = 2 * mantissa * permille * (1 << up) // (1000 * (1 << down))
            assert to_integer(one, permille) == (twice + 1) // 2, (hex(one), permille)
            assert to_integer(one | 1 << 31, permille) == -((twice + 1) // 2)


def test_every_wh_below_16_mwh_survives_a_single():
    for wh in list(range(1, 2000)) + list(range(8388000, 16384000, 9973)):
        assert to_integer(bits(wh / 1000), 1000000) == wh, wh


def test_step_of_a_single_at_a_register():
    for wh, step in (
        (0, 1),
        (1000, 1),
        (16383000, 1),
        (16384000, 2),
        (99999990, 8),
        (131072000, 16),
        (999999990, 63),
    ):
        data = struct.pack(">f", wh / 1000)
        assert step_wh(data) == step, (wh, step_wh(data))
        # Never less than the way to the next single
        here = bits(wh / 1000)
        away = to_integer(here + 1, 1000000) - to_integer(here, 1000000) if wh else 0
        assert away <= step
