"""A simulated chip in its ROM loader behind a pty or a TCP port, and esptool as a technician runs it."""

import os
import pty
import select
import socket
import subprocess
import sys
import threading
import time
import tty

from pilesim.serial.rom_loader import RomLoader


class RomPort:
    """Feeds a RomLoader what comes; `url` names the port.

    After `cut_after` bytes the power goes: the port with it, or with `bridge` powered apart only all answers.
    """

    def __init__(self, flash, chip, kind="pty", cut_after=None, bridge=False):
        self.flash = flash
        self.chip = chip
        self.loader = RomLoader(flash, chip)
        self.starts = 0
        self.received = 0
        self._cut_after = cut_after
        self._bridge = bridge
        self._dead = False
        self._kind = kind
        self._woken, self._wake = os.pipe()
        self._closing = False
        if kind == "socket":
            self._listener = socket.create_server(("127.0.0.1", 0))
            self.url = "socket://127.0.0.1:%d" % self._listener.getsockname()[1]
        else:
            self._master, self._slave = pty.openpty()
            tty.setraw(self._slave)
            self.url = os.ttyname(self._slave)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self._closing = True
        os.write(self._wake, b"x")
        self._thread.join(10)
        if self._kind == "socket":
            self._listener.close()
        else:
            for end in (self._master, self._slave):
                os.close(end)
        os.close(self._woken)
        os.close(self._wake)

    def has_started(self, times):
        """True when the chip was started so often; the port hears of it a moment after the technician."""
        deadline_s = time.monotonic() + 10
        while self.starts != times and time.monotonic() < deadline_s:
            time.sleep(0.01)
        return self.starts == times

    def _serve(self):
        if self._kind == "pty":
            self._talk(self._master, os.read, os.write)
            return
        while not self._closing and not self._dead:
            if self._listener in select.select([self._listener, self._woken], [], [])[0]:
                connection, _ = self._listener.accept()
                with connection:
                    self._talk(
                        connection,
                        lambda at, count: at.recv(count),
                        lambda at, data: at.sendall(data),
                    )
        self._listener.close()

    def _talk(self, line, read, write):
        while not self._closing and line in select.select([line, self._woken], [], [])[0]:
            try:
                data = read(line, 4096)
            except OSError:
                return
            if not data:
                return
            self.received += len(data)
            if self._cut_after is not None and self.received > self._cut_after:
                self._dead = True
                if not self._bridge:
                    return
            answer = b"" if self._dead else self.loader.feed(data)
            if answer:
                write(line, answer)
            if self.loader.done:
                self.starts += 1
                self.loader = RomLoader(self.flash, self.chip)


def esptool(*arguments, timeout_s=60):
    """Run the real esptool; returns its completed process."""
    return subprocess.run(
        [sys.executable, "-m", "esptool", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
