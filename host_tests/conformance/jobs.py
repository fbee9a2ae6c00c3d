"""Splits the table into visits and runs them on some processes."""

import multiprocessing
import traceback

from conformance import bench, rows
from conformance.bench import Place

# Fresh piles per profile that the moments of a stage are spread over
_MOST_VISITS = 4
_MOMENTS_PER_VISIT = 16


def plan(boards, chosen, phases_of, seed):
    """[(place, [(row number, first moment, end moment)])]; `boards` maps a name to its PINS."""
    visits = {}
    for board, pins in boards.items():
        for row in chosen:
            if row.missing_parts(pins):
                continue
            total = phases_of(row)
            count = max(1, min(_MOST_VISITS, total // len(row.profiles) // _MOMENTS_PER_VISIT))
            places = [(profile, visit) for visit in range(count) for profile in row.profiles]
            for index, (profile, visit) in enumerate(places):
                share = (total * index // len(places), total * (index + 1) // len(places))
                if share[0] < share[1]:
                    key = (board, profile, row.stage, visit)
                    visits.setdefault(key, []).append((row.number, *share))
    return [(Place(*key, seed), shares) for key, shares in visits.items()]


def run(tasks, jobs):
    """Yield (place, results) as visits end."""
    if jobs == 1:
        yield from map(_work, tasks)
        return
    # Not forked: a worker forks many children and must have no threads
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap_unordered(_work, tasks)


def record(cases, jobs):
    """{row number: the moment run again, with its trace}; `cases` are (place, row number, moment)."""
    if jobs == 1:
        return dict(map(_record, cases))
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        return dict(pool.imap_unordered(_record, cases))


def _row(number):
    return next(row for row in rows.ROWS if row.number == number)


def _record(case):
    place, row_number, number = case
    try:
        return row_number, bench.run_recorded(place, _row(row_number), number)
    except Exception:
        return row_number, {"value": None, "trace": None, "wrong": _error_text()}


def _work(task):
    place, shares = task
    try:
        found = bench.run_visit(place, [(_row(share[0]), *share[1:]) for share in shares])
    except Exception:
        # A stage that is not reached fails its rows, not the whole run
        text = "stage %s not reached: %s" % (place.stage, _error_text())
        found = [
            {"row": number, "number": first, "value": None, "contacts_us": None, "wrong": text}
            for number, first, _end in shares
        ]
    return place, found


def _error_text():
    return traceback.format_exc().strip()[-600:]
