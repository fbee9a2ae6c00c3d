"""The page of faults is what the firmware's tables make."""

from evse.core import fault_codes, faults
from interpreters import ROOT
from pilectl import __main__, fault_page

PAGE = ROOT / "docs" / "faults.md"


def test_the_page_is_what_the_command_prints(capsys):
    assert __main__.main(["faults"]) == 0
    assert capsys.readouterr().out == PAGE.read_text(encoding="utf-8"), (
        "docs/faults.md is of another table: pilectl faults > docs/faults.md"
    )


def test_every_fault_stands_in_each_table_with_its_sentences():
    rows = [line.split(" | ") for line in fault_page.page().splitlines() if line.startswith("| `")]
    by_name = {name: [row for row in rows if row[0] == f"| `{name}`"] for name in faults.NAMES}
    for name, code in zip(faults.NAMES, fault_codes.TABLE, strict=True):
        happens, says, tells = by_name[name]
        fault = faults.row(name)
        assert happens[1] == fault_page.SEVERITIES[fault["severity"]]
        assert says[1] == fault["sentence"]
        assert says[2] == f"{code[fault_codes.FIELDS.index('sentence_zh')]} |"
        assert tells[1] == code[fault_codes.FIELDS.index("ocpp16")]


def test_times_are_those_of_the_table():
    page = fault_page.page()
    assert "| `residual_current` | trip | by itself | 60 s | 3 | 6 ms | red, 5 a second |" in page
    assert "| `meter_lost` | stop | by itself | 1 s | - | 11.5 s | red, 1 a second |" in page
    assert "| `contactor_welded` | trip | `unlock` | - | - | 6 ms | red |" in page
