"""pilectl doctor: every self-test and reading of a pile in one table, the root of a trouble first."""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

from ..diagnosis import checks, collecting
from ..diagnosis.findings import BAD, WARN, Row
from ..port.pile_port import BusyError
from ..port.port_words import add_port_words, opened
from ..texts import TABLES, Texts, table


def add(verbs: Any) -> None:
    """The words of doctor."""
    verb = verbs.add_parser("doctor", help="what is wrong with a pile, and what to do")
    add_port_words(verb)
    verb.add_argument("--json", action="store_true", help="for programs")
    verb.add_argument("--lang", choices=sorted(TABLES), default="en")
    verb.add_argument(
        "--files", action="store_true", help="compare its files too: ends the station for it"
    )
    verb.add_argument(
        "--board", default="", help="the board that it is, when the build may be another's"
    )
    verb.set_defaults(do=run)


def run(args: argparse.Namespace) -> int:
    """Ask, judge, print; 1 when something is wrong."""
    with opened(args) as pile:
        try:
            status = pile.greet()
            answers = collecting.collect(pile, status)
            if args.files or args.board:
                answers["files"] = collecting.files(pile, args.files, args.board)
        except BusyError as error:
            # Its faults it tells all the same
            status = error.found
            answers = {"status": status, "host_utc_s": int(time.time())}
    rows = checks.look(answers, answers["host_utc_s"])
    station, texts = str(status.get("station", pile.name)), Texts(args.lang)
    if args.json:
        print(json.dumps(as_json(rows, station, texts), ensure_ascii=False, indent=1))
    else:
        rows_of = status.get("connectors") or ()
        busy = "station" not in status or any(row.get("closed") for row in rows_of)
        print("\n".join(as_text(rows, station, texts, busy)))
    sys.stdout.flush()
    return 0 if checks.is_well(rows) else 1


def as_json(rows: list[Row], station: str, texts: Texts) -> dict[str, Any]:
    """The table for programs."""
    return {
        "station": station,
        "ok": checks.is_well(rows),
        "rows": [
            {
                "check": row.check,
                "name": texts("check." + row.check),
                "connector": row.connector,
                "reading": row.reading,
                "expected": row.expected,
                "verdict": row.verdict,
                "cause": row.cause,
                "because": row.because,
                "do": texts.advice(row.cause) if row.cause else "",
            }
            for row in rows
        ],
    }


def as_text(rows: list[Row], station: str, texts: Texts, busy: bool) -> list[str]:
    """The table and under it what to do, in the order in which to do it."""
    heads = [texts("head." + name) for name in ("check", "reading", "expected", "verdict")]
    several = len({row.connector for row in rows if row.connector}) > 1
    lines = table([heads] + [_cells(row, texts, several) for row in rows])
    lines.append("")
    if busy:
        lines.append(texts("doctor.busy"))
    if checks.is_well(rows):
        return [*lines, texts("doctor.well", station=station)]
    roots: list[str] = []
    for row in rows:
        if row.is_root and row.cause not in roots:
            roots.append(row.cause)
    key = "doctor.one" if len(roots) == 1 else "doctor.several"
    lines.append(texts(key, station=station, count=len(roots)))
    lines += [f"{i}. {texts.advice(cause)}" for i, cause in enumerate(roots, 1)]
    for row in rows:
        if row.verdict in (BAD, WARN) and row.because in roots:
            follows = texts("doctor.follows", number=roots.index(row.because) + 1)
            lines.append(f"   {texts('check.' + row.check)}: {follows}")
    return lines


def _cells(row: Row, texts: Texts, several: bool) -> list[str]:
    name = texts("check." + row.check)
    if several and row.connector:
        name += f" {row.connector}"
    readings = [texts.reading(row.reading), texts.reading(row.expected)]
    return [name, *readings, texts("verdict." + row.verdict)]
