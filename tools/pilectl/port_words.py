"""The words of every verb that talks to a pile."""

from __future__ import annotations

import argparse

from .pile_port import BAUDRATE, PilePort
from .ports import find_port


def add_port_words(verb: argparse.ArgumentParser) -> None:
    """Port and service code."""
    verb.add_argument(
        "port",
        nargs="?",
        help="serial port or socket://HOST:PORT; the only USB one there is without",
    )
    verb.add_argument("--code", default="", help="the pile's service code")
    verb.add_argument("--baud", type=int, default=BAUDRATE, help=argparse.SUPPRESS)


def opened(args: argparse.Namespace) -> PilePort:
    """The pile that the words mean; PortError when there is none."""
    return PilePort(find_port(args.port), args.baud, code=args.code)
