"""The table as text and as JSON."""

import json

from conformance import results


def lines(table, seed, seconds):
    """The report, line by line."""
    yield "Worst values in virtual time; simulated circuit, unmodified firmware. seed %d" % seed
    yield "Tags: V verified by two sources, S one source, M from memory, own: our own promise."
    widths = (28, 38, 18, 5)
    heads = ("row", "clause", "limit", "tag")
    head = "".join(text.ljust(width) for text, width in zip(heads, widths, strict=True))
    boards = "".join(board.rjust(18) for board in table.boards)
    yield head + boards + "contacts".rjust(11) + "phases".rjust(9) + "  verdict"
    for row in table.rows:
        yield _line(table, row, widths)
    yield from _failures(table)
    yield "%d rows, %s, %.0f s" % (
        len(table.rows),
        "all within their limits" if table.passed else "NOT all within their limits",
        seconds,
    )


def _line(table, row, widths):
    cells = (row.number, row.clause, row.limit(), row.tag)
    text = "".join(
        cell[: width - 1].ljust(width) for cell, width in zip(cells, widths, strict=True)
    )
    for outcome in table.of(row):
        value = outcome.worst_value
        text += (outcome.verdict if value is None else row.show(value)).rjust(18)
    contacts = [o.contacts_us for o in table.of(row) if o.contacts_us is not None]
    text += ("%.1f" % (max(contacts) / 1000) if contacts and row.unit == "ms" else "").rjust(11)
    return text + ("%d" % table.phases(row)).rjust(9) + "  " + table.verdict(row)


def _failures(table):
    for text in table.uncovered:
        yield "NO ROW for %s" % text
    for row in table.missed():
        yield "%s: %s" % (row.number, table.verdict(row))
        for board, outcome in zip(table.boards, table.of(row), strict=True):
            if outcome.missing:
                yield "  %s has no %s" % (board, ", ".join(outcome.missing))
            elif outcome.verdict == results.FAIL:
                yield "  %s: %d of its moments failed" % (board, outcome.failures)
            for note in outcome.notes:
                yield "    " + note.replace("\n", "\n    ")


def as_json(table, seed, seconds):
    """The same as JSON text."""
    return json.dumps(
        {
            "seed": seed,
            "seconds": round(seconds, 1),
            "passed": table.passed,
            "uncovered": table.uncovered,
            "rows": [_row(table, row) for row in table.rows],
        },
        indent=1,
        ensure_ascii=False,
    )


def _row(table, row):
    return {
        "row": row.number,
        "clause": row.clause,
        "what": row.what,
        "limit": row.limit(),
        "least": row.least,
        "most": row.most,
        "unit": "us" if row.unit == "ms" else row.unit,
        "tag": row.tag,
        "evidence": "simulated",
        "verdict": table.verdict(row),
        "boards": {
            board: _outcome(outcome)
            for board, outcome in zip(table.boards, table.of(row), strict=True)
        },
    }


def _outcome(outcome):
    return {
        "verdict": outcome.verdict,
        "missing": outcome.missing,
        "phases": outcome.phases,
        "worst": outcome.worst_value,
        "least": outcome.least,
        "most": outcome.most,
        "contacts_us": outcome.contacts_us,
        "worst_moment": "%s moment %d" % (outcome.worst[0].text(), outcome.worst[1])
        if outcome.worst
        else None,
        "failures": outcome.failures,
        "notes": outcome.notes,
    }
