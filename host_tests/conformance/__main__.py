"""`python -m conformance`: run the table, print it, write build/conformance.html and .json; exit 1 on a miss."""

import argparse
import os
import sys
import time
from pathlib import Path

from conformance import jobs, report_text, rows
from conformance.results import Table
from conformance.row import FAST
from rig import ROOT, load_board

# With --quick: enough to see that every row can be measured
_QUICK_FAST = 8
_HEADLINE_FAST = 20


def main(words=None):
    """Exit status."""
    options = _parser().parse_args(words)
    try:
        chosen = rows.select(options.rows)
        boards = _boards(options.board)
    except ValueError as error:
        print("conformance: %s" % error, file=sys.stderr)
        return 2
    begun_s = time.monotonic()
    uncovered = [] if options.rows else rows.uncovered()
    table = Table(boards, chosen, uncovered, every_board=not options.board)
    tasks = jobs.plan(boards, chosen, _phases_of(options), options.seed)
    for done, (place, results) in enumerate(jobs.run(tasks, options.jobs), 1):
        table.add(place, results)
        if sys.stderr.isatty():
            print("\r%d of %d visits" % (done, len(tasks)), end="\r", file=sys.stderr)
    seconds = time.monotonic() - begun_s
    for line in report_text.lines(table, options.seed, seconds):
        print(line)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "conformance.json").write_text(
        report_text.as_json(table, options.seed, seconds)
    )
    if not options.no_html:
        # Not above: it draws, and a process that forks should be small
        from conformance import report_html

        recorded = jobs.record(table.worst_cases(), options.jobs)
        report_html.write(options.out / "conformance.html", table, options.seed, recorded)
    return 0 if table.passed else 1


def _parser():
    parser = argparse.ArgumentParser(prog="conformance", description=__doc__)
    parser.add_argument("--board", action="append", help="only this board; may be repeated")
    parser.add_argument("--rows", action="append", help="only this row, or those that begin so")
    parser.add_argument(
        "--phases", type=int, default=FAST, help="of fast rows; others in proportion"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2, help="processes")
    parser.add_argument(
        "--quick",
        type=int,
        nargs="?",
        const=_QUICK_FAST,
        metavar="PHASES",
        help="a few phases of every row: so many of fast ones, without a number %d" % _QUICK_FAST,
    )
    parser.add_argument("--no-html", action="store_true")
    parser.add_argument("--out", type=Path, default=ROOT / "build")
    return parser


def _boards(names):
    """{name: PINS} of the named boards, of all without names."""
    known = sorted(path.parent.name for path in (ROOT / "boards").glob("*/board.py"))
    for name in names or ():
        if name not in known:
            raise ValueError("board %s, allowed %s" % (name, " ".join(known)))
    return {name: load_board(name).PINS for name in names or known}


def _phases_of(options):
    """How many moments a row gets per board."""

    def phases(row):
        if not options.quick:
            return max(1, row.phases * options.phases // FAST)
        if row.headline:
            return _HEADLINE_FAST
        return options.quick if row.phases == FAST else 1

    return phases


if __name__ == "__main__":
    sys.exit(main())
