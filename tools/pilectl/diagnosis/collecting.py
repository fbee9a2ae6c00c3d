"""Asks a pile everything that the doctor's rules read. Refusals are kept: they say why there is no answer."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

from evse.core import records

from ..port.pile_port import PilePort, RefusedError
from ..port.remote_files import repl_of
from .checks import COMMANDS
from .checks_station import is_fresh

MANIFEST = "manifest.json"
# What stands for a command to get more of it
_MORE = {"log": "log 60"}
# Records that the doctor looks at: a full journal takes minutes to read
_NEWEST = 60
# A start with its self-test, the first round of the meter and of the network
_SETTLE_S = 9
# A lost meter is asked for once a second or two: what is still broken by then is counted
_BETWEEN_S = 4
# Places where a build lies: a slot, or the root
_SLOTS = ("/a/", "/b/", "")


def collect(pile: PilePort, status: dict[str, Any]) -> dict[str, Any]:
    """Answers by command, with the journal's records decoded, and this computer's time at the status."""
    answers: dict[str, Any] = {"status": settled(pile, status), "host_utc_s": int(time.time())}
    for command in COMMANDS:
        if command not in answers:
            try:
                answers[command] = pile.ask(_MORE.get(command, command))
            except RefusedError as error:
                answers[command] = {"error": str(error)}
    rows = answers["meter"].get("connectors") or ()
    if any(row.get("bad_frames") and not is_fresh(row) for row in rows):
        # Broken frames of long ago, or of now
        time.sleep(_BETWEEN_S)
        answers["meter_later"] = pile.ask("meter")
    found = journal(pile, answers["journal"], _NEWEST)
    answers["records"] = [record for record, _data in found]
    return answers


def settled(pile: PilePort, status: dict[str, Any]) -> dict[str, Any]:
    """The status of a pile that has had time to hear its parts."""
    up_s = status.get("up_s")
    if isinstance(up_s, int) and up_s < _SETTLE_S:
        time.sleep(_SETTLE_S - up_s)
        return pile.greet()
    return status


def journal(
    pile: PilePort, figures: dict[str, Any], newest: int = 0
) -> list[tuple[dict[str, Any], bytes]]:
    """(record, its bytes) of the records that the pile still holds, all or the newest; damaged ones say so."""
    found: list[tuple[dict[str, Any], bytes]] = []
    at, end = figures.get("first"), figures.get("next")
    if newest and isinstance(at, int) and isinstance(end, int):
        at = max(at, end - newest)
    while isinstance(at, int) and isinstance(end, int) and at < end:
        try:
            page = pile.ask(f"journal {at}")
        except RefusedError:
            break
        rows = [base64.b64decode(text) for text in page.get("records") or ()]
        if not rows or records.seq_of(rows[-1]) < at:
            break
        at = records.seq_of(rows[-1]) + 1
        for data in rows:
            try:
                found.append((records.decode(data), data))
            except records.RecordError as error:
                found.append(({"kind": "damaged", "detail": str(error)}, data))
    return found


def files(pile: PilePort, look: bool, board: str) -> dict[str, Any]:
    """The files against the pile's manifest; with `look` the station is ended and started again for it."""
    found: dict[str, Any] = {"wanted": board} if board else {}
    if not look:
        return found
    with repl_of(pile) as transport:
        try:
            found.update(compared(transport))
        except (ValueError, KeyError):
            found.update({"altered": [MANIFEST], "missing": [], "count": 0})
    return found


def compared(transport: Any) -> dict[str, Any]:
    """{board, count, altered, missing} of the slot that the pile runs, by its manifest."""
    path = transport.eval("__import__('sys').path")
    running = [slot for slot in _SLOTS if slot and slot[:-1] in path]
    slot = next((s for s in running + list(_SLOTS) if transport.fs_exists(s + MANIFEST)), None)
    if slot is None:
        return {"altered": [], "missing": [MANIFEST], "count": 0}
    manifest = json.loads(bytes(transport.fs_readfile(slot + MANIFEST)))
    altered, missing = [], []
    listed = _listed(manifest)
    for file, digest in listed:
        name = slot + file
        if not transport.fs_exists(name):
            missing.append(file)
        elif bytes(transport.fs_hashfile(name, "sha256")).hex() != digest:
            altered.append(file)
    return {
        "board": manifest.get("board"),
        "count": len(listed),
        "altered": altered,
        "missing": missing,
    }


def _listed(manifest: dict[str, Any]) -> list[tuple[str, str]]:
    # Of a slot: path, size, hash; of a build in the root: path to hash
    found = manifest["files"]
    if isinstance(found, dict):
        return sorted(found.items())
    return [(path, digest) for path, _size_bytes, digest in found]
