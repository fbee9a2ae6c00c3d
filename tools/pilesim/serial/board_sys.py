"""The simulated chip's `sys`: platform esp32, and a sys.stdout.buffer whose bytes reach the port as they are.

Everything else that the process prints gets carriage returns from the supervisor, as a board's own output does.
"""

import io
import struct

# Not what a program prints: raw bytes follow, as many as the next two bytes say
RAW_MARK = b"\x00\xf5raw\xf6"
RAW_MOST_BYTES = 0xFFFF
_POLL = 3
_WRITABLE = 4


class _RawOutput(io.IOBase):
    """sys.stdout.buffer."""

    def __init__(self, stream):
        self._stream = stream

    def write(self, data, *part):
        """Send `data`, or as any stream does its first `size` bytes (size), or those from an offset (offset, size)."""
        offset = part[0] if len(part) == 2 else 0
        data = bytes(data)
        data = data[offset : offset + part[-1]] if part else data[:]
        for at in range(0, len(data), RAW_MOST_BYTES):
            piece = data[at : at + RAW_MOST_BYTES]
            self._stream.write(RAW_MARK + struct.pack("<H", len(piece)) + piece)
        return len(data)

    def ioctl(self, request, argument):
        """Always ready to be written."""
        return argument & _WRITABLE if request == _POLL else 0


class _TextOutput(_RawOutput):
    """sys.stdout."""

    def __init__(self, stream):
        super().__init__(stream)
        self.buffer = _RawOutput(stream)

    def write(self, data, *part):
        """Send text, or what print() has made of it."""
        if not isinstance(data, str):
            data = bytes(data)
        self._stream.write(data)
        return len(data)


class BoardSys:
    """`sys` as the programs of the chip import it; `own` is the interpreter's."""

    platform = "esp32"

    def __init__(self, own):
        self.stdout = _TextOutput(own.stdout.buffer)
        self._own = own

    def print_exception(self, error, file=None):
        """Print a traceback as the chip has it."""
        (file or self.stdout).write(traceback(error, self._own))

    def __getattr__(self, name):
        return getattr(self._own, name)


def traceback(error, own):
    """Text of an exception by the interpreter's `own` sys, without the frames of the simulator."""
    text = io.StringIO()
    own.print_exception(error, text)
    return "\n".join([row for row in text.getvalue().split("\n") if "/pilesim/" not in row])
