"""Start, stop and status of charges a T/CEC 102 peer orders (102.3, business information).

FailReason of query_start_charge: 1 no such device, 2 device offline or silent, then ours:

| 3 | 4 | 5 | 6 |
|---|---|---|---|
| not plugged | connector busy | fault or out of service | the pile refused the command |

FailReason of query_stop_charge: 1 no such device, 2 device offline or silent, 3 already stopped,
then ours: 4 no such order, 5 the pile refused the command.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from pilebridge import orders, transactions
from pilebridge.billing import Tariff, bill
from pilebridge.commands import Reply
from pilebridge.hub import Hub
from pilebridge.model import ChargeDetailRecord, Connector, Reading, Transaction
from pilebridge.orders import Order
from pilebridge.platforms.tcec102 import mapping
from pilebridge.platforms.tcec102.envelope import dump, load
from pilebridge.platforms.tcec102.fields import check_seq, refuse
from pilebridge.store import Store

log = logging.getLogger(__name__)

BY = "tcec102"

NO_DEVICE, OFFLINE = 1, 2
NOT_PLUGGED, BUSY, FAULT, REFUSED = 3, 4, 5, 6
ALREADY_STOPPED, NO_ORDER, STOP_REFUSED = 3, 4, 5

START_FAIL_REASON = {
    "no_connector": NO_DEVICE,
    "not_plugged": NOT_PLUGGED,
    "busy": BUSY,
    "fault": FAULT,
    "unavailable": FAULT,
    "no_meter": FAULT,
}


class Charging:
    """The orders of one platform; handlers take a checked body and return the inner answer."""

    def __init__(
        self,
        platform: str,
        peer_id: str,
        tariff: Tariff,
        find: Callable[[str], Connector | None],
        hub: Hub,
        store: Store,
        clock: Callable[[], float],
    ) -> None:
        self._platform = platform
        self._peer_id = peer_id
        self._tariff = tariff
        self._find = find
        self._hub = hub
        self._store = store
        self._clock = clock
        self._starting: dict[str, tuple[str, asyncio.Task[dict[str, Any]]]] = {}
        self._stopping: set[str] = set()

    def order(self, ref: str) -> Order | None:
        """The stored order with this StartChargeSeq."""
        return orders.find(self._store.read, self._platform, ref)

    async def start(self, body: dict[str, Any]) -> dict[str, Any]:
        """query_start_charge: at most one start per StartChargeSeq, and the same answer again."""
        ref, connector_id = body["StartChargeSeq"], body["ConnectorID"]
        check_seq("StartChargeSeq", ref, self._peer_id)
        running = self._starting.get(ref)
        known = self.order(ref)
        first_id = running[0] if running else known.connector_id if known else connector_id
        if first_id != connector_id:
            raise refuse("ConnectorID", "is not the one this StartChargeSeq came with first")
        if running is None:
            task = asyncio.create_task(self._start(ref, connector_id, known))
            task.add_done_callback(lambda _: self._starting.pop(ref, None))
            self._starting[ref] = running = (connector_id, task)
        # The start goes on, and its answer is stored, when the caller hangs up
        return await asyncio.shield(running[1])

    async def stop(self, body: dict[str, Any]) -> dict[str, Any]:
        """query_stop_charge."""
        ref, connector_id = body["StartChargeSeq"], body["ConnectorID"]
        order, connector = self.order(ref), self._find(connector_id)
        if order is None:
            return self._stop_answer(ref, mapping.UNKNOWN, NO_ORDER)
        if connector is None or order.connector_id != connector_id:
            return self._stop_answer(ref, self._stat(order), NO_DEVICE)
        if order.state in {orders.REFUSED, orders.FAILED, orders.ENDED}:
            return self._stop_answer(ref, mapping.ENDED, ALREADY_STOPPED)
        reply = await self._hub.stop(connector, ref)
        if reply is None or reply.result == "stale":
            return self._stop_answer(ref, self._stat(order), OFFLINE)
        if reply.result == "accepted":
            self._stopping.add(ref)
            return self._stop_answer(ref, mapping.STOPPING, 0)
        if reply.reason in {"no_transaction", "other_transaction"}:
            return self._stop_answer(ref, mapping.ENDED, ALREADY_STOPPED)
        return self._stop_answer(ref, self._stat(order), STOP_REFUSED)

    async def status(self, body: dict[str, Any]) -> dict[str, Any]:
        """query_equip_charge_status."""
        answer = await self.charge_status(body["StartChargeSeq"])
        if answer is None:
            raise refuse("StartChargeSeq", "is not known")
        return answer

    async def charge_status(self, ref: str) -> dict[str, Any] | None:
        """ChargeStatus of an order now, None for an unknown one."""
        order = self.order(ref)
        connector = self._find(order.connector_id) if order else None
        if order is None or connector is None:
            return None
        transaction = self._transaction(ref, connector)
        cost = await self._cost(order, connector, transaction)
        state = self._hub.state(connector)
        stat = self._stat(order, transaction)
        return mapping.charge_status(ref, stat, connector, state, cost)

    def lost_starts(self, before_utc: int) -> list[Order]:
        """Orders from before a moment that their pile, though there, does not run."""
        lost = []
        for order in orders.never_begun(self._store.read, self._platform, before_utc):
            connector = self._find(order.connector_id)
            if order.ref in self._starting:
                continue
            if connector is None or (
                self._hub.reachable(connector.pile) and self._hub.state(connector).ref != order.ref
            ):
                lost.append(order)
        return lost

    def ended(self, ref: str) -> None:
        """The order's transaction is over and stored."""
        self._stopping.discard(ref)

    async def _start(self, ref: str, connector_id: str, known: Order | None) -> dict[str, Any]:
        if known is not None and known.answer is not None:
            return load(known.answer.encode())
        now = int(self._clock())
        name = self._platform
        # On disk before the pile hears of it: a start without an order could not be billed
        tariff = self._tariff.as_text()
        await self._store.submit(
            lambda conn: orders.create(conn, name, ref, connector_id, now, tariff)
        )
        reason, state = await self._command(ref, self._find(connector_id))
        accepted = state == orders.ACCEPTED
        answer = {
            "StartChargeSeq": ref,
            "StartChargeSeqStat": mapping.STARTING if accepted else mapping.ENDED,
            "ConnectorID": connector_id,
            "SuccStat": 0 if accepted else 1,
            "FailReason": reason,
        }
        text = dump(answer).decode()
        await self._store.submit(lambda conn: orders.answer(conn, name, ref, state, text))
        outcome = "accepted" if accepted else f"{state}, FailReason {reason}"
        log.info("tcec %s: start %s on %s %s", name, ref, connector_id, outcome)
        return answer

    async def _command(self, ref: str, connector: Connector | None) -> tuple[int, str]:
        """(FailReason, order state) of having a pile start."""
        if connector is None:
            return NO_DEVICE, orders.REFUSED
        if self._transaction(ref, connector) is not None:
            # An earlier process of ours asked, and stopped before it wrote down the answer
            return 0, orders.ACCEPTED
        if not self._hub.reachable(connector.pile):
            return OFFLINE, orders.REFUSED
        return _verdict(await self._hub.start(connector, ref, BY))

    def _stop_answer(self, ref: str, stat: int, reason: int) -> dict[str, Any]:
        outcome = f"FailReason {reason}" if reason else "accepted"
        log.info("tcec %s: stop %s %s", self._platform, ref, outcome)
        return {
            "StartChargeSeq": ref,
            "StartChargeSeqStat": stat,
            "SuccStat": 1 if reason else 0,
            "FailReason": reason,
        }

    def _transaction(self, ref: str, connector: Connector) -> Transaction | None:
        running = self._hub.assembly.running(connector.pile, ref)
        if running is not None:
            return running
        return transactions.find_by_ref(self._store.read, connector.pile, ref)

    async def _cost(
        self, order: Order, connector: Connector, transaction: Transaction | None
    ) -> ChargeDetailRecord:
        if transaction is None:
            return bill([Reading(order.created_utc, 0)], Tariff.from_text(order.tariff))
        if transaction.cdr is not None:
            return transaction.cdr
        state = self._hub.state(connector)
        live = self._hub.live_reading(connector) if state.tx == transaction.tx else None
        return await self._hub.assembly.tell(transaction, live)

    def _stat(self, order: Order, transaction: Transaction | None = None) -> int:
        if order.state in {orders.REFUSED, orders.FAILED, orders.ENDED}:
            return mapping.ENDED
        if transaction is not None and transaction.ended:
            return mapping.ENDED
        if order.ref in self._stopping:
            return mapping.STOPPING
        if transaction is not None and transaction.charging_utc is not None:
            return mapping.CHARGING
        return mapping.STARTING


def _verdict(reply: Reply | None) -> tuple[int, str]:
    """(FailReason, order state) of a pile's answer to a start."""
    if reply is None:
        # It may still act on the command: the hub stops what starts late
        return OFFLINE, orders.FAILED
    if reply.result == "accepted":
        return 0, orders.ACCEPTED
    if reply.result == "stale":
        return OFFLINE, orders.REFUSED
    if reply.result == "refused":
        return START_FAIL_REASON.get(reply.reason, REFUSED), orders.REFUSED
    return REFUSED, orders.REFUSED
