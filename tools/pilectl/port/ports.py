"""Which serial port the board is on."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from serial.tools import list_ports

VARIABLE = "PILECTL_PORT"
# What the Makefile says when nobody named one
_ANY = "auto"


class NoPortError(Exception):
    """No port, or more than one; the text says what to do."""


def find(
    named: str | None,
    found: Sequence[Any] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> str:
    """The port named on the command line or in PILECTL_PORT, else the only USB one there is; NoPortError.

    `found` are ports as pyserial lists them.
    """
    if named and named != _ANY:
        return named
    if environment.get(VARIABLE):
        return environment[VARIABLE]
    ports = list_ports.comports() if found is None else found
    # A port of the computer itself has no USB numbers, and no board is on it
    usb = sorted(
        (port for port in ports if port.vid is not None), key=lambda port: str(port.device)
    )
    if len(usb) == 1:
        return str(usb[0].device)
    if usb:
        listed = "; ".join(f"{port.device} ({port.description})" for port in usb)
        raise NoPortError(
            f"{len(usb)} serial ports: {listed}: name one on the command line or in {VARIABLE}, "
            f"for example {usb[0].device}"
        )
    raise NoPortError(
        "no serial port: plug the board in with a USB cable that carries data, install the driver of its USB "
        f"bridge (CP210x, CH340) if the system has none, or name the port on the command line or in {VARIABLE}"
    )


def simulated(port: str) -> bool:
    """Whether a port is a program's: it has no reset lines, and no processor that could run esptool's stub."""
    return "://" in port or os.path.realpath(port).startswith("/dev/pts/")
