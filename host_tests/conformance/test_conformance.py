"""The seeded part of `make conformance`, and that its runner can say no."""

import json
import os
import re
import subprocess
import sys

import pytest

from conformance import jobs, rows
from conformance.bench import Place
from conformance.results import ABSENT, FAIL, NONE, PASS, Table
from conformance.row import Row
from conformance.sampling import boards_for
from rig import ROOT, load_board

# It has every part that a row may ask for, but the mirror contact
WHOLE = "devkitc_socket"
_HEADLINES = ("2.2", "8.1", "GB/T 3'-1 unplug", "GB/T 3'-2' S2")
_PATHS = ("firmware", "tools", "tools/pilesim/hostpy", "host_tests", "build/lib")

_SLOW_TICK = """
from pilesim import host
from pilesim.world import World
with host.installed(World()):
    from evse.drivers.tick_timer import TickTimer
start = TickTimer.start
TickTimer.start = lambda self, callback, period_ms: start(self, callback, 3 * period_ms)
"""
_BROKEN_STORIES = """
from conformance import rows
async def silent(moment):
    return None
async def broken(moment):
    raise RuntimeError("planted")
async def dying(moment):
    import os
    os._exit(3)
for row, story in zip(rows.select(["2.2 C1", "8.2", "2.2 D2"]), (silent, broken, dying)):
    row.story = story
"""
_LOST_STAGE = """
from conformance.stages import STAGES
async def reach(r):
    assert False, "planted"
STAGES["stopping"].reach = reach
"""


def run_table(out, *words, plant=""):
    """(exit status, output, the JSON written) of a run in a process of its own, which forks."""
    code = plant + "\nimport sys\nfrom conformance.__main__ import main\nsys.exit(main())\n"
    ran = subprocess.run(
        [sys.executable, "-c", code, "--jobs", "1", "--out", str(out), *words],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / path) for path in _PATHS)},
        capture_output=True,
        text=True,
        timeout=220,
        check=False,
    )
    path = out / "conformance.json"
    return ran.returncode, ran.stdout + ran.stderr, path.exists() and json.loads(path.read_text())


def worst_us(report):
    """Worst opening under load without stalls."""
    return max(
        board["worst"]
        for row in report["rows"]
        if row["row"] in _HEADLINES
        for board in row["boards"].values()
    )


def test_every_row_keeps_its_limit_on_a_board(tmp_path, record_property):
    record_property("board", WHOLE)
    record_property("scenario", "conformance rows")
    status, output, report = run_table(tmp_path, "--quick", "--no-html", "--board", WHOLE)
    assert status == 0, output
    assert report["passed"]
    absent = [row["row"] for row in report["rows"] if row["verdict"] == ABSENT]
    pins = load_board(WHOLE).PINS
    assert absent == [row.number for row in rows.ROWS if row.missing_parts(pins)]
    assert len(absent) <= 5
    others = {row["verdict"] for row in report["rows"] if row["row"] not in absent}
    assert others == {PASS}
    phases = sum(row["boards"][WHOLE]["phases"] for row in report["rows"])
    figure = "%d rows, %d phases, worst opening %.3f ms"
    record_property("figure", figure % (len(report["rows"]), phases, worst_us(report) / 1000))


def test_slow_row_is_measured_on_a_board_of_each_kind_and_a_fast_one_on_all():
    names = sorted(path.parent.name for path in (ROOT / "boards").glob("*/board.py"))
    boards = {name: load_board(name) for name in names}
    measured = {row.number: boards_for(row, boards) for row in rows.ROWS}
    assert all(measured.values())
    assert measured["8.1"] == measured["dead-man freeze"] == names
    for number, data in (("over_current", "METER"), ("temperature_lost open", "TEMPERATURE")):
        row = next(row for row in rows.ROWS if row.number == number)
        fitted = [board for board in boards.values() if not row.missing_parts(board.PINS)]
        kinds = {getattr(board, data) for board in fitted}
        assert {getattr(boards[name], data) for name in measured[number]} == kinds
        assert len(measured[number]) == len(kinds) > 1
    closes = [boards[name] for name in measured["4"]]
    assert {board.CONNECTOR_KIND for board in closes} == {"cable", "socket"}
    assert {"rcm_trip_ac" in board.PINS for board in closes} == {True, False}
    # Each board has its turn with what is the same on all
    turns = {names for names in map(tuple, measured.values()) if len(names) == 1}
    assert len(turns) >= len(names) - 1


def test_tick_that_is_too_slow_fails_the_run(tmp_path):
    words = ("--phases", "30", "--no-html", "--board", WHOLE, "--rows", "8.1")
    status, output, report = run_table(tmp_path, *words, plant=_SLOW_TICK)
    assert status == 1, output
    assert re.search(r"^8\.1 .* FAIL$", output, re.M), output
    assert "NOT all within their limits" in output
    row = next(row for row in report["rows"] if row["row"] == "8.1")
    assert row["boards"][WHOLE]["worst"] > row["most"]


def test_story_without_a_value_with_an_error_or_with_a_dead_child_fails_its_row(tmp_path):
    words = ("--phases", "4", "--no-html", "--board", WHOLE)
    words += ("--rows", "2.2 C1", "--rows", "8.2", "--rows", "2.2 D2")
    status, output, report = run_table(tmp_path, *words, plant=_BROKEN_STORIES)
    assert status == 1, output
    notes = {row["row"]: row["boards"][WHOLE]["notes"] for row in report["rows"]}
    assert "nothing measured" in notes["2.2 C1"][0]
    assert "RuntimeError: planted" in notes["8.2"][0]
    assert "the child ended with status" in notes["2.2 D2"][0]


def test_stage_that_is_not_reached_fails_its_rows_and_no_others(tmp_path):
    words = ("--phases", "4", "--no-html", "--board", WHOLE, "--rows", "8.2", "--rows", "2.2 D2")
    status, output, report = run_table(tmp_path, *words, plant=_LOST_STAGE)
    assert status == 1, output
    verdicts = {row["row"]: row["verdict"] for row in report["rows"]}
    assert verdicts == {"8.2": FAIL, "2.2 D2": PASS}
    assert "stage stopping not reached" in output


def test_run_with_the_same_seed_is_the_same_run_and_is_drawn(tmp_path):
    words = ("--phases", "8", "--board", "devkitc", "--rows", "8.1 stalls")
    first = run_table(tmp_path / "a", *words, "--seed", "7")
    second = run_table(tmp_path / "b", *words, "--seed", "7")
    other = run_table(tmp_path / "c", *words, "--seed", "8", "--no-html")
    assert first[0] == second[0] == other[0] == 0, first[1]
    assert first[2]["rows"] == second[2]["rows"] != other[2]["rows"]
    page = (tmp_path / "a" / "conformance.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 1
    assert "Run again" not in page


@pytest.mark.parametrize(
    ("words", "text"),
    [(("--board", "none"), "board none, allowed"), (("--rows", "99"), "rows 99: allowed 2.2, ")],
)
def test_unknown_board_or_row_is_refused_with_what_is_allowed(tmp_path, words, text):
    status, output, _report = run_table(tmp_path, *words)
    assert status == 2
    assert text in output


def _table(row, value, *, boards=None, wrong="", every_board=True):
    table = Table(boards or {"b": {}}, [row], [], every_board)
    if value is not None or wrong:
        place = Place("b", row.profiles[0], row.stage, 0, 1)
        result = {"row": row.number, "number": 0, "value": value, "contacts_us": None}
        table.add(place, [{**result, "wrong": wrong}])
    return table


def test_verdicts():
    row = Row("x", "clause", "what", "idle", None, least=10, most=20, parts=("part",))
    fitted = {"b": {"part": 1}}
    for value, wrong, verdict in ((10, "", PASS), (20, "", PASS), (9, "", FAIL), (21, "", FAIL)):
        table = _table(row, value, boards=fitted, wrong=wrong)
        assert table.verdict(row) == verdict, value
        assert table.passed == (verdict == PASS)
    assert _table(row, 15, boards=fitted, wrong="broken").verdict(row) == FAIL
    assert _table(row, None, boards=fitted).verdict(row) == NONE
    # No board can measure it: a hole in the proof, unless boards were chosen
    assert _table(row, None).verdict(row) == NONE
    assert not _table(row, None).passed
    assert _table(row, None, every_board=False).verdict(row) == ABSENT


def test_what_needs_a_row_and_has_none_fails(monkeypatch):
    assert rows.uncovered() == []
    fewer = [row for row in rows.ROWS if row.fault != "lock_jam" and row.number != "14"]
    monkeypatch.setattr(rows, "ROWS", fewer)
    assert rows.uncovered() == ["sequence 14", "fault lock_jam"]
    assert not Table({"b": {}}, [], rows.uncovered()).passed


def test_row_numbers_are_unique_and_every_moment_is_planned_once():
    numbers = [row.number for row in rows.ROWS]
    assert len(set(numbers)) == len(numbers)
    row = rows.ROWS[0]
    for total in (1, 3, 7, 1000):
        tasks = jobs.plan({"b": {}}, [row], lambda _row, n=total: n, 1)
        shares = sorted(share[1:] for _place, shares in tasks for share in shares)
        moments = [number for first, end in shares for number in range(first, end)]
        assert moments == list(range(total))


def test_row_without_a_limit_is_refused():
    with pytest.raises(ValueError, match="row x has no limit"):
        Row("x", "clause", "what", "idle", None)
