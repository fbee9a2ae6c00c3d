"""Meter values of both versions as samples, and what a meter may not do inside a transaction."""

import hashlib
import json
from typing import Any

from sandbox.csms.books import Books
from sandbox.csms.model import Json, Sample, Transaction, seconds
from sandbox.csms.schemas import V16, FaultError

ENERGY, CURRENT, POWER = (
    "Energy.Active.Import.Register",
    "Current.Import",
    "Power.Active.Import",
)


def sample_of(version: str, meter_value: Json) -> Sample:
    """One meterValue of a message; FaultError for a value that is no number."""
    sample = Sample(seconds(meter_value["timestamp"]))
    amps: list[float] = []
    watts: dict[bool, list[float]] = {True: [], False: []}
    for item in meter_value["sampledValue"]:
        if item.get("format") == "SignedData":
            continue
        value = _number(version, item)
        measurand = item.get("measurand", ENERGY)
        whole = "phase" not in item
        if measurand == ENERGY and whole:
            sample.wh = value
        elif measurand == CURRENT and item.get("phase") != "N":
            amps.append(value)
        elif measurand == POWER:
            watts[whole].append(value)
        sample.context = item.get("context", sample.context)
    sample.amps = max(amps, default=None)
    if watts[True] or watts[False]:
        sample.watts = sum(watts[True] or watts[False])
    return sample


def take(
    books: Books, item: Transaction, meter_values: list[Json], *, told_before: bool = False
) -> None:
    """Add the samples of one message to a transaction; a step back in time or register is complained of.

    `told_before`: the message may repeat samples of the past, which are passed over.
    """
    for meter_value in meter_values:
        sample = sample_of(item.version, meter_value)
        last_wh, last_utc = item.last_wh(), item.last_utc()
        if sample.utc < last_utc:
            if told_before and sample.utc >= item.start_utc:
                continue
            text = f"transaction {item.id}: sample of {sample.utc} after one of {last_utc}"
            books.complain(item.station, "time_back", text)
        if sample.wh is not None and last_wh is not None and sample.wh < last_wh:
            text = f"transaction {item.id}: {sample.wh} Wh after {last_wh} Wh"
            books.complain(item.station, "register_back", text)
        item.samples.append(sample)


def again(item: Transaction, key: str, payload: Json, *without: str) -> bool | None:
    """True if this very message came before, None if another one under the same key; else it is noted."""
    content = digest({name: value for name, value in payload.items() if name not in without})
    if key not in item.seen:
        item.seen[key] = content
        return False
    item.resent += 1
    return True if item.seen[key] == content else None


def digest(payload: Json) -> str:
    """The same text for the same payload."""
    text = json.dumps(payload, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def _number(version: str, item: Json) -> float:
    value: Any = item["value"]
    try:
        number = float(value)
    except ValueError:
        raise FaultError("PropertyConstraintViolation", f"{value!r} is no number") from None
    if version == V16:
        thousand = item.get("unit", "Wh") in {"kWh", "kW", "kvarh"}
        return number * 1000 if thousand else number
    unit = item.get("unitOfMeasure", {})
    factor = 1000 if unit.get("unit", "Wh") in {"kWh", "kW"} else 1
    return float(number * factor * 10 ** unit.get("multiplier", 0))
