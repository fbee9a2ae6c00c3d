"""The guided bring-up: what is measured becomes a report, every step that is missing or wrong shows in it."""

import re
from pathlib import Path

import pytest
from fake_console import LEVELS_MV, FakePile

from evse.core import pilot_profiles
from pilectl import __main__
from pilectl.commissioning import commission_steps, pilot_plot
from pilectl.commissioning.commission_steps import (
    FREQUENCY_HZ,
    Step,
    Wave,
    connector_steps,
    duty_permille,
)
from pilectl.texts import TABLES

NUMBERS = {
    "technician": "Li Wei",
    "serial": "SN-0042",
    "closed": "y",
    "upstream": "y",
    "earth_ohm": "0,3",
    "insulation_mohm": "200",
    "rcd_ms": "22",
    "frequency_hz": "1001",
    "dead_man_ms": "61",
}
VEHICLE = {
    "A1": "A",
    "B1": "B",
    "C2": "C",
    "B2_back": "B",
    "D": "D",
    "B1_end": "B",
    "E": "E",
    "A1_end": "A",
}


class Technician:
    """Types what is asked for and does at the fake pile what is said."""

    def __init__(self, fake, language="en", **other):
        self.fake, self.answers, self.prompts = fake, {**NUMBERS, **other}, []
        self.table = TABLES[language]

    def __call__(self, prompt):
        self.prompts.append(prompt)
        for key, text in self.table.items():
            kind, _, step = key.partition(".")
            if kind == "step" and prompt.startswith(text) and step in self.answers:
                return self.answers[step]
            if kind == "do_step" and prompt.startswith(text):
                if step in self.answers:
                    return self.answers[step]
                self.act(step)
        return ""

    def act(self, step):
        fake = self.fake
        if step in VEHICLE:
            fake.vehicle(VEHICLE[step], offered=fake.cp["drive"] == "pwm")
        elif step in ("emergency", "released"):
            fake.answers["parts"]["inputs"][0]["active"] = step == "emergency"


def commission(fake, person, monkeypatch, folder, *words):
    monkeypatch.setattr("builtins.input", person)
    output = folder / "report.html"
    status = __main__.main(["commission", fake.port, "-o", str(output), "--wait", "0.6", *words])
    return status, output.read_text(encoding="utf-8")


def verdicts(page):
    """(step, verdict) of every line of the report."""
    rows = re.findall(r'<tr data-step="(\w+)">.*?<td class="(\w+)">[^<]*</td></tr>', page)
    return [(step, verdict) for step, verdict in rows]


def test_a_good_pile_passes_and_every_state_is_drawn(monkeypatch, tmp_path):
    with FakePile() as fake:
        status, page = commission(fake, Technician(fake), monkeypatch, tmp_path)
        assert "tx start 1" in fake.asked
        assert "tx stop 1" in fake.asked
    found = verdicts(page)
    assert {verdict for _step, verdict in found} == {"pass"}
    assert status == 0
    assert "Passed: every step was measured and is within its range." in page
    assert [step for step, _ in found if step == "C2"] == ["C2"] * 6
    for step in ("A1", "B1", "B2", "C2", "B2_back", "B1_end", "E", "A1_end"):
        assert page.count(f'id="wave-{step}-1"') == 1
    for text in ("Li Wei", "SN-0042", "53.3 %", "52.8 .. 53.8 %", "-11.94 V", "0.3", "221 V"):
        assert text in page


def test_a_standard_with_ventilation_asks_for_state_d(monkeypatch, tmp_path):
    with FakePile() as fake:
        fake.answers["status"]["profile"] = "iec_61851_1_2017"
        person = Technician(fake)
        status, page = commission(fake, person, monkeypatch, tmp_path)
    assert status == 0, verdicts(page)
    assert page.count('id="wave-D-1"') == 1
    assert "2.99 V" in page
    # The person leaves state D before the charge is ended
    said = "Set the test vehicle to state B; the pile ends the charge."
    assert sum(prompt.startswith(said) for prompt in person.prompts) == 1


def test_a_level_outside_of_its_window_fails_that_step_only(monkeypatch, tmp_path):
    monkeypatch.setitem(LEVELS_MV, "C", 7100)
    with FakePile() as fake:
        status, page = commission(fake, Technician(fake), monkeypatch, tmp_path)
    assert status == 1
    assert {step for step, verdict in verdicts(page) if verdict == "fail"} == {"C2"}
    assert "Failed: Vehicle draws current." in page


def test_what_is_left_out_makes_the_report_incomplete(monkeypatch, tmp_path):
    with FakePile() as fake:
        person = Technician(fake, rcd_ms="", E="s")
        status, page = commission(fake, person, monkeypatch, tmp_path)
    assert status == 1
    assert "Incomplete: not measured are" in page
    assert {step for step, verdict in verdicts(page) if verdict == "skipped"} == {"rcd_ms", "E"}


def test_a_wrong_measure_of_a_person_fails_and_nonsense_is_asked_again(monkeypatch, tmp_path):
    with FakePile() as fake:
        person = Technician(fake, insulation_mohm="0.5", earth_ohm="good")
        status, page = commission(fake, person, monkeypatch, tmp_path)
        assert sum("earth" in prompt for prompt in person.prompts) == 3
    found = dict(verdicts(page))
    assert (status, found["insulation_mohm"], found["earth_ohm"]) == (1, "fail", "skipped")


def test_a_person_who_gives_up_leaves_a_report_that_says_what_is_missing(monkeypatch, tmp_path):
    class Quitter(Technician):
        def act(self, step):
            if step == "C2":
                raise KeyboardInterrupt
            super().act(step)

    with FakePile() as fake:
        status, page = commission(fake, Quitter(fake), monkeypatch, tmp_path)
        assert fake.asked[-1] == "tx stop 1"
    assert status == 1
    skipped = {step for step, verdict in verdicts(page) if verdict == "skipped"}
    assert skipped == {"C2", "B2_back", "B1_end", "E", "emergency", "released", "A1_end"}


def test_answers_from_a_file_wait_for_the_pilot_and_need_nobody(monkeypatch, tmp_path):
    answers = tmp_path / "answers.toml"
    lines = [f'{key} = "{value}"' for key, value in NUMBERS.items()]
    lines += [f'{key} = "s"' for key in ("C2", "B2_back", "E", "emergency", "released", "A1_end")]
    answers.write_text("\n".join(lines), encoding="utf-8")

    def someone_plugs_in(fake, name):
        # The vehicle comes while the pilot is being waited for
        if fake.asked.count("cp") == 4:
            fake.vehicle("B")

    with FakePile() as fake:
        fake.before_answer = someone_plugs_in
        words = ["--answers", str(answers), "--wait", "3"]
        status, page = commission(fake, None, monkeypatch, tmp_path, *words)
    found = verdicts(page)
    assert status == 1
    assert {verdict for step, verdict in found if step == "B1"} == {"pass"}
    assert "Incomplete" in page


def test_the_report_speaks_chinese(monkeypatch, tmp_path):
    with FakePile() as fake:
        person = Technician(fake, "zh")
        status, page = commission(fake, person, monkeypatch, tmp_path, "--lang", "zh")
    assert status == 0, verdicts(page)
    assert '<html lang="zh">' in page
    assert "合格：每一步都已测量且在允许范围内。" in page
    for text in TABLES["en"].values():
        if len(text) > 12:
            assert text not in page


def test_a_bad_answers_file_is_named(capsys, tmp_path):
    bad = tmp_path / "answers.toml"
    bad.write_text("technician = Li")
    assert __main__.main(["commission", "/dev/null", "--answers", str(bad)]) == 2
    assert "the answers cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("profile", pilot_profiles.NAMES)
def test_the_frequency_is_that_of_the_profile_and_d_is_asked_where_it_is_known(profile):
    text = Path(pilot_profiles.load.__code__.co_filename).parent / f"profile_{profile}.py"
    row = re.search(r'"frequency_hz", \((\d+), (\d+)\)', text.read_text(encoding="utf-8"))
    assert tuple(map(int, row.groups())) == FREQUENCY_HZ[profile]
    keys = [step.key for step in connector_steps(profile)]
    assert ("D" in keys) == ("gbt" not in profile)


@pytest.mark.parametrize(
    ("a10", "permille"), [(60, 100), (160, 266), (320, 533), (510, 850), (630, 892), (0, 1000)]
)
def test_duty_by_current_is_that_of_the_standard(a10, permille):
    assert duty_permille(a10) == permille


def test_a_pwm_that_does_not_run_fails_low_and_duty():
    step = Step("B2", commission_steps.STATE, letter="B", pwm=True)
    cp = {"id": 1, "state": "B1", "high_mv": 8950, "drive": "positive", "limit_a10": 320}
    words = {True: "closed", False: "open"}
    lines, wave = commission_steps.judge_state(step, cp, {}, "gbt_18487_1_2015", words)
    assert {line.what: line.verdict for line in lines} == {
        "state": "fail",
        "high": "pass",
        "low": "fail",
        "duty": "fail",
        "contactor": "pass",
    }
    assert wave.low_mv is None


def test_the_corners_of_a_wave_are_its_levels_and_its_duty():
    wave = Wave("B2", 1, "B2", 8950, -11940, 533, (8200, 9800), (-12800, -11200))
    points = pilot_plot.corners(wave)
    assert len(points) == 9
    assert {y for _, y in points} == {8.95, -11.94}
    assert points[2][0] == pytest.approx(0.533)
    assert 'id="wave-B2-1"' in pilot_plot.svg(wave)


@pytest.mark.parametrize(
    ("mv", "verdict"),
    [([221000], "pass"), ([230000, 180000, 229000], "fail"), ([0], "skipped"), ([], "skipped")],
)
def test_the_voltage_at_the_meter_is_judged_phase_by_phase(mv, verdict):
    step = Step("C2", commission_steps.STATE, letter="C", pwm=True, closed=True)
    assert commission_steps.judge_voltage(step, mv, 1).verdict == verdict
