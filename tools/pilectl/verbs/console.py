"""pilectl console: the pile's console in this terminal; Ctrl-] leaves."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from serial.tools.miniterm import Miniterm

from ..port.port_error import PortError
from ..port.port_words import add_port_words, opened


def add(verbs: Any) -> None:
    """The words of console."""
    verb = verbs.add_parser("console", help="talk to a pile; Ctrl-] leaves")
    add_port_words(verb)
    verb.set_defaults(do=run)


def run(args: argparse.Namespace) -> int:
    """Open, connect both ways, until Ctrl-]."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise PortError(
            "The console wants a terminal: programs ask `pilectl doctor --json` or `pilectl logs --csv`."
        )
    with opened(args) as pile:
        # Names what hangs on the port when it is no pile
        status = pile.greet()
        print(f"{status.get('station')} on {pile.name}: `help` lists the commands, Ctrl-] leaves")
        terminal = Miniterm(pile.serial, echo=False, eol="cr", filters=("direct",))
        terminal.set_rx_encoding("UTF-8", "replace")
        terminal.set_tx_encoding("UTF-8", "replace")
        terminal.start()
        try:
            terminal.join(True)
        finally:
            terminal.stop()
            terminal.join()
            terminal.console.cleanup()
    print()
    return 0
