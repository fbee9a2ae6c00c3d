"""pilectl faults: the page of all faults, docs/faults.md."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from .. import fault_page


def add(verbs: Any) -> None:
    """The words of faults."""
    verb = verbs.add_parser("faults", help="print the page of all faults, docs/faults.md")
    verb.set_defaults(do=run)


def run(_args: argparse.Namespace) -> int:
    """Print."""
    sys.stdout.write(fault_page.page())
    return 0
