"""The central system's table of transactions against the pile's journal, and what it complained of.

What no station can help, and what is excused therefore:
- `time_back`, when the clock of the bridge was set, which the pile's follows, or when the pile lost its supply
  before it had a clock: what it wrote then is placed by when it was received;
- `register_back`, when the meter was replaced or its register stepped back;
- `boot_too_early`, when the rejection never came to the station, or when bridge or pile started anew in the pause
  after it: that is a boot of its own;
- a message that comes again when its answer never came, came too late, was an early one that is not believed,
  or came to a bridge that was killed before it could note it. The central system knows it by its content.
"""

import json
from collections import Counter
from itertools import pairwise

from .central import CALL_TIMEOUT_S, INTERVAL_S
from .pile import STATION

# `started_by` of the transactions that belong to the central system
BY_REMOTE, BY_CARD = "ocpp", "rfid"
OWN = (BY_REMOTE, BY_CARD)
_WITH_REGISTER = ("tx_charging", "tx_sample", "tx_resume", "tx_ending")
_OFF_S = 1.0
# The pile's clock is set to whole seconds and writes whole seconds
_CLOCK_S = 2.1
# What stands in the central system's table; equal meter values may well be two
_ONCE = ("StartTransaction", "StopTransaction", "TransactionEvent")
# Lines of the bridge that only a defect writes
_DEFECTS = (
    "the station failed",
    "a task failed",
    "of ours is wrong",
    "is wrong: ",
    " is given up: ",
)


def waiting(ledger):
    """What the central system is still owed, "" for nothing."""
    due = sum(row["state"] == "due" for row in ledger.queue)
    return "%d facts wait for the central system" % due if due else ""


def own(ledger):
    """Rows of the transactions that belong to the central system, in their order."""
    rows = [row for row in ledger.transactions if row["started_by"] in OWN]
    return sorted(rows, key=lambda row: row["start_seq"])


def figures(bench, ledger):
    """What a run amounted to there, for the summary."""
    if not bench.centrals:
        return {}
    central = bench.centrals[0]
    found = central.store.of(STATION)
    return {
        "ocpp transactions": len(found),
        "ocpp wh": sum(row["stop_wh"] - row["start_wh"] for row in own(ledger) if row["cdr"]),
        "ocpp messages that came again": sum(item.resent for item in found),
        "starts of the central system": central.starts,
    }


def compare(bench, ledger, ends):
    """Sentences about everything that does not agree."""
    if not bench.centrals:
        return []
    central = bench.centrals[0]
    misses = ["the bridge says: %s" % text for _us, text in bench.log if _is_defect(text)]
    misses += ["%s was given up: %s" % (row["tx"], row["event"]) for row in ledger.queue]
    misses += _table(bench, central, ledger, {end.row["tx"]: end for end in ends})
    misses += _complaints(bench, central, any(row["estimated"] for row in own(ledger)))
    misses += _repeated(bench, central)
    return misses


def _is_defect(text):
    return text.startswith("bridge: ocpp") and any(word in text for word in _DEFECTS)


def _table(bench, central, ledger, ends):
    """None lost, none doubled, none invented, in order, and each as in the journal."""
    misses = []
    items = {item.id: item for item in central.store.of(STATION)}
    names = {row["tx"]: row["transaction_id"] for row in ledger.stations_transactions if row["tx"]}
    rows = own(ledger)
    wanted = [names.get(row["tx"], "") for row in rows]
    for row, name in zip(rows, wanted, strict=True):
        if name not in items:
            misses.append("transaction %s (%r) is not at the central system" % (row["tx"], name))
        else:
            misses += _item(bench, central, ledger, row, items[name], ends.get(row["tx"]))
    misses += [
        "the central system has a transaction %s of nobody: %s" % (item.id, item.view())
        for item in items.values()
        if item.id not in wanted
    ]
    misses += _starts(central, items.values())
    if not misses and list(items) != wanted:
        misses.append("the central system has %s, the journal %s" % (list(items), wanted))
    return misses


def _starts(central, items):
    """What was accepted has run; what was asked for so often ran no oftener."""
    misses = []
    ran = Counter(item.token for item in items)
    for token, answers in central.asked.items():
        if True in answers and not ran[token]:
            misses.append("the start of %s was accepted and never ran" % token)
        if ran[token] > len(answers):
            misses.append("%s ran %d times, asked for were %d" % (token, ran[token], len(answers)))
    return misses


def _item(bench, central, ledger, row, item, end):
    """One transaction of both sides; all that is compared is what the pile wrote."""
    pairs = [
        ("start Wh", item.start_wh, row["start_wh"], 0),
        ("end Wh", item.end_wh, row["stop_wh"], 0),
    ]
    # What the pile wrote without a clock, and lost its supply before it had one, nobody can place
    if not row["estimated"]:
        pairs.append(("start", item.start_utc, row["start_utc"], _OFF_S))
        pairs.append(("end", item.end_utc, row["stop_utc"], _OFF_S))
        if end is not None and not bench.stepped:
            late_s = _CLOCK_S + 2 * bench.weather.worst_s
            pairs.append(("true start", item.start_utc, end.start.utc, late_s))
            pairs.append(("true end", item.end_utc, end.stop.utc, late_s))
    misses = [
        "%s is %s, must be %s" % (name, told, true)
        for name, told, true, off in pairs
        if told is None or abs(told - true) > off
    ]
    if item.version == "ocpp2.0.1" and item.numbers != list(range(len(item.numbers))):
        misses.append("its numbers are %s" % item.numbers)
    misses += _whose(bench, central, row, item) + _readings(ledger, row, item)
    return ["transaction %s (%s): %s" % (row["tx"], item.id, text) for text in misses]


def _whose(bench, central, row, item):
    """The token that was shown or sent, and nobody is charged for a start that was never asked for."""
    if row["started_by"] == BY_CARD:
        shown = item.token == row["ref"] and item.token in bench.shown
        return [] if shown else ["its token is %s, no card that was shown" % item.token]
    if item.token not in central.asked:
        return ["nobody asked for a start of %s" % item.token]
    sent = central.remote_ids.get(item.token, [None])
    wrong = item.version == "ocpp2.0.1" and item.remote_start_id not in sent
    return ["its start is %s, sent were %s" % (item.remote_start_id, sent)] if wrong else []


def _readings(ledger, row, item):
    """Every register that the journal has of it before its end was told."""
    told = {sample.wh for sample in item.samples}
    return [
        "the register %d of %s was not told" % (record["wh"], record["kind"])
        for record in ledger.of_transaction(row["tx"])
        if record["kind"] in _WITH_REGISTER and record.get("wh") is not None
        if record["wh"] not in told
    ]


def _complaints(bench, central, estimated):
    """Every rule that was broken, but what no station can help."""
    complaints = central.books.complaints
    return [
        "complaint %s: %s" % (complaint.rule, complaint.text)
        for complaint, at_s in zip(complaints, complaints.at_s, strict=True)
        if not _excused(bench, central, complaint.rule, at_s, estimated)
    ]


def _excused(bench, central, rule, at_s, estimated):
    if rule == "time_back":
        return bench.stepped or estimated
    if rule == "register_back":
        return bench.pile.meter.replacements > 0
    if rule == "boot_too_early":
        starts_s = bench.bridge.killed_s + bench.pile.started_s
        anew = any(at_s - INTERVAL_S <= start_s <= at_s for start_s in starts_s)
        return anew or not _heard_boot(central, at_s)
    return False


def _heard_boot(central, at_s):
    """True when the station had the answer to the boot notification before the one that came at a moment."""
    calls = central.calls.values()
    boots = [call for call in calls if call.action == "BootNotification" and call.at_s <= at_s]
    return len(boots) > 1 and boots[-2].answered_s is not None


def _repeated(bench, central):
    """A message that was answered is sent again only by a bridge that died before it could note that."""
    misses, of_content = [], {}
    for heard in central.calls.values():
        if heard.action in _ONCE:
            # How it is sent is no part of what happened
            content = {name: value for name, value in heard.payload.items() if name != "offline"}
            of_content.setdefault(json.dumps(content, sort_keys=True), []).append(heard)
    for content, calls in of_content.items():
        for before, after in pairwise(calls):
            if not _answered(before):
                continue
            died = any(before.answered_s <= at_s <= after.at_s for at_s in bench.bridge.killed_s)
            if not died:
                misses.append("was answered and came again: %s" % content)
    return misses


def _answered(heard):
    """True for an answer that came in time and is believed."""
    if heard.answer is None or heard.answered_s - heard.at_s > CALL_TIMEOUT_S - 1:
        return False
    number = heard.answer.get("transactionId", 1)
    return number > 0 and heard.answer.get("idTagInfo", {}).get("status") != "Invalid"
