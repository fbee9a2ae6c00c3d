"""When a journal record happened, for piles whose clock was not set at the time.

A record carries boot and uptime always, UTC only when the pile knew it. A known pair of the same
boot places the others; without one the time of receipt serves, and the result says so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pilebridge.model import Record


@dataclass(frozen=True)
class Anchor:
    """A moment at which uptime and UTC of one boot were known together."""

    boot: int
    up: int
    utc: int


def place(records: Sequence[Record], anchors: Iterable[Anchor] = ()) -> tuple[list[int], bool]:
    """UTC of each record in order of seq, and whether any of them is an estimate."""
    by_boot: dict[int, list[Anchor]] = {}
    for record in records:
        if record.utc is not None:
            by_boot.setdefault(record.boot, []).append(Anchor(record.boot, record.up, record.utc))
    for anchor in anchors:
        by_boot.setdefault(anchor.boot, []).append(anchor)
    last_of_boot = {record.boot: record for record in records}
    times, estimated = [], False
    for record in records:
        known = by_boot.get(record.boot)
        if record.utc is not None:
            times.append(record.utc)
        elif known:
            near = min(known, key=lambda anchor: abs(anchor.up - record.up))
            times.append(near.utc + record.up - near.up)
        else:
            # Uptime still gives the distance to the newest record of the boot
            last = last_of_boot[record.boot]
            times.append(last.received_utc - (last.up - record.up))
            estimated = True
    return times, estimated
