"""Values as a technician reads them."""

from evse.core.quantities import padded, shown, width

CASES = (
    ("high_mv", 5970, "5.97 V"),
    ("low_mv", -11940, "-11.94 V"),
    ("ma", [31900, 5], "31.90 A, 0.00 A"),
    ("limit_a10", 63, "6.3 A"),
    ("wh", 1234567, "1234.567 kWh"),
    ("wh", 7, "0.007 kWh"),
    ("w", 7024, "7024 W"),
    ("chz", 4998, "49.98 Hz"),
    ("temperature_c10", -51, "-5.1 \u00b0C"),
    ("duty_permille", 533, "53.3 %"),
    ("up_s", 12, "12 s"),
    ("rssi_dbm", -71, "-71 dBm"),
    ("operations", 3, "3"),
    ("wh", None, "-"),
    ("closed", True, "yes"),
    ("faults", [], "-"),
    ("faults", ["a", "b"], "a, b"),
    ("status", "charging", "charging"),
    ("last_error", "", "-"),
)


def test_units_stand_in_the_names():
    for name, value, text in CASES:
        assert shown(name, value) == text, (name, value)


def test_a_chinese_character_takes_two_columns():
    assert width("abc") == 3
    assert width("充电桩 1") == 8
    assert padded("充电", 6) == "充电  "
