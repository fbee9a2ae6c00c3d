"""What a board folder must hold to, checked without running it: pins, parts, resources, front ends, page.

`board_problems(board, folder)` and `page_problems(board, text)` return a list of `Problem`; empty is
good. `folder_problems(path)` loads both files of a folder.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from .chips import CHIPS
from .front_ends import front_end_problems
from .page import page_problems, page_rows
from .parts import part_problems
from .pins import pin_problems
from .reasons import REASONS, Problem, problem
from .resources import resource_problems
from .roles import CHOICES, ROLES

__all__ = (
    "CHIPS",
    "CHOICES",
    "REASONS",
    "ROLES",
    "Problem",
    "board_problems",
    "folder_problems",
    "load",
    "page_problems",
    "page_rows",
)


def load(path: Path) -> Any:
    """BOARD of a board.py. ImportError, SyntaxError and the like as Python gives them."""
    spec = importlib.util.spec_from_file_location("linted_board", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.BOARD


def board_problems(board: Any, folder: str) -> list[Problem]:
    """Problems of a board: chip, name, pins, parts, resources, front ends and calibration."""
    chip = CHIPS.get(board.CHIP)
    if chip is None:
        return [problem("chip", chip=board.CHIP, known=", ".join(CHIPS))]
    found = []
    if folder != board.NAME:
        found.append(problem("name", name=board.NAME, folder=folder))
    return (
        found
        + pin_problems(board, chip)
        + part_problems(board, chip)
        + resource_problems(board, chip)
        + front_end_problems(board, chip)
    )


def folder_problems(folder: Path) -> list[Problem]:
    """Problems of a folder with board.py and board.md; a file that cannot be read is one."""
    try:
        board = load(folder / "board.py")
    except Exception as error:  # whatever a board.py may raise is told, not raised
        return [problem("board_file", error=f"{type(error).__name__}: {error}")]
    found = board_problems(board, folder.name)
    try:
        text = (folder / "board.md").read_text(encoding="utf-8")
    except OSError:
        return [*found, problem("page_file")]
    return found + page_problems(board, text)
