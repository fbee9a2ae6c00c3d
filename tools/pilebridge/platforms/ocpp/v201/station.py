"""The 2.0.1 station of one pile: what each call and each fact is handed to."""

import asyncio
import logging
from collections.abc import Awaitable

from pilebridge.model import Connector
from pilebridge.platforms.ocpp import events
from pilebridge.platforms.ocpp.context import Boot, CallError, ChargerContext, NotDeliveredError
from pilebridge.platforms.ocpp.events import TxEvent
from pilebridge.platforms.ocpp.v201 import actions, words
from pilebridge.platforms.ocpp.v201.authorization import Authorizations
from pilebridge.platforms.ocpp.v201.certificates import Certificates
from pilebridge.platforms.ocpp.v201.charging_limits import ChargingLimits
from pilebridge.platforms.ocpp.v201.customers import Customers
from pilebridge.platforms.ocpp.v201.device_model import DeviceModel
from pilebridge.platforms.ocpp.v201.fault_events import FaultEvents
from pilebridge.platforms.ocpp.v201.firmware import Firmware
from pilebridge.platforms.ocpp.v201.logs import Logs
from pilebridge.platforms.ocpp.v201.monitor_events import MonitorEvents
from pilebridge.platforms.ocpp.v201.monitors import Monitors
from pilebridge.platforms.ocpp.v201.notify_event import Events
from pilebridge.platforms.ocpp.v201.operation import Operation, no_answer
from pilebridge.platforms.ocpp.v201.profile_store import ProfileStore
from pilebridge.platforms.ocpp.v201.remote import Remote
from pilebridge.platforms.ocpp.v201.reports import Reports
from pilebridge.platforms.ocpp.v201.reservations import Reservations
from pilebridge.platforms.ocpp.v201.shared import Answer, Shared
from pilebridge.platforms.ocpp.v201.smart_charging import SmartCharging
from pilebridge.platforms.ocpp.v201.statuses import Statuses
from pilebridge.platforms.ocpp.v201.transaction_events import TransactionEvents
from pilebridge.platforms.ocpp.v201.variables import Variables
from pilebridge.platforms.ocpp.v201.words import Payload
from pilebridge.station_services import Authorization

log = logging.getLogger(__name__)


class Station201:
    """A VersionHandler for 2.0.1."""

    subprotocol = "ocpp2.0.1"

    def __init__(self, context: ChargerContext) -> None:
        self._context = context
        self._shared = shared = Shared(context)
        self._model = model = DeviceModel(shared)
        self._looking = asyncio.Lock()
        self._variables = Variables(shared, model)
        self._statuses = Statuses(shared, model)
        self._authorizations = Authorizations(shared, model)
        self._transactions = TransactionEvents(shared, model)
        self._reservations = Reservations(shared)
        self._limits = ChargingLimits(shared, model)
        self._certificates = Certificates(shared, model)
        self._firmware = Firmware(shared, self._certificates)
        self._logs = Logs(shared)
        notify = Events(shared)
        monitors = Monitors(shared, model)
        self._faults = FaultEvents(shared, model, notify)
        self._monitored = MonitorEvents(shared, model, monitors, notify)
        profiles = ProfileStore(shared)
        self._operation = Operation(
            shared,
            {
                "BootNotification": lambda _evse: self.boot("Triggered"),
                "Heartbeat": lambda _evse: self.heartbeat(),
                "StatusNotification": self._tell_status,
                "LogStatusNotification": self._logs.send_status,
                "FirmwareStatusNotification": self._firmware.send_status,
                "SignChargingStationCertificate": self._certificates.ask,
            },
        )
        self._answers: dict[str, Answer] = {}
        for part in (
            self._variables,
            Reports(shared, model),
            self._operation,
            self._authorizations,
            Remote(shared, model, self._authorizations, profiles),
            self._reservations,
            SmartCharging(shared, profiles),
            monitors,
            self._certificates,
            self._firmware,
            self._logs,
            Customers(shared),
        ):
            self._answers.update(part.answers)

    async def boot(self, reason: str) -> Boot:
        """B01 to B03."""
        hello = self._shared.services.hello or {}
        station = {
            "model": self._context.settings.model[:20],
            "vendorName": self._context.settings.vendor[:50],
            "serialNumber": self._shared.services.pile[:25],
        }
        if hello.get("firmware"):
            station["firmwareVersion"] = str(hello["firmware"])[:50]
        answer = await self._context.call(
            "BootNotification", {"chargingStation": station, "reason": reason}
        )
        interval = int(answer["interval"])
        if answer["status"] == "Accepted":
            if interval > 0:
                await self._variables.keep("OCPPCommCtrlr", "HeartbeatInterval", str(interval))
            await self._statuses.forget()
            await self._statuses.seen()
            self._variables.apply()
        return Boot(answer["status"], interval, words.parse_time(answer["currentTime"]))

    async def heartbeat(self) -> int | None:
        """G02; what is due by the clock is looked at too."""
        answer = await self._context.call("Heartbeat", {})
        await self._statuses.seen()
        await self._quietly(self._reservations.look())
        return words.parse_time(answer["currentTime"])

    async def status(self, connector: Connector, changed_utc: int) -> None:
        """Tell what differs of a connector: status, faults, limits, reservations, monitors, firmware."""
        if self._context.boot_status != "Accepted":
            # B02: nothing goes out unasked
            return
        async with self._looking:
            await self._quietly(self._statuses.tell(connector, changed_utc))
            await self._quietly(self._faults.look(connector))
            await self._quietly(self._limits.look(connector))
            await self._quietly(self._reservations.look(connector))
            await self._quietly(self._monitored.look(connector.number))
            await self._quietly(self._firmware.look())

    async def announce(self) -> None:
        """B04: everything after a long time away, else only what has changed."""
        if self._context.boot_status != "Accepted":
            return
        self._variables.apply()
        await self._statuses.forget_after_threshold()
        for connector in self._shared.services.connectors:
            await self.status(connector, self._shared.utc())
        await self._quietly(self._certificates.renew())
        await self._statuses.seen()

    async def answer(self, action: str, payload: Payload) -> Payload:
        """The answer of the part that knows the action."""
        if self._context.boot_status == "Rejected":
            raise CallError("SecurityError", "not accepted by the central system")
        handler = self._answers.get(action)
        if handler is None:
            raise no_answer(action, actions.ALL)
        return await handler(payload)

    async def deliver(self, event: TxEvent) -> None:
        """A fact as TransactionEvent; what follows from it must not have it sent again."""
        reservation_id = self._reservations.used_by(event)
        await self._transactions.deliver(event, reservation_id)
        try:
            if reservation_id is not None:
                await self._reservations.used(reservation_id)
            if event.kind == events.ENDED:
                await self._operation.reset_if_idle(event.tx)
            elif not event.offline:
                async with self._looking:
                    await self._quietly(self._monitored.look(event.connector))
        except NotDeliveredError as error:
            log.info("%s: not told after a transaction event: %s", self._context.identity, error)

    async def authorize(self, token: str) -> Authorization | None:
        """C01: None when there was no verdict."""
        try:
            return await self._authorizations.authorize(token)
        except (CallError, NotDeliveredError) as error:
            log.info("%s: no verdict on a token: %s", self._context.identity, error)
            return None

    async def security(self, kind: str, utc: int, text: str) -> None:
        """A04."""
        await self._logs.note_security(kind, utc, text)
        payload = {"type": kind[:50], "timestamp": words.stamp(utc)}
        if text:
            payload["techInfo"] = text[:255]
        await self._context.call("SecurityEventNotification", payload)

    async def _tell_status(self, number: int) -> None:
        for connector in self._shared.services.connectors:
            if number in {0, connector.number}:
                await self._statuses.tell(connector, self._shared.utc(), always=True)

    async def _quietly(self, work: Awaitable[None]) -> None:
        """A central system that refuses one notification must not keep back the next."""
        try:
            await work
        except CallError as error:
            log.info("%s: refused: %s", self._context.identity, error)
