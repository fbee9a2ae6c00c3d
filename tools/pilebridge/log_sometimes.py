"""A log line that cannot fill the disk."""

import logging

log = logging.getLogger(__name__)


def log_sometimes(count: int, text: str, *values: object) -> None:
    """Warn the 1st, 2nd, 4th, 8th time something happens."""
    if count & (count - 1) == 0:
        log.warning("%s (%d so far)", text % values, count)
