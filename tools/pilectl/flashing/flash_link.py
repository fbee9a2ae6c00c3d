"""A connection of esptool to the loader of a chip: compare, read and write its flash, start it again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from serial import SerialException

from ..port.ports import simulated

BAUD = 460_800
_FIRST_BAUD = 115_200


class FlashError(Exception):
    """Flashing cannot go on; the text says why and what to do."""


class FlashLink:
    """The chip on `port` in its loader; use it in a `with`. FlashError from every call."""

    def __init__(self, port: str, stub: bool = True, baud: int = BAUD) -> None:
        # Slow to import
        from esptool import cmds
        from esptool.util import flash_size_bytes

        self.port = port
        self._cmds = cmds
        self._simulated = simulated(port)
        with _telling(port, "answers"):
            self._esp = cmds.connect_esp(
                port,
                initial_baud=_FIRST_BAUD,
                before="no-reset" if self._simulated else "default-reset",
            )
            # As esptool prints it: ESP32-S3
            self.chip = str(self._esp.CHIP_NAME)
            if stub and not self._simulated:
                self._esp = cmds.run_stub(self._esp)
            if not self._simulated:
                self._esp.change_baud(baud)
            cmds.attach_flash(self._esp)
            size = cmds.detect_flash_size(self._esp)
            self.flash_bytes = int(flash_size_bytes(size) or 0)
            if self.flash_bytes:
                self._esp.flash_set_parameters(self.flash_bytes)

    def __enter__(self) -> FlashLink:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._esp._port.close()

    def holds(self, at: int, data: bytes) -> bool:
        """Whether the flash has `data` at `at`: only its hash is sent."""
        with _telling(self.port, "is compared"):
            found: str = self._esp.flash_md5sum(at, len(data))
        return found == hashlib.md5(data).hexdigest()

    def read(self, at: int, size: int) -> bytes:
        """`size` bytes from `at` on."""
        with _telling(self.port, "is read"):
            return bytes(self._esp.read_flash(at, size))

    def write(self, pieces: list[tuple[int, bytes]]) -> None:
        """Write and verify (address, bytes); addresses are whole sectors."""
        with _telling(self.port, "is written"):
            self._cmds.write_flash(self._esp, pieces, compress=True)

    def restart(self) -> None:
        """Let the chip start what is in its flash."""
        with _telling(self.port, "starts"):
            self._cmds.reset_chip(self._esp, "soft-reset" if self._simulated else "hard-reset")


@contextmanager
def _telling(port: str, doing: str) -> Iterator[None]:
    from esptool.util import FatalError

    try:
        yield
    except (FatalError, SerialException, OSError) as error:
        raise FlashError(sentence(port, doing, error)) from error


# What esptool says, and what a technician does about it; {port} and {doing} are filled in
_SAYINGS = (
    (
        r"Errno 2\b|FileNotFoundError|could not find|Errno 111|[Cc]onnection refused",
        "there is no port {port}: plug the board in, or name another port (without one, pilectl lists them)",
    ),
    (
        r"Permission denied|Errno 13\b",
        "you may not use {port}: add yourself to its group (sudo usermod -aG dialout $USER), log in again",
    ),
    (
        r"exclusively lock|Access is denied|Errno 16\b|Resource busy|Errno 11\b",
        "{port} is in use: close the other program (a terminal, an IDE, mpremote) and run the same command again",
    ),
    (
        r"Failed to connect",
        (
            "the board on {port} does not answer: hold BOOT, press EN shortly, let BOOT go, and run the same command "
            "again; if it stays silent, it may be the wrong port or a cable without data"
        ),
    ),
    (
        r"MD5 of file|region is empty",
        (
            "the flash on {port} does not hold what was written to it: run the same command again, and if this comes "
            "back, the board is broken"
        ),
    ),
)


def sentence(port: str, doing: str, error: Any) -> str:
    """What `error` of esptool means while the flash `doing`, and what to do next."""
    text = str(error)
    for pattern, saying in _SAYINGS:
        if re.search(pattern, text):
            return saying.format(port=port)
    short = text.strip().splitlines()[0].rstrip(".") if text.strip() else type(error).__name__
    if doing == "answers":
        return (
            f"the board on {port} cannot be used: {short}: press EN and run the same command again"
        )
    return (
        f"the connection to {port} broke off while the flash {doing} ({short}): see to cable and power and run "
        "the same command again, it goes on where it stopped"
    )
