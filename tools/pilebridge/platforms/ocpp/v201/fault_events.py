"""Faults as events of hard-wired monitors (N07): each is told when it comes and when it goes."""

from pilebridge.model import OFFLINE, Connector
from pilebridge.platforms.ocpp.v201.device_model import DeviceModel, Entry
from pilebridge.platforms.ocpp.v201.notify_event import Events
from pilebridge.platforms.ocpp.v201.pile_rows import PROBLEM_CODE, SENTENCE, WARNINGS
from pilebridge.platforms.ocpp.v201.shared import Shared, transaction_id
from pilebridge.platforms.ocpp.v201.words import Payload

_TOLD = "told_faults"
# Severities of 2.0.1: 2 hardware failure, 5 alert, 6 warning
_OF_FAULT, _OF_WARNING = 2, 6


class FaultEvents:
    """Compares the faults of a connector with what was told, kept over connections."""

    def __init__(self, shared: Shared, model: DeviceModel, events: Events) -> None:
        self._shared = shared
        self._model = model
        self._events = events

    async def look(self, connector: Connector) -> None:
        """Tell what has come and gone since the last time."""
        state = self._shared.services.state(connector.number)
        told = self._shared.get(_TOLD, {})
        number = str(connector.number)
        before = set(told.get(number, []))
        # While a pile is away nobody knows its faults
        now = before if state.status == OFFLINE else set(state.faults) & set(PROBLEM_CODE)
        if before == now:
            return
        running = self._shared.running(connector.number)
        identity = transaction_id(running[-1].pile, running[-1].tx) if running else ""
        changed: list[Payload] = [
            await self._event(connector, name, name not in now, identity)
            for name in sorted(before ^ now)
            if self._is_wanted(name)
        ]
        await self._events.send(changed)
        await self._shared.set(_TOLD, {**self._shared.get(_TOLD, {}), number: sorted(now)})

    def _is_wanted(self, name: str) -> bool:
        severity = _OF_WARNING if name in WARNINGS else _OF_FAULT
        # N05: events above the level are not told
        return severity <= int(self._shared.get("monitoring_level", 9))

    async def _event(self, connector: Connector, name: str, gone: bool, identity: str) -> Payload:
        entry = self._model.find(
            {"name": "EVSE", "evse": {"id": connector.number}},
            {"name": "Problem", "instance": PROBLEM_CODE[name]},
        )
        if not isinstance(entry, Entry):
            raise TypeError(f"no variable for the fault {name}")
        return await self._events.event(
            entry,
            "Alerting",
            "false" if gone else "true",
            "HardWiredNotification",
            cleared=gone,
            code=name,
            text=SENTENCE[name],
            transaction=identity,
        )
