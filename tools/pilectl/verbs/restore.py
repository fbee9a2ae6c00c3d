"""pilectl restore: put kept settings on a pile; what it does not know or refuses is named, the rest is restored."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ..port.pile_port import PilePort
from ..port.port_error import PortError
from ..port.port_words import add_port_words, opened
from ..provisioning import setting_store


def add(verbs: Any) -> None:
    """The words of restore."""
    verb = verbs.add_parser("restore", help="put settings that `backup` kept on a pile")
    add_port_words(verb, "file", "of `pilectl backup`")
    verb.add_argument("--no-restart", action="store_true", help="in force at the next start only")
    verb.set_defaults(do=run)


def run(args: argparse.Namespace) -> int:
    """Compare, write, restart; 1 when something was not restored."""
    kept = _kept(Path(args.file))
    with opened(args) as pile:
        problems, count = _restore(pile, pile.greet(), kept, not args.no_restart)
    # What they all lack, such as a login, is said once
    for problem in dict.fromkeys(problems):
        print(problem)
    print(f"{args.file}: {count} settings restored, {len(problems)} not.")
    return 1 if problems else 0


def _restore(
    pile: PilePort, status: dict[str, Any], kept: dict[str, Any], restart: bool
) -> tuple[list[str], int]:
    now = setting_store.read(pile)
    values = kept["settings"]
    problems = [
        f"{name}: this firmware does not know it, it is left out."
        for name in values
        if name not in now
    ]
    if setting_store.version(now) != kept.get("table"):
        print(
            f"The file is of another version of the settings (firmware {kept.get('firmware')}): "
            "what does not fit is named."
        )
    wanted = {name: value for name, value in values.items() if name in now and value != now[name]}
    refused, has_restarted = setting_store.write(pile, wanted)
    if len(refused) < len(wanted) and restart and not has_restarted:
        pile.ask("restart")
        has_restarted = True
    if has_restarted:
        pile.code = str(wanted.get("service_code", pile.code))
        pile.back(status)
    count = len(values) - len(problems) - len(refused)
    return problems + refused, count


def _kept(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, ValueError) as error:
        raise PortError(
            f"{file}: it cannot be read ({error}): name a file of `pilectl backup`."
        ) from None
    if not isinstance(found, dict) or not isinstance(found.get("settings"), dict):
        raise PortError(f"{file}: these are no kept settings: name a file of `pilectl backup`.")
    return found
