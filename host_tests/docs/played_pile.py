"""A simulated pile that is played some words, and what it shows for them."""

import os
import re
import subprocess
import sys

import pytest

from interpreters import ROOT, find_micropython


def play(folder, words, board="devkitc", settings=""):
    """Lines of the pile and of its world; `settings` is the text of its settings file, "" for the bench's."""
    if find_micropython() is None:
        pytest.skip("no micropython beside this Python or on PATH")
    folder.mkdir(exist_ok=True)
    (folder / "words").write_text(words.replace("; ", "\n"))
    if settings:
        (folder / "settings.json").write_text(settings)
    pile = subprocess.run(
        [
            *(sys.executable, "-m", "pilesim", "--board", board, "--dir", str(folder)),
            *("--speed", "0", "--python", "micropython", "--scenario", f"@{folder / 'words'}"),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}/firmware:{ROOT}/tools"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    # `maint` ends the world too
    assert pile.returncode == 0 or "maint" in words, pile.stderr
    return pile.stdout.splitlines()


def shape(line):
    """A line without its figures and its padding."""
    found = re.sub(r"\b[0-9a-f]*\d[0-9a-f]*\b", "0", line)
    return " ".join(re.sub(r"[-+]?\d+(\.\d+)?", "0", found).split())
