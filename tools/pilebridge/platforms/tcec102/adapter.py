"""One T/CEC 102 platform: what it may ask of us, and what follows from its transactions."""

import asyncio
import logging
import math
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

import httpx

from pilebridge import orders
from pilebridge.billing import Tariff
from pilebridge.hub import Hub
from pilebridge.model import OFFLINE, Connector, Fact, Transaction
from pilebridge.orders import Order
from pilebridge.ownership import BY_CARD
from pilebridge.platforms.tcec102 import mapping, pushes
from pilebridge.platforms.tcec102.charging import Charging
from pilebridge.platforms.tcec102.client import PeerClient
from pilebridge.platforms.tcec102.envelope import ReplayGuard, Secrets, dump
from pilebridge.platforms.tcec102.fields import format_time, parse_time
from pilebridge.platforms.tcec102.tokens import TokenIssuer
from pilebridge.settings import Operator, Platform, SecretSet, Station
from pilebridge.store import Effect, Store

log = logging.getLogger(__name__)

_PAGE_SIZE = 10
# An accepted start that has no record after one of these is looked at again, after two given up
_LOST_START_S = 30.0
# FailReason of query_equip_auth; from 3 on they are ours
AUTH_NOT_PLUGGED, AUTH_CHECK_FAILED, AUTH_NO_DEVICE, AUTH_BUSY = 1, 2, 3, 4
# Progress is pushed from the live values, not from samples of the journal
_TOLD = {"tx_start", "tx_charging", "tx_stop"}
_BUSY = {"charging", "suspended_ev", "suspended_evse", "reserved"}

Handler = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


class Tcec102Platform:
    """Adapter between the hub and one peer; `handlers` answer its calls, run() pushes."""

    def __init__(
        self,
        settings: Platform,
        operator: Operator,
        stations: Sequence[Station],
        tariff: Tariff,
        hub: Hub,
        store: Store,
        http: httpx.AsyncClient,
        changed_utc: Mapping[str, int],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = settings.name
        self.inbound = secrets(settings.inbound)
        self.tokens = TokenIssuer(self.inbound, clock)
        self.replays = ReplayGuard(clock)
        self._tariff = tariff
        self._operator = operator
        wanted = settings.stations
        self._stations = [s for s in stations if wanted is None or s.id in wanted]
        self._changed_utc = changed_utc
        self._scope = {c.connector_id: c for s in self._stations for c in s.connectors()}
        self._hub = hub
        self._store = store
        self._clock = clock
        self._charging = Charging(
            self.name, self.inbound.operator_id, tariff, self._scope.get, hub, store, clock
        )
        self._pushes = pushes.Pushes(
            self.name,
            PeerClient(settings.url, secrets(settings.outbound), http, clock),
            hub,
            store,
            lambda: list(self._scope.values()),
            self._active,
            self._charging.charge_status,
            settings.status_interval_s,
            settings.retry_max_s,
            clock,
        )
        self.handlers: dict[str, Handler] = {
            "query_token": self._query_token,
            "query_stations_info": self._query_stations_info,
            "query_station_status": self._query_station_status,
            "query_equip_auth": self._query_equip_auth,
            "query_equip_business_policy": self._query_policy,
            "query_start_charge": self._charging.start,
            "query_equip_charge_status": self._charging.status,
            "query_stop_charge": self._charging.stop,
        }

    def tariff_of(self, ref: str) -> Tariff:
        """The prices quoted when this platform ordered the reference."""
        order = self._charging.order(ref)
        return self._tariff if order is None else Tariff.from_text(order.tariff)

    async def run(self) -> None:
        """Push until cancelled."""
        for transaction in self._hub.assembly.open_transactions:
            if self.claims(transaction):
                self.after("tx_start", transaction)
        self._pushes.tell_all()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pushes.run())
            group.create_task(self._give_up_lost_starts())

    def on_status(self, connector: Connector) -> None:
        """A connector's state may have changed."""
        if connector.connector_id in self._scope:
            self._pushes.status_changed(connector)

    def on_reconnect(self) -> None:
        """The piles' link is back."""
        self._pushes.tell_all()

    def owns(self, ref: str) -> bool:
        """True when this platform ordered the reference."""
        return bool(ref) and self._charging.order(ref) is not None

    def claims(self, transaction: Transaction) -> bool:
        """True for a transaction of an order of this platform's."""
        return transaction.by != BY_CARD and self.owns(transaction.ref)

    def effects(self, kind: str, transaction: Transaction, fact: Fact) -> Sequence[Effect]:
        """Order state and outbox messages that follow from a record, for the same commit."""
        if kind not in _TOLD:
            return []
        order = self._charging.order(transaction.ref)
        if order is None or order.tx not in {"", transaction.tx}:
            log.error("tcec %s: a second transaction for %s", self.name, transaction.ref)
            return []
        ref = transaction.ref
        effects: list[Effect] = [
            partial(orders.bind, platform=self.name, ref=ref, tx=transaction.tx)
        ]
        told_failed = order.state in {orders.FAILED, orders.REFUSED}
        if kind == "tx_charging" and not told_failed:
            began_utc = transaction.charging_utc or transaction.start_utc
            effects.append(self._start_result(order, mapping.CHARGING, began_utc))
        if kind == "tx_stop":
            effects.append(partial(orders.end, platform=self.name, ref=ref))
            if told_failed and transaction.cdr and not transaction.cdr.energy_wh:
                return effects
            if transaction.charging_utc is None:
                effects.append(self._start_result(order, mapping.ENDED, transaction.start_utc))
            else:
                effects.append(self._stop_result(ref, order.connector_id))
            # Also for a connector that is no longer in the settings
            info = mapping.order_info(transaction, order.connector_id)
            effects.append(self._push(pushes.ORDER, ref, info))
        return effects

    def after(self, kind: str, transaction: Transaction) -> None:
        """The effects of a record are committed."""
        if kind not in _TOLD:
            return
        self._pushes.wake()
        if kind == "tx_stop":
            self._charging.ended(transaction.ref)
            return
        order = self._charging.order(transaction.ref)
        connector = self._scope.get(order.connector_id) if order else None
        if order is not None and connector is not None and order.state == orders.FAILED:
            self._hub.unwanted(connector, transaction.ref)
            self._hub.stop_if_unwanted(transaction.ref)

    def _push(self, kind: str, ref: str, body: Mapping[str, Any]) -> Effect:
        return partial(
            orders.push,
            platform=self.name,
            kind=kind,
            ref=ref,
            body=dump(body).decode(),
            created_utc=int(self._clock()),
        )

    async def _give_up_lost_starts(self) -> None:
        """Fail what a pile accepted and forgot: power may go before the first record leaves it.

        A transaction that shows up after all is stopped, and billed if it took energy.
        """
        doubtful: set[str] = set()
        while True:
            await asyncio.sleep(_LOST_START_S)
            lost = self._charging.lost_starts(int(self._clock() - _LOST_START_S))
            for order in lost:
                if order.ref in doubtful:
                    await self._store.submit(partial(self._give_up, order=order))
                    self._pushes.wake()
            doubtful = {order.ref for order in lost}

    def _give_up(self, conn: sqlite3.Connection, order: Order) -> None:
        if orders.fail(conn, self.name, order.ref):
            log.error("tcec %s: %s was accepted and never began", self.name, order.ref)
            self._start_result(order, mapping.ENDED, order.created_utc)(conn)

    def _start_result(self, order: Order, stat: int, start_utc: int) -> Effect:
        body = {
            "StartChargeSeq": order.ref,
            "StartChargeSeqStat": stat,
            "ConnectorID": order.connector_id,
            "StartTime": format_time(start_utc),
        }
        return self._push(pushes.START_RESULT, order.ref, body)

    def _stop_result(self, ref: str, connector_id: str) -> Effect:
        body = {
            "StartChargeSeq": ref,
            "StartChargeSeqStat": mapping.ENDED,
            "ConnectorID": connector_id,
            "SuccStat": 0,
            "FailReason": 0,
        }
        return self._push(pushes.STOP_RESULT, ref, body)

    def _active(self) -> list[str]:
        """References of running charges of this platform whose pile can be reached."""
        charging = [t for t in self._hub.assembly.open_transactions if t.charging_utc is not None]
        return [t.ref for t in charging if self._hub.reachable(t.pile) and self.claims(t)]

    async def _query_token(self, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.tokens.answer(body)
        if answer["SuccStat"] == 0:
            # A peer logs in when it comes up: whatever it knew of us may be gone
            self._pushes.tell_all()
        else:
            log.warning("tcec %s: login refused, FailReason %d", self.name, answer["FailReason"])
        return answer

    async def _query_stations_info(self, body: dict[str, Any]) -> dict[str, Any]:
        page, size = body.get("PageNo") or 1, body.get("PageSize") or _PAGE_SIZE
        since = parse_time(body["LastQueryTime"]) if body.get("LastQueryTime") else 0
        rows = [s for s in self._stations if self._changed_utc.get(s.id, 0) >= since]
        chosen = rows[(page - 1) * size : page * size]
        return {
            "PageNo": page,
            "PageCount": math.ceil(len(rows) / size),
            "ItemSize": len(rows),
            "StationInfos": [mapping.station_info(s, self._operator) for s in chosen],
        }

    async def _query_station_status(self, body: dict[str, Any]) -> dict[str, Any]:
        wanted = set(body["StationIDs"])
        rows = [
            {
                "StationID": station.id,
                "ConnectorStatusInfos": [
                    mapping.connector_status(c, self._hub.state(c)) for c in station.connectors()
                ],
            }
            for station in self._stations
            if station.id in wanted
        ]
        return {"Total": len(rows), "StationStatusInfos": rows}

    async def _query_equip_auth(self, body: dict[str, Any]) -> dict[str, Any]:
        reason = self._auth_reason(body["ConnectorID"])
        return {
            "EquipAuthSeq": body["EquipAuthSeq"],
            "ConnectorID": body["ConnectorID"],
            "SuccStat": 1 if reason else 0,
            "FailReason": reason,
        }

    def _auth_reason(self, connector_id: str) -> int:
        connector = self._scope.get(connector_id)
        if connector is None:
            return AUTH_NO_DEVICE
        state = self._hub.state(connector)
        if state.status in {OFFLINE, "faulted", "unavailable"}:
            return AUTH_CHECK_FAILED
        if state.tx or state.status in _BUSY:
            return AUTH_BUSY
        return AUTH_NOT_PLUGGED if state.status == "available" else 0

    async def _query_policy(self, body: dict[str, Any]) -> dict[str, Any]:
        known = body["ConnectorID"] in self._scope
        policy = mapping.policy(self._tariff) if known else []
        return {
            "EquipBizSeq": body["EquipBizSeq"],
            "ConnectorID": body["ConnectorID"],
            "SuccStat": 0 if known else 1,
            "FailReason": 0 if known else 1,
            "SumPeriod": len(policy),
            "PolicyInfos": policy,
        }


def secrets(keys: SecretSet) -> Secrets:
    """The settings' keys as the envelope takes them."""
    return Secrets(
        keys.operator_id, keys.operator_secret, keys.data_secret, keys.data_iv, keys.sig_secret
    )
