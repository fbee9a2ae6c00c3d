"""The station of OCPP 1.6J: the messages about the station itself, the rest is for its parts."""

import logging
from typing import Any

from pilebridge.model import Connector
from pilebridge.platforms.ocpp.context import Boot, CallError, ChargerContext, NotDeliveredError
from pilebridge.platforms.ocpp.events import TxEvent
from pilebridge.platforms.ocpp.v16 import firmware, report_file
from pilebridge.platforms.ocpp.v16.calls import Calls
from pilebridge.platforms.ocpp.v16.configuration import Configuration, settings_of
from pilebridge.platforms.ocpp.v16.id_tags import LONGEST, verdict
from pilebridge.platforms.ocpp.v16.meter_reports import MeterReports
from pilebridge.platforms.ocpp.v16.reservations import Reservations
from pilebridge.platforms.ocpp.v16.statuses import Statuses
from pilebridge.platforms.ocpp.v16.times import lenient, to_text
from pilebridge.platforms.ocpp.v16.transactions import Transactions
from pilebridge.station_services import Authorization

log = logging.getLogger(__name__)

SUBPROTOCOL = "ocpp1.6"
# What only a charge point sends: known, and nothing that a central system may ask
OURS = (
    "Authorize",
    "BootNotification",
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
    "Heartbeat",
    "LogStatusNotification",
    "MeterValues",
    "SecurityEventNotification",
    "SignCertificate",
    "SignedFirmwareStatusNotification",
    "StartTransaction",
    "StatusNotification",
    "StopTransaction",
)
_UNKNOWN_THERE = {"NotImplemented", "NotSupported"}


class Station16:
    """VersionHandler of OCPP 1.6J."""

    subprotocol = SUBPROTOCOL

    def __init__(self, context: ChargerContext) -> None:
        self._context = context
        self.configuration = Configuration(context)
        self._statuses = Statuses(context, self.configuration)
        reservations = Reservations(context)
        self._transactions = Transactions(context, self.configuration, reservations)
        self._reservations = reservations
        self._meter_reports = MeterReports(context, self.configuration, self._transactions.books)
        # Most stations are seldom asked anything: what answers is made with the first call
        self._calls: Calls | None = None
        self.configuration.on_change = self._key_changed
        self._booted = False

    async def boot(self, reason: str) -> Boot:
        """Send BootNotification; 1.6 has no word for the reason."""
        answer = await self._context.call("BootNotification", self._identity())
        status, interval_s = str(answer["status"]), max(0, int(answer["interval"]))
        self._booted = True
        if status == "Accepted":
            await self.configuration.set_heartbeat(interval_s)
            if self._context.values.get("registered_utc") is None:
                await self._context.values.set("registered_utc", int(self._context.clock()))
        log.info("ocpp %s: boot (%s): %s", self._context.identity, reason, status)
        return Boot(status, interval_s, lenient(answer.get("currentTime")))

    async def heartbeat(self) -> int | None:
        """Send Heartbeat; the central system's clock."""
        answer = await self._context.call("Heartbeat", {})
        return lenient(answer.get("currentTime"))

    async def status(self, connector: Connector, changed_utc: int) -> None:
        """Tell a connector's status if it differs from what was told last on this station."""
        await self._statuses.changed(connector, changed_utc)

    async def announce(self) -> None:
        """All statuses after a boot, after a mere break those that have changed; then what goes on by itself."""
        await self._statuses.all(self._booted)
        self._booted = False
        if firmware.is_under_way(self._context):
            self._made_calls().firmware.resume()
        self.configuration.apply_ping_interval()
        self._meter_reports.start()

    async def answer(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Answer a call of the central system; CallError refuses it."""
        found = self._made_calls().table.get(action)
        if found is not None:
            return await found(payload)
        if action in OURS:
            raise CallError("NotSupported", f"{action} is for the central system to answer")
        raise CallError("NotImplemented", f"{action[:50]} is no action of OCPP 1.6")

    async def deliver(self, event: TxEvent) -> None:
        """Send what an event means; CallError or NotDeliveredError when it must come again."""
        await self._transactions.deliver(event)

    async def authorize(self, token: str) -> Authorization | None:
        """The central system's verdict on a card; None when there was none."""
        if not 0 < len(token) <= LONGEST:
            return None
        try:
            answer = await self._context.call("Authorize", {"idTag": token})
        except (CallError, NotDeliveredError) as error:
            log.info("ocpp %s: authorize: %s", self._context.identity, error)
            return None
        return verdict(answer["idTagInfo"])

    async def security(self, kind: str, utc: int, text: str) -> None:
        """Tell a security event; a central system without the extensions is not asked to take it."""
        await report_file.note_security_event(self._context, kind, utc, text)
        payload = {"type": kind[:50], "timestamp": to_text(utc)}
        if text:
            payload["techInfo"] = text[:255]
        try:
            await self._context.call("SecurityEventNotification", payload)
        except CallError as error:
            if error.code not in _UNKNOWN_THERE:
                raise

    def _key_changed(self, name: str) -> None:
        if name == "ClockAlignedDataInterval":
            self._meter_reports.start()
        elif name == "LocalAuthListEnabled":
            self._context.later(self._made_calls().local_list.switched())

    def _made_calls(self) -> Calls:
        if self._calls is None:
            self._calls = Calls(
                self._context,
                self.configuration,
                self._reservations,
                self._statuses,
                self._meter_reports,
                self._boot_again,
                self.heartbeat,
            )
        return self._calls

    async def _boot_again(self) -> None:
        """A boot notification that was asked for; the context sees its answer pass."""
        await self.boot("Triggered")

    def _identity(self) -> dict[str, Any]:
        settings, services = settings_of(self._context), self._context.services
        hello = services.hello or {}
        identity = {
            "chargePointVendor": settings.vendor[:20],
            "chargePointModel": settings.model[:20],
            "chargePointSerialNumber": services.pile[:25],
        }
        firmware = str(hello.get("update", {}).get("version") or hello.get("firmware", ""))
        if firmware:
            identity["firmwareVersion"] = firmware[:50]
        return identity
