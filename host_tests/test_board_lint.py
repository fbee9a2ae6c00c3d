"""The board lint itself, tried on planted mistakes: each is found alone and named."""

from types import SimpleNamespace

import pytest

from board_lint import ROLES, board_problems, page_problems, page_rows
from board_reasons import REASONS

PINS = {
    "cp_pwm": 25,
    "cp_adc": 34,
    "contactor": 26,
    "mirror": 33,
    "heartbeat": 27,
    "rs485_tx": 17,
    "rs485_rx": 16,
    "led": 18,
    "rcm_trip": 19,
    "rcm_test": 23,
    "emergency_stop": 21,
    "pe_monitor": 22,
    "temperature_adc": 39,
}
SOCKET = {"mains_monitor": 4, "lock_a": 13, "lock_b": 14, "lock_feedback": 32}
FRONT_END = {"top_ohm": 200000, "pullup_ohm": 42200, "pulldown_ohm": 31600, "pullup_mv": 3300}
NTC = {"pullup_ohm": 9994, "pullup_mv": 2480, "ntc_ohm_25c": 10000, "beta_k": 3435}


def good(**changes):
    """A board without a mistake, with `changes`; a pin of None takes the role away."""
    pins = {**PINS, **changes.pop("PINS", {})}
    facts = {
        "NAME": "planted",
        "CHIP": "esp32",
        "PINS": {role: pin for role, pin in pins.items() if pin is not None},
        "EXTERNAL_PULL_UP": (),
        "INSTALLED_OUTSIDE": (),
        "CONNECTOR_KIND": "cable",
        "PHASES": 1,
        "UART_METER": 2,
        "DEAD_MAN": "charge_pump",
        "DEAD_MAN_HOLD_MS": 50,
        "PILOT_FRONT_END": FRONT_END,
        "PILOT_CALIBRATION": (1296, 12069),
        "TEMPERATURE_FRONT_END": NTC,
        **changes,
    }
    return SimpleNamespace(**facts)


def front_end(**changes):
    return {"PILOT_FRONT_END": {**FRONT_END, **changes}}


def sentences(problems):
    return "\n".join(problem.text for problem in problems)


def ntc(**changes):
    return {"TEMPERATURE_FRONT_END": {**NTC, **changes}}


def pins(**changes):
    return {"PINS": changes}


def dead_man_uart(**changes):
    """A board with a UART dead-man."""
    return {
        "DEAD_MAN": "uart",
        "UART_DEAD_MAN": 1,
        **pins(heartbeat=None, dead_man_uart=27),
        **changes,
    }


def dead_man_rmt(**changes):
    """A board with an RMT dead-man."""
    return {"DEAD_MAN": "rmt", **pins(heartbeat=None, dead_man_rmt=27), **changes}


def socket(**changes):
    """A board with a socket; `changes` of its pins."""
    return {"CONNECTOR_KIND": "socket", **pins(**{**SOCKET, **changes})}


def page(pins=PINS, **changes):
    """A wiring page with the table of `pins`; a change replaces the row of its role."""
    rows = {role: f"| {pin} | `{role}` | {ROLES[role]} | x |" for role, pin in pins.items()}
    rows.update(changes)
    lines = ["# Board", "", "| GPIO | role | direction | why |", "|---|---|---|---|"]
    return "\n".join([*lines, *filter(None, rows.values()), "", "| 99 | other | table |"])


# reason, changes of the good board, what the sentence must say
PLANTED_BOARDS = (
    ("chip", {"CHIP": "esp33"}, "CHIP esp33"),
    ("name", {"NAME": "other"}, "NAME other: the folder is called planted"),
    ("phases", {"PHASES": 3}, "PHASES 3: the meter is read"),
    (
        "connector_kind",
        {"CONNECTOR_KIND": "plug"},
        "CONNECTOR_KIND plug: not one of cable, socket",
    ),
    ("role_missing", pins(led=None), "no pin for led"),
    ("role_unknown", pins(fan=32), "GPIO 32, fan"),
    ("no_such_pin", pins(led=24), "GPIO 24, led"),
    ("flash", pins(led=9), "GPIO 9, led: belongs to the flash"),
    ("console", pins(led=3), "GPIO 3, led: belongs to the console"),
    ("input_only", pins(contactor=35), "GPIO 35, contactor: can only be an input"),
    ("no_pull_up", pins(mirror=35), "GPIO 35, mirror: has no pull-up of its own"),
    ("no_pull_up", pins(emergency_stop=35), "GPIO 35, emergency_stop: has no pull-up of its own"),
    ("pull_up_idle", {"EXTERNAL_PULL_UP": (35,)}, "EXTERNAL_PULL_UP names GPIO 35"),
    ("pull_up_idle", {"EXTERNAL_PULL_UP": (18,)}, "EXTERNAL_PULL_UP names GPIO 18"),
    ("strapping", pins(heartbeat=12), "GPIO 12, heartbeat: decides how the chip boots"),
    ("not_adc1", pins(cp_adc=14), "GPIO 14, cp_adc: is not on ADC1"),
    ("not_adc1", pins(temperature_adc=13), "GPIO 13, temperature_adc: is not on ADC1"),
    ("used_twice", pins(led=26), "GPIO 26, led: is contactor already"),
    ("uart", {"UART_METER": 0}, "UART_METER 0: allowed 1, 2"),
    ("uart", dead_man_uart(UART_DEAD_MAN=3), "UART_DEAD_MAN 3: allowed 1, 2"),
    ("uart_twice", dead_man_uart(UART_DEAD_MAN=2), "UART_DEAD_MAN 2: is UART_METER already"),
    ("feedback_missing", pins(mirror=None), "no pin for mirror or output_sense"),
    ("feedback_twice", pins(output_sense=32), "GPIO 32, output_sense: the contactor has mirror"),
    ("dead_man", {"DEAD_MAN": "pump"}, "DEAD_MAN pump: not one of charge_pump, rmt, uart"),
    ("dead_man_missing", pins(heartbeat=None), "no pin for heartbeat, which DEAD_MAN charge_pump"),
    ("dead_man_other", pins(dead_man_uart=32), "GPIO 32, dead_man_uart: DEAD_MAN is charge_pump"),
    ("dead_man_chip", dead_man_rmt(), "DEAD_MAN rmt: the RMT of the esp32 cannot stop"),
    ("dead_man_hold", {"DEAD_MAN_HOLD_MS": 35}, "DEAD_MAN_HOLD_MS 35: allowed 36..50"),
    ("dead_man_hold", {"DEAD_MAN_HOLD_MS": 51}, "DEAD_MAN_HOLD_MS 51: allowed 36..50"),
    ("part_missing", pins(pe_monitor=None), "no pin for pe_monitor, and pe_monitor is not in"),
    ("part_missing", pins(rcm_test=None), "no pin for rcm_test, and residual_current is not in"),
    ("part_missing", pins(emergency_stop=None), "no pin for emergency_stop, and"),
    ("part_missing", pins(temperature_adc=None), "no pin for temperature_adc, and temperature is"),
    (
        "part_twice",
        {"INSTALLED_OUTSIDE": ("emergency_stop",)},
        "GPIO 21, emergency_stop: emergency_stop is in INSTALLED_OUTSIDE",
    ),
    ("outside_unknown", {"INSTALLED_OUTSIDE": ("rcd",)}, "INSTALLED_OUTSIDE rcd: not one of"),
    ("socket", socket(lock_feedback=None), "no pin for lock_feedback, which a socket needs"),
    ("socket", socket(mains_monitor=None), "no pin for mains_monitor, which a socket needs"),
    ("lock", pins(lock_a=13, lock_b=14), "no pin for lock_feedback, which a lock needs"),
    ("front_end", ntc(beta_k=0), "TEMPERATURE_FRONT_END beta_k = 0"),
    ("temperature_range", ntc(pullup_mv=3300), "-20 degC puts 2923 mV on the ADC"),
    ("temperature_range", ntc(pullup_ohm=22000), "100 degC puts 106 mV on the ADC"),
    ("front_end", front_end(top_ohm=0), "top_ohm = 0"),
    ("front_end", front_end(pullup_ohm=42200.0), "pullup_ohm = 42200.0"),
    ("calibration", {"PILOT_CALIBRATION": (1296, -12069)}, "(1296, -12069)"),
    ("calibration", {"PILOT_CALIBRATION": (1296,)}, "(1296,)"),
    (
        "adc_range",
        {**front_end(pullup_ohm=50000), "PILOT_CALIBRATION": (1165, 11329)},
        "CP at -12600 mV puts 52 mV on the ADC, allowed 150..2450",
    ),
    # 130 mV off at 0 V: 11 mV at the ADC
    ("disagrees", {"PILOT_CALIBRATION": (1307, 12069)}, "allowed error 120 mV"),
    # 1.1 % too much gain: nothing at 0 V, 139 mV at the end
    ("disagrees", {"PILOT_CALIBRATION": (1296, 12202)}, "allowed error 120 mV"),
)

PLANTED_PAGES = (
    ("page_table", "# Board\n\n| role | GPIO |\n|---|---|\n| led | 18 |\n", "no table"),
    ("page_row", page().replace("| x |\n\n", "| x |\n| GPIO18 | led | out |\n\n"), "GPIO18 | led"),
    ("page_missing", page(led=""), "no row for GPIO 18, led"),
    ("page_extra", page(fan="| 32 | fan | out |"), "the row GPIO 32, fan is not in board.py"),
    (
        "page_direction",
        page(mirror="| 33 | mirror | out |"),
        "GPIO 33, mirror: direction out, is in",
    ),
)


def test_a_good_board_and_its_page_pass():
    assert board_problems(good(), "planted") == []
    assert page_problems(good(), page()) == []
    assert len(page_rows(page())) == len(PINS)


@pytest.mark.parametrize(("reason", "changes", "text"), PLANTED_BOARDS)
def test_a_planted_mistake_in_a_board_is_found_alone_and_named(reason, changes, text):
    problems = board_problems(good(**changes), "planted")
    assert [problem.reason for problem in problems] == [reason], sentences(problems)
    assert text in problems[0].text


def test_a_good_board_of_every_kind_passes():
    assert board_problems(good(**socket()), "planted") == []
    assert board_problems(good(**dead_man_uart()), "planted") == []
    output_sense = pins(mirror=None, output_sense=33)
    assert board_problems(good(**output_sense), "planted") == []
    outside = {"INSTALLED_OUTSIDE": ("residual_current",), **pins(rcm_trip=None, rcm_test=None)}
    assert board_problems(good(**outside), "planted") == []
    pulled_up = {"EXTERNAL_PULL_UP": (35,), **pins(mirror=35)}
    assert board_problems(good(**pulled_up), "planted") == []


def test_a_strapping_pin_that_the_board_lists_is_allowed():
    assert board_problems(good(STRAPPING_USED=(12,), **pins(heartbeat=12)), "planted") == []


@pytest.mark.parametrize(("reason", "text", "sentence"), PLANTED_PAGES)
def test_a_planted_mistake_in_a_page_is_found_alone_and_named(reason, text, sentence):
    problems = page_problems(good(), text)
    assert [problem.reason for problem in problems] == [reason], sentences(problems)
    assert sentence in problems[0].text


def test_every_reason_of_the_lint_has_been_planted():
    planted = {row[0] for row in PLANTED_BOARDS + PLANTED_PAGES}
    assert planted == set(REASONS)


def test_a_moved_pin_is_named_from_both_sides():
    problems = page_problems(good(**pins(led=32)), page())
    assert [problem.reason for problem in problems] == ["page_extra", "page_missing"]
    assert "GPIO 18, led" in problems[0].text
    assert "GPIO 32, led" in problems[1].text
