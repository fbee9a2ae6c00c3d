"""What the technician is told about each fault, in the order of the fault table.

The pile loads it when a fault is told and forgets it again: its heap has no room for it.
"""

from .faults import FIELDS, TABLE

SENTENCES = tuple(row[FIELDS.index("sentence")] for row in TABLE)
