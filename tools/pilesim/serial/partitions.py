"""The partition table in the chip's flash, and whether the chip finds something to start there."""

import struct

TABLE_AT = 0x8000
TABLE_BYTES = 0xC00
APP = 0
_ENTRY = "<2sBBII16sI"
_MAGIC = b"\xaa\x50"
# First byte of every image that the boot loader starts
_IMAGE_MAGIC = b"\xe9"


def parse(table):
    """Rows (type, subtype, address, size, label) of the table's bytes, up to the first that is none."""
    rows = []
    step = struct.calcsize(_ENTRY)
    for start in range(0, len(table) - step + 1, step):
        magic, kind, subtype, at, size, label, _flags = struct.unpack(
            _ENTRY, table[start : start + step]
        )
        if magic != _MAGIC:
            break
        rows.append((kind, subtype, at, size, label.rstrip(b"\x00").decode()))
    return rows


def bootable(flash):
    """Whether `flash`, bytes or what gives bytes when sliced, has an application where its table says."""
    try:
        rows = parse(bytes(flash[TABLE_AT : TABLE_AT + TABLE_BYTES]))
    except ValueError:
        # A label that is no text
        return False
    return any(row[0] == APP and bytes(flash[row[2] : row[2] + 1]) == _IMAGE_MAGIC for row in rows)
