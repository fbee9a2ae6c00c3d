"""From meter readings and a tariff to a bill, in integers only.

Energy is split at the edges of the tariff's periods, by the reading on the edge where there is one
and by a straight line between the neighbours where there is none. It is billed in whole steps
(10 Wh, two decimals of a kWh). The step is taken on the sum since the start, so the lines add up
to the total exactly; money is rounded half up per line, and totals are sums of lines.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pilebridge.model import ChargeDetailRecord, ChargeLine, Reading

DAY_S = 86400
# Wh x 1e-4 yuan per kWh in one fen
_WH_PRICE_PER_FEN = 100_000


@dataclass(frozen=True)
class Period:
    """Prices from a second of the local day on, in 1e-4 yuan per kWh."""

    from_s: int
    energy_price: int
    service_price: int


@dataclass(frozen=True)
class Tariff:
    """Time-of-use prices; the periods ascend, the first begins at 0 and each runs to the next."""

    name: str
    utc_offset_s: int
    periods: tuple[Period, ...]

    def at(self, utc: int) -> Period:
        """The period a moment falls in."""
        second = (utc + self.utc_offset_s) % DAY_S
        return self.periods[bisect_right([p.from_s for p in self.periods], second) - 1]

    def edges(self, start_utc: int, end_utc: int) -> list[int]:
        """Moments strictly between the two at which another period begins."""
        if len(self.periods) == 1:
            return []
        midnight = start_utc - (start_utc + self.utc_offset_s) % DAY_S
        edges = []
        while midnight < end_utc:
            edges += [midnight + p.from_s for p in self.periods]
            midnight += DAY_S
        return [edge for edge in edges if start_utc < edge < end_utc]


def bill(
    readings: Sequence[Reading],
    tariff: Tariff,
    estimated: bool = False,
    energy_step_wh: int = 10,
    max_lines: int = 32,
) -> ChargeDetailRecord:
    """The bill over readings in order of time; the first and the last are start and stop.

    A clock or register that steps back is held at its highest value and marks the bill estimated.
    More lines than `max_lines` are put together per period of the day (T/CEC allows 32).
    """
    points, held = _monotone(readings)
    start, stop = points[0], points[-1]
    cuts = [start.utc, *tariff.edges(start.utc, stop.utc), stop.utc]
    # The first cut counts nothing and the last everything, also when they fall on the same second
    billed = [0, *(_register_at(points, cut) - start.wh for cut in cuts[1:-1]), stop.wh - start.wh]
    steps = [wh // energy_step_wh * energy_step_wh for wh in billed]
    spans = [
        (begin, end, after - before)
        for (begin, end), (before, after) in zip(pairwise(cuts), pairwise(steps), strict=True)
    ]
    lines = _merged(spans, tariff) if len(spans) > max_lines else _lines(spans, tariff)
    return ChargeDetailRecord(
        start_utc=start.utc,
        end_utc=stop.utc,
        energy_wh=sum(line.energy_wh for line in lines),
        energy_fen=sum(line.energy_fen for line in lines),
        service_fen=sum(line.service_fen for line in lines),
        lines=tuple(lines),
        estimated=estimated or held,
    )


def price_fen(energy_wh: int, price: int) -> int:
    """Fen for an energy at a price of 1e-4 yuan per kWh, rounded half up."""
    return (2 * energy_wh * price + _WH_PRICE_PER_FEN) // (2 * _WH_PRICE_PER_FEN)


def _monotone(readings: Sequence[Reading]) -> tuple[list[Reading], bool]:
    points, held = [readings[0]], False
    for reading in readings[1:]:
        last = points[-1]
        utc, wh = max(reading.utc, last.utc), max(reading.wh, last.wh)
        held = held or utc != reading.utc or wh != reading.wh
        points.append(Reading(utc, wh))
    return points, held


def _register_at(points: Sequence[Reading], utc: int) -> int:
    after = bisect_right([point.utc for point in points], utc)
    left = points[after - 1]
    if left.utc == utc or after == len(points):
        return left.wh
    right = points[after]
    return left.wh + (right.wh - left.wh) * (utc - left.utc) // (right.utc - left.utc)


def _lines(spans: Sequence[tuple[int, int, int]], tariff: Tariff) -> list[ChargeLine]:
    return [_line(begin, end, wh, tariff.at(begin)) for begin, end, wh in spans]


def _merged(spans: Sequence[tuple[int, int, int]], tariff: Tariff) -> list[ChargeLine]:
    sums: dict[Period, tuple[int, int, int]] = {}
    for begin, end, wh in spans:
        period = tariff.at(begin)
        first, _, energy_wh = sums.get(period, (begin, end, 0))
        sums[period] = (first, end, energy_wh + wh)
    return [_line(begin, end, wh, period) for period, (begin, end, wh) in sums.items()]


def _line(begin: int, end: int, wh: int, period: Period) -> ChargeLine:
    return ChargeLine(
        start_utc=begin,
        end_utc=end,
        energy_wh=wh,
        energy_price=period.energy_price,
        service_price=period.service_price,
        energy_fen=price_fen(wh, period.energy_price),
        service_fen=price_fen(wh, period.service_price),
    )
