"""Which serial port the pile hangs on: the one named, the one of PILECTL_PORT, or the only one there is."""

from __future__ import annotations

import os

from serial.tools.list_ports import comports

# Where the port stands when it is not on the command line
VARIABLE = "PILECTL_PORT"


class PortError(Exception):
    """There is no pile to talk to at the port; the text is one sentence that says what to do."""


def find_port(wanted: str | None) -> str:
    """A port for pyserial; PortError lists what there is when it is not clear which one is meant."""
    named = wanted or os.environ.get(VARIABLE, "")
    if named and named != "auto":
        return named
    # A port without a USB number is one of the computer's own and has no pile
    found = sorted(port.device for port in comports() if port.vid is not None)
    if not found:
        raise PortError(
            "No serial port is there: plug the USB cable into the pile, take one that carries data, "
            "and install the driver of the board's USB chip."
        )
    if len(found) > 1:
        raise PortError(
            f"There are several serial ports: say which one is the pile, {' or '.join(found)}, "
            f"on the command line or in {VARIABLE}."
        )
    return str(found[0])
