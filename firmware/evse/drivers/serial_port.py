"""The serial port of the REPL: bytes in without waiting, and whether Ctrl-C interrupts the program."""

import select
import sys

import micropython

_CTRL_C = 3
_NEVER = -1


class SerialPort:
    """What a person at the port types."""

    def __init__(self):
        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)

    def read(self, most):
        """Up to so many bytes, b"" when there is none."""
        data = b""
        for _ in range(most):
            came = b""
            for stream, _event in self._poll.ipoll(0):
                came = stream.buffer.read(1)
            if not came:
                break
            data += came
        return data

    def interruptible(self, on):
        """True: Ctrl-C raises KeyboardInterrupt; False: it is a byte like any other."""
        micropython.kbd_intr(_CTRL_C if on else _NEVER)
