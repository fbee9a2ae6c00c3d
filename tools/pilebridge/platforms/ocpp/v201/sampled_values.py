"""Meter values as 2.0.1 has them (J01, J02): which measurands go into which message."""

from collections.abc import Iterator

from pilebridge.model import ConnectorState
from pilebridge.platforms.ocpp import events
from pilebridge.platforms.ocpp.events import TxEvent
from pilebridge.platforms.ocpp.v201 import words
from pilebridge.platforms.ocpp.v201.device_model import DeviceModel
from pilebridge.platforms.ocpp.v201.sampled_names import (
    CURRENT,
    ENERGY,
    MEASURANDS,
    POWER,
    VOLTAGE,
)
from pilebridge.platforms.ocpp.v201.words import Payload

# Kind of an event: (ReadingContextEnumType, variable of SampledDataCtrlr that lists the measurands)
_SAMPLED = {
    events.STARTED: ("Transaction.Begin", "TxStartedMeasurands"),
    events.SAMPLE: ("Sample.Periodic", "TxUpdatedMeasurands"),
    events.TRIGGERED: ("Trigger", "TxUpdatedMeasurands"),
    events.ENDED: ("Transaction.End", "TxEndedMeasurands"),
}


def _values(
    wanted: frozenset[str],
    context: str,
    wh: int | None,
    w: int | None,
    mv: tuple[int, ...],
    ma: tuple[int, ...],
) -> Iterator[Payload]:
    if ENERGY in wanted and wh is not None:
        yield _value(context, ENERGY, wh, "Wh")
    if POWER in wanted and w is not None:
        yield _value(context, POWER, w, "W")
    for measurand, readings, unit, suffix in (
        (VOLTAGE, mv, "V", "-N"),
        (CURRENT, ma, "A", ""),
    ):
        if measurand in wanted:
            for phase, milli in enumerate(readings, 1):
                yield {
                    **_value(context, measurand, milli / 1000, unit),
                    "phase": f"L{phase}{suffix}",
                }


def _value(context: str, measurand: str, value: float, unit: str) -> Payload:
    return {
        "value": value,
        "context": context,
        "measurand": measurand,
        "location": "Outlet",
        "unitOfMeasure": {"unit": unit},
    }


def meter_value(event: TxEvent, model: DeviceModel) -> Payload | None:
    """MeterValueType of a transaction's event, None for one that carries no values."""
    if event.kind not in _SAMPLED:
        return None
    context, variable = _SAMPLED[event.kind]
    wanted = frozenset(model.kept("SampledDataCtrlr", variable).split(","))
    values = list(_values(wanted, context, event.wh, event.w, event.mv, event.ma))
    if not values:
        return None
    return {"timestamp": words.stamp(event.utc), "sampledValue": values}


def live_value(state: ConnectorState, utc: int, context: str = "Trigger") -> Payload | None:
    """MeterValueType of what a connector's meter said last, None while it has said nothing."""
    values = list(_values(frozenset(MEASURANDS), context, state.wh, state.w, state.mv, state.ma))
    if state.wh is None or not values:
        return None
    return {"timestamp": words.stamp(state.sampled_utc or utc), "sampledValue": values}
