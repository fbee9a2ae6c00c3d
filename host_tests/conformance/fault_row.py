"""A row of the table for one fault of core/faults.py, its limit the fault's own `open_ms`."""

from conformance.row import Row
from evse.core import faults

OPENS = "core/faults.py open_ms"
STAYS_CLOSED = "core/faults.py, stays closed"
MUST_NOT_CLOSE = "core/faults.py, must not close"


def fault_row(name, short, what, stage, story, **options):
    """Row of fault `name`; `short` tells the rows of one fault apart, `options` go to the row."""
    options = {"clause": OPENS, "most": open_ms(name) * 1000, "tag": "own", **options}
    number = "%s %s" % (name, short) if short else name
    return Row(number, options.pop("clause"), what, stage, story, fault=name, **options)


def open_ms(name):
    """Longest time from the cause to the open command."""
    return faults.row(name)["open_ms"]
