"""What the central system asks of transactions: start, stop, unlock, status and cost (F01 to F05, E14, I02)."""

import logging
import uuid

from pilebridge.model import Connector
from pilebridge.platforms.ocpp.context import CallError, NotDeliveredError
from pilebridge.platforms.ocpp.v201 import words
from pilebridge.platforms.ocpp.v201.authorization import Authorizations
from pilebridge.platforms.ocpp.v201.device_model import DeviceModel
from pilebridge.platforms.ocpp.v201.profile_store import ProfileStore
from pilebridge.platforms.ocpp.v201.shared import Answer, Shared
from pilebridge.platforms.ocpp.v201.transaction_events import keep_cost
from pilebridge.platforms.ocpp.v201.words import Payload

log = logging.getLogger(__name__)

_BY = "ocpp"


class Remote:
    """Answers of the functional blocks remote control and transactions."""

    def __init__(
        self,
        shared: Shared,
        model: DeviceModel,
        authorizations: Authorizations,
        profiles: ProfileStore,
    ) -> None:
        self._shared = shared
        self._services = shared.services
        self._model = model
        self._authorizations = authorizations
        self._profiles = profiles
        self.answers: dict[str, Answer] = {
            "RequestStartTransaction": self._start,
            "RequestStopTransaction": self._stop,
            "UnlockConnector": self._unlock,
            "GetTransactionStatus": self._status,
            "CostUpdated": self._cost,
        }

    def _connector_for(self, evse_id: int | None) -> Connector | str:
        """Where to start: the EVSE asked for, or the only one that a vehicle waits at."""
        if evse_id is not None:
            return self._shared.connector(evse_id) or "UnknownEvse"
        connectors = self._services.connectors
        waiting = [c for c in connectors if self._services.state(c.number).status == "preparing"]
        if len(waiting) == 1 or len(connectors) == 1:
            return (waiting or list(connectors))[0]
        return "MissingParam"

    async def _start(self, payload: Payload) -> Payload:
        if self._shared.context.boot_status != "Accepted":
            return words.with_reason("Rejected", "CSNotAccepted")
        connector = self._connector_for(payload.get("evseId"))
        if isinstance(connector, str):
            return words.with_reason("Rejected", connector)
        token = payload["idToken"]["idToken"]
        token_type = payload["idToken"]["type"]
        if not words.is_token(token) and token_type != "NoAuthorization":
            return words.with_reason("Rejected", "InvalidValue", "idToken")
        is_asked = token_type != "NoAuthorization" and self._model.flag(
            "AuthCtrlr", "AuthorizeRemoteStart"
        )
        if is_asked and self._services.state(connector.number).tx:
            # The pile would say so after the answer, when nobody hears it
            return words.refused("Rejected", "busy")
        ref = f"ocpp-{uuid.uuid4().hex}"
        profile = payload.get("chargingProfile")
        if profile is not None:
            # F01: a TxProfile without an id of a transaction
            wrong = self._profiles.problem(connector.number, profile, starting=True)
            if wrong:
                return words.with_reason("Rejected", wrong)
        await self._shared.context.expect_start(
            ref,
            connector.number,
            token,
            token_type,
            payload["remoteStartId"],
            self._reservation(connector.number, token, payload),
            payload.get("groupIdToken", {}).get("idToken", ""),
        )
        if is_asked:
            self._shared.later(self._ask_and_start(connector, ref, token, token_type, profile))
            return {"status": "Accepted"}
        reason = await self._begin(connector, ref, token, profile)
        return (
            {"status": "Accepted"} if reason == "" else words.refused("Rejected", reason or None)
        )

    def _reservation(self, number: int, token: str, payload: Payload) -> int | None:
        group = payload.get("groupIdToken", {}).get("idToken", "")
        for kept in self._shared.get("reservations", []):
            mine = kept["token"] == token or (group and kept.get("group") == group)
            if mine and kept["evse"] in {0, number}:
                return int(kept["id"])
        return None

    async def _begin(
        self, connector: Connector, ref: str, token: str, profile: Payload | None
    ) -> str | None:
        """Start now: "" when it was accepted, else why not; None when the pile was silent."""
        if profile is not None:
            await self._profiles.install(connector.number, profile, ref)
        reply = await self._services.start(connector.number, ref, _BY, token)
        if reply is not None and reply.result == "accepted":
            return ""
        if profile is not None:
            await self._profiles.remove([profile["id"]])
        return None if reply is None else reply.reason or reply.result

    async def _ask_and_start(
        self, connector: Connector, ref: str, token: str, token_type: str, profile: Payload | None
    ) -> None:
        """F01: the token is asked for as if it had been presented at the station."""
        try:
            verdict = await self._authorizations.authorize(token, token_type)
        except (CallError, NotDeliveredError) as error:
            log.warning("%s: no verdict for a remote start: %s", self._services.pile, error)
            return
        if verdict.status != "accepted":
            log.info("%s: remote start not authorised: %s", self._services.pile, verdict.status)
            return
        reason = await self._begin(connector, ref, token, profile)
        if reason != "":
            log.warning("%s: remote start refused: %s", self._services.pile, reason or "silent")

    async def _stop(self, payload: Payload) -> Payload:
        if self._shared.context.boot_status != "Accepted":
            return words.with_reason("Rejected", "CSNotAccepted")
        transaction = self._shared.find(payload["transactionId"])
        if transaction is None or transaction.ended:
            return words.with_reason("Rejected", "TxNotFound")
        reply = await self._services.stop(transaction.connector, transaction.ref, "remote")
        if reply is not None and reply.result == "accepted":
            return {"status": "Accepted"}
        return words.refused("Rejected", None if reply is None else reply.reason)

    async def _unlock(self, payload: Payload) -> Payload:
        connector = self._shared.connector(payload["evseId"], payload["connectorId"])
        if connector is None:
            return {"status": "UnknownConnector"}
        if self._services.state(connector.number).tx or self._shared.running(connector.number):
            return {"status": "OngoingAuthorizedTransaction"}
        reply = await self._services.unlock(connector.number)
        if reply is not None and reply.result == "accepted":
            return {"status": "Unlocked"}
        return words.refused("UnlockFailed", None if reply is None else reply.reason)

    async def _status(self, payload: Payload) -> Payload:
        wanted, context = payload.get("transactionId"), self._shared.context
        if wanted is None:
            # Without an id the answer is about the queue alone
            return {"messagesInQueue": context.queued("")}
        transaction = self._shared.find(wanted)
        if transaction is None:
            return {"ongoingIndicator": False, "messagesInQueue": context.queued(wanted)}
        return {
            "ongoingIndicator": not transaction.ended,
            "messagesInQueue": context.queued(wanted),
        }

    async def _cost(self, payload: Payload) -> Payload:
        total = {"total": payload["totalCost"], "final": False}
        await keep_cost(self._shared, payload["transactionId"], total)
        return {}
