"""Builds for all workers; the figures that tests measured, and what could not run and why, at the end."""

import gc
import os
import sys
from functools import partial
from pathlib import Path

import pytest

_CORE = "host_tests/core/"
ROOT = Path(__file__).resolve().parent.parent
# umqtt.simple as shipped, unpacked by `make setup`
sys.path.append(str(ROOT / "build" / "lib"))


def pytest_collection_modifyitems(items):
    """Several workers begin with what takes longest."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        from long_first import in_order

        items[:] = in_order(items)


def pytest_collection_finish():
    """Leave pytest and all modules to no collector: the firmware collects every few virtual seconds."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def builds_place(tmp_path_factory):
    """The folder of the builds that all workers share."""
    place = tmp_path_factory.getbasetemp()
    # Each worker of xdist has a folder of its own below the run's
    return (place.parent if os.environ.get("PYTEST_XDIST_WORKER") else place) / "builds"


@pytest.fixture(scope="session")
def build_of(builds_place):
    """build_of(board): its build, the same one for every test of this run; see shared_builds.py."""
    from shared_builds import shared_build

    return partial(shared_build, builds_place)


@pytest.fixture(scope="session")
def keyed_build_of(builds_place):
    """keyed_build_of(board): (folder, private key), a shared build that takes what the key signs."""
    from shared_builds import keyed_build

    return partial(keyed_build, builds_place)


@pytest.fixture
def serial_board(tmp_path):
    """serial_board(files, **options): a running SerialBoard (serial_board.py), ended after the test.

    `files`: {path: text or bytes} or a build's folder on a chip with MicroPython; None for a file system
    that is blank; no argument for whatever lies in its folder, which is bare flash the first time.
    `options`: those of pilesim (board, seed, speed, scenario), and `folder` to use instead of tmp_path.
    """
    from serial_board import SerialBoard, flash_with

    started = []

    def start(*files, folder=tmp_path / "chip", **options):
        flash = flash_with(files[0]) if files else None
        started.append(SerialBoard(folder, flash, **options))
        return started[-1]

    yield start
    for board in started:
        board.end()


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
    _list_boards(terminalreporter)
    _list_ocpp(terminalreporter)


def _list_boards(terminalreporter):
    """Boards x scenarios, as record_property("board", ...) and ("scenario", ...) named them."""
    cells = {}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            facts = dict(report.user_properties)
            if report.when == "call" and "scenario" in facts:
                cells[facts["board"], facts["scenario"]] = "ok" if report.passed else "FAILED"
    if not cells:
        return
    scenarios = list(dict.fromkeys(scenario for _board, scenario in cells))
    terminalreporter.section("boards x scenarios")
    width = max(len(board) for board, _scenario in cells)
    terminalreporter.line("  ".join(["board".ljust(width), *scenarios]))
    for board in sorted({board for board, _scenario in cells}):
        marks = [cells.get((board, name), "not run").ljust(len(name)) for name in scenarios]
        terminalreporter.line("  ".join([board.ljust(width), *marks]).rstrip())


def _list_ocpp(terminalreporter):
    """Messages and use cases of OCPP that we claim, as record_property("suite", ...) named their scenarios."""
    reports = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    called = [report for report in reports if report.when == "call"]
    if not any(dict(report.user_properties).get("suite") for report in called):
        return
    # The folder's modules are found by their own names
    place = str(ROOT / "host_tests" / "ocpp")
    if place not in sys.path:
        sys.path.append(place)
    from suite_table import lines

    terminalreporter.section("OCPP")
    for line in lines(called):
        terminalreporter.line(line)
