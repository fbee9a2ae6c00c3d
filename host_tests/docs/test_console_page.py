"""The page of the console names every command and every reason, and its examples are what a pile shows."""

import json

from console_scenario import shape, shown

from evse.app.shell_commands import COMMANDS
from evse.core.quantities import width
from evse.core.why import SENTENCES
from interpreters import ROOT

PAGE = (ROOT / "docs" / "console.md").read_text(encoding="utf-8")
EXAMPLES = [line[4:] for line in PAGE.splitlines() if line.startswith("    ")]


def test_every_command_is_described_with_its_usage():
    headings = [line for line in PAGE.splitlines() if line.startswith("### ")]
    for name, usage, _trusted, _english, _chinese in COMMANDS:
        wanted = f"`{name} {usage}`".replace(" `", "`")
        assert any(wanted in heading for heading in headings), wanted


def test_what_needs_the_service_code_is_named_where_the_code_is():
    section = PAGE.partition("\n## The service code\n")[2].partition("\n## ")[0]
    named = section.partition("wait for")[0]
    for name, _usage, trusted, _english, _chinese in COMMANDS:
        # It takes the code in its own line
        assert (f"`{name}`" in named) == (trusted or name == "maint"), name


def test_every_reason_is_there_in_both_languages_and_in_order():
    rows = [line for line in PAGE.partition("\n## `why`\n")[2].splitlines() if "| `" in line]
    assert rows == [f"| `{key}` | {en} | {zh} |" for key, (en, zh) in SENTENCES.items()]


def test_every_example_is_what_a_pile_shows(tmp_path):
    lines = shown(tmp_path)
    seen = {shape(line) for line in lines}
    assert len(EXAMPLES) > 80
    for line in EXAMPLES:
        if line.startswith("{"):
            # MicroPython's dict keeps no order
            fields = json.loads(line)
            found = [json.loads(each) for each in lines if each.startswith('{"')]
            assert any(_same(fields, each) for each in found), line
        else:
            assert shape(line) in seen, line
            assert width(line) < 80, line


def _same(wanted, found):
    if isinstance(wanted, dict) and isinstance(found, dict):
        return wanted.keys() == found.keys() and all(_same(wanted[k], found[k]) for k in wanted)
    if isinstance(wanted, list) and isinstance(found, list):
        return len(wanted) == len(found) and all(map(_same, wanted, found))
    return isinstance(wanted, type(found)) and (
        not isinstance(wanted, str) or shape(wanted) == shape(found)
    )
