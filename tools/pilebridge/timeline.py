"""When a journal record happened, for piles whose clock was not set at the time.

A record carries boot and uptime always, UTC only when the pile knew it. A known pair of the same
boot places the others; without one the time of receipt serves, and the result says so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pilebridge.model import Record

# Where a pair comes from: another record, an unsealed message of the pile, or the bridge's clock
SOURCES = ("record", "state", "receipt")


@dataclass(frozen=True)
class Anchor:
    """A moment at which uptime and UTC of one boot were known together; `seq` names a record."""

    boot: int
    up: int
    utc: int
    source: str = "record"
    seq: int = 0


@dataclass(frozen=True)
class Placed:
    """UTC of each record, and the anchors used that are not among the records themselves."""

    times: list[int]
    used: list[Anchor]

    @property
    def estimated(self) -> bool:
        """True when the time of receipt had to serve."""
        return any(anchor.source == "receipt" for anchor in self.used)


def place(records: Sequence[Record], anchors: Iterable[Anchor] = ()) -> Placed:
    """When each record happened, in order of seq."""
    known: dict[int, list[tuple[Anchor, bool]]] = {}
    for record in records:
        if record.utc is not None:
            anchor = Anchor(record.boot, record.up, record.utc, "record", record.seq)
            known.setdefault(record.boot, []).append((anchor, True))
    for anchor in anchors:
        known.setdefault(anchor.boot, []).append((anchor, False))
    last_of_boot = {record.boot: record for record in records}
    times: list[int] = []
    used: dict[Anchor, None] = {}
    for record in records:
        if record.utc is not None:
            times.append(record.utc)
            continue
        if record.boot not in known:
            # Uptime still gives the distance to the newest record of the boot
            last = last_of_boot[record.boot]
            receipt = Anchor(record.boot, last.up, last.received_utc, "receipt", last.seq)
            known[record.boot] = [(receipt, False)]
        near, own = min(known[record.boot], key=lambda pair: abs(pair[0].up - record.up))
        times.append(near.utc + record.up - near.up)
        if not own:
            used[near] = None
    return Placed(times, list(used))
