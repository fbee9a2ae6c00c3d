"""The verbs of a technician at a pile, collected."""

from __future__ import annotations

from typing import Any

from . import backup, commission, console, doctor, logs, provision, restore, update


def add(verbs: Any) -> None:
    """Add them all to pilectl's parser."""
    for verb in (provision, doctor, commission, console, logs, backup, restore, update):
        verb.add(verbs)
