"""One file for each verb: `add(verbs)` puts its words on the command line. Found by being here."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
from typing import Any


def add_all(verbs: Any) -> None:
    """Put every verb of this folder on the command line, in the order of their names."""
    for name in sorted(module.name for module in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{name}").add(verbs)


def port_words(verb: argparse.ArgumentParser) -> None:
    """The words of every verb that talks to a pile."""
    verb.add_argument(
        "port", nargs="?", help="serial port or socket://HOST:PORT, else the only one"
    )
    verb.add_argument("--code", default="", help="service code of the pile")
    verb.add_argument("--baud", type=int, default=115200, help=argparse.SUPPRESS)
