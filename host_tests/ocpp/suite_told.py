"""What a station has told of its charges and connectors, in one form for both versions."""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

REGISTER = "Energy.Active.Import.Register"


@dataclass
class Charge:
    """One transaction as the central system was told it; times in Unix seconds, registers in Wh."""

    token: str
    start_wh: float
    start_utc: float
    end_wh: float = 0
    end_utc: float = 0
    reason: str = ""
    # (time, register)
    samples: list = field(default_factory=list)
    numbers: list = field(default_factory=list)
    # Of all events of 2.0.1
    times: list = field(default_factory=list)
    again: int = 0

    @property
    def is_in_order(self):
        """Registers never step back, nor do times; event numbers (2.0.1) are those from 0 on."""
        walk = [(self.start_utc, self.start_wh), *self.samples, (self.end_utc, self.end_wh)]
        return all(
            a[0] <= b[0] and a[1] <= b[1] for a, b in pairwise(walk)
        ) and self.numbers == list(range(len(self.numbers)))


def seconds(text):
    """Unix seconds of a time."""
    return datetime.fromisoformat(text).timestamp()


def charges(b):
    """Every charge that the station told of, in the order of their starts; a repetition counts in `again`."""
    return _events(b) if b.new else _starts(b)


def _starts(b):
    found, again = {}, {}
    for row in b.said("StartTransaction"):
        key = (row["timestamp"], row["idTag"], row["meterStart"])
        again[key] = again.get(key, -1) + 1
        found[key] = Charge(row["idTag"], row["meterStart"], seconds(row["timestamp"]))
    rows = list(found.values())
    for charge, key in zip(rows, found, strict=True):
        charge.again = again[key]
    # Transactions come one behind the other, so the number of each is that of its order
    numbers = list(dict.fromkeys(row["transactionId"] for row in _of_transactions(b)))
    for charge, number in zip(rows, numbers, strict=False):
        for row in b.said("MeterValues"):
            if row.get("transactionId") == number:
                charge.samples += [s for value in row["meterValue"] for s in _registers(value)]
        for row in b.said("StopTransaction"):
            if row["transactionId"] == number:
                charge.end_wh, charge.end_utc = row["meterStop"], seconds(row["timestamp"])
                charge.reason = row["reason"]
    return rows


def _of_transactions(b):
    rows = [r for r in b.said("MeterValues") if "transactionId" in r]
    return sorted([*rows, *b.said("StopTransaction")], key=lambda row: row["transactionId"])


def _events(b):
    found = {}
    for row in b.said("TransactionEvent"):
        key, utc = row["transactionInfo"]["transactionId"], seconds(row["timestamp"])
        samples = [s for value in row.get("meterValue", ()) for s in _registers(value)]
        if key not in found:
            found[key] = Charge("", samples[0][1], utc)
        charge = found[key]
        if row["seqNo"] in charge.numbers:
            charge.again += 1
            continue
        charge.numbers.append(row["seqNo"])
        charge.times.append(utc)
        charge.token = charge.token or row.get("idToken", {}).get("idToken", "")
        charge.samples += samples
        if row["eventType"] == "Ended":
            charge.end_utc, charge.end_wh = utc, samples[-1][1]
            charge.reason = row["transactionInfo"].get("stoppedReason", "Local")
    return list(found.values())


def _registers(value):
    utc = seconds(value["timestamp"])
    return [
        (utc, float(row["value"]))
        for row in value["sampledValue"]
        # What was asked for does not wait in the queue
        if row.get("measurand", REGISTER) == REGISTER and row.get("context") != "Trigger"
    ]


async def ended(b, count):
    """The `count`-th charge when its end is told."""
    await b.until(lambda: len(charges(b)) >= count and charges(b)[count - 1].end_utc > 0, 90)
    return charges(b)[count - 1]


async def state_told(b, word, new_word="", count=1):
    """Wait until a connector's state was told `count` times; `new_word` is that of 2.0.1 if it differs.

    What 2.0.1 has no status for is a charging state of the transaction there.
    """
    if not b.new:
        await b.heard("StatusNotification", count, connectorId=1, status=word)
        return
    if word in {"Charging", "SuspendedEV", "SuspendedEVSE"}:

        def found():
            states = [
                r["transactionInfo"].get("chargingState") for r in b.said("TransactionEvent")
            ]
            return states.count(word) >= count

        await b.until(found)
        return
    await b.heard("StatusNotification", count, connectorStatus=new_word or word)
