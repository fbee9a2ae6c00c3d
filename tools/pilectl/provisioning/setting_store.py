"""Settings of a pile as the technician reads and writes them: by its console, long ones by its file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from evse.core import settings as table

from ..port.pile_port import PilePort, RefusedError
from ..port.port_error import PortError
from ..port.remote_files import repl_of

FILE = "settings.json"
HIDDEN = "(hidden)"
# What the console surely takes as one line, with what PilePort adds; a list of cards may be longer
LONGEST_LINE = 140


def is_hidden(value: Any) -> bool:
    """True for a secret that the console does not show, and for a list with one in it."""
    if isinstance(value, list):
        return any(is_hidden(each) for each in value)
    return bool(value == HIDDEN)


def version(names: Iterable[str]) -> str:
    """Names the table of settings that a pile has: two piles with the same one know the same names."""
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()[:8]


def read(pile: PilePort) -> dict[str, Any]:
    """All settings, secrets hidden."""
    found = pile.ask("settings").get("settings")
    if not isinstance(found, dict):
        raise PortError(f"{pile.name}: the pile tells no settings: update its firmware.")
    return found


def read_file(pile: PilePort) -> dict[str, Any]:
    """The settings file with its secrets; the station is ended and started again for it."""
    with repl_of(pile) as transport:
        return _file(transport)


def write(pile: PilePort, values: Mapping[str, Any]) -> tuple[list[str], bool]:
    """(one sentence for each value that the pile refused, whether the pile has restarted by that)."""
    problems: list[str] = []
    long: dict[str, Any] = {}
    for name, value in values.items():
        line = _line(name, value)
        if line is None:
            long[name] = value
            continue
        try:
            pile.ask(line)
        except RefusedError as error:
            problems.append(str(error))
    if long:
        good, refused = _checked(long)
        problems += refused
        with repl_of(pile) as transport:
            data = json.dumps({**_file(transport), **good}).encode()
            transport.fs_writefile(FILE + ".new", data)
            transport.exec(f"import os\nos.rename('{FILE}.new', '{FILE}')")
    return problems, bool(long)


def _line(name: str, value: Any) -> str | None:
    # Text goes in quotes as it is, all else as JSON; the console joins words by one space
    text = f'"{value}"' if isinstance(value, str) else json.dumps(value)
    line = f"set {name} {text}"
    words = line.split()
    is_plain = " ".join(words) == line and "--json" not in words and line.isprintable()
    return line if is_plain and len(line.encode()) <= LONGEST_LINE else None


def _checked(values: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    good = {}
    problems = []
    for name, value in values.items():
        _values, refused = table.merge({name: value}, table.defaults())
        problems += refused
        if not refused:
            good[name] = value
    return good, problems


def _file(transport: Any) -> dict[str, Any]:
    if not transport.fs_exists(FILE):
        return {}
    try:
        found = json.loads(bytes(transport.fs_readfile(FILE)))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise PortError(f"{FILE} on the pile is damaged: provision the pile anew.")
    return found
