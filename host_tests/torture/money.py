"""Bills computed once more, from the journal's records and the tariff's text alone, by another way of reckoning."""

from decimal import Decimal
from itertools import pairwise

_DAY_S = 86400
_STEP_WH = 10


def differs(bill, row, records):
    """What of a bill does not follow from its records, "" when all does."""
    energy_wh = (row["stop_wh"] - row["start_wh"]) // _STEP_WH * _STEP_WH
    if bill["energy_wh"] != energy_wh:
        return "%d Wh, registers say %d" % (bill["energy_wh"], energy_wh)
    for name in ("energy_wh", "energy_fen", "service_fen"):
        if bill[name] != sum(line[name] for line in bill["lines"]):
            return "%s is not the sum of its lines" % name
    for line in bill["lines"]:
        text = _line_differs(line)
        if text:
            return text
    if bill["estimated"] or any(record["utc"] is None for record in records):
        return ""
    return _split_differs(bill, row, records)


def _line_differs(line):
    for kind in ("energy", "service"):
        # Half up, in 1e-4 yuan per kWh: fen are Wh x price / 100000
        exact = Decimal(line["energy_wh"] * line[kind + "_price"]) / 100_000
        fen = int(exact + Decimal("0.5"))
        if line[kind + "_fen"] != fen:
            return "%s of a line is %d fen, must be %d" % (kind, line[kind + "_fen"], fen)
    return ""


def _split_differs(bill, row, records):
    """Each line's energy is what the register moved between its edges, by the readings around them."""
    first, last = row["start_utc"], row["stop_utc"]
    points = []
    for record in records:
        if record["wh"] is not None:
            points.append((record["utc"], record["wh"]))
    if points != sorted(points):
        # A clock that was stepped, a register that stepped: the bridge marks such bills
        return "not marked as estimated" if _disordered(points) else ""
    edges = [line["start_utc"] for line in bill["lines"]] + [last]
    if edges[0] != first:
        return "begins at %d, must be %d" % (edges[0], first)
    done_wh = 0
    for line, end in zip(bill["lines"], edges[1:], strict=True):
        at_wh = row["stop_wh"] if end == last else _at(points, end)
        total_wh = (at_wh - row["start_wh"]) // _STEP_WH * _STEP_WH
        if line["energy_wh"] != total_wh - done_wh:
            return "line from %d has %d Wh, must be %d" % (
                line["start_utc"],
                line["energy_wh"],
                total_wh - done_wh,
            )
        done_wh = total_wh
    return ""


def _disordered(points):
    return any(a[0] > b[0] or a[1] > b[1] for a, b in pairwise(points))


def _at(points, utc):
    """Register at a moment: the last reading up to it, and its share of the way to the next."""
    before = [point for point in points if point[0] <= utc][-1]
    after = [point for point in points if point[0] > utc]
    if before[0] == utc or not after:
        return before[1]
    left, right = before, after[0]
    return left[1] + (right[1] - left[1]) * (utc - left[0]) // (right[0] - left[0])


def order_differs(body, bill):
    """What an order says otherwise than the bill, "" for nothing."""
    rows = (
        ("TotalPower", Decimal(bill["energy_wh"]) / 1000),
        ("TotalElecMoney", Decimal(bill["energy_fen"]) / 100),
        ("TotalSeviceMoney", Decimal(bill["service_fen"]) / 100),
        ("TotalMoney", Decimal(bill["energy_fen"] + bill["service_fen"]) / 100),
        ("SumPeriod", len(bill["lines"])),
    )
    for name, wanted in rows:
        if Decimal(str(body[name])) != wanted:
            return "%s is %s, must be %s" % (name, body[name], wanted)
    details = sum(Decimal(str(line["DetailPower"])) for line in body["ChargeDetails"])
    return "" if details == rows[0][1] else "details sum up to %s" % details
