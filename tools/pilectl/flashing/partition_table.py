"""Partition tables of ESP-IDF: read one, make ours from the one of a stock image, write it as bytes."""

from __future__ import annotations

import hashlib
import struct
from typing import NamedTuple

TABLE_AT = 0x8000
TABLE_BYTES = 0x1000
JOURNAL_BYTES = 64 * 1024
# By these names MicroPython finds its file system, and the pile its journal
FILES, JOURNAL = "vfs", "journal"
APP, DATA = 0, 1
_FAT, _UNDEFINED = 0x81, 0x06
_SECTOR_BYTES = 4096
_ENTRY = struct.Struct("<2sBBII16sI")
_MAGIC, _MD5_MAGIC = b"\xaa\x50", b"\xeb\xeb" + b"\xff" * 14
# The rest of the sector is for a signature
_ENTRIES_BYTES = 0xC00
# Less than this is no room for a pile's files
_LEAST_FILES_BYTES = 512 * 1024


class TableError(Exception):
    """Bytes are no partition table, or ours cannot be made from it; the text says why."""


class Partition(NamedTuple):
    """One partition: where it lies and what it is."""

    name: str
    kind: int
    subtype: int
    at: int
    size: int
    flags: int = 0

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.at + self.size


def parse(data: bytes) -> list[Partition]:
    """The partitions of a table's bytes, in order; TableError."""
    found: list[Partition] = []
    for at in range(0, min(len(data), _ENTRIES_BYTES), _ENTRY.size):
        entry = data[at : at + _ENTRY.size]
        if len(entry) < _ENTRY.size or entry == b"\xff" * _ENTRY.size:
            break
        if entry.startswith(_MD5_MAGIC):
            if entry[16:] != hashlib.md5(data[:at]).digest():
                raise TableError("its checksum is wrong")
            break
        magic, kind, subtype, start, size, name, flags = _ENTRY.unpack(entry)
        if magic != _MAGIC:
            raise TableError("there is no partition table")
        label = name.rstrip(b"\x00").decode("ascii", "replace")
        found.append(Partition(label, kind, subtype, start, size, flags))
    if not found:
        raise TableError("there is no partition table")
    return found


def pack(table: list[Partition]) -> bytes:
    """The table as it lies in flash: TABLE_BYTES with its checksum."""
    data = b"".join(
        _ENTRY.pack(
            _MAGIC, part.kind, part.subtype, part.at, part.size, part.name.encode(), part.flags
        )
        for part in table
    )
    data += _MD5_MAGIC + hashlib.md5(data).digest()
    if len(data) > _ENTRIES_BYTES:
        raise TableError(f"{len(table)} partitions are too many for one table")
    return data.ljust(TABLE_BYTES, b"\xff")


def with_journal(stock: list[Partition], flash_bytes: int) -> list[Partition]:
    """The table of a stock image with the journal at the end of the flash and the files up to it; TableError.

    Newer stock images name no `vfs`: MicroPython then takes what is left, which would be the journal too.
    """
    others = [part for part in stock if part.name not in (FILES, JOURNAL)]
    end = max((part.end for part in others), default=0)
    given = named(stock, FILES)
    start = given.at if given else end + -end % _SECTOR_BYTES
    if end > start:
        last = max(others, key=lambda part: part.end)
        raise TableError(
            f"the image has the partition {last.name} behind its file system: take a stock image "
            "of the plain variant"
        )
    journal = Partition(JOURNAL, DATA, _UNDEFINED, flash_bytes - JOURNAL_BYTES, JOURNAL_BYTES)
    if journal.at - start < _LEAST_FILES_BYTES:
        raise TableError(
            f"{flash_bytes >> 20} MB of flash leave {max(journal.at - start, 0) >> 10} KB for files, and a pile "
            f"needs {_LEAST_FILES_BYTES >> 10} KB: take a stock image for {flash_bytes >> 20} MB of flash"
        )
    files = Partition(FILES, DATA, _FAT, start, journal.at - start)
    return [*others, files, journal]


def named(table: list[Partition], name: str) -> Partition | None:
    """The partition of that name, or None."""
    return next((part for part in table if part.name == name), None)


def app_of(table: list[Partition]) -> Partition:
    """The partition that a new board starts from; TableError."""
    apps = [part for part in table if part.kind == APP]
    if not apps:
        raise TableError("the partition table has no place for a program")
    return min(apps, key=lambda part: part.at)
