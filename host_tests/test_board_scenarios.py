"""Every board in the simulated world: boots, charges, and reacts, one story after the other."""

import pytest

from board_scenarios import SCENARIOS, TOKEN, free_port
from conformance import rows
from conformance.sampling import boards_for
from conformance.test_conformance import WHOLE, run_table, worst_us
from rig import ROOT, load_board, rig

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


@pytest.mark.parametrize("board", [board for board in BOARDS if board != WHOLE])
def test_conformance_rows_on_every_board(board, tmp_path, record_property):
    """Openings under load over 20 phases, each other fast row once, a slow one where sampling.py has it.

    All rows of WHOLE, more of each, are in test_conformance.py; `make conformance` measures many phases of all.
    """
    record_property("board", board)
    record_property("scenario", "conformance rows")
    boards = {name: load_board(name) for name in BOARDS}
    chosen = [row.number for row in rows.ROWS if board in boards_for(row, boards)]
    words = [word for number in chosen for word in ("--rows", number)]
    status, output, report = run_table(
        tmp_path, "--quick", "1", "--no-html", "--board", board, *words
    )
    assert status == 0, output
    verdicts = {row["row"]: row["verdict"] for row in report["rows"]}
    assert verdicts == dict.fromkeys(chosen, "PASS")
    worst_ms = worst_us(report) / 1000
    record_property("figure", f"{board}: {len(chosen)} rows, worst opening {worst_ms:.3f} ms")
