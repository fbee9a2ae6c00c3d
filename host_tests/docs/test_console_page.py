"""The page of the console names every command and every reason, and its examples are what a pile shows."""

import json

from played_pile import play, shape

from evse.app.shell_commands import COMMANDS
from evse.core.quantities import width
from evse.core.why import SENTENCES
from interpreters import ROOT

PAGE = (ROOT / "docs" / "console.md").read_text(encoding="utf-8")
EXAMPLES = [line[4:] for line in PAGE.splitlines() if line.startswith("    ")]

# What was typed for the examples: (words, settings)
PLAYED = (
    (
        (
            "run 5s; type status; run 2s; type why; run 2s; type watch cp; run 1s; type x; run 1s; type parts; run 2s; "
            "type net; run 2s; type journal; run 2s; type set meter_interval_s 10; run 2s; type set meter_interval_s 9999; "
            "run 2s; type settings meter_interval_s; run 2s; type help set; run 2s; type selftest; run 10s; type tx start; "
            "run 2s; type tx start --json; run 2s; type cp --json; run 2s; fault residual_current on; run 2s; type faults; "
            "run 2s; quit"
        ),
        "",
    ),
    (
        (
            "run 5s; plug; run 2s; type tx start; wait charging within 20s; run 25s; type cp; run 2s; type relay; run 2s; "
            "type meter; run 2s; type log 3; run 2s; type set language zh; run 2s; temperature 72; run 5s; type limits; "
            "run 2s; type tx stop; run 10s; fault welded on; run 4s; fault welded off; run 4s; type unlock; run 2s; quit"
        ),
        "",
    ),
    (
        "run 5s; plug; run 2s; authorize; wait charging within 20s; run 5s; type status; run 2s; quit",
        "",
    ),
    (
        "run 5s; type reset; run 2s; type login 1234; run 2s; type login 4711; run 2s; type maint; run 3s; quit",
        '{"service_code": "4711"}',
    ),
)


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
    lines = []
    for number, (words, settings) in enumerate(PLAYED):
        lines += play(tmp_path / str(number), words, settings=settings)
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
