"""The books after a run: meter, journal, bridge, bill and platform, compared to the watt-hour and the fen.

`compare(bench)` gives one sentence per miss; none is the only good result. `settled(bench)` says when it is time.
"""

import json
import sqlite3
from itertools import pairwise

from evse.core import records

from . import central_books, money

ACCEPTED, ENDED = 0, 4


class Ledger:
    """What the bridge's database file holds, read without its code."""

    def __init__(self, path="bridge.sqlite"):
        conn = sqlite3.connect(path)
        conn.row_factory = sqlite3.Row
        try:
            rows = conn.execute("select * from journal order by life, seq").fetchall()
            self.journal = [(row["life"], row["seq"], bytes(row["body"])) for row in rows]
            self.transactions = [dict(row) for row in conn.execute("select * from transactions")]
            self.outbox = [dict(row) for row in conn.execute("select * from outbox")]
            self.orders = {row["ref"]: dict(row) for row in conn.execute("select * from orders")}
            self.stations_transactions = _all(conn, "ocpp_transactions")
            self.queue = _all(conn, "ocpp_queue")
            self.alarms = [dict(row) for row in conn.execute("select * from alarms")]
        finally:
            conn.close()

    def of_transaction(self, tx):
        """Records of one transaction as dicts, in order."""
        found = [(life, records.decode(body)) for life, _seq, body in self.journal]
        return [record for life, record in found if name_of(life, record) == tx]


def _all(conn, table):
    return [dict(row) for row in conn.execute("select * from %s" % table)]


def name_of(life, record):
    """Name of the transaction that a record belongs to: its life and the number of its first record."""
    return "%s-%d" % (life, record["tx"]) if "tx" in record else ""


def settled(bench):
    """True once everything that was written has had its effect everywhere."""
    return not waiting(bench)


def waiting(bench):
    """What is still under way, "" for nothing."""
    station = bench.pile.station
    if station is None or not bench.bridge.running or bench.bridge.app is None:
        return "pile or bridge is off"
    if bench.pile.transaction is not None:
        return "a transaction runs"
    held = station.journal.figures()["waiting"]
    if held:
        return "%d records wait in the pile" % held
    if bench.bridge.assembly.open_transactions:
        return "the bridge has an open transaction"
    ledger = Ledger()
    due = [row for row in ledger.outbox if row["state"] == "due"]
    if due:
        return "%d messages wait for the platform" % len(due)
    owed = central_books.waiting(ledger)
    if owed:
        return owed
    open_orders = [ref for ref, row in ledger.orders.items() if row["state"] in _OPEN]
    return "orders without an end: %s" % open_orders if open_orders else ""


_OPEN = ("requested", "accepted")


def figures(bench):
    """What a run amounted to, for the summary."""
    ledger = Ledger()
    return {
        "records": len(ledger.journal),
        "transactions": len(ledger.transactions),
        "orders": len(bench.platform.orders),
        "wh": sum(row["stop_wh"] - row["start_wh"] for row in ledger.transactions if row["cdr"]),
        "boots of the pile": bench.pile.boots,
        "starts of the bridge": bench.bridge.starts,
        "virtual seconds": int(bench.now_s),
        **central_books.figures(bench, ledger),
    }


def compare(bench):
    """Sentences about everything that does not agree."""
    ledger = Ledger()
    misses = journal(bench, ledger)
    ends = _ends(bench, ledger, misses)
    misses += energy(bench, ledger, ends)
    misses += _between(ends)
    misses += bills(ledger)
    misses += pushed(bench, ledger)
    misses += central_books.compare(bench, ledger, ends)
    return misses


def journal(bench, ledger):
    """Every record that the pile wrote is at the bridge, once, as it was written; and none that it did not."""
    misses = []
    held = {}
    for life, seq, body in ledger.journal:
        if (life, seq) in held:
            misses.append("record %s %d is stored twice" % (life, seq))
        held[life, seq] = records.decode(body)
    for name, attempts in bench.pile.attempts.items():
        written = [attempt.record for attempt in attempts if attempt.done]
        if written and name not in held:
            misses.append("record %s %d is lost: %s" % (*name, written[-1]))
    for name, record in held.items():
        attempts = bench.pile.attempts.get(name, ())
        if not any(_same(record, attempt.record) for attempt in attempts):
            misses.append("record %s %d was never written: %s" % (*name, record))
    return misses


def _same(stored, written):
    return all(stored.get(name) == value for name, value in written.items())


class _Ends:
    """Truth of one transaction: the attempts that became its first and last record."""

    def __init__(self, row, start, stop):
        self.row = row
        self.start = start
        self.stop = stop


def _ends(bench, ledger, misses):
    """Of every transaction in order; a tx_start that no transaction came from is a miss."""
    found = {}
    for life, seq, body in ledger.journal:
        record = records.decode(body)
        for attempt in bench.pile.attempts.get((life, seq), ()):
            if record["kind"] in ("tx_start", "tx_stop") and _same(record, attempt.record):
                # What comes behind the first end changes nothing any more
                tx = name_of(life, record)
                found.setdefault(tx, {}).setdefault(record["kind"], attempt)
    rows = {row["tx"]: row for row in ledger.transactions}
    for tx in found:
        if tx not in rows:
            misses.append("transaction %s is in no book of the bridge" % tx)
    ends = []
    for tx, row in rows.items():
        attempts = found.get(tx, {})
        if len(attempts) != 2:
            misses.append("transaction %s has records %s" % (tx, sorted(attempts)))
        elif row["cdr"] is None:
            misses.append("transaction %s has no bill" % tx)
        else:
            ends.append(_Ends(row, attempts["tx_start"], attempts["tx_stop"]))
    return sorted(ends, key=lambda end: end.row["start_seq"])


def energy(bench, ledger, ends):
    """Registers of start and stop are those of the meter, unless the meter itself was changed meanwhile."""
    misses = []
    for end in ends:
        row, start, stop = end.row, end.start, end.stop
        text = "transaction %s: " % row["tx"]
        if row["start_wh"] != start.true_wh and not start.doubtful:
            misses.append(text + "starts at %d, meter %d" % (row["start_wh"], start.true_wh))
        if row["stop_wh"] < row["start_wh"]:
            misses.append(text + "negative energy")
        sound = start.era == stop.era and not start.doubtful
        if sound and not row["fault"].startswith("meter_"):
            if row["stop_wh"] != stop.true_wh:
                misses.append(text + "stops at %d, meter %d" % (row["stop_wh"], stop.true_wh))
            continue
        read = [
            record["wh"]
            for record in ledger.of_transaction(row["tx"])
            if record["wh"] is not None and record["seq"] <= row["stop_seq"]
        ]
        if sound and row["stop_wh"] > stop.true_wh:
            misses.append(text + "invents energy: %d, meter %d" % (row["stop_wh"], stop.true_wh))
        if row["stop_wh"] < max(read[:-1]):
            misses.append(text + "stops at %d, but read %d" % (row["stop_wh"], max(read[:-1])))
    return misses


def _between(ends):
    """No energy flowed to a vehicle outside of transactions, and none is in two of them."""
    misses = []
    for before, after in pairwise(ends):
        name = "between %s and %s" % (before.row["tx"], after.row["tx"])
        flowed = after.start.flowed - before.stop.flowed
        if flowed:
            misses.append("%s %d W s flowed" % (name, flowed // 1_000_000))
        same_meter = before.start.era == after.stop.era
        doubtful = before.start.doubtful or after.start.doubtful
        if same_meter and not doubtful and before.row["stop_wh"] > after.row["start_wh"]:
            misses.append("%s energy is billed twice" % name)
    return misses


def bills(ledger):
    """The bill is what the records and the tariff give, computed here once more."""
    misses = []
    for row in ledger.transactions:
        if row["cdr"] is None:
            continue
        text = money.differs(json.loads(row["cdr"]), row, ledger.of_transaction(row["tx"]))
        if text:
            misses.append("bill of %s: %s" % (row["tx"], text))
    return misses


def pushed(bench, ledger):
    """Exactly one order per reference that took energy, equal to the bill; none twice, none of nobody."""
    misses = []
    platform = bench.platform
    by_ref = {}
    for row in ledger.transactions:
        if row["ref"] and row["started_by"] not in central_books.OWN:
            by_ref.setdefault(row["ref"], []).append(row)
    for ref, rows in by_ref.items():
        if len(rows) > 1:
            misses.append("%s has %d transactions" % (ref, len(rows)))
        orders = platform.orders.get(ref, [])
        misses += _orders_of(ref, orders, json.loads(rows[0]["cdr"] or "{}"))
        misses += _repeated(bench, ref, orders)
    for ref in platform.orders:
        if ref not in by_ref:
            misses.append("order %s without a transaction" % ref)
    for ref, answer in platform.asked.items():
        if answer == ACCEPTED and ref not in by_ref and platform.results.get(ref) != ENDED:
            misses.append("%s was accepted, never ran and was never given up" % ref)
    return misses


def _orders_of(ref, orders, bill):
    misses = []
    if bill.get("energy_wh") and not orders:
        misses.append("%s: no order, but %d Wh" % (ref, bill["energy_wh"]))
    for order in orders:
        text = money.order_differs(order.body, bill)
        if text:
            misses.append("order %s: %s" % (ref, text))
    if orders and not any(order.told == "confirmed" for order in orders):
        misses.append("order %s was never confirmed" % ref)
    return misses


def _repeated(bench, ref, orders):
    """An order that was confirmed is sent again only by a bridge that died before it could note that."""
    misses = []
    for before, after in pairwise(orders):
        if before.told != "confirmed":
            continue
        died = any(before.at_s <= at_s <= after.at_s for at_s in bench.bridge.killed_s)
        if not died:
            misses.append("order %s was sent again after it was confirmed" % ref)
    return misses
