"""The core's tests once more, under the real MicroPython: the same files, the same count."""

import re

import pytest

from interpreters import ROOT, run_micropython

PATHS = sorted((ROOT / "host_tests" / "core").glob("test_*.py"))
# Side by side on several workers
PARTS = 3


@pytest.mark.parametrize("part", range(PARTS))
def test_core_tests_pass_under_micropython(part, record_property):
    mine = PATHS[part::PARTS]
    ran = run_micropython(
        "host_tests/run_micropython.py",
        *[path.stem for path in mine],
        paths=("firmware", "host_tests/core", "tools"),
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    passed = int(re.search(r"^(\d+) passed, 0 failed$", ran.stdout, re.MULTILINE)[1])
    written = sum(len(re.findall(r"^def test_", path.read_text(), re.MULTILINE)) for path in mine)
    assert passed == written > 0
    record_property("figure", f"core tests under MicroPython: {passed} passed")
