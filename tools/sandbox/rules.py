"""Rules that tie fields together: money, sums, periods, prices. Pure; a breach is a sentence.

Money is rounded half up to the fen per line, totals are sums of lines (T/CEC 102.3, order).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from sandbox.strict import DATE_TIME

FEN = Decimal("0.01")
_DAY = timedelta(days=1)


class Price(NamedTuple):
    """One period of a price table: it begins at `start` (HHmmss), yuan per kWh."""

    start: str
    elec: Decimal
    service: Decimal

    @property
    def total(self) -> Decimal:
        """Yuan per kWh with the service fee."""
        return self.elec + self.service


def fen(energy_kwh: Decimal, price: Decimal) -> Decimal:
    """Yuan for an energy at a price, rounded half up to the fen."""
    return (Decimal(energy_kwh) * Decimal(price)).quantize(FEN, ROUND_HALF_UP)


def outcome_problems(body: Mapping[str, Any]) -> list[str]:
    """SuccStat and FailReason must tell the same story."""
    if (body["SuccStat"] == 0) != (body["FailReason"] == 0):
        return [f"FailReason: {body['FailReason']} beside SuccStat {body['SuccStat']}"]
    return []


def policy_problems(body: Mapping[str, Any]) -> list[str]:
    """Breaches of a price table: count, first period at midnight, rising times."""
    items = body["PolicyInfos"]
    found = outcome_problems(body)
    if body["SumPeriod"] != len(items):
        found.append(f"SumPeriod: {body['SumPeriod']}, but PolicyInfos has {len(items)}")
    starts = [item["StartTime"] for item in items]
    if body["SuccStat"] == 0:
        if not items:
            found.append("PolicyInfos: empty beside SuccStat 0")
        elif starts[0] != "000000":
            found.append(f"PolicyInfos[0].StartTime: {starts[0]}, the day begins at 000000")
    for index in range(1, len(starts)):
        if starts[index] <= starts[index - 1]:
            found.append(f"PolicyInfos[{index}].StartTime: {starts[index]} does not rise")
    return found


def prices_of(body: Mapping[str, Any]) -> tuple[Price, ...]:
    """The price table of a checked query_equip_business_policy answer."""
    return tuple(
        Price(item["StartTime"], Decimal(item["ElecPrice"]), Decimal(item["SevicePrice"]))
        for item in body["PolicyInfos"]
    )


def price_at(prices: Sequence[Price], moment: datetime) -> Price | None:
    """The period that `moment` (local) falls in."""
    clock = moment.strftime("%H%M%S")
    current = [price for price in prices if price.start <= clock]
    return current[-1] if current else None


def order_problems(order: Mapping[str, Any], quoted: Sequence[Price]) -> list[str]:
    """Breaches of an order against its own arithmetic and the prices quoted at start."""
    lines = order["ChargeDetails"]
    found = _line_problems(order, lines, quoted)
    found += _sum_problem("TotalPower", order["TotalPower"], lines, "DetailPower")
    found += _sum_problem("TotalElecMoney", order["TotalElecMoney"], lines, "DetailElecMoney")
    found += _sum_problem(
        "TotalSeviceMoney", order["TotalSeviceMoney"], lines, "DetailSeviceMoney"
    )
    if order["TotalElecMoney"] + order["TotalSeviceMoney"] != order["TotalMoney"]:
        parts = f"{order['TotalElecMoney']} + {order['TotalSeviceMoney']}"
        found.append(f"TotalMoney: {order['TotalMoney']}, but its parts are {parts}")
    return found


def status_problems(status: Mapping[str, Any], quoted: Sequence[Price]) -> list[str]:
    """The same rules for ChargeStatus, whose money and lines are optional."""
    found: list[str] = []
    if all(name in status for name in ("ElecMoney", "SeviceMoney", "TotalMoney")):
        elec, service, total = status["ElecMoney"], status["SeviceMoney"], status["TotalMoney"]
        if elec + service != total:
            found.append(f"TotalMoney: {total}, but ElecMoney {elec} + SeviceMoney {service}")
    if status["EndTime"] < status["StartTime"]:
        found.append("EndTime: before StartTime")
    lines = status.get("ChargeDetails")
    if lines is None:
        return found
    found += _line_problems(status, lines, quoted)
    found += _sum_problem("TotalPower", status["TotalPower"], lines, "DetailPower")
    for total, part in (("ElecMoney", "DetailElecMoney"), ("SeviceMoney", "DetailSeviceMoney")):
        if total in status:
            found += _sum_problem(total, status[total], lines, part)
    return found


def _sum_problem(
    name: str, total: Decimal, lines: Sequence[Mapping[str, Any]], part: str
) -> list[str]:
    summed = sum((Decimal(line[part]) for line in lines), Decimal(0))
    return (
        [] if summed == total else [f"{name}: {total}, but the lines' {part} add up to {summed}"]
    )


def _line_problems(
    body: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], quoted: Sequence[Price]
) -> list[str]:
    found: list[str] = []
    if body.get("SumPeriod", len(lines)) != len(lines):
        found.append(f"SumPeriod: {body['SumPeriod']}, but ChargeDetails has {len(lines)}")
    if body["EndTime"] < body["StartTime"]:
        found.append("EndTime: before StartTime")
    before = body["StartTime"]
    for index, line in enumerate(lines):
        where = f"ChargeDetails[{index}]."
        energy = line["DetailPower"]
        for money, price in (
            ("DetailElecMoney", "ElecPrice"),
            ("DetailSeviceMoney", "SevicePrice"),
        ):
            right = fen(energy, line[price])
            if line[money] != right:
                product = f"{energy} kWh x {line[price]} is {right}"
                found.append(f"{where}{money}: {line[money]}, but {product}")
        start, end = line["DetailStartTime"], line["DetailEndTime"]
        # Written yyyy-MM-dd HH:mm:ss, text order is time order
        if start < before or end < start or end > body["EndTime"]:
            span = f"{start} to {end}"
            found.append(f"{where}DetailStartTime: {span} is out of order or outside the session")
        before = max(before, end)
        found += _quote_problems(line, where, quoted)
    return found


def _quote_problems(line: Mapping[str, Any], where: str, quoted: Sequence[Price]) -> list[str]:
    charged = (line["ElecPrice"], line["SevicePrice"])
    start = datetime.strptime(line["DetailStartTime"], DATE_TIME)
    end = datetime.strptime(line["DetailEndTime"], DATE_TIME)
    for price in _periods(quoted, start, end):
        if charged != (price.elec, price.service):
            span = f"{start:%H:%M:%S} to {end:%H:%M:%S}"
            right = f"{price.elec} + {price.service}"
            given = f"{charged[0]} + {charged[1]}"
            return [f"{where}ElecPrice: {given}, but quoted at start for {span} was {right}"]
    return []


def _periods(quoted: Sequence[Price], start: datetime, end: datetime) -> list[Price]:
    """The quoted periods that start..end touches; the end itself belongs to the next one."""
    first = price_at(quoted, start)
    touched = [first] if first else []
    day = start.replace(hour=0, minute=0, second=0)
    while day < end:
        for price in quoted:
            clock = datetime.strptime(price.start, "%H%M%S")
            moment = day + timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second)
            if start < moment < end:
                touched.append(price)
        day += _DAY
    return touched
