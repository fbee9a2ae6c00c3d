"""A download into flash as both loaders know it: plain blocks by number, or one compressed stream."""

import struct
import zlib

from pilesim.serial.loader_flash import DEFLATE, FAILED, SECTOR_BYTES, LoaderError, counted

_TWO = struct.Struct("<II")
_FOUR = struct.Struct("<IIII")


class Download:
    """Of the loader in ROM, which erases all at the beginning; a stub, with `late`, erases as it writes."""

    def __init__(self, flash, late=False):
        self._flash = flash
        self._late = late
        self._start = self._block = self._at = self._erased = 0
        self._last = -1
        self._inflate = None

    def begin(self, body):
        """Bytes to erase, number of blocks, bytes of a block, address."""
        count, _blocks, self._block, self._start = _FOUR.unpack(body[:16])
        self._erased = self._start - self._start % SECTOR_BYTES
        if not self._late:
            self._flash.erase(self._start, count)
        self._inflate, self._last = None, -1
        return b""

    def begin_compressed(self, body):
        """The same, and the blocks are compressed."""
        self.begin(body)
        self._inflate, self._at = zlib.decompressobj(), self._start
        return b""

    def data(self, body):
        """One block."""
        length, sequence = _TWO.unpack(body[:8])
        self._write(self._start + sequence * self._block, counted(body, length))
        return b""

    def compressed_data(self, body):
        """One block of the stream; the same one twice is taken once."""
        length, sequence = _TWO.unpack(body[:8])
        data = counted(body, length)
        if self._inflate is None:
            raise LoaderError(FAILED)
        if sequence != self._last:
            try:
                data = self._inflate.decompress(data)
            except zlib.error:
                raise LoaderError(DEFLATE)
            self._write(self._at, data)
            self._at += len(data)
            self._last = sequence
        return b""

    def _write(self, at, data):
        end = min(at + len(data), self._flash.size)
        if self._late and end > self._erased:
            self._flash.erase(self._erased, end - self._erased)
            self._erased = end + -end % SECTOR_BYTES
        self._flash.program(at, data)
