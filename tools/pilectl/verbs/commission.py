"""pilectl commission: leads through the bring-up of a pile and writes what was measured as one page."""

from __future__ import annotations

import argparse
import sys
import tomllib
from pathlib import Path
from typing import Any

from ..commissioning import report_page
from ..commissioning.commission_run import Commissioning, Person
from ..port.port_error import PortError
from ..port.port_words import add_port_words, opened
from ..texts import TABLES, Texts


def add(verbs: Any) -> None:
    """The words of commission."""
    verb = verbs.add_parser("commission", help="guided bring-up, with a report for the file")
    add_port_words(verb)
    verb.add_argument("-o", "--output", default="report.html", metavar="FILE")
    verb.add_argument(
        "--answers", metavar="FILE", help="TOML: step = answer; nobody is asked, only waited for"
    )
    verb.add_argument("--wait", type=float, default=15, metavar="S", help="for each pilot state")
    verb.add_argument("--lang", choices=sorted(TABLES), default="en")
    verb.set_defaults(do=run)


def run(args: argparse.Namespace) -> int:
    """Ask, measure, write; 0 only when every step passed."""
    texts = Texts(args.lang)
    person = Person(_say, input, _answers(args.answers))
    output = Path(args.output)
    # Before the work, not after it
    if not output.resolve().parent.is_dir():
        raise PortError(
            f"{output}: there is no such folder: make it, or name another file with -o."
        )
    with opened(args) as pile:
        work = Commissioning(pile, texts, person, args.wait)
        try:
            work.run(pile.greet())
        finally:
            # What was measured until then is kept, and says that it is not all
            work.close()
            if work.report.lines:
                output.write_text(report_page.page(work.report, texts), encoding="utf-8")
    word, sentence = report_page.summary(work.report, texts)
    print(f"{output}: {sentence}")
    return 0 if word == "passed" else 1


def _answers(file: str | None) -> dict[str, Any] | None:
    if file is None:
        return None
    try:
        return tomllib.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, UnicodeError, tomllib.TOMLDecodeError) as error:
        raise PortError(f"{file}: the answers cannot be read ({error}): mend the file.") from None


def _say(text: str) -> None:
    print(text)
    sys.stdout.flush()
