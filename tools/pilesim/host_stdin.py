"""Lines of stdin for a pile under CPython: awaited like any other file of its loop."""

import asyncio
import os
import sys


class _StdinLines:
    """Lines of a pipe or terminal, read when there is something to read."""

    def __init__(self, loop):
        self._loop = loop
        self._buffer = b""
        self._waiter = None
        self._ended = False

    async def next_line(self):
        """The next line with its end, what is left at the end of file, then b""."""
        while b"\n" not in self._buffer and not self._ended:
            self._waiter = self._loop.create_future()
            await self._waiter
        line, end, self._buffer = self._buffer.partition(b"\n")
        return line + end

    def readable(self):
        """Loop: there is something, or the end."""
        data = os.read(0, 4096)
        self._buffer += data
        if not data:
            self._ended = True
            self._loop.remove_reader(0)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def open_stdin():
    """An async function that gives the next line of stdin as bytes, b"" at its end."""
    loop = asyncio.get_running_loop()
    lines = _StdinLines(loop)
    try:
        loop.add_reader(0, lines.readable)
    except OSError:
        # A plain file or the null device cannot be waited for, and need not be
        async def next_line():
            return sys.stdin.buffer.readline()

        return next_line
    return lines.next_line
