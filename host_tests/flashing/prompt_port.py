"""A board at MicroPython's prompt behind a pty: the unix port, which begins anew where a board resets softly."""

import os
import pty
import select
import subprocess
import threading
import tty

import pytest

from interpreters import find_micropython

_TO_RAW = b"\x01"


class PromptPort:
    """`folder` is the board's file system; `url` names the port."""

    def __init__(self, folder):
        self._binary = find_micropython()
        if self._binary is None:
            pytest.skip("no micropython beside this Python or on PATH")
        self._folder = folder
        self._outer, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.url = os.ttyname(self._slave)
        self._woken, self._wake = os.pipe()
        self._start()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        os.write(self._wake, b"x")
        self._thread.join(10)
        self._child.kill()
        self._child.wait()
        for end in (self._outer, self._slave, self._inner, self._woken, self._wake):
            os.close(end)

    def _start(self):
        self._inner, slave = pty.openpty()
        tty.setraw(slave)
        self._child = subprocess.Popen(
            [self._binary], cwd=self._folder, stdin=slave, stdout=slave, stderr=slave
        )
        os.close(slave)

    def _serve(self):
        while True:
            ready, _, _ = select.select([self._outer, self._inner, self._woken], [], [])
            if self._woken in ready:
                return
            if self._outer in ready:
                os.write(self._inner, os.read(self._outer, 4096))
            if self._inner in ready:
                try:
                    os.write(self._outer, os.read(self._inner, 4096))
                except OSError:
                    self._child.wait()
                    os.close(self._inner)
                    # mpremote resets in the raw prompt, and a board is in it again afterwards
                    os.write(self._outer, b"MPY: soft reboot\r\n")
                    self._start()
                    os.write(self._inner, _TO_RAW)
