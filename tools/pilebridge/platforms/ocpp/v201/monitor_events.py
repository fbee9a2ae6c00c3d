"""Looks whether values have passed the limits of monitors, and tells it (N07)."""

from typing import Any

from pilebridge.model import OFFLINE
from pilebridge.platforms.ocpp.v201.device_model import DeviceModel
from pilebridge.platforms.ocpp.v201.monitors import Monitors
from pilebridge.platforms.ocpp.v201.notify_event import Events
from pilebridge.platforms.ocpp.v201.shared import Shared, transaction_id
from pilebridge.platforms.ocpp.v201.words import Payload

# What each monitor found last: true for an alarm that stands, or the value told last
_FOUND = "monitor_found"


class MonitorEvents:
    """Compares live values with what the monitors ask for."""

    def __init__(
        self, shared: Shared, model: DeviceModel, monitors: Monitors, events: Events
    ) -> None:
        self._shared = shared
        self._model = model
        self._monitors = monitors
        self._events = events

    async def look(self, evse_id: int) -> None:
        """Look at the monitors of one EVSE."""
        if self._shared.services.state(evse_id).status == OFFLINE:
            return
        before: dict[str, Any] = self._shared.get(_FOUND, {})
        monitors = self._monitors.all()
        known = {str(monitor["id"]) for monitor in monitors}
        found = {number: value for number, value in before.items() if number in known}
        events = []
        for monitor in monitors:
            if monitor["component"].get("evse", {}).get("id") == evse_id:
                event = await self._look_at(monitor, evse_id, found)
                if event and monitor["severity"] <= int(self._shared.get("monitoring_level", 9)):
                    events.append(event)
        # Told first, so that what was not heard is told again
        await self._events.send(events)
        if found != before:
            await self._shared.set(_FOUND, found)

    async def _look_at(
        self, monitor: Payload, evse_id: int, found: dict[str, Any]
    ) -> Payload | None:
        entry = self._monitors.entry(monitor)
        running = self._shared.running(evse_id)
        text = None if entry is None else self._model.value(entry, {})
        number = str(monitor["id"])
        if entry is None or text is None:
            return None
        if monitor["transaction"] and not running:
            # N04: a new transaction begins anew
            found.pop(number, None)
            return None
        value, limit = float(text), monitor["value"]
        if monitor["type"] == "Delta":
            trigger, cleared = "Delta", False
            if number not in found:
                found[number] = value
                return None
            if abs(value - found[number]) < limit:
                return None
            found[number] = value
        else:
            trigger = "Alerting"
            over = value > limit if monitor["type"] == "UpperThreshold" else value < limit
            if over == bool(found.get(number, False)):
                return None
            cleared = not over
            found[number] = over
        identity = transaction_id(running[-1].pile, running[-1].tx) if running else ""
        return await self._events.event(
            entry,
            trigger,
            text,
            "CustomMonitor",
            cleared=cleared,
            monitor_id=monitor["id"],
            transaction=identity,
        )
