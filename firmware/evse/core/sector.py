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
_ERASED = 0xFF
_UINT = 0xFFFFFFFF

# States
READY = const(0)  # erased and headed
USED = const(1)  # holds records
WASTE = const(2)  # to be erased: never headed, foreign, or spoilt
BROKEN = const(3)  # refuses to be erased


class Sector:
    """Result of look(): `state`, `life`, `wear`, numbers `first` and `last`, `end` of what is programmed."""

    def __init__(self, flash, at):
        self.at = at
        self.state = WASTE
        self.life = None
        self.wear = 0
        self.blank = False  # nothing at all is programmed
        self._flash = flash
        self._forget()

    def _forget(self):
        self.first = self.last = 0
        self.end = HEAD_BYTES
        self.spoilt = 0  # pages with something that is no record
        self.tail_spoilt = False  # the last page with anything in it is one of them
        self.torn = False  # and what spoilt it is a record that was not written to its end

    def read_head(self):
        """Take `life` and `wear` from the header, when it holds."""
        head = self._flash.read(self.at, HEAD_BYTES)
        self.blank = head == bytes((_ERASED,)) * HEAD_BYTES
        self.life, self.wear = None, 0
        if (
            head[:4] == _MAGIC
            and crc32(head[:12]) & _UINT == struct.unpack_from("<I", head, 12)[0]
        ):
            self.life = str(hexlify(head[4:8]), "ascii")
            self.wear = struct.unpack_from("<I", head, 8)[0]

    def erase(self, life, wear):
        """Erase and head the sector; OSError leaves it as it may be."""
        self.state = WASTE
        self._flash.erase(self.at)
        head = _MAGIC + unhexlify(life) + struct.pack("<I", wear)
        self._flash.program(self.at, head + struct.pack("<I", crc32(head) & _UINT))
        self.life, self.wear, self.state = life, wear, READY
        self._forget()

    def look(self, is_ours):
        """Find what the sector holds; records count for which `is_ours(data)` is true."""
        self._forget()
        for _at, data in self.walk(HEAD_BYTES, True):
            if is_ours(data):
                seq = records.seq_of(data)
                self.first = self.first or seq
                self.last = max(self.last, seq)
        if self.first:
            self.state = USED
        elif self.life is not None and self.end == HEAD_BYTES:
            self.state = READY
        else:
            self.state = WASTE

    def walk(self, at, judging=False):
        """Yield (offset behind it, bytes) of every whole record from offset `at` on."""
        while at < SECTOR_BYTES:
            start = at - at % PAGE_BYTES
            page = self._flash.read(self.at + start, PAGE_BYTES)
            at -= start
            while at < PAGE_BYTES:
                size = records.size_of(page, at)
                if not size:
                    break
                if judging:
                    self.end = start + at + size
                    self.tail_spoilt = False
                yield start + at + size, page[at : at + size]
                at += size
            if judging and at < PAGE_BYTES:
                self._judge_rest(page, at, start)
            at = start + PAGE_BYTES

    def _judge_rest(self, page, at, start):
        rest = page[at:]
        if rest == bytes((_ERASED,)) * len(rest):
            return
        self.spoilt += 1
        self.tail_spoilt = True
        self.end = start + PAGE_BYTES
        # Flash is programmed from the front: what was cut off lacks its end
        end = at + page[at]
        self.torn = end > PAGE_BYTES or page[end - 4 : end] == bytes((_ERASED,)) * 4

    def room(self, usual_bytes):
        """How many records of the usual size still fit behind `end`."""
        page_room = PAGE_BYTES - self.end % PAGE_BYTES if self.end % PAGE_BYTES else 0
        pages = (SECTOR_BYTES - self.end) // PAGE_BYTES
        return page_room // usual_bytes + pages * (PAGE_BYTES // usual_bytes)
