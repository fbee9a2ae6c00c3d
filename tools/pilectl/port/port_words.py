"""The words of every verb that talks to a pile."""

from __future__ import annotations

import argparse
import os

from .pile_port import BAUDRATE, PilePort
from .port_error import PortError
from .ports import NoPortError, find

# Where the service code stands when it is not on the command line, which others on the computer can see
CODE_VARIABLE = "PILECTL_CODE"


def add_port_words(verb: argparse.ArgumentParser, before: str = "", what: str = "") -> None:
    """Port and service code; with `before` the name and meaning of a word that follows the port."""
    verb.add_argument(
        "port",
        nargs="?",
        help="serial port or socket://HOST:PORT; the only USB one there is without",
    )
    if before:
        verb.add_argument(before, help=what)
    verb.add_argument(
        "--code", default=os.environ.get(CODE_VARIABLE, ""), help="the pile's service code"
    )
    verb.add_argument("--baud", type=int, default=BAUDRATE, help=argparse.SUPPRESS)


def opened(args: argparse.Namespace) -> PilePort:
    """The pile that the words mean; PortError when there is none."""
    return PilePort(find_port(args.port), args.baud, code=args.code)


def find_port(named: str | None) -> str:
    """The port named, that of PILECTL_PORT, or the only one there is; PortError."""
    try:
        return find(named)
    except NoPortError as error:
        raise PortError(f"{error}.") from None
