"""The checklist of a commissioning has the steps and the numbers that the program asks for."""

import tomllib

from evse.core import pilot_profiles
from interpreters import ROOT
from pilectl.commissioning.commission_steps import (
    DOCTOR,
    FREQUENCY_HZ,
    INPUT,
    NUMBER,
    SELFTEST,
    STATE,
    allowed_number,
    connector_steps,
    duty_permille,
    station_steps,
)
from pilectl.diagnosis.seen import window

PAGE = (ROOT / "docs" / "commissioning.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines()]
# The one with a state D
PROFILE = "iec_61851_1_2017"
STEPS = station_steps(PROFILE) + connector_steps(PROFILE)


def row(start):
    """The cells after the first one of the row that begins so."""
    return next(cells[1:] for cells in ROWS if cells[0] == start and len(cells) > 2)


def test_every_step_is_there_in_order():
    listed = [cells[1] for cells in ROWS if len(cells) == 5 and cells[0].isdigit()]
    assert listed == [f"`{step.key}`" for step in STEPS]


def test_every_step_says_what_is_expected_and_who_measures_it():
    for number, step in enumerate(STEPS, 1):
        _key, _what, by, expected = row(str(number))
        if step.kind == NUMBER:
            assert allowed_number(step) in expected, step.key
        elif step.kind == STATE:
            has_pwm = {None: "", True: "2", False: "1"}[step.pwm]
            assert expected.startswith(f"state {step.letter}{has_pwm}"), step.key
            assert ("duty" in expected) == bool(step.pwm), step.key
            if step.closed is not None:
                wanted = "contactor closed" if step.closed else "contactor open"
                assert wanted in expected, step.key
            assert by.startswith("`cp`"), step.key
        elif step.kind == INPUT:
            assert expected.startswith("input active" if step.is_pressed else "input inactive")
            assert by == "`parts`, `relay`"
        elif step.kind in (DOCTOR, SELFTEST):
            assert step.key in by
        if step.command:
            assert f"`{step.command.removesuffix(' %d')}`" in row(str(number))[1]


def test_windows_and_duties_are_those_of_the_tables():
    for name in pilot_profiles.NAMES:
        profile = pilot_profiles.load(name)
        found = dict.fromkeys(range(5), "-")
        for i in range(0, len(profile.windows), 3):
            found[profile.windows[i]] = window(*profile.windows[i + 1 : i + 3])
        low = window(profile.low_min_mv, profile.low_max_mv)
        assert row(f"`{name}`") == [*found.values(), low]
        lowest, highest = FREQUENCY_HZ[name]
        assert f"{lowest} .. {highest}" in row("8")[3]
    duties = [f"{duty_permille(int(a.split()[0]) * 10) / 10:.1f} %" for a in row("offered")]
    assert row("duty") == duties


def test_the_answers_of_the_example_leave_nothing_out():
    lines = [line[4:] for line in PAGE.splitlines() if line.startswith("    ") and " = " in line]
    answers = tomllib.loads("\n".join(lines))
    asked = [step for step in station_steps(PROFILE) if step.kind not in (DOCTOR, SELFTEST)]
    assert list(answers) == [step.key for step in asked]
    for step in asked:
        if step.kind == NUMBER:
            value = answers[step.key]
            assert step.lowest is None or value >= step.lowest
            assert step.highest is None or value <= step.highest
