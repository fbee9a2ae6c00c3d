"""From meter readings and a tariff to a bill, in integers only.

Energy is split at the edges of the tariff's periods, by the reading on the edge where there is one
and by a straight line between the neighbours where there is none. It is billed in whole steps
(10 Wh, two decimals of a kWh). The step is taken on the sum since the start, so the lines add up
to the total exactly; money is rounded half up per line, and totals are sums of lines.
"""

import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
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

    @property
    def prices(self) -> tuple[int, int]:
        """Energy and service price."""
        return self.energy_price, self.service_price


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

    def as_text(self) -> str:
        """JSON that `from_text` reads, to keep with a charge what it was quoted."""
        rows = [(p.from_s, p.energy_price, p.service_price) for p in self.periods]
        return json.dumps([self.name, self.utc_offset_s, rows], ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> "Tariff":
        """The tariff that `as_text` wrote."""
        name, utc_offset_s, rows = json.loads(text)
        return cls(name, utc_offset_s, tuple(Period(*row) for row in rows))


@dataclass(frozen=True)
class _Span:
    """A share of a charge at one pair of prices."""

    begin_utc: int
    end_utc: int
    wh: int
    prices: tuple[int, int]


def bill(
    readings: Sequence[Reading],
    tariff: Tariff,
    estimated: bool = False,
    energy_step_wh: int = 10,
    max_lines: int = 32,
) -> ChargeDetailRecord:
    """The bill over readings in order of time; the first and the last are start and stop.

    Start and stop are what is billed: a reading between them that is outside of them, or a clock
    or register that steps back, is held inside and marks the bill estimated. `max_lines` is what
    T/CEC 102 allows (SumPeriod); see `_within` for a charge that has more.
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
    priced = [_Span(begin, end, wh, tariff.at(begin).prices) for begin, end, wh in spans]
    lines = [_line(span) for span in _within(priced, max_lines)]
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
    # A wild value in the middle must not outbid the register the charge ended at
    last_utc = max(readings[0].utc, readings[-1].utc)
    last_wh = max(readings[0].wh, readings[-1].wh)
    for reading in readings[1:]:
        last = points[-1]
        utc = min(max(reading.utc, last.utc), last_utc)
        wh = min(max(reading.wh, last.wh), last_wh)
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


def _within(spans: Sequence[_Span], most: int) -> list[_Span]:
    """At most `most` spans in order of time that neither overlap nor reach into another price.

    Neighbours of one price are joined, then spans without energy are left out. What still stays
    over gives its energy to the nearest earlier span of the same price: prices and money stay
    right, only that energy stands under an earlier day. A tariff has no more prices than `most`.
    """
    if len(spans) <= most:
        return list(spans)
    kept: list[_Span] = []
    for span in spans:
        if kept and kept[-1].prices == span.prices:
            kept[-1] = replace(kept[-1], end_utc=span.end_utc, wh=kept[-1].wh + span.wh)
        else:
            kept.append(span)
    if len(kept) > most:
        kept = [span for span in kept if span.wh] or kept[:1]
    while len(kept) > most:
        late, early = next(
            (late, early)
            for late in range(len(kept) - 1, 0, -1)
            for early in range(late - 1, -1, -1)
            if kept[early].prices == kept[late].prices
        )
        kept[early] = replace(kept[early], wh=kept[early].wh + kept[late].wh)
        del kept[late]
    return kept


def _line(span: _Span) -> ChargeLine:
    energy_price, service_price = span.prices
    return ChargeLine(
        start_utc=span.begin_utc,
        end_utc=span.end_utc,
        energy_wh=span.wh,
        energy_price=energy_price,
        service_price=service_price,
        energy_fen=price_fen(span.wh, energy_price),
        service_fen=price_fen(span.wh, service_price),
    )
