"""Facts of a transaction as StartTransaction, MeterValues and StopTransaction."""

import logging
from typing import Any

from pilebridge.model import Connector
from pilebridge.platforms.ocpp.context import CallError, ChargerContext, NotDeliveredError
from pilebridge.platforms.ocpp.events import CHARGING, ENDED, SAMPLE, STARTED, TxEvent
from pilebridge.platforms.ocpp.v16 import meter_values
from pilebridge.platforms.ocpp.v16.configuration import Configuration
from pilebridge.platforms.ocpp.v16.id_tags import LONGEST, verdict
from pilebridge.platforms.ocpp.v16.meter_values import Sample
from pilebridge.platforms.ocpp.v16.open_books import OpenBooks
from pilebridge.platforms.ocpp.v16.reservations import Reservations
from pilebridge.platforms.ocpp.v16.times import to_text
from pilebridge.station_services import ACCEPTED, TX, ChargingProfile, Period

log = logging.getLogger(__name__)

# Reason of the journal -> reason of 1.6; what is not here is Other
REASONS = {
    "local": "Local",
    "remote": "Remote",
    "unplugged": "EVDisconnected",
    "power_loss": "PowerLoss",
    "deauthorized": "DeAuthorized",
    "unlock": "UnlockCommand",
    "reset_soft": "SoftReset",
    "reset_hard": "HardReset",
}
_FAULT_REASONS = {"emergency_stop": "EmergencyStop", "mains_lost": "PowerLoss"}
# A central system that is still creating this station answers with no id, or with Invalid
_EARLY_S = 30
# The profile that holds back a transaction whose right was taken but which may not end
HOLD_PROFILE = 2147483647
_TOP_STACK = 99


def stop_reason(reason: str, fault: str) -> str:
    """The reason of 1.6 for how a transaction ended."""
    if reason == "fault":
        return _FAULT_REASONS.get(fault, "Other")
    return REASONS.get(reason, "Other")


class Transactions:
    """Sends each fact; an exception means that it has to come again."""

    def __init__(
        self,
        context: ChargerContext,
        configuration: Configuration,
        reservations: Reservations,
    ) -> None:
        self._context = context
        self._configuration = configuration
        self._reservations = reservations
        self.books = OpenBooks(context)

    async def deliver(self, event: TxEvent) -> None:
        """What an event means in 1.6; CallError or NotDeliveredError when it must come again."""
        if event.kind == STARTED:
            await self._start(event)
        elif event.kind in {CHARGING, SAMPLE}:
            await self._sample(event)
        elif event.kind == ENDED:
            await self._stop(event)

    async def _start(self, event: TxEvent) -> None:
        payload: dict[str, Any] = {
            "connectorId": event.connector,
            "idTag": event.id_token[:LONGEST],
            "meterStart": event.wh,
            "timestamp": to_text(event.utc),
        }
        reservation = event.reservation_id
        if reservation is None:
            reservation = self._reservations.matching(event.connector, event.id_token, event.utc)
        if reservation is not None:
            payload["reservationId"] = reservation
        try:
            answer = await self._context.call("StartTransaction", payload)
        except (CallError, NotDeliveredError):
            await self.books.doubt(event.tx, self.books.doubts(event.tx) + 1)
            raise
        number, status = int(answer["transactionId"]), answer["idTagInfo"]["status"]
        await self._doubt(event, number, status)
        if self._keeps_data():
            await self.books.begin(event.tx, Sample(event.utc, event.wh))
        await self._context.bind(event.pile, event.tx, str(number))
        if reservation is not None:
            await self._reservations.used(reservation)
        if verdict(answer["idTagInfo"]).status != ACCEPTED:
            await self._revoked(event, status)

    async def _doubt(self, event: TxEvent, number: int, status: str) -> None:
        """Raise for an answer that may be no verdict but a central system that is not ready."""
        early = self._context.clock() - self._context.values.get("registered_utc", 0) < _EARLY_S
        if number > 0 and not (early and status == "Invalid"):
            return
        doubts = self.books.doubts(event.tx) + 1
        if doubts >= self._configuration.number("TransactionMessageAttempts"):
            return
        await self.books.doubt(event.tx, doubts)
        raise CallError("GenericError", f"transactionId {number}, {status}: not believed yet")

    async def _revoked(self, event: TxEvent, status: str) -> None:
        """The central system does not accept the tag of a transaction that runs, or has run by now."""
        if self._configuration.flag("StopTransactionOnInvalidId"):
            await self._context.deauthorized(event.tx, status)
            return
        state = self._context.services.state(event.connector)
        if state.tx != event.tx:
            return
        # The transaction goes on without energy
        held = (Period(0, 0),)
        profile = ChargingProfile(
            HOLD_PROFILE, event.connector, TX, _TOP_STACK, held, ref=state.ref
        )
        reply = await self._context.services.set_profile(profile)
        if reply is None or reply.result != "accepted":
            # A pile that cannot hold it back has to end it: nobody pays for this energy
            await self._context.deauthorized(event.tx, status)

    async def _sample(self, event: TxEvent) -> None:
        if event.kind == SAMPLE and self._configuration.number("MeterValueSampleInterval") == 0:
            return
        connector = self._connector(event.connector)
        number = self._number_of(event)
        if connector is None or number is None:
            return
        sample = self._measured(event, connector)
        self.books.told(event.tx, event.wh)
        context = meter_values.PERIODIC if event.kind == SAMPLE else meter_values.OTHER
        wanted = self._configuration.measurands("MeterValuesSampledData")
        value = meter_values.meter_value(sample, connector, wanted, context)
        if value is not None:
            payload = {
                "connectorId": event.connector,
                "transactionId": number,
                "meterValue": [value],
            }
            await self._context.call("MeterValues", payload)
        if self._configuration.measurands("StopTxnSampledData"):
            await self.books.note(event.tx, sample, context)

    async def _stop(self, event: TxEvent) -> None:
        number = self._number_of(event)
        if number is not None:
            payload: dict[str, Any] = {
                "transactionId": number,
                "meterStop": event.wh,
                "timestamp": to_text(event.utc),
                "reason": stop_reason(event.reason, event.fault),
            }
            if event.reason == "local" and event.id_token:
                payload["idTag"] = event.id_token[:LONGEST]
            data = self._data(event)
            if data:
                payload["transactionData"] = data
            await self._context.call("StopTransaction", payload)
        held = [each for each in self._context.services.profiles() if each.id == HOLD_PROFILE]
        if any(each.connector == event.connector for each in held):
            await self._context.services.clear_profiles([HOLD_PROFILE])
        await self.books.end(event.tx)

    def _keeps_data(self) -> bool:
        keys = ("StopTxnSampledData", "StopTxnAlignedData")
        return any(self._configuration.measurands(key) for key in keys)

    def _data(self, event: TxEvent) -> list[dict[str, Any]]:
        """transactionData: the registers at both ends and what was noted between."""
        connector = self._connector(event.connector)
        if connector is None:
            return []
        sampled = self._configuration.measurands("StopTxnSampledData")
        aligned = self._configuration.measurands("StopTxnAlignedData")
        noted = self.books.noted(event.tx)
        ends = [(self._measured(event, connector), meter_values.END)] if sampled else []
        data = []
        for sample, context in [*noted, *ends]:
            wanted = aligned if context == meter_values.CLOCK else sampled
            value = meter_values.meter_value(sample, connector, wanted, context)
            if value is not None:
                data.append(value)
        return data

    def _measured(self, event: TxEvent, connector: Connector) -> Sample:
        """The values of an event; what was offered is known of the present only."""
        state = self._context.services.state(event.connector)
        now = state.tx == event.tx and not event.offline
        most = meter_values.offered(state, connector) if now else None
        return Sample(event.utc, event.wh, event.w, event.mv, event.ma, most)

    def _number_of(self, event: TxEvent) -> int | None:
        number = self.books.number(event.tx)
        if number is None:
            log.warning(
                "ocpp %s: %s of %s not sent: the central system never gave it an id",
                self._context.identity,
                event.kind,
                event.tx,
            )
        return number

    def _connector(self, number: int) -> Connector | None:
        connectors = self._context.services.connectors
        return next((each for each in connectors if each.number == number), None)
