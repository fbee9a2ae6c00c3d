"""What the driver API shows: piles, charges and bills as JSON values. Energy and money are text."""

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.model import Charge, Connector, seconds
from sandbox.phrases import CONNECTOR_STATES, CUSTOM_STOP, STOP_REASONS
from sandbox.rules import Price, price_at

_PHASES = ("A", "B", "C")


def pile(
    connector: Connector,
    status: Mapping[str, Any] | None,
    prices: tuple[Price, ...],
    now: datetime,
    power_w: int,
) -> dict[str, Any]:
    """One entry of GET /api/piles; `now` is China local time."""
    state, zh, en = CONNECTOR_STATES[status["Status"] if status else None]
    station = connector.station
    current = price_at(prices, now)
    rows = price_table(prices)
    return {
        "connector_id": connector.connector_id,
        "connector_name": connector.name,
        "connector_type": connector.kind,
        "equipment": connector.equipment,
        "park_no": connector.park_no,
        "station_id": station.station_id,
        "station": station.name,
        "address": station.address,
        "lng": float(station.lng),
        "lat": float(station.lat),
        "tel": station.tel,
        "hours": station.hours,
        "in_service": station.in_service,
        "rated_kw": str(connector.rated_kw),
        "rated_a": connector.rated_a,
        "status": status["Status"] if status else None,
        "state": state,
        "state_text": {"zh": zh, "en": en},
        "lock": status.get("LockStatus") if status else None,
        "power_w": power_w,
        "price_now": rows[prices.index(current)] if current else None,
        "prices": rows,
    }


def price_table(prices: tuple[Price, ...]) -> list[dict[str, str]]:
    """Periods as `HH:MM`, yuan per kWh; the last one ends at 24:00."""
    ends = [*(price.start for price in prices[1:]), "240000"][: len(prices)]
    return [
        {
            "start": _clock(price.start),
            "end": _clock(end),
            "elec": _price(price.elec),
            "service": _price(price.service),
            "total": _price(price.total),
        }
        for price, end in zip(prices, ends, strict=True)
    ]


def charge(item: Charge, now_s: float) -> dict[str, Any]:
    """GET /api/charges/{seq}; `now_s` is the platform's clock."""
    status = item.status
    total = status.get("TotalMoney")
    return {
        "seq": item.seq,
        "connector_id": item.connector.connector_id,
        "station": item.connector.station.name,
        "status": item.phase,
        "stat": item.stat,
        "requested_at": item.requested_at,
        "elapsed_s": elapsed_s(item, now_s),
        "power_w": power_w(item),
        "energy_kwh": money(status.get("TotalPower", 0)),
        "cost_yuan": None if total is None else money(total),
        "sampled_at": status.get("EndTime"),
        "failure": item.failure.view() if item.failure else None,
        "notice": item.notice.view() if item.notice else None,
        "disputes": list(item.disputes),
        "prices": price_table(item.quoted),
        "bill": bill(item.bill) if item.bill is not None else None,
    }


def bill(order: Mapping[str, Any]) -> dict[str, Any]:
    """An accepted order as the driver's bill."""
    zh, en = STOP_REASONS.get(order["StopReason"], CUSTOM_STOP)
    return {
        "start": order["StartTime"],
        "end": order["EndTime"],
        "energy_kwh": money(order["TotalPower"]),
        "elec_yuan": money(order["TotalElecMoney"]),
        "service_yuan": money(order["TotalSeviceMoney"]),
        "total_yuan": money(order["TotalMoney"]),
        "stop_reason": order["StopReason"],
        "stop_text": {"zh": zh, "en": en},
        "lines": [
            {
                "start": line["DetailStartTime"],
                "end": line["DetailEndTime"],
                "energy_kwh": money(line["DetailPower"]),
                "elec_price": _price(line["ElecPrice"]),
                "service_price": _price(line["SevicePrice"]),
                "elec_yuan": money(line["DetailElecMoney"]),
                "service_yuan": money(line["DetailSeviceMoney"]),
                "total_yuan": money(line["DetailElecMoney"] + line["DetailSeviceMoney"]),
            }
            for line in order["ChargeDetails"]
        ],
    }


def elapsed_s(item: Charge, now_s: float) -> int:
    """Seconds of the session so far, or of the whole one once it has ended."""
    if item.bill is not None:
        return int(seconds(item.bill["EndTime"]) - seconds(item.bill["StartTime"]))
    start = seconds(item.start_time) if item.start_time else item.requested_at
    end = now_s if item.live else item.status_at or start
    return max(0, int(end - start))


def power_w(item: Charge) -> int:
    """Watts of the last sample, 0 once the session is over; the standard sends volts and amperes."""
    if not item.live:
        return 0
    products = (
        Decimal(item.status.get(f"Current{phase}", 0)) * item.status.get(f"Voltage{phase}", 0)
        for phase in _PHASES
    )
    return int(sum(products, Decimal(0)).quantize(Decimal(1), ROUND_HALF_UP))


def money(value: int | Decimal) -> str:
    """Two decimal places, for yuan and kWh alike."""
    return str(Decimal(value).quantize(Decimal("0.01")))


def _price(value: int | Decimal) -> str:
    return str(Decimal(value).quantize(Decimal("0.0001")))


def _clock(text: str) -> str:
    return f"{text[:2]}:{text[2:4]}" + (f":{text[4:]}" if text[4:] != "00" else "")
