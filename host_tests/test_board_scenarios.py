"""Every board in the simulated world: boots, charges, and reacts, one story after the other."""

import pytest

from board_scenarios import SCENARIOS, TOKEN, free_port
from conformance.test_conformance import run_table
from rig import ROOT, rig

BOARDS = sorted(path.parent.name for path in (ROOT / "boards").glob("*/board.py"))


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("board", BOARDS)
def test_board(board, scenario, record_property):
    with rig(board=board) as r:
        record_property("board", board)
        record_property("scenario", scenario)
        r.port = free_port()
        settings = {"broker_port": r.port, "id_tokens": [TOKEN]}
        result = r.play(SCENARIOS[scenario], settings)
    record_property("figure", f"{board}, {scenario}: {result}")


@pytest.mark.parametrize("board", BOARDS)
def test_conformance_rows_on_every_board(board, tmp_path, record_property):
    """Each row once; `make conformance` measures many phases of each."""
    record_property("board", board)
    record_property("scenario", "conformance rows")
    status, output, report = run_table(tmp_path, "--phases", "1", "--no-html", "--board", board)
    assert status == 0, output
    rows = report["rows"]
    measured = [row for row in rows if row["verdict"] == "PASS"]
    absent = [row["row"] for row in rows if row["verdict"] != "PASS"]
    record_property(
        "figure", f"{board}, conformance: {len(measured)} rows, no part for {len(absent)}"
    )
