"""A new board folder from the template, with the name filled in."""

from __future__ import annotations

import re
from pathlib import Path

TEMPLATE = Path(__file__).resolve().parent / "template"
# What the template is called in its own files
_PLACEHOLDER = "new_board"
_NAME = re.compile(r"[a-z][a-z0-9_]{1,30}[a-z0-9]")


class NewBoardError(Exception):
    """The folder cannot be made; the text says why and what to do."""


def refusal(root: Path, name: str) -> str:
    """Why `name` cannot be a new board under `root`, or "" when it can."""
    if not _NAME.fullmatch(name):
        return f"{name!r} is no board name: 3 to 32 small letters, digits and _, a letter first, no _ last"
    if name == _PLACEHOLDER:
        return f"{name} is what the template calls itself: give the board a name of its own"
    if (root / "boards" / name).exists():
        return f"boards/{name} is there already: choose another name, or edit that one"
    return ""


def create(root: Path, name: str) -> Path:
    """Copy the template to boards/{name} under `root`; NewBoardError says why not."""
    why = refusal(root, name)
    if why:
        raise NewBoardError(why)
    folder = root / "boards" / name
    folder.mkdir(parents=True)
    for source in sorted(TEMPLATE.glob("board.*")):
        text = source.read_text(encoding="utf-8").replace(_PLACEHOLDER, name)
        (folder / source.name).write_text(text, encoding="utf-8")
    return folder
