"""Money and price rules on plain values."""

from datetime import datetime
from decimal import Decimal

import pytest
from tcec_bodies import order

from sandbox.rules import Price, fen, order_problems, price_at

DAY = (
    Price("000000", Decimal("0.30"), Decimal("0.40")),
    Price("080000", Decimal("0.90"), Decimal("0.40")),
    Price("220000", Decimal("0.30"), Decimal("0.40")),
)
FLAT = (Price("000000", Decimal("0.65"), Decimal("0.45")),)


@pytest.mark.parametrize(
    ("energy", "price", "yuan"),
    [
        ("1.00", "0.005", "0.01"),
        ("1.00", "0.0049", "0.00"),
        ("0.10", "0.25", "0.03"),
        # Half to even would give 0.04
        ("0.10", "0.45", "0.05"),
        ("12.34", "1.2345", "15.23"),
        ("0", "1", "0.00"),
    ],
)
def test_line_is_rounded_half_up_to_the_fen(energy: str, price: str, yuan: str) -> None:
    assert fen(Decimal(energy), Decimal(price)) == Decimal(yuan)


@pytest.mark.parametrize(
    ("clock", "start"),
    [
        ("00:00:00", "000000"),
        ("07:59:59", "000000"),
        ("08:00:00", "080000"),
        ("21:59:59", "080000"),
        ("23:59:59", "220000"),
    ],
)
def test_price_period_begins_at_its_second(clock: str, start: str) -> None:
    price = price_at(DAY, datetime.fromisoformat(f"2026-01-02 {clock}"))
    assert price is not None
    assert price.start == start


def test_no_table_has_no_price() -> None:
    assert price_at((), datetime(2026, 1, 2)) is None


def spanning(start: str, end: str, elec: str) -> list[str]:
    """Problems of a one-line order between two moments at one electricity price."""
    body = order("x", energy="1.00")
    body |= {"StartTime": start, "EndTime": end}
    line = body["ChargeDetails"][0]
    line |= {"DetailStartTime": start, "DetailEndTime": end, "ElecPrice": Decimal(elec)}
    line |= {"SevicePrice": Decimal("0.40"), "DetailSeviceMoney": Decimal("0.40")}
    line["DetailElecMoney"] = fen(Decimal("1.00"), Decimal(elec))
    body |= {"TotalElecMoney": line["DetailElecMoney"], "TotalSeviceMoney": Decimal("0.40")}
    body["TotalMoney"] = body["TotalElecMoney"] + body["TotalSeviceMoney"]
    return order_problems(body, DAY)


@pytest.mark.parametrize(
    ("start", "end", "elec", "right"),
    [
        ("2026-01-02 07:00:00", "2026-01-02 08:00:00", "0.30", True),
        ("2026-01-02 07:00:00", "2026-01-02 08:00:01", "0.30", False),
        ("2026-01-02 08:00:00", "2026-01-02 22:00:00", "0.90", True),
        ("2026-01-02 08:00:00", "2026-01-02 22:00:00", "0.30", False),
        # Over midnight at one price
        ("2026-01-02 22:00:00", "2026-01-03 08:00:00", "0.30", True),
        ("2026-01-02 22:00:00", "2026-01-03 09:00:00", "0.30", False),
        # A whole day of one price hides the dear hours
        ("2026-01-02 23:00:00", "2026-01-03 23:00:00", "0.30", False),
    ],
)
def test_line_must_stay_inside_its_price_period(
    start: str, end: str, elec: str, right: bool
) -> None:
    assert (spanning(start, end, elec) == []) == right


def test_order_of_nothing_is_right() -> None:
    body = order("x", energy="0.00") | {"ChargeDetails": [], "SumPeriod": 0}
    assert order_problems(body, FLAT) == []


def test_overlapping_lines_are_a_problem() -> None:
    body = order("x", energy="1.00")
    body |= {"ChargeDetails": body["ChargeDetails"] * 2, "SumPeriod": 2, "TotalPower": 2}
    body |= {name: body[name] * 2 for name in ("TotalElecMoney", "TotalSeviceMoney", "TotalMoney")}
    (problem,) = order_problems(body, FLAT)
    assert "ChargeDetails[1].DetailStartTime" in problem
