"""Meter values of 1.6 from a fact of a transaction or from the live state of a connector."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pilebridge.model import Connector, ConnectorState
from pilebridge.platforms.ocpp.v16.times import to_text

ENERGY = "Energy.Active.Import.Register"
POWER = "Power.Active.Import"
VOLTAGE = "Voltage"
CURRENT = "Current.Import"
CURRENT_OFFERED = "Current.Offered"
POWER_OFFERED = "Power.Offered"
# What a pile can tell; any other measurand is refused when it is configured
SUPPORTED = (ENERGY, POWER, VOLTAGE, CURRENT, CURRENT_OFFERED, POWER_OFFERED)

PERIODIC, CLOCK, TRIGGER, BEGIN, END, OTHER = (
    "Sample.Periodic",
    "Sample.Clock",
    "Trigger",
    "Transaction.Begin",
    "Transaction.End",
    "Other",
)


@dataclass(frozen=True)
class Sample:
    """What was measured at a moment; None and () are what nobody measured."""

    utc: int
    wh: int | None
    w: int | None = None
    mv: tuple[int, ...] = ()
    ma: tuple[int, ...] = ()
    offered_a10: int | None = None

    def as_list(self) -> list[Any]:
        """Plain values for the store."""
        return [self.utc, self.wh, self.w, list(self.mv), list(self.ma), self.offered_a10]

    @classmethod
    def from_list(cls, values: Sequence[Any]) -> "Sample":
        """The sample that as_list() wrote."""
        utc, wh, w, mv, ma, offered_a10 = values
        return cls(utc, wh, w, tuple(mv), tuple(ma), offered_a10)


def live(state: ConnectorState, connector: Connector, utc: int) -> Sample:
    """What a pile last said about a connector."""
    most = offered(state, connector) if state.tx else 0
    return Sample(utc, state.wh, state.w, state.mv, state.ma, most)


def offered(state: ConnectorState, connector: Connector) -> int:
    """0.1 A that the vehicle may draw now; without a limit the rating."""
    return state.limit_a10 if state.limit_by else connector.rated_a10


def meter_value(
    sample: Sample, connector: Connector, measurands: Iterable[str], context: str
) -> dict[str, Any] | None:
    """One element of meterValue, None when nothing of what is wanted was measured."""
    values: list[dict[str, Any]] = []
    for measurand in measurands:
        values += [
            {"value": text, "context": context, "measurand": measurand, "unit": unit, **phase}
            for text, unit, phase in _readings(sample, connector, measurand)
        ]
    if not values:
        return None
    return {"timestamp": to_text(sample.utc), "sampledValue": values}


def _readings(
    sample: Sample, connector: Connector, measurand: str
) -> list[tuple[str, str, dict[str, str]]]:
    """(value, unit, phase) of each reading of a measurand."""
    if measurand == ENERGY and sample.wh is not None:
        return [(str(sample.wh), "Wh", {})]
    if measurand == POWER and sample.w is not None:
        return [(str(sample.w), "W", {})]
    if measurand == VOLTAGE:
        return _phases(sample.mv, "V", "-N")
    if measurand == CURRENT:
        return _phases(sample.ma, "A", "")
    if sample.offered_a10 is None:
        return []
    if measurand == CURRENT_OFFERED:
        return [(_tenths(sample.offered_a10), "A", {})]
    if measurand == POWER_OFFERED:
        watts = sample.offered_a10 * connector.volts * connector.phases // 10
        return [(str(watts), "W", {})]
    return []


def _phases(
    milli: tuple[int, ...], unit: str, against: str
) -> list[tuple[str, str, dict[str, str]]]:
    return [
        (_tenths((abs(value) + 50) // 100), unit, {"phase": f"L{number}{against}"})
        for number, value in enumerate(milli, 1)
    ]


def _tenths(value: int) -> str:
    return f"{value // 10}.{value % 10}"
