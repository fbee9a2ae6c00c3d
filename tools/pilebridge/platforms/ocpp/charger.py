"""One charging station as a version handler sees it, whether it is connected or not."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any

from pilebridge.platforms.ocpp import events, queue
from pilebridge.platforms.ocpp.boot import BootState
from pilebridge.platforms.ocpp.codes import Version
from pilebridge.platforms.ocpp.common import Common
from pilebridge.platforms.ocpp.context import (
    NotDeliveredError,
    OpenTransaction,
    Values,
    VersionHandler,
)
from pilebridge.platforms.ocpp.rpc import Rpc
from pilebridge.platforms.ocpp.values import StationValues
from pilebridge.platforms.ocpp.waiting_starts import WaitingStarts
from pilebridge.station_services import StationServices

log = logging.getLogger(__name__)

# Values of a station that the common part keeps
SECURITY_EVENTS, REVOKED = "security_events", "revoked"
_EVENTS_KEPT = 50
_BOOT = "BootNotification"
# When the central system names none
DEFAULT_HEARTBEAT_S = 300
_STOP_PAUSE_S = 5.0


class Charger:
    """The context of the version handlers; `rpc` and `handler` are there while connected.

    `news` is set whenever the station's own work may have something to do.
    """

    __slots__ = (
        "_common",
        "_values",
        "attempts",
        "boot",
        "boot_wait_s",
        "clock",
        "facts_wait",
        "handler",
        "heartbeat_s",
        "identity",
        "leaving",
        "look_at",
        "news",
        "retry_s",
        "rpc",
        "services",
        "settings",
        "told_since_utc",
        "values",
        "version",
        "waiting_starts",
    )

    def __init__(
        self, identity: str, services: StationServices, values: StationValues, common: Common
    ) -> None:
        self.identity = identity
        self.services = services
        self.values: Values = values
        self._values = values
        self.clock = common.clock
        self.settings = common.settings
        self._common = common
        self.boot = BootState("PowerUp", common.settings.retry_max_s)
        # Seconds to the next boot notification, when an answer asked for one
        self.boot_wait_s: float | None = None
        self.heartbeat_s = DEFAULT_HEARTBEAT_S
        self.attempts, self.retry_s = 3, 60
        self.news = asyncio.Event()
        # There may be facts in the queue
        self.facts_wait = True
        self.leaving = False
        self.rpc: Rpc | None = None
        # That of the last connection
        self.version: Version | None = None
        self.handler: VersionHandler | None = None
        # From then on what happens can be told at once
        self.told_since_utc: int | None = None
        # Has a connector's status told where it differs; the station puts its own here
        self.look_at: Callable[[int], None] = lambda _number: None
        self.waiting_starts = WaitingStarts(identity, services, common.spawn, self._waits)

    @property
    def boot_status(self) -> str:
        """Accepted, Pending, Rejected, or "" before the first answer."""
        return self.boot.status

    async def call(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """The central system's answer, checked. CallError or NotDeliveredError."""
        rpc = self.rpc
        if rpc is None or not rpc.alive:
            raise NotDeliveredError("no connection")
        if action != _BOOT:
            if not self.boot.may_ask:
                raise NotDeliveredError("the central system has not let this station in")
            return await rpc.call(action, payload)
        answer = await rpc.call(action, payload)
        # Whoever sent it: a triggered one counts as well
        self._booted(rpc, str(answer["status"]), int(answer["interval"]))
        return answer

    def later(self, work: Any) -> None:
        """Run a coroutine after the answer to the call in hand has been sent."""
        if self.rpc is None:
            self._common.spawn(work)
        else:
            self.rpc.answers.afterwards(work)

    def transactions(self) -> Sequence[OpenTransaction]:
        """Those that the central system was not told wholly, the newest last; see their `ended`."""
        return self._common.book.of_pile(self.services.pile)

    def transaction_of(self, transaction_id: str) -> OpenTransaction | None:
        """The open transaction that the central system knows by this id."""
        found = (t for t in self.transactions() if t.transaction_id == transaction_id)
        return next(found, None) if transaction_id else None

    def queued(self, transaction_id: str) -> bool:
        """True while transaction messages wait to be sent: of this one, also after its end, or of any ("")."""
        where = (self._common.store.read, self.settings.name, self.services.pile)
        if not transaction_id:
            return queue.waits(*where)
        # Before its start is told, a transaction has no id, and all of its messages wait
        rows = [row for row in self.transactions() if row.transaction_id in {transaction_id, ""}]
        return any(queue.waits(*where, row.tx) for row in rows)

    async def trigger_event(self, tx: str) -> None:
        """Queue an event of kind TRIGGERED of a running transaction, with what its meter says now."""
        await self._queue_live(tx, events.TRIGGERED)

    def state_changed(self, number: int) -> None:
        """Queue the state of a connector when it is news of a transaction of this platform."""
        self.waiting_starts.state_changed(number)
        for row in self.transactions():
            if row.connector == number and not row.ended:
                self._common.spawn(self._queue_live(row.tx, events.STATE))

    def facts_queued(self) -> None:
        """Facts of transactions are committed to the queue."""
        self.facts_wait = True
        self.news.set()

    async def expect_start(
        self,
        ref: str,
        connector: int,
        id_token: str,
        id_token_type: str = "",
        remote_start_id: int | None = None,
        reservation_id: int | None = None,
        group: str = "",
    ) -> None:
        """Write down a remote start before it is acted on: its transaction belongs to this platform."""
        row = OpenTransaction(
            self.services.pile,
            "",
            connector,
            ref,
            id_token=id_token,
            id_token_type=id_token_type,
            group=group,
            remote_start_id=remote_start_id,
            reservation_id=reservation_id,
        )
        await self._common.book.expect(row, int(self.clock()))

    async def bind(self, pile: str, tx: str, transaction_id: str) -> None:
        """The central system's id of a transaction; calls that wait for it may go."""
        await self._common.book.bind(pile, tx, transaction_id)

    async def deauthorized(self, tx: str, status: str) -> None:
        """The central system took back the right to a transaction: it is stopped as soon as that can be."""
        found = self._common.book.find(self.services.pile, tx)
        if found is None or found[1].ended:
            return
        log.warning("ocpp %s: %s: %s, stopping it", self.identity, tx, status)
        await self._values.keep(REVOKED, [*self.values.get(REVOKED, []), tx])
        self._common.spawn(self.stop_revoked(tx))

    async def stop_revoked(self, tx: str) -> None:
        """Stop a transaction whose right was taken, however long the pile is away."""
        while (found := self._common.book.find(self.services.pile, tx)) and not found[1].ended:
            row = found[1]
            reply = await self.services.stop(row.connector, row.ref, "deauthorized")
            if reply is not None and reply.result in {"accepted", "refused"}:
                break
            await asyncio.sleep(_STOP_PAUSE_S)
        left = [each for each in self.values.get(REVOKED, []) if each != tx]
        await self._values.keep(REVOKED, left or None)

    def interval_changed(self, seconds: int) -> None:
        """Heartbeats come every `seconds` from now on; 0 is our own choice."""
        self.heartbeat_s = seconds if seconds > 0 else DEFAULT_HEARTBEAT_S
        self.news.set()

    def ping_interval_changed(self, seconds: int) -> None:
        """WebSocket pings come every `seconds` from now on; 0 never."""
        if self.rpc is not None:
            self.rpc.ping_every(seconds)

    def delivery_rules(self, attempts: int, interval_s: int) -> None:
        """How often a transaction message is sent, and how long to wait between (D.4)."""
        self.attempts, self.retry_s = max(1, attempts), max(0, interval_s)

    def reconnect(self) -> None:
        """Leave this connection, once what is in hand is answered, and make a new one."""
        self.leaving = True
        self.news.set()

    def security_event(self, kind: str, text: str = "") -> None:
        """Note a security event; told to the central system when it may be."""
        rows = [*self.values.get(SECURITY_EVENTS, []), [kind, int(self.clock()), text]]
        if len(rows) > _EVENTS_KEPT:
            log.error("ocpp %s: security event %s falls out untold", self.identity, rows[0][0])
        self.keep(SECURITY_EVENTS, rows[-_EVENTS_KEPT:])
        self.news.set()

    def keep(self, key: str, value: Any) -> None:
        """Keep a value; in memory at once, and committed soon."""
        future = self._values.keep(key, value)

        async def kept() -> None:
            await future

        self._common.spawn(kept())

    def _waits(self, number: int) -> None:
        self.look_at(number)

    def _queue_live(self, tx: str, kind: str) -> Coroutine[Any, Any, None]:
        """Queue what the live state says at this moment; the coroutine waits for the commit."""
        common, committed = self._common, None
        found = common.book.find(self.services.pile, tx)
        if found is not None and not found[1].ended:
            key, row = found
            event = common.telling.of_state(row, self.services, self.told_since_utc, kind)
            if event is not None:
                name = self.settings.name
                push = partial(queue.push_open, platform=name, ref=key, event=event)
                committed = common.store.submit(push)
        return self._queued(committed)

    async def _queued(self, committed: "asyncio.Future[None] | None") -> None:
        if committed is not None:
            await committed
            self.facts_queued()

    def _booted(self, rpc: Rpc, status: str, interval_s: int) -> None:
        known = self.boot.status
        self.boot_wait_s = self.boot.answered(status, interval_s)
        rpc.answers.muted = not self.boot.answers
        if self.boot.needed:
            self.told_since_utc = None
        else:
            self.interval_changed(interval_s)
            if self.told_since_utc is None:
                self.told_since_utc = int(self.clock())
        if status != known:
            log.info("ocpp %s: %s", self.identity, status)
        self.news.set()
