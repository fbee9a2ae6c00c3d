"""What the chip's process writes, made into what a board would: line ends with carriage returns, but raw bytes as they are."""

import re

from pilesim.serial.board_sys import RAW_MARK

_LINE_END = re.compile(rb"(?<!\r)\n")


class BoardOutput:
    """Takes pieces as they come."""

    def __init__(self):
        self._waiting = b""
        self._after_return = False

    def take(self, data):
        """What the port sends for another piece; the beginning of a mark waits for its rest."""
        data = self._waiting + data
        out = b""
        while True:
            text, mark, rest = data.partition(RAW_MARK)
            if not mark:
                kept = _begun_mark(data)
                self._waiting = data[len(data) - kept :]
                return out + self._text(data[: len(data) - kept])
            out += self._text(text)
            size = int.from_bytes(rest[:2], "little")
            if len(rest) < 2 + size:
                self._waiting = mark + rest
                return out
            out += rest[2 : 2 + size]
            data = rest[2 + size :]

    def _text(self, data):
        # A line end may be the first byte of this piece, and its carriage return the last of the one before
        known = b"\r" if self._after_return else b""
        if data:
            self._after_return = data.endswith(b"\r")
        return _LINE_END.sub(b"\r\n", known + data)[len(known) :]


def _begun_mark(data):
    """How many bytes at the end could be the beginning of a mark."""
    for size in range(len(RAW_MARK) - 1, 0, -1):
        if data.endswith(RAW_MARK[:size]):
            return size
    return 0
