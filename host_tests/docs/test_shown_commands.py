"""Every command that the pages for factory and field show exists, with its options."""

import re
import shlex

import pytest

from evse.app.shell_commands import COMMANDS
from interpreters import ROOT
from pilectl import __main__ as pilectl
from pilectl.flashing.flash_chips import FLASH_CHIPS, write_arguments

DOCS = ROOT / "docs"
PAGES = [
    *(DOCS / name for name in ("console.md", "faults.md", "commissioning.md", "flashing.md")),
    *sorted((DOCS / "service").glob("*.md")),
]
FLASHING = (DOCS / "flashing.md").read_text(encoding="utf-8")
NAMES = [row[0] for row in COMMANDS]


def verbs():
    """Parser of each verb."""
    actions = pilectl.parser()._subparsers._group_actions
    return actions[0].choices


def check_words(words):
    parser = verbs()[words[1]]
    known = set(parser._option_string_actions)
    for word in words[2:]:
        assert not word.startswith("-") or word.partition("=")[0] in known, words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_the_command_line_exists(page):
    text = page.read_text(encoding="utf-8")
    for shown in re.findall(r"`(pilectl [^`]+)`", text):
        check_words(shlex.split(shown))
    for line in re.findall(r"(?m)^ {4,}(pilectl .+)$", text):
        try:
            pilectl.parser().parse_args(shlex.split(line)[1:])
        except SystemExit:
            pytest.fail(line)


@pytest.mark.parametrize(
    "page", sorted((DOCS / "service").glob("*.md")), ids=lambda page: page.stem
)
def test_what_a_service_page_asks_exists(page):
    text = page.read_text(encoding="utf-8")
    if page.stem == "README":
        return
    asked = text.partition("\n## Ask\n")[2].partition("\n## ")[0]
    commands = re.findall(r"(?m)^\| `([^`]+)`", asked)
    assert commands, page.name
    for command in commands:
        if not command.startswith(("pilectl ", "pilebridge ")):
            assert command.split()[0] in NAMES, command


def test_messages_of_the_flashing_page_are_those_of_the_program():
    source = "".join(path.read_text() for path in (ROOT / "tools" / "pilectl").rglob("*.py"))
    source = re.sub(r'"\s+f?"', "", source)
    table = FLASHING.partition("| it says |")[2].partition("\n\n")[0]
    quoted = re.findall(
        r'"([^"]+)"', "".join(line.split("|")[1] for line in table.splitlines()[2:])
    )
    assert len(quoted) > 10
    for fragment in quoted:
        assert fragment in source, fragment


def test_images_and_the_command_of_esptool_are_those_of_the_program():
    for chip in FLASH_CHIPS.values():
        assert f"| {chip.title} | `{chip.stock}-DATE-vVERSION.bin` |" in FLASHING
    arguments = write_arguments("esp32", "PORT", 460800, "pile.bin")
    assert "    esptool " + " ".join(arguments) + "\n" in FLASHING
