"""The board lint itself, tried on planted mistakes: each is found alone, by its whole sentence."""

import subprocess
import sys

import pytest

from pilectl import boardlint
from pilectl.boardlint import CHIPS, REASONS, ROLES, board_problems, page_problems, page_rows
from planted_boards import GOOD, PINS, good, pins, twin
from planted_parts import PLANTED_PARTS
from planted_pins import PLANTED_PINS
from rig import ROOT

PLANTED_BOARDS = PLANTED_PINS + PLANTED_PARTS
DANGER = "> **Danger.** Mains."


def sentences(problems):
    return [problem.text for problem in problems]


def page(pins=PINS, danger=DANGER, **changes):
    """A wiring page with the table of `pins`; a change replaces the row of its role."""
    rows = {role: f"| {pin} | `{role}` | {ROLES[role]} | x |" for role, pin in pins.items()}
    rows.update(changes)
    lines = ["# Board", "", danger, "", "| GPIO | role | direction | why |", "|---|---|---|---|"]
    return "\n".join([*lines, *filter(None, rows.values()), "", "| 99 | other | table |"])


PLANTED_PAGES = (
    (
        "page_danger",
        page(danger=""),
        "board.md: no line that begins `> **Danger.**`; say it first",
    ),
    (
        "page_table",
        DANGER + "\n\n| role | GPIO |\n|---|---|\n| led | 18 |\n",
        "board.md: no table whose header begins GPIO, role, direction; add it",
    ),
    (
        "page_row",
        page().replace("| x |\n\n", "| x |\n| GPIO18 | led | out |\n\n"),
        "board.md: the row GPIO18 | led | out has no number as its GPIO; write the plain number",
    ),
    ("page_missing", page(led=""), "board.md: no row for GPIO 18, led; add it"),
    (
        "page_extra",
        page(fan="| 32 | fan | out |"),
        "board.md: the row GPIO 32, fan is not in board.py; mend one of them",
    ),
    (
        "page_direction",
        page(mirror="| 33 | mirror | out |"),
        "board.md: GPIO 33, mirror: direction out, is in; mend the row",
    ),
)


def test_good_pages_pass():
    assert page_problems(good(), page()) == []
    assert len(page_rows(page())) == len(PINS)


@pytest.mark.parametrize("number", range(len(GOOD)))
def test_a_good_board_of_every_kind_passes(number):
    assert sentences(board_problems(good(**GOOD[number]), "planted")) == []


@pytest.mark.parametrize(("reason", "changes", "sentence"), PLANTED_BOARDS)
def test_a_planted_mistake_in_a_board_is_found_alone_and_named(reason, changes, sentence):
    problems = board_problems(good(**changes), "planted")
    assert sentences(problems) == [sentence]
    assert problems[0].reason == reason


@pytest.mark.parametrize(("reason", "text", "sentence"), PLANTED_PAGES)
def test_a_planted_mistake_in_a_page_is_found_alone_and_named(reason, text, sentence):
    problems = page_problems(good(), text)
    assert sentences(problems) == [sentence]
    assert problems[0].reason == reason


def test_every_reason_of_the_lint_has_been_planted():
    planted = {row[0] for row in (*PLANTED_BOARDS, *PLANTED_PAGES)}
    # The test below, and the one of a folder
    assert planted | {"pwm", "board_file", "page_file"} == set(REASONS)
    assert len(PLANTED_BOARDS) >= 30


def test_a_chip_with_one_pwm_channel_cannot_drive_two_pilots(monkeypatch):
    monkeypatch.setitem(CHIPS, "esp32s3", CHIPS["esp32s3"]._replace(pwm_channels=1))
    expected = (
        "2 PWM channels for the pilots: the esp32s3 has 1; choose other parts or another chip"
    )
    assert sentences(board_problems(good(**twin()), "planted")) == [expected]


def test_a_moved_pin_is_named_from_both_sides():
    problems = page_problems(good(**pins(led=32)), page())
    assert [problem.reason for problem in problems] == ["page_extra", "page_missing"]
    assert "GPIO 18, led" in problems[0].text
    assert "GPIO 32, led" in problems[1].text


def test_the_pins_of_the_second_evse_stand_on_the_page_with_a_2():
    board = good(**twin())
    own = [f"| {pin} | `{role}` 2 | {ROLES[role]} | x |" for role, pin in board.SECOND.items()]
    text = page(board.PINS).replace("| x |\n\n", "| x |\n%s\n\n" % "\n".join(own))
    assert page_problems(board, text) == []
    missing = page_problems(board, page(board.PINS))
    assert len(missing) == len(own)
    assert missing[0].text == "board.md: no row for GPIO 21, cp_pwm 2; add it"


@pytest.mark.parametrize("name", CHIPS)
def test_the_table_of_chips_agrees_with_itself(name):
    chip = CHIPS[name]
    groups = (chip.flash, chip.console, chip.usb, chip.strapping, chip.adc1, chip.rmii)
    for group in (*groups, chip.psram, chip.input_only):
        assert group <= chip.gpios
    for group in groups[:3]:
        assert not group & chip.adc1
        assert not group & chip.strapping
    assert not chip.flash & (chip.console | chip.usb | chip.psram)
    assert chip.adc1
    assert chip.uarts


def test_a_folder_that_cannot_be_read_is_a_finding(tmp_path):
    found = boardlint.folder_problems(tmp_path)
    assert [problem.reason for problem in found] == ["board_file"]
    (tmp_path / "board.py").write_text("BOARD = 1 +\n")
    assert "SyntaxError" in boardlint.folder_problems(tmp_path)[0].text
    board = ROOT / "boards" / "devkitc" / "board.py"
    folder = tmp_path / "devkitc"
    folder.mkdir()
    (folder / "board.py").write_text(board.read_text())
    found = boardlint.folder_problems(folder)
    assert [problem.reason for problem in found] == ["page_file"]


def test_the_command_says_what_is_wrong_and_fails(tmp_path):
    """In a process of its own, where nothing of the simulator is on the path."""
    folder = tmp_path / "devkitc"
    folder.mkdir()
    source = ROOT / "boards" / "devkitc"
    for name in ("board.py", "board.md"):
        (folder / name).write_text((source / name).read_text())
    code = "import sys; from pilectl.__main__ import main; sys.exit(main())"

    def lint():
        return subprocess.run(
            [sys.executable, "-c", code, "lint", str(folder)],
            env={"PYTHONPATH": f"{ROOT / 'firmware'}:{ROOT / 'tools'}"},
            capture_output=True,
            text=True,
            check=False,
        )

    ran = lint()
    assert (ran.returncode, ran.stdout) == (0, "devkitc: keeps the rules\n"), ran.stderr
    text = (folder / "board.py").read_text()
    (folder / "board.py").write_text(text.replace('"led": 18', '"led": 9'))
    ran = lint()
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[0] == (
        "devkitc: GPIO 9, led: belongs to the flash of the esp32; choose another"
    )
