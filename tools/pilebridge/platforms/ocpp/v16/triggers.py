"""TriggerMessage and ExtendedTriggerMessage: what was asked for is sent after the answer."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from pilebridge.platforms.ocpp.context import CallError, ChargerContext, NotDeliveredError
from pilebridge.platforms.ocpp.v16.firmware import Firmware
from pilebridge.platforms.ocpp.v16.meter_reports import MeterReports
from pilebridge.platforms.ocpp.v16.own_certificate import OwnCertificate
from pilebridge.platforms.ocpp.v16.statuses import Statuses
from pilebridge.platforms.ocpp.v16.uploads import Uploads

log = logging.getLogger(__name__)


class Triggers:
    """`boot` and `heartbeat` send those messages."""

    def __init__(
        self,
        context: ChargerContext,
        boot: Callable[[], Awaitable[None]],
        heartbeat: Callable[[], Awaitable[object]],
        statuses: Statuses,
        meter_reports: MeterReports,
        firmware: Firmware,
        uploads: Uploads,
        own_certificate: OwnCertificate,
    ) -> None:
        self._context = context
        self._statuses = statuses
        self._meter_reports = meter_reports
        self._plain: dict[str, Callable[[], Awaitable[object]]] = {
            "BootNotification": boot,
            "Heartbeat": heartbeat,
            "FirmwareStatusNotification": lambda: firmware.tell(False),
            "DiagnosticsStatusNotification": lambda: uploads.tell("DiagnosticsStatusNotification"),
        }
        self._extended: dict[str, Callable[[], Awaitable[object]]] = {
            **self._plain,
            "FirmwareStatusNotification": lambda: firmware.tell(True),
            "LogStatusNotification": lambda: uploads.tell("LogStatusNotification"),
            "SignChargePointCertificate": own_certificate.ask,
        }

    async def trigger(self, payload: dict[str, Any]) -> dict[str, Any]:
        """TriggerMessage."""
        return self._answer(payload, self._plain)

    async def extended(self, payload: dict[str, Any]) -> dict[str, Any]:
        """ExtendedTriggerMessage."""
        return self._answer(payload, self._extended)

    def _answer(
        self, payload: dict[str, Any], whole: dict[str, Callable[[], Awaitable[object]]]
    ) -> dict[str, Any]:
        name, number = payload["requestedMessage"], payload.get("connectorId")
        numbers = [each.number for each in self._context.services.connectors]
        if name in whole:
            self._context.later(self._send(name, whole[name]))
        elif number is not None and number not in {0, *numbers}:
            return {"status": "Rejected"}
        elif name == "MeterValues":
            self._context.later(self._send(name, lambda: self._meter_reports.on_trigger(number)))
        elif name == "StatusNotification":
            chosen = [0, *numbers] if number is None else [number]
            self._context.later(self._send(name, lambda: self._tell_statuses(chosen)))
        else:
            return {"status": "NotImplemented"}
        return {"status": "Accepted"}

    async def _tell_statuses(self, numbers: list[int]) -> None:
        for number in numbers:
            await self._statuses.one(number)

    async def _send(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        try:
            await work()
        except (CallError, NotDeliveredError) as error:
            log.info("ocpp %s: triggered %s: %s", self._context.identity, name, error)
