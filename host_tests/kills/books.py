"""Compares the books to the watt-hour and the fen: meter, flash, bridge and platform must say the same."""

import json
from collections import Counter
from decimal import Decimal


def mismatches(facts):
    """Sentences about what does not agree, none when the books are equal."""
    rules = (_meter, _journal, _transactions, _orders, _bills, _evidence)
    return [sentence for rule in rules for sentence in rule(facts)]


def table(facts):
    """Lines of the books beside each other, a line per transaction and the sums."""
    lines = ["%-14s %-27s %9s %9s %6s %6s %6s %5s  %s" % _HEAD]
    for item in facts.transactions:
        bill = facts.bills.get(item.ref)
        billed = (bill["energy_kwh"], bill["total_yuan"]) if bill else ("-", "-")
        energy = item.cdr.energy_wh if item.cdr else "-"
        fen = item.cdr.total_fen if item.cdr else "-"
        row = (item.tx, item.ref, item.start_wh, item.stop_wh, energy, *billed, fen, item.reason)
        lines.append("%-14s %-27s %9s %9s %6s %6s %6s %5s  %s" % row)
    billed = [facts.bills[ref] for ref in sorted(facts.bills)]
    ended = [item.cdr for item in facts.transactions if item.cdr]
    moved_wh = facts.last_wh - facts.first_wh
    meter = "meter     %d -> %d, moved %d Wh" % (facts.first_wh, facts.last_wh, moved_wh)
    bridge = "bridge    %d transactions, %d Wh, %d fen" % (
        len(facts.transactions),
        sum(cdr.energy_wh for cdr in ended),
        sum(cdr.total_fen for cdr in ended),
    )
    platform = "platform  %d bills, %d Wh, %d fen" % (
        len(billed),
        sum(_wh(bill) for bill in billed),
        sum(_fen(bill) for bill in billed),
    )
    begun = {item.ref for item in facts.transactions}
    never = Counter(order.state for order in facts.orders if order.ref not in begun)
    states = ", ".join("%d %s" % (never[state], state) for state in sorted(never)) or "none"
    journal = "journal   %d records, %s" % (
        facts.flash.next_seq - 1,
        "all committed" if not list(_journal(facts)) else "NOT all committed",
    )
    return [*lines, meter, bridge, platform, journal, "orders without a transaction: " + states]


# The register may move between the contactor's closing and the record of it
_ROUNDING_WH = 10
_HEAD = ("transaction", "reference", "start Wh", "stop Wh", "Wh", "kWh", "yuan", "fen", "ended by")


def was_told_failed(order):
    """True when the platform had the answer that this start failed."""
    return order.answer is not None and json.loads(order.answer)["SuccStat"] != 0


def _meter(facts):
    moved_wh = facts.last_wh - facts.first_wh
    energy_wh = sum(item.cdr.energy_wh for item in facts.transactions if item.cdr)
    if moved_wh != energy_wh:
        yield "meter: moved %d Wh, the bridge's transactions took %d Wh" % (moved_wh, energy_wh)
    register_wh = facts.first_wh
    for item in facts.transactions:
        # From the end of one to the start of the next nothing flows
        if item.start_wh != register_wh:
            yield "%s: begins at %d Wh, the meter stood at %d" % (
                item.tx,
                item.start_wh,
                register_wh,
            )
        register_wh = item.stop_wh


def _journal(facts):
    if list(facts.journals) != [facts.flash.life]:
        yield "journal: the pile's life is %s, the bridge knows %s" % (
            facts.flash.life,
            sorted(facts.journals),
        )
    upto = facts.journals.get(facts.flash.life, 0)
    if upto != facts.flash.next_seq - 1:
        yield "journal: committed up to %d, the pile's last record is %d" % (
            upto,
            facts.flash.next_seq - 1,
        )
    for seq in facts.unequal:
        yield "journal: record %d is not on the pile's flash as the bridge has it" % seq
    for text in facts.alarms:
        yield "alarm at the bridge: " + text


def _transactions(facts):
    for item in facts.transactions:
        if item.cdr is None:
            yield "%s: never ended" % item.tx
        elif item.cdr.energy_wh != item.stop_wh - item.start_wh:
            yield "%s: %d Wh, its registers %d" % (
                item.tx,
                item.cdr.energy_wh,
                item.stop_wh - item.start_wh,
            )
        elif item.charging_utc is None and item.cdr.energy_wh > _ROUNDING_WH:
            yield "%s: took %d Wh, and nothing said that it charges" % (
                item.tx,
                item.cdr.energy_wh,
            )
    refs = Counter(item.ref for item in facts.transactions)
    for ref in [ref for ref in refs if refs[ref] > 1]:
        yield "%s: has %d transactions" % (ref, refs[ref])


def _orders(facts):
    """Each transaction has its order, and what ended was billed; once, or not at all if it was nothing."""
    by_ref = {order.ref: order for order in facts.orders}
    for item in facts.transactions:
        order = by_ref.pop(item.ref, None)
        if order is None:
            yield "%s: no order has its reference %s" % (item.tx, item.ref)
            continue
        if order.tx != item.tx or order.state != "ended":
            yield "%s: its order is %s, of transaction %s" % (item.tx, order.state, order.tx)
        pushes = facts.order_pushes.get(item.ref, 0)
        nothing = item.cdr is not None and not item.cdr.energy_wh
        if pushes != 1 and (pushes or not nothing or not was_told_failed(order)):
            yield "%s: %d bills left the bridge" % (item.ref, pushes)
        if facts.taken.get(item.ref, 0) != pushes:
            yield "%s: %d bills left the bridge, the platform took %d" % (
                item.ref,
                pushes,
                facts.taken.get(item.ref, 0),
            )
    for order in by_ref.values():
        if order.state not in ("refused", "failed") or order.tx:
            yield "%s: is %s and has no transaction" % (order.ref, order.state)


def _bills(facts):
    by_ref = {item.ref: item for item in facts.transactions}
    for ref in sorted(facts.bills.keys() | facts.taken.keys() | facts.order_pushes.keys()):
        if ref not in by_ref:
            yield "%s: billed, and has no transaction" % ref
    for ref, bill in sorted(facts.bills.items()):
        cdr = by_ref[ref].cdr if ref in by_ref else None
        if cdr is None:
            continue
        stated, own = (_wh(bill), _fen(bill)), (cdr.energy_wh, cdr.total_fen)
        if stated != own:
            yield "%s: billed %d Wh and %d fen, the bridge has %d Wh and %d fen" % (
                ref,
                *stated,
                *own,
            )
    for ref in sorted(facts.order_pushes.keys() - facts.bills.keys()):
        yield "%s: a bill left the bridge, and the platform has none" % ref
    for text in facts.violations:
        yield "the platform found: " + text


def _evidence(facts):
    for tx, problems in facts.evidence.items():
        for text in problems:
            yield "evidence of %s: %s" % (tx, text)


def _wh(bill):
    return int(Decimal(bill["energy_kwh"]) * 1000)


def _fen(bill):
    return int(Decimal(bill["total_yuan"]) * 100)
