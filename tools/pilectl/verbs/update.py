"""pilectl update: bring a bundle to a pile by cable, restart it, and say which firmware runs then."""

from __future__ import annotations

import argparse
import re
import sys
import time
from pathlib import Path
from typing import Any

from ..port.pile_port import PilePort, RefusedError
from ..port.port_error import PortError
from ..port.port_words import add_port_words, opened
from ..port.remote_files import repl_of
from ..updating import bundle_file
from ..updating.bundle_file import BundleFile

REMOTE = "update.bundle"
_LOOK_S = 1.0
_CHUNK_BYTES = 1024
_QUIET_S = 15.0
# Bundle, phase, how far it had come, why
_WORD = re.compile(
    r"update (?P<id>[0-9a-f]*):? (?P<phase>fetch|paused|applying|trial|confirmed|refused|rolled.back)\b:?(?: \d+)?(?P<why>.*)"
)
_ENDED = ("refused", "rolled_back")
_SURE = ("confirmed", "installed")
_RUNS = ("trial", *_SURE)


def add(verbs: Any) -> None:
    """The words of update."""
    verb = verbs.add_parser("update", help="bring firmware to a pile by cable")
    add_port_words(verb, "bundle", "of `pilectl bundle`")
    verb.add_argument(
        "--wait",
        type=float,
        default=660,
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
    quiet_until_s = 0.0
    status = pile.back(before, wait_s)
    while True:
        now_s, station, running = time.monotonic(), status.get("station"), _running(status)
        phase, why = _newest(pile, bundle.id)
        if phase in _ENDED:
            return False, f"{station} did not take the bundle and runs {running}: {why or phase}"
        is_new = running == bundle.version_text and (
            running != _running(before) or phase in _RUNS or _slot(status) != _slot(before)
        )
        if is_new:
            quiet_until_s = quiet_until_s or now_s + _QUIET_S
            # A pile that says nothing of a trial may not have come to it yet
            is_sure = phase in _SURE or _slot(status) or now_s > quiet_until_s
            if phase != "trial" and not _trial(status) and is_sure:
                return True, f"{station} runs {running} for good."
        if now_s > deadline_s:
            return False, (
                f"{station} runs {running} on trial and has not confirmed it: see that it reaches the bridge, "
                "else it goes back by itself."
                if is_new
                else f"{station} still runs {running} and does not say why: ask `log` at the console."
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


def _slot(status: dict[str, Any]) -> str:
    update = status.get("update")
    return str(update.get("slot") or "") if isinstance(update, dict) else ""


def _newest(pile: PilePort, bundle_id: str) -> tuple[str, str]:
    """(phase, why) of the last word on this bundle since the start, ("", "") for none."""
    try:
        events = pile.ask("log 50").get("events") or ()
    except PortError:
        # Refused, or it restarts just now
        return "", ""
    for event in reversed(list(events)):
        text = " ".join(str(event[key]) for key in ("task", "what", "value") if event.get(key))
        said = _WORD.match(text)
        # An earlier one that failed is told of at every start
        if said and bundle_id.startswith(said.group("id")):
            return said.group("phase").replace(" ", "_"), said.group("why").strip()
        if text.startswith("update.bundle is what runs already"):
            return "installed", ""
    return "", ""


def _progress(written: int, size: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{written * 100 // size} %")


def _end_line() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r")
