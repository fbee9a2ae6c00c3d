"""A short run of the process bench, its end by Ctrl-C, and differences that the comparison must find."""

import dataclasses
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pilebridge.model import ChargeDetailRecord, Transaction
from pilebridge.orders import Order

from . import books
from .facts import Facts, Flash

ROOT = Path(__file__).resolve().parents[2]
_PID = re.compile(r"(started|killed) (pile|broker|bridge|sandbox)\b.*pid (\d+)")
KILLS = 3


def start(folder, kills):
    path = os.pathsep.join([str(ROOT / "host_tests"), str(ROOT / "tools/pilesim/hostpy")])
    return subprocess.Popen(
        [sys.executable, "-m", "kills", "--kills", str(kills), "--seed", "1"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def pids(text, word):
    return [int(found[3]) for found in _PID.finditer(text) if found[1] == word]


def runs(pid):
    """True while a process of this number is there, unless it is a dead one of somebody else."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return state.rsplit(")", 1)[1].split()[0] != "Z"


@pytest.mark.processes
def test_a_short_run_ends_with_equal_books_and_leaves_nothing_behind(tmp_path, record_property):
    process = start(tmp_path, KILLS)
    said, _ = process.communicate(timeout=230)
    assert process.returncode == 0, said
    for name in ("pile", "broker", "bridge"):
        assert len(re.findall(rf"killed {name} \d", said)) == KILLS, said
    killed, started = pids(said, "killed"), pids(said, "started")
    # One may be killed again before it has said that it is ready
    assert set(killed) & set(started)
    assert not [pid for pid in killed + started if runs(pid)]
    transactions = int(re.search(r"bridge +(\d+) transactions", said)[1])
    assert transactions
    assert not list(tmp_path.iterdir())
    record_property("figure", f"{len(killed)} SIGKILLs, {transactions} transactions, books equal")


@pytest.mark.processes
def test_ctrl_c_leaves_no_process_behind(tmp_path):
    process = start(tmp_path, 50)
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "killed" in line:
            process.send_signal(signal.SIGINT)
            break
    rest, _ = process.communicate(timeout=60)
    said = "".join(lines) + rest
    assert process.returncode == 130, said
    assert len(pids(said, "started")) >= 4
    assert not [pid for pid in pids(said, "started") if runs(pid)], said
    assert not list(tmp_path.iterdir())


# The comparison


def transaction(number, start_wh, stop_wh, fen):
    cdr = ChargeDetailRecord(0, 60, stop_wh - start_wh, fen, 0, ())
    head = ("P001", f"life-{number}", "life", 1, f"ref{number}", "tcec102", number, start_wh)
    tail = {"charging_utc": 5, "stop_seq": number + 3, "stop_wh": stop_wh, "cdr": cdr}
    return Transaction(*head, 0, "", **tail)


def order(number, state="ended", tx=True, success=0):
    answer = '{"SuccStat": %d}' % success
    head = ("sandbox", f"ref{number}", "1", state, f"life-{number}" if tx else "", answer)
    return Order(*head, 0, "")


def bill(kwh, yuan):
    return {"energy_kwh": kwh, "total_yuan": yuan}


HONEST = Facts(
    first_wh=1000,
    last_wh=1050,
    flash=Flash("life", 10, {9: b"nine"}),
    journals={"life": 9},
    unequal=[],
    transactions=[transaction(1, 1000, 1020, 2), transaction(5, 1020, 1050, 3)],
    orders=[order(1), order(5), order(6, "refused", False, 1)],
    order_pushes={"ref1": 1, "ref5": 1},
    bills={"ref1": bill("0.02", "0.02"), "ref5": bill("0.03", "0.03")},
    taken={"ref1": 1, "ref5": 1},
    violations=[],
    alarms=[],
    evidence={"life-1": [], "life-5": []},
)
# A transaction of nothing whose start the platform believes failed
_NOTHING = {
    "last_wh": 1020,
    "transactions": [transaction(1, 1000, 1020, 2), transaction(5, 1020, 1020, 0)],
    "order_pushes": {"ref1": 1},
    "bills": {"ref1": bill("0.02", "0.02")},
    "taken": {"ref1": 1},
}
_SILENT = dataclasses.replace(transaction(5, 1020, 1050, 3), charging_utc=None)
_OPEN = dataclasses.replace(transaction(5, 1020, 1050, 3), cdr=None)
# What is changed in the honest books, and a word of the sentence that must come
PLANTED = (
    ({"last_wh": 1060}, "meter: moved 60 Wh"),
    ({"transactions": [transaction(1, 1000, 1020, 2), _OPEN]}, "never ended"),
    ({"transactions": [transaction(1, 1000, 1020, 2), _SILENT]}, "nothing said that it charges"),
    ({"transactions": [transaction(1, 1000, 1030, 2), transaction(5, 1020, 1040, 3)]}, "begins"),
    ({"transactions": [transaction(1, 1000, 1020, 2)], "last_wh": 1020}, "no transaction"),
    ({"journals": {"life": 8}}, "committed up to 8"),
    ({"journals": {"life": 9, "other": 3}}, "the pile's life"),
    ({"unequal": [9]}, "record 9"),
    ({"alarms": ["hole: records 3 to 4"]}, "hole"),
    ({"violations": ["order: TotalPower"]}, "TotalPower"),
    ({"evidence": {"life-1": ["altered"], "life-5": []}}, "altered"),
    ({"bills": {"ref1": bill("0.02", "0.02"), "ref5": bill("0.03", "0.04")}}, "4 fen"),
    ({"bills": {"ref1": bill("0.02", "0.02"), "ref5": bill("0.02", "0.03")}}, "20 Wh"),
    ({"bills": {"ref1": bill("0.02", "0.02")}}, "the platform has none"),
    ({"order_pushes": {"ref1": 1, "ref5": 2}}, "2 bills left"),
    ({"order_pushes": {"ref1": 1}}, "0 bills left"),
    ({"taken": {"ref1": 1, "ref5": 2}}, "the platform took 2"),
    ({"taken": {"ref1": 1, "ref5": 1, "ref9": 1}}, "ref9"),
    ({"orders": [order(1), order(5), order(6, "accepted", False)]}, "is accepted"),
    ({"orders": [order(1)]}, "no order has its reference"),
    ({"orders": [order(1), order(5, "failed")]}, "its order is failed"),
    ({**_NOTHING}, "0 bills left"),
)


def test_equal_books_are_equal():
    assert books.mismatches(HONEST) == []


def test_what_took_nothing_and_was_told_failed_needs_no_bill():
    told = HONEST._replace(**_NOTHING, orders=[order(1), order(5, success=1)])
    assert books.mismatches(told) == []


@pytest.mark.parametrize(("change", "word"), PLANTED, ids=[word for _change, word in PLANTED])
def test_a_planted_difference_is_found(change, word):
    found = books.mismatches(HONEST._replace(**change))
    assert [sentence for sentence in found if word in sentence], found
