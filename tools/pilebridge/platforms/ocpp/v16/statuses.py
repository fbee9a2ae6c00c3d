"""StatusNotification: what a connector is called in 1.6, and telling it when it has changed."""

import asyncio
from typing import Any

from evse.core import fault_codes as _fault_codes
from evse.core import fault_sentences as _fault_sentences
from pilebridge.model import OFFLINE, Connector, ConnectorState
from pilebridge.platforms.ocpp.context import ChargerContext
from pilebridge.platforms.ocpp.v16.configuration import Configuration, settings_of
from pilebridge.platforms.ocpp.v16.times import to_text

STATUS = {
    OFFLINE: "Unavailable",
    "available": "Available",
    "preparing": "Preparing",
    "charging": "Charging",
    "suspended_ev": "SuspendedEV",
    "suspended_evse": "SuspendedEVSE",
    "finishing": "Finishing",
    "reserved": "Reserved",
    "unavailable": "Unavailable",
    "faulted": "Faulted",
}
NO_ERROR = "NoError"
# A pile that the bridge cannot hear: no fault of the pile's own table
_AWAY_CODE, _AWAY_TEXT = "PileOffline", "The pile cannot be reached."
_LONGEST = 50
_WHOLE = 0
_TOLD = "told_statuses"
_CODE, _NAME = _fault_codes.FIELDS.index("ocpp16"), _fault_codes.FIELDS.index("ocpp201")
_FAULTS = {
    row[0]: (str(row[_CODE]), str(row[_NAME]), str(sentence))
    for row, sentence in zip(_fault_codes.TABLE, _fault_sentences.SENTENCES, strict=True)
}


def error_fields(state: ConnectorState) -> dict[str, str]:
    """errorCode, and vendorErrorCode and info where there is something to say: of the first fault in the order
    of the table that OCPP has a code for, else of the first."""
    if state.status == OFFLINE:
        return {"errorCode": NO_ERROR, "vendorErrorCode": _AWAY_CODE, "info": _AWAY_TEXT}
    known = [_FAULTS[name] for name in _FAULTS if name in state.faults]
    if not known:
        unknown = {"vendorErrorCode": state.faults[0][:_LONGEST]} if state.faults else {}
        return {"errorCode": "OtherError" if state.status == "faulted" else NO_ERROR, **unknown}
    code, name, sentence = next((row for row in known if row[0] != NO_ERROR), known[0])
    return {"errorCode": code, "vendorErrorCode": name, "info": _short(sentence)}


def _short(sentence: str) -> str:
    """As much of a sentence as fits, to the end of a word."""
    if len(sentence) <= _LONGEST:
        return sentence
    return sentence[: _LONGEST - 2].rsplit(" ", 1)[0] + " .."


class Statuses:
    """What this station told last is kept with the station: after a break only what differs is told."""

    def __init__(self, context: ChargerContext, configuration: Configuration) -> None:
        self._context = context
        self._configuration = configuration
        self._since: dict[int, int] = {}
        self._watched: set[int] = set()

    async def changed(self, connector: Connector, changed_utc: int) -> None:
        """Tell a connector, and the whole station, where they differ from what was told last."""
        for number in (connector.number, _WHOLE):
            fields = self._fields(number)
            if not self._differs(number, fields):
                continue
            self._since[number] = changed_utc
            quiet_s = self._configuration.number("MinimumStatusDuration")
            if quiet_s and fields["status"] != "Faulted":
                self._watch(number, quiet_s)
            else:
                await self._tell(number, fields, changed_utc)

    async def all(self, again: bool) -> None:
        """Tell the whole station and each connector; those that were told before only if `again`."""
        now = int(self._context.clock())
        for number in (
            _WHOLE,
            *(connector.number for connector in self._context.services.connectors),
        ):
            fields = self._fields(number)
            if again or self._differs(number, fields):
                await self._tell(number, fields, now)

    async def one(self, number: int) -> None:
        """Tell one because it was asked for."""
        await self._tell(number, self._fields(number), int(self._context.clock()))

    def _watch(self, number: int, quiet_s: int) -> None:
        if number not in self._watched:
            self._watched.add(number)
            self._context.later(self._settle(number, quiet_s))

    async def _settle(self, number: int, quiet_s: int) -> None:
        """Tell a status once it has lasted; one that came and went meanwhile is not told."""
        try:
            seen = None
            while (fields := self._fields(number)) != seen:
                seen = fields
                await asyncio.sleep(quiet_s)
        finally:
            self._watched.discard(number)
        if self._differs(number, fields):
            await self._tell(number, fields, self._since[number])

    def _differs(self, number: int, fields: dict[str, Any]) -> bool:
        told: dict[str, Any] = self._context.values.get(_TOLD, {})
        return told.get(str(number)) != fields

    async def _tell(self, number: int, fields: dict[str, Any], utc: int) -> None:
        payload = {"connectorId": number, "timestamp": to_text(utc), **fields}
        if "vendorErrorCode" in fields:
            payload["vendorId"] = settings_of(self._context).vendor[:255]
        await self._context.call("StatusNotification", payload)
        told = {**self._context.values.get(_TOLD, {}), str(number): fields}
        await self._context.values.set(_TOLD, told)

    def _fields(self, number: int) -> dict[str, Any]:
        if number != _WHOLE:
            state = self._context.services.state(number)
            status = STATUS[state.status]
            if status == "Available" and self._context.waiting_starts.at(number):
                status = "Preparing"
            return {"status": status, **error_fields(state)}
        return self._whole()

    def _whole(self) -> dict[str, Any]:
        services = self._context.services
        states = [services.state(connector.number) for connector in services.connectors]
        if all(state.status == OFFLINE for state in states):
            return {"status": "Unavailable", **error_fields(states[0])}
        if all(state.status == "faulted" for state in states):
            return {"status": "Faulted", **error_fields(states[0])}
        if not self._context.values.get("operative", True):
            return {"status": "Unavailable", "errorCode": NO_ERROR}
        return {"status": "Available", "errorCode": NO_ERROR}
