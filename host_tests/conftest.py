"""Prints the figures that tests measured, and what could not run and why, at the end of a run."""

import os
import sys
from pathlib import Path

_CORE = "host_tests/core/"
ROOT = Path(__file__).resolve().parent.parent
# umqtt.simple as shipped, unpacked by `make setup`
sys.path.append(str(ROOT / "build" / "lib"))


def pytest_terminal_summary(terminalreporter):
    """Figures recorded with record_property("figure", ...), one line each."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        return
    core = [r for r in terminalreporter.getreports("passed") if r.nodeid.startswith(_CORE)]
    lines = [f"core tests under CPython: {len(core)} passed"] if core else []
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for key, value in report.user_properties:
            if key == "figure":
                lines.append(f"{report.nodeid.split('::')[-1]}: {value}")
    if lines:
        terminalreporter.section("figures")
        for line in sorted(lines):
            terminalreporter.line(line)
