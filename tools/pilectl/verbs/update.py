"""pilectl update: bring a bundle to a pile by cable, restart it, and say which firmware runs then."""

from __future__ import annotations

import argparse
import re
import sys
import time
from pathlib import Path
from typing import Any

from .. import bundle_file
from ..bundle_file import BundleFile
from ..pile_port import PilePort, RefusedError
from ..port_error import PortError
from ..port_words import add_port_words, opened
from ..remote_files import repl_of

REMOTE = "update.bundle"
_LOOK_S = 1.0
_CHUNK_BYTES = 1024
# Phase, how far it had come, why
_REFUSAL = re.compile(r"(?:refused|rolled_back)\s+(?:\d+\s+)?(.+)")


def add(verbs: Any) -> None:
    """The words of update."""
    verb = verbs.add_parser("update", help="bring firmware to a pile by cable")
    add_port_words(verb, "bundle", "of `pilectl bundle`")
    verb.add_argument(
        "--wait",
        type=float,
        default=180,
        metavar="S",
        help="until the new firmware has proven itself",
    )
    verb.set_defaults(do=run)


def run(args: argparse.Namespace) -> int:
    """Check, copy, restart, wait; 0 when the pile runs the bundle for good."""
    bundle = bundle_file.load(Path(args.bundle))
    with opened(args) as pile:
        before = pile.greet()
        if before.get("board") != bundle.board:
            raise RefusedError(
                f"The bundle is for the board {bundle.board} and this is {before.get('board')}: "
                "take the bundle of this board."
            )
        with repl_of(pile) as transport:
            transport.fs_writefile(REMOTE, bundle.data, _CHUNK_BYTES, _progress)
        _end_line()
        well, sentence = _outcome(pile, bundle, before, args.wait)
    print(sentence)
    return 0 if well else 1


def _outcome(
    pile: PilePort, bundle: BundleFile, before: dict[str, Any], wait_s: float
) -> tuple[bool, str]:
    deadline_s = time.monotonic() + wait_s
    status = pile.back(before, wait_s)
    while True:
        station = status.get("station")
        running = _running(status)
        is_new = running == bundle.version_text
        if is_new and not _trial(status):
            return True, f"{station} runs {running} for good."
        problem = _problem(pile)
        if problem and not is_new:
            return False, f"{station} did not take the bundle and runs {running}: {problem}"
        if time.monotonic() > deadline_s:
            if is_new:
                return False, (
                    f"{station} runs {running} on trial and has not confirmed it: see that it reaches the bridge, "
                    "else it goes back by itself."
                )
            return False, (
                f"{station} still runs {running} and does not say why: ask `log` at the console."
            )
        time.sleep(_LOOK_S)
        try:
            status = pile.ask("status")
        except PortError:
            # It restarts once more: on trial, or back
            status = pile.back({}, max(deadline_s - time.monotonic(), _LOOK_S))


def _running(status: dict[str, Any]) -> str:
    update = status.get("update")
    version = update.get("version") if isinstance(update, dict) else None
    return str(version or status.get("firmware"))


def _trial(status: dict[str, Any]) -> bool:
    update = status.get("update")
    return bool(isinstance(update, dict) and update.get("trial"))


def _problem(pile: PilePort) -> str:
    # The newest word of the update: why it was refused or taken back
    try:
        events = pile.ask("log 50").get("events") or ()
    except RefusedError:
        return ""
    for event in reversed(list(events)):
        text = " ".join(str(event[key]) for key in ("task", "what", "value") if event.get(key))
        if text.startswith("update"):
            said = _REFUSAL.search(text)
            return said.group(1) if said else ""
    return ""


def _progress(written: int, size: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{written * 100 // size} %")


def _end_line() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r")
