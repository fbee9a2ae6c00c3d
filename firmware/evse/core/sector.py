"""One sector of the journal's flash: its header, and a walk over the records in its pages.

The header is programmed right after the erase, so it proves that the erase was complete. A record never
crosses a page: what a loss of power or a worn cell spoils is one page, and the walk goes on at the next.
"""

import struct
from binascii import crc32, hexlify, unhexlify

from micropython import const

from . import records

SECTOR_BYTES = const(4096)
PAGE_BYTES = const(256)
HEAD_BYTES = const(16)

_MAGIC = b"PLJ1"
_ERASED = b"\xff"
_UINT = 0xFFFFFFFF


def read_head(flash, at):
    """(life, erasures) of the sector that begins at `at`; life is None without a whole header, "" when blank."""
    head = flash.read(at, HEAD_BYTES)
    if head == _ERASED * HEAD_BYTES:
        return "", 0
    if head[:4] != _MAGIC or crc32(head[:12]) & _UINT != struct.unpack_from("<I", head, 12)[0]:
        return None, 0
    return str(hexlify(head[4:8]), "ascii"), struct.unpack_from("<I", head, 8)[0]


def erase(flash, at, life, erasures):
    """Erase the sector and head it; OSError leaves it as it may be."""
    flash.erase(at)
    head = _MAGIC + unhexlify(life) + struct.pack("<I", erasures)
    flash.program(at, head + struct.pack("<I", crc32(head) & _UINT))


def walk(flash, at, offset=HEAD_BYTES, finding=None):
    """Yield (offset behind it, bytes) of every whole record from `offset` on; notes into `finding`."""
    while offset < SECTOR_BYTES:
        start = offset - offset % PAGE_BYTES
        page = flash.read(at + start, PAGE_BYTES)
        place = offset - start
        while place < PAGE_BYTES:
            size = records.size_of(page, place)
            if not size:
                break
            if finding:
                finding.end = start + place + size
                finding.tail_spoilt = False
            yield start + place + size, page[place : place + size]
            place += size
        if finding and place < PAGE_BYTES:
            finding.judge_rest(page, place, start)
        offset = start + PAGE_BYTES


class Finding:
    """What a walk over a whole sector met: `first` and `last` number, `end` of what is programmed."""

    def __init__(self, flash, at, is_ours):
        """Records count for which `is_ours(data)` is true."""
        self.first = self.last = 0
        self.end = HEAD_BYTES
        self.spoilt = 0  # pages with something that is no record
        self.tail_spoilt = False  # the last page with anything in it is one of them
        self.torn = False  # and all that is spoilt behind the last record is one that was cut off
        for _offset, data in walk(flash, at, HEAD_BYTES, self):
            if is_ours(data):
                seq = records.seq_of(data)
                self.first = self.first or seq
                self.last = max(self.last, seq)

    def judge_rest(self, page, place, start):
        """Take note of a page from the first byte on that begins no record."""
        rest = page[place:]
        if rest == _ERASED * len(rest):
            return
        self.torn = _is_torn(rest) and (self.torn or not self.tail_spoilt)
        self.tail_spoilt = True
        self.spoilt += 1
        self.end = start + PAGE_BYTES


def _is_torn(rest):
    # Flash is programmed from the front: what was cut off lacks its end, and nothing follows it. A whole
    # record whose length has rotted looks alike
    size = len(rest.rstrip(_ERASED))
    mended = bytes((size & 0xFF,)) + rest[1:size]
    begun = records.LEAST_BYTES <= rest[0] <= records.MOST_BYTES and rest[0] <= len(rest)
    return begun and size <= rest[0] - 4 and not records.size_of(mended)


def room(end, usual_bytes):
    """How many records of the usual size still fit behind offset `end`."""
    page_room = -end % PAGE_BYTES
    pages = (SECTOR_BYTES - end) // PAGE_BYTES
    return page_room // usual_bytes + pages * (PAGE_BYTES // usual_bytes)
