"""pilectl logs: the last events of a pile and the records of its journal, decoded."""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from typing import Any

from ..diagnosis import collecting
from ..port.port_words import add_port_words, opened
from ..texts import table

COLUMNS = ("source", "boot", "up_s", "utc", "number", "connector", "what", "wh", "details")
_HEAD = ("seq", "kind", "boot", "up", "utc", "c", "wh")
_EVENTS = 200


def add(verbs: Any) -> None:
    """The words of logs."""
    verb = verbs.add_parser("logs", help="events and journal records of a pile")
    add_port_words(verb)
    verb.add_argument("--csv", action="store_true", help="for a spreadsheet")
    verb.set_defaults(do=run)


def run(args: argparse.Namespace) -> int:
    """Read and print; 1 when a record is damaged."""
    with opened(args) as pile:
        boot = pile.greet().get("boot")
        events = pile.ask(f"log {_EVENTS}").get("events") or []
        records = [record for record, _data in collecting.journal(pile, pile.ask("journal"))]
    rows = [_record(record) for record in records] + [_event(event, boot) for event in events]
    if args.csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerows([COLUMNS, *rows])
    else:
        print("\n".join(table([list(COLUMNS), *rows], 60)))
        print(f"{len(records)} records wait for the bridge, {len(events)} events since the start.")
    damaged = sum(record.get("kind") == "damaged" for record in records)
    if damaged:
        print(
            f"pilectl: {damaged} records are damaged: keep this output for support.",
            file=sys.stderr,
        )
    return 1 if damaged else 0


def _record(record: dict[str, Any]) -> list[str]:
    rest = {key: value for key, value in record.items() if key not in _HEAD}
    utc = record.get("utc")
    told = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(utc)) if utc else ""
    cells = [record.get(key) for key in ("boot", "up")]
    tail = [record.get(key) for key in ("seq", "c", "kind", "wh")]
    return ["record", *map(_text, cells), told, *map(_text, tail), _details(rest)]


def _event(event: dict[str, Any], boot: Any) -> list[str]:
    what, value = f"{event.get('task')}: {event.get('what')}", event.get("value")
    return ["event", _text(boot), _text(event.get("up_s")), "", "", "", what, "", _text(value)]


def _details(rest: dict[str, Any]) -> str:
    return " ".join(
        f"{key}={value if isinstance(value, str) else json.dumps(value, separators=(',', ':'))}"
        for key, value in rest.items()
    )


def _text(value: Any) -> str:
    return "" if value is None else str(value)
