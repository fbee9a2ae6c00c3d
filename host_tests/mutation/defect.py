"""One deliberate defect: a text of one file, what stands in its place, and the tests that should notice."""

from collections import namedtuple

WALK = "host_tests/properties/test_properties.py::test_walk"

# `old` occurs exactly once in firmware/evse/`file`; `tests` are tried in this order
Defect = namedtuple("Defect", "file old new breaks tests")


def defects_of(file, tests, rows):
    """Defects of one file; rows are (old, new, what it breaks)."""
    return tuple(Defect(file, old, new, breaks, tests) for old, new, breaks in rows)
