"""What the technician is told about each fault in Chinese, in the order of the fault table.

The pile loads it when a fault is asked for and forgets it again.
"""

from .fault_codes import FIELDS, TABLE

SENTENCES = tuple(row[FIELDS.index("sentence_zh")] for row in TABLE)
