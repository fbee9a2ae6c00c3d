"""What provisioning asks for: from the command line, else from the person at the terminal."""

from __future__ import annotations

import argparse
import getpass
import json
import secrets
import sys
from pathlib import Path
from typing import Any

from evse.core import settings as table

from .. import boardlint
from ..port.pile_port import RefusedError
from ..port.port_error import PortError
from .bridge_file import Place

_ROOT = Path(__file__).resolve().parents[3]
_CODE_DIGITS = 8
# Settings that a pile may have and the table of this program may not
_NEWER = ("service_code", "language")


def needed(args: argparse.Namespace, option: str, prompt: str, secret: bool = False) -> str:
    """The value of an option, asked for when it is missing; PortError when nobody can be asked."""
    found = getattr(args, option)
    if found is not None:
        return str(found)
    words = "--" + option.replace("_", "-")
    if not sys.stdin.isatty():
        raise PortError(f"{prompt} is missing: say it with {words}.")
    try:
        answer = getpass.getpass(f"{prompt}: ") if secret else input(f"{prompt}: ").strip()
    except EOFError:
        answer = ""
    setattr(args, option, answer)
    return answer


def place(args: argparse.Namespace, status: dict[str, Any]) -> Place:
    """The station for the bridge, with the connectors that the pile says it has."""
    rated = _ratings(str(status.get("board")))
    equipment = needed(args, "equipment", "Equipment number (EquipmentID, up to 23 characters)")
    rows = []
    for row in status.get("connectors") or ({"id": 1},):
        number = int(row["id"])
        connector = {
            "connector_id": f"{equipment}{number:02d}",
            "equipment_id": equipment,
            **rated,
        }
        rows.append((number, connector))
    return Place(
        needed(args, "name", "Name of the station"),
        needed(args, "address", "Address"),
        needed(args, "area_code", "Area code (GB/T 2260, 6 digits)"),
        _number(needed(args, "lng", "Longitude, degrees (GCJ-02)"), "--lng"),
        _number(needed(args, "lat", "Latitude, degrees (GCJ-02)"), "--lat"),
        args.site or "",
        tuple(rows),
    )


def _number(text: str, option: str) -> str:
    try:
        return repr(float(text))
    except ValueError:
        raise PortError(f"{option} {text}: write a number such as 121.473701.") from None


def _ratings(board: str) -> dict[str, Any]:
    file = _ROOT / "boards" / board / "board.py"
    try:
        found = boardlint.load(file)
    except (OSError, ImportError):
        raise PortError(
            f"The board {board} is not in boards/: put the station into the bridge's settings by hand, "
            "then provision again."
        ) from None
    kilowatts = found.RATED_A10 * found.VOLTS * found.PHASES / 10000
    return {
        "kind": found.CONNECTOR_KIND,
        "rated_a": f"{found.RATED_A10 / 10:g}",
        "volts": found.VOLTS,
        "phases": found.PHASES,
        "power_kw": f"{kilowatts:.1f}",
    }


def service_code(wanted: str | None, has_one: bool) -> str | None:
    """The code to set: the one wanted, a new one for a pile without, None to leave it."""
    if wanted is None:
        return (
            None if has_one else "".join(secrets.choice("0123456789") for _ in range(_CODE_DIGITS))
        )
    code = "" if wanted == "none" else wanted
    if code and not 4 <= len(code) <= 16:
        raise PortError("--service-code: 4 to 16 characters are allowed, or none for no code.")
    return code


def further(pairs: list[str]) -> dict[str, Any]:
    """NAME=VALUE as settings: JSON where it is JSON, else text."""
    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise PortError(f"--set {pair}: write NAME=VALUE.")
        try:
            found[name] = json.loads(text)
        except ValueError:
            found[name] = text
    return found


def check(values: dict[str, Any]) -> None:
    """RefusedError with one sentence for each value that no pile would take."""
    known = {name: v for name, v in values.items() if name in table.KEYS or name not in _NEWER}
    _merged, problems = table.merge(known, table.defaults())
    if problems:
        raise RefusedError("\npilectl: ".join(problems))
