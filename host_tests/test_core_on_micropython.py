"""The core's tests once more, under the real MicroPython: the same files, the same count."""

import re

from interpreters import ROOT, run_micropython

NAMES = sorted(path.stem for path in (ROOT / "host_tests" / "core").glob("test_*.py"))


def test_core_tests_pass_under_micropython(record_property):
    ran = run_micropython(
        "host_tests/run_micropython.py", *NAMES, paths=("firmware", "host_tests/core", "tools")
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    passed = int(re.search(r"^(\d+) passed, 0 failed$", ran.stdout, re.MULTILINE)[1])
    written = sum(
        len(re.findall(r"^def test_", path.read_text(), re.MULTILINE))
        for path in (ROOT / "host_tests" / "core").glob("test_*.py")
    )
    assert passed == written
    record_property("figure", f"core tests under MicroPython: {passed} passed")
