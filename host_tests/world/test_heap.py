"""How much heap a built firmware takes beside the simulated world, and that what is forgotten is gone."""

import ast
import sys

import pytest

from bench_modules import heap_charge
from interpreters import ROOT
from pilectl import build as builder

# One EVSE, and two, which takes most; `make bench` measures every board
BOARDS = ("devkitc", "esp32s3_twin")
# `make bench` looks twice as often
SAMPLE_MS = 101
# What is held changes little while nobody limits it
SELDOM_MS = 1009
# The table of names would take 7 KB more at once, see linker/words.py
MOST_NAMES_BYTES = 15 * 1024


@pytest.mark.parametrize("board", BOARDS)
def test_a_build_stays_within_its_heap_over_a_charge(board, build_of, tmp_path, record_property):
    folder, _built = build_of(board)
    sources = folder.parent / builder.LINKED / board
    figures = heap_charge.measure(folder, sources, board, tmp_path / "pile", SAMPLE_MS)
    shown = "%s: %d bytes after boot, %d at the peak of a charge, allowed %d"
    taken = (board, figures["boot_bytes"], figures["peak_bytes"], heap_charge.AIM_BYTES)
    record_property("figure", shown % taken)
    assert 5_000 < figures["names_bytes"] < MOST_NAMES_BYTES
    assert 20_000 < figures["boot_bytes"] < figures["peak_bytes"]
    assert figures["peak_bytes"] <= heap_charge.AIM_BYTES


def test_an_operated_pile_charges_within_the_heap_that_it_is_given(
    build_of, tmp_path, record_property
):
    board = BOARDS[0]
    folder, _built = build_of(board)
    sources = folder.parent / builder.LINKED / board
    figures = heap_charge.measure_operated(folder, sources, board, tmp_path / "pile", SELDOM_MS)
    taken = (board, figures["peak_bytes"])
    record_property("figure", "%s with an operator: %d bytes at the peak of a charge" % taken)
    # What is held cannot be loaded while the journal is being written, and is asked for again
    answers = [answer for answer in figures["replies"] if answer != ("refused", "busy")]
    assert answers == [("accepted", "")] * len(heap_charge.ORDERS)
    assert figures["boot_bytes"] < figures["peak_bytes"]


def test_what_only_the_start_needs_is_forgotten():
    from evse import core
    from evse.app.modules import forget
    from evse.core import settings

    forget("evse.core.settings")
    assert "evse.core.settings" not in sys.modules
    assert not hasattr(core, "settings")
    from evse.core import settings as again

    assert again is not settings
    assert again.TABLE == settings.TABLE


# Functions that run while the station is built, of those that are handed settings
BUILDING = ("__init__", "_build_", "build_", "_readers", "_load")


def test_settings_that_are_asked_for_later_outlive_the_start():
    from evse.app.config import LASTING, lasting

    asked = set()
    for path in sorted((ROOT / "firmware" / "evse").rglob("*.py")):
        # What makes the parts is forgotten with the start
        parts = [] if path.stem == "standard_parts" else ast.walk(ast.parse(path.read_text()))
        for node in parts:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                asked |= set() if node.name.startswith(BUILDING) else _settings_in(node)
    assert set(LASTING) == asked
    settings = {**dict.fromkeys(LASTING, 5), "key": "secret"}
    assert lasting(settings) == dict.fromkeys(LASTING, 5)


def _settings_in(function):
    """Keys that a function asks of settings, by whatever path it has them."""
    found = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            held = node.value
            name = held.attr if isinstance(held, ast.Attribute) else getattr(held, "id", "")
            if name.endswith("settings"):
                found.add(node.slice.value)
    return found
