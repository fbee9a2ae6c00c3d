"""A simulated pile on a serial port, for tests: its process, its words, its flash, and mpremote on it."""

import os
import signal
import subprocess
import sys
import threading
import time

import serial
from chip_flash import file_on, flash_of, tree
from interpreters import ROOT

_START_S = 20
_END_S = 10
# A word of the world is carried out within two of these
_LOOK_S = 0.02
_OPEN_S = 0.1


class SerialBoard:
    """One `pilesim --serial` in `folder`, running when made, with the content `flash` (None: what is there).

    `path` is the port's pseudo-terminal, `url` the same port as socket://, `lines` what the world has told.
    `options` go on the command line: board, seed, speed, scenario, heap.
    """

    def __init__(self, folder, flash=None, **options):
        self.folder = folder
        self.lines = []
        if flash is not None:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "flash.bin").write_bytes(flash)
        command = [sys.executable, "-m", "pilesim", "--serial", "--dir", str(folder)]
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT / "tools")},
        )
        self.pid = self._process.pid
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self.path = self.wait_for("serial: /dev/", _START_S).split()[1]
            self.url = self.wait_for("serial: socket://", _START_S).split()[1]
        except AssertionError:
            self.end()
            raise

    def _read(self):
        for line in self._process.stdout:
            self.lines.append(line.rstrip("\n"))

    def words(self, text):
        """Words of the world, and press_reset, power on|off, bootloader; does not wait for them."""
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()

    def wait_for(self, text, within_s=10, start=0):
        """The first line of the world with `text` in it, from line number `start` on; AssertionError."""
        until_s = time.monotonic() + within_s
        while True:
            found = [line for line in self.lines[start:] if text in line]
            if found:
                return found[0]
            assert time.monotonic() < until_s, f"no {text!r} within {within_s} s in {self.lines}"
            if self._process.poll() is not None and not self._reader.is_alive():
                raise AssertionError(f"ended, no {text!r} in {self.lines}")
            time.sleep(_LOOK_S)

    def open(self, port=None):
        """The port as pyserial gives it, reading with a short timeout; close it."""
        opened = serial.serial_for_url(port or self.path, baudrate=115200, timeout=0.05)
        # What is sent before the terminal is known to be open is lost
        time.sleep(_OPEN_S)
        return opened

    def mpremote(self, *arguments, port=None, within_s=30):
        """What the real mpremote prints; AssertionError with all of it when it fails."""
        done = subprocess.run(
            [sys.executable, "-m", "mpremote", "connect", port or self.path, *arguments],
            capture_output=True,
            text=True,
            timeout=within_s,
            check=False,
        )
        assert done.returncode == 0, f"mpremote {arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def chip_pid(self):
        """The process that is the chip; AssertionError when there is none."""
        with open(f"/proc/{self.pid}/task/{self.pid}/children") as file:
            children = file.read().split()
        assert children, f"no chip runs: {self.lines}"
        return int(children[0])

    def kill_chip(self):
        """SIGKILL for the chip's process: power is gone in the middle of whatever it does."""
        os.kill(self.chip_pid(), signal.SIGKILL)

    def flash(self):
        """Content of the whole flash."""
        return (self.folder / "flash.bin").read_bytes()

    def file(self, path):
        """Content of one file on the pile, read from its flash; no program may be writing there."""
        return file_on(self.flash(), path)

    def end(self, by_itself=False):
        """End it, or wait for its end after the word `quit`; exit status."""
        if not by_itself:
            self._process.terminate()
        try:
            status = self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._reader.join(_END_S)
        self._process.stdin.close()
        self._process.stdout.close()
        return status


def read_until(port, ending, within_s=10):
    """What comes from an open port up to and with `ending`; AssertionError with what came instead."""
    data = b""
    until_s = time.monotonic() + within_s
    while not data.endswith(ending):
        assert time.monotonic() < until_s, (
            f"no {ending!r} within {within_s} s, but {data[-2000:]!r}"
        )
        data += port.read(1)
    return data


def flash_with(files):
    """Content of a flash: `files` {path: text or bytes}, a build's folder, or None for blank files."""
    return flash_of(tree(files) if hasattr(files, "rglob") else files)
