"""Copy a build onto a board that runs MicroPython, with mpremote, and remove what the former build left."""

from __future__ import annotations

import json
import posixpath
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..port.pile_port import PilePort
from ..port.port_error import PortError

MANIFEST = "manifest.json"
# For one short answer, and for all files
_ANSWER_S, _COPY_S = 30, 300


class CopyError(Exception):
    """The files cannot be copied; the text says why and what to do."""


def enter_repl(port: str, code: str) -> None:
    """Bring the pile on `port` from its console to MicroPython's prompt; `code` is its service code or ""."""
    try:
        with PilePort(port) as pile:
            pile.maint(code)
    except PortError as error:
        raise CopyError(str(error)) from error


def copy(
    folder: Path,
    port: str,
    code: str = "",
    say: Callable[[str], None] = print,
    enter: Callable[[str, str], None] = enter_repl,
    other_board: bool = False,
) -> None:
    """Make the board's files those of the build in `folder`, keep all that no build names, restart; CopyError.

    A pile that is another board is left alone, unless `other_board` says that this is meant.
    """
    enter(port, code)
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    manifests = sorted(name for name in names if posixpath.basename(name) == MANIFEST)
    former = _former(port, manifests)
    for name, text in former.items():
        was, new = board_in(text), board_in((folder / name).read_text(encoding="utf-8"))
        if was and new and was != new and not other_board:
            raise CopyError(
                f"the pile on {port} is a {was}, and this is the build of {new}, whose pins are others: name the "
                "right board, or say --other-board if this one is really another now"
            )
    stale = sorted(
        set().union(*(named(text, posixpath.dirname(name)) for name, text in former.items()))
        - names
    )
    say(f"copying {len(names)} files")
    for name in stale:
        say(f"removing {name} of the former build")
    done = _run(port, _COPY_S, *commands(folder, sorted(names - set(manifests)), stale, manifests))
    if done.returncode:
        raise CopyError(_sentence(port, done.stdout + done.stderr))


def commands(folder: Path, names: list[str], stale: list[str], manifests: list[str]) -> list[str]:
    """What mpremote does in one go: files that are there already with the same hash it leaves."""
    folders = sorted(
        {str(parent) for name in names + manifests for parent in Path(name).parents} - {"."}
    )
    # A build unpacks its texts with it: said before anything of the board has changed
    steps = [["exec", "import deflate"], ["exec", _attempt("mkdir", folders)]]
    steps += [["fs", "cp", str(folder / name), f":{name}"] for name in names]
    steps += [["exec", _attempt("remove", stale)]]
    # Last: until here the board says which files it had before, so a copy that broke off is cleaned up by the next
    steps += [["fs", "cp", str(folder / name), f":{name}"] for name in manifests]
    steps += [["reset"]]
    return [word for step in steps for word in (*step, "+")][:-1]


def _attempt(function: str, paths: list[str]) -> str:
    """Python for the board: a folder may be there already, and a file may be gone."""
    return f"import os\nfor path in {paths}:\n try:os.{function}(path)\n except OSError:pass"


def _former(port: str, manifests: list[str]) -> dict[str, str]:
    """The manifests that are on the board, by name."""
    found = {}
    for name in manifests:
        done = _run(port, _ANSWER_S, "fs", "cat", f":{name}")
        if not done.returncode:
            found[name] = done.stdout
        elif "No such file" not in done.stderr and "ENOENT" not in done.stderr:
            raise CopyError(_sentence(port, done.stderr))
    return found


def board_in(manifest: str) -> str:
    """The board that the text of a manifest is for, "" when it cannot be read."""
    try:
        found = json.loads(manifest)["board"]
    except (ValueError, KeyError, TypeError):
        return ""
    return found if isinstance(found, str) else ""


def named(manifest: str, folder: str) -> set[str]:
    """Paths that the text of a manifest names, from the root on; none when it cannot be read.

    Files are listed as {path: hash} or as [[path, size, hash], ...].
    """
    try:
        value: Any = json.loads(manifest)
        files = value["files"]
        paths = list(files) if isinstance(files, dict) else [row[0] for row in files]
    except (ValueError, KeyError, TypeError, IndexError):
        return set()
    plain = [path for path in paths if isinstance(path, str) and re.fullmatch(r"[\w./-]+", path)]
    return {posixpath.join(folder, path) for path in plain if ".." not in path and path[0] != "/"}


def _run(port: str, longest_s: int, *command: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [sys.executable, "-m", "mpremote", "connect", port, *command],
            capture_output=True,
            text=True,
            check=False,
            timeout=longest_s,
        )
    except subprocess.TimeoutExpired as error:
        raise CopyError(
            f"the board on {port} does not answer: press EN and run the same command again"
        ) from error


def _sentence(port: str, text: str) -> str:
    """What mpremote's complaint means, and what to do next."""
    if "failed to access" in text or "no device found" in text:
        if port.startswith("/") and not Path(port).exists():
            return f"there is no port {port}: plug the board in, or name another port"
        return (
            f"{port} cannot be opened: close the other program that uses it (a terminal, an IDE), or add yourself "
            "to its group (sudo usermod -aG dialout $USER)"
        )
    if "could not enter raw repl" in text:
        return (
            f"the board on {port} does not come to MicroPython's prompt: a pile with a service code needs "
            "--code CODE, one with a vehicle attached needs it unplugged, a bare board needs a whole flash first "
            "(without --files-only)"
        )
    if "'deflate'" in text:
        return (
            f"the MicroPython on {port} has no module deflate, which every stock one since 1.21 has and a build "
            "needs: flash a stock one first (without --files-only)"
        )
    if "ENOSPC" in text or "No space" in text or "Errno 28" in text:
        return "the board's file system is full: remove files that no build needs (mpremote fs ls), then run it again"
    last = text.strip().splitlines()[-1] if text.strip() else "no reason given"
    return f"copying to {port} broke off ({last}): see to cable and power and run the same command again"
