"""Copy a build onto a board that runs MicroPython, with mpremote, and remove what the former build left."""

from __future__ import annotations

import importlib
import json
import posixpath
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
_LONGEST_S = 300


class CopyError(Exception):
    """The files cannot be copied; the text says why and what to do."""


def enter_repl(port: str, code: str) -> None:
    """Bring the pile on `port` from its console to MicroPython's prompt; `code` is its service code or ""."""
    try:
        pile_port = importlib.import_module(f"{__package__}.pile_port")
    except ModuleNotFoundError:
        # Its console, if it has one, gives way to mpremote's Ctrl-C
        return
    try:
        pile = pile_port.PilePort(port)
        try:
            pile.maint(code)
        finally:
            pile.close()
    except pile_port.PortError as error:
        raise CopyError(str(error)) from error


def copy(
    folder: Path,
    port: str,
    code: str = "",
    say: Callable[[str], None] = print,
    enter: Callable[[str, str], None] = enter_repl,
) -> None:
    """Make the board's files those of the build in `folder`, keep all that no build names, restart; CopyError."""
    enter(port, code)
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    manifests = sorted(name for name in names if posixpath.basename(name) == MANIFEST)
    stale = sorted(_former(port, manifests) - names)
    with tempfile.TemporaryDirectory() as scratch:
        staged = Path(scratch) / "build"
        shutil.copytree(folder, staged)
        for name in manifests:
            (staged / name).unlink()
        items = [str(path) for path in sorted(staged.iterdir())]
        say(f"copying {len(names)} files")
        _mpremote(port, "fs", "cp", "-r", *items, ":")
    for name in stale:
        say(f"removing {name} of the former build")
        _mpremote(port, "fs", "rm", f":{name}")
    # Last: until here the board says which files it had before, so a copy that broke off is cleaned up by the next
    for name in manifests:
        _mpremote(port, "fs", "cp", str(folder / name), f":{name}")
    _mpremote(port, "reset")


def _former(port: str, manifests: list[str]) -> set[str]:
    """What the manifests on the board name, those that are not there naming nothing."""
    found: set[str] = set()
    for name in manifests:
        done = _run(port, "fs", "cat", f":{name}")
        if done.returncode and "No such file" not in done.stderr and "ENOENT" not in done.stderr:
            raise CopyError(_sentence(port, done.stderr))
        if not done.returncode:
            found |= named(done.stdout, posixpath.dirname(name))
    return found


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


def _mpremote(port: str, *command: str) -> None:
    done = _run(port, *command)
    if done.returncode:
        raise CopyError(_sentence(port, done.stderr + done.stdout))


def _run(port: str, *command: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [sys.executable, "-m", "mpremote", "connect", port, *command],
            capture_output=True,
            text=True,
            check=False,
            timeout=_LONGEST_S,
        )
    except subprocess.TimeoutExpired as error:
        raise CopyError(
            f"the board on {port} stopped answering: press EN and run the same command again"
        ) from error


def _sentence(port: str, text: str) -> str:
    """What mpremote's complaint means, and what to do next."""
    if "in use" in text:
        return f"{port} is in use: close the other program (a terminal, an IDE) and run the same command again"
    if (
        "no device found" in text
        or "failed to access" in text
        or "No such file or directory: '/dev" in text
    ):
        return f"there is no port {port}, or you may not use it: plug the board in, or name another port"
    if "could not enter raw repl" in text:
        return (
            f"the board on {port} does not come to MicroPython's prompt: a pile with a service code needs "
            "--code CODE, one with a vehicle attached needs it unplugged, a bare board needs a whole flash first "
            "(without --files-only)"
        )
    if "ENOSPC" in text or "No space" in text or "Errno 28" in text:
        return "the board's file system is full: remove files that no build needs (mpremote fs ls), then run it again"
    last = text.strip().splitlines()[-1] if text.strip() else "no reason given"
    return f"copying to {port} broke off ({last}): see to cable and power and run the same command again"
