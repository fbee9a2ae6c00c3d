"""The metering parts and their drivers on MicroPython: the same story as on CPython, to the microsecond."""

import os
import subprocess
import sys

from interpreters import ROOT, run_micropython

STORY = "host_tests/world/meter_chips_story.py"


def test_the_story_is_the_same_on_both_interpreters():
    paths = ("firmware", "tools", "tools/pilesim/hostpy")
    whole = os.pathsep.join(str(ROOT / path) for path in paths)
    cpython = subprocess.run(
        [sys.executable, STORY],
        env={**os.environ, "PYTHONPATH": whole},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert cpython.returncode == 0, cpython.stderr
    device = run_micropython(
        STORY,
        paths=("tools/pilesim/standins_upy", "tools/pilesim/standins", "tools", "firmware"),
    )
    assert device.returncode == 0, device.stdout[-500:] + device.stderr
    assert device.stdout == cpython.stdout
    for word in ("stuck low", "checksum", "not calibrated", "chip restarted", "-4"):
        assert word in cpython.stdout, word
    # Ten pulses with the heap locked
    assert cpython.stdout.splitlines()[-1] == "10"
