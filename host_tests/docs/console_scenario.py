"""What was typed for the examples of docs/console.md, and what the simulated pile shows for it."""

import os
import re
import subprocess
import sys

import pytest

from interpreters import ROOT, find_micropython

_LOOKING = (
    "run 5s; type status; run 2s; type why; run 2s; type watch cp; run 1s; type x; run 1s; type parts; run 2s;"
    " type net; run 2s; type journal; run 2s; type set meter_interval_s 10; run 2s; type set meter_interval_s 9999;"
    " run 2s; type settings meter_interval_s; run 2s; type help set; run 2s; type selftest; run 10s; type tx start;"
    " run 2s; type tx start --json; run 2s; type cp --json; run 2s; fault residual_current on; run 2s; type faults;"
    " run 2s; quit"
)
_CHARGING = (
    "run 5s; plug; run 2s; type tx start; wait charging within 20s; run 25s; type cp; run 2s; type relay; run 2s;"
    " type meter; run 2s; type log 3; run 2s; type set language zh; run 2s; temperature 72; run 5s; type limits;"
    " run 2s; type tx stop; run 10s; fault welded on; run 4s; fault welded off; run 4s; type unlock; run 2s; quit"
)
_LATE = (
    "run 5s; plug; run 2s; authorize; wait charging within 20s; run 5s; type status; run 2s; quit"
)
_CODE = "run 5s; type reset; run 2s; type login 1234; run 2s; type login 4711; run 2s; type maint; run 3s; quit"


def shown(folder):
    """Every line that the pile showed."""
    if find_micropython() is None:
        pytest.skip("no micropython beside this Python or on PATH")
    lines = []
    for name, words in (("a", _LOOKING), ("b", _CHARGING), ("c", _LATE), ("d", _CODE)):
        place = folder / name
        place.mkdir()
        (place / "words").write_text(words.replace("; ", "\n"))
        if words is _CODE:
            (place / "settings.json").write_text('{"service_code": "4711"}')
        pile = subprocess.run(
            [
                *(sys.executable, "-m", "pilesim", "--board", "devkitc", "--dir", str(place)),
                *("--speed", "0", "--python", "micropython", "--scenario", f"@{place / 'words'}"),
            ],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}/firmware:{ROOT}/tools"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        # `maint` ends the world too
        assert pile.returncode == 0 or words is _CODE, pile.stderr
        lines += pile.stdout.splitlines()
    return lines


def shape(line):
    """A line without its figures and its padding."""
    found = re.sub(r"\b[0-9a-f]*\d[0-9a-f]*\b", "0", line)
    return " ".join(re.sub(r"[-+]?\d+(\.\d+)?", "0", found).split())
