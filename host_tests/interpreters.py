"""Where the real MicroPython is, for tests that need it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def find_micropython():
    """Path of the unix port: beside this Python, or on PATH; None when there is none."""
    beside = Path(sys.executable).parent / "micropython"
    return str(beside) if beside.exists() else shutil.which("micropython")


def run_micropython(script, *arguments, paths=(), heap=None, timeout_s=120):
    """Run a script under MicroPython; returns its completed process. Skips when there is none."""
    binary = find_micropython()
    if binary is None:
        pytest.skip("no micropython beside this Python or on PATH")
    path = ":".join(str(ROOT / part) for part in paths)
    command = [binary, *(["-X", f"heapsize={heap}"] if heap else []), str(script), *arguments]
    return subprocess.run(
        command,
        env={**os.environ, "MICROPYPATH": f"{path}:.frozen"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
