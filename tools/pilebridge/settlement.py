"""A finished transaction settled from its records alone: times, readings, the bill, what is estimated.

The bridge settles with this, and whoever checks the evidence of a bill does the same again.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pilebridge.billing import Tariff, bill
from pilebridge.model import ChargeDetailRecord, Reading, Record
from pilebridge.timeline import Anchor, place

# Why a bill is marked estimated
TIME = "the pile did not know the time, and the time of receipt serves"
LOST = "records between start and stop are lost or cannot be used"
RESUMED = "the meter moved while the pile had no power"
NO_STOP = "the pile forgot the charge, and it ends at its last record"
HELD = "a reading steps back or lies outside of start and stop"


@dataclass(frozen=True)
class Settlement:
    """`readings` stand in order of the records; `anchors` are those that placed any of them."""

    readings: list[Reading]
    anchors: list[Anchor]
    reasons: list[str]
    cdr: ChargeDetailRecord


def settle(
    records: Sequence[Record], anchors: Iterable[Anchor], tariff: Tariff, missing: int
) -> Settlement:
    """Settle the records of one transaction from its start to its last, each with a register.

    `missing` counts the numbers in between that no usable record has.
    """
    placed = place(records, anchors)
    readings = [
        Reading(utc, record.wh or 0) for utc, record in zip(placed.times, records, strict=True)
    ]
    cdr = bill(readings, tariff)
    resumed = any(r.kind == "tx_resume" and r.fields.get("lost_wh") for r in records)
    found = (
        (TIME, placed.estimated),
        (LOST, missing > 0),
        (RESUMED, resumed),
        (NO_STOP, records[-1].kind != "tx_stop"),
        (HELD, cdr.estimated),
    )
    reasons = [reason for reason, holds in found if holds]
    return Settlement(readings, placed.used, reasons, replace(cdr, estimated=bool(reasons)))


def basis_text(settlement: Settlement, upto_id: int) -> str:
    """JSON of what a settlement stood on, to settle the same again when more is known."""
    rows = [(a.boot, a.up, a.utc, a.source, a.seq) for a in settlement.anchors]
    return json.dumps({"upto_id": upto_id, "anchors": rows, "reasons": settlement.reasons})


def read_basis(text: str) -> tuple[int, list[Anchor], list[str]]:
    """(last row of the journal that was there, anchors, reasons) of basis_text()."""
    basis: dict[str, Any] = json.loads(text)
    return basis["upto_id"], [Anchor(*row) for row in basis["anchors"]], basis["reasons"]
