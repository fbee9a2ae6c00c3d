"""The whole table, and what it must cover."""

from conformance import fault_rows, opening_rows, part_rows, sequence_rows
from evse.core import faults

ROWS = (*opening_rows.ROWS, *sequence_rows.ROWS, *fault_rows.ROWS, *part_rows.ROWS)

# Sequences of IEC 61851-1 Table A.6 that a station can be asked
SEQUENCES = ("1.1", "1.2", "2.1", "2.2", "3.1", "3.2", "4", "6", "7")
SEQUENCES += ("8.1", "8.2", "9.1", "9.2", "10.1", "10.2", "11", "12", "13", "14")


def uncovered():
    """What must have a row and has none."""
    numbers = {row.number.split()[0] for row in ROWS}
    named = {row.fault for row in ROWS}
    return [
        *("sequence %s" % number for number in SEQUENCES if number not in numbers),
        *("fault %s" % name for name in faults.NAMES if name not in named),
    ]


def select(words):
    """The row of each word, else the rows that begin so or are of that fault; all without words."""
    if not words:
        return list(ROWS)
    chosen = []
    for word in words:
        found = [row for row in ROWS if row.number == word] or [
            row for row in ROWS if row.number.startswith(word) or row.fault == word
        ]
        if not found:
            raise ValueError("rows %s: allowed %s" % (word, ", ".join(r.number for r in ROWS)))
        chosen += [row for row in found if row not in chosen]
    return chosen
