"""What we push to a T/CEC 102 peer: results and orders from the durable outbox, connector status
as it is now, and the progress of running charges.

Results and orders are kept until confirmed. Status is not queued, the newest one counts: after an
outage of the peer, the pile or the broker every connector is told again.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from pilebridge import orders
from pilebridge.hub import Hub
from pilebridge.model import Connector
from pilebridge.orders import Push
from pilebridge.platforms.tcec102 import mapping
from pilebridge.platforms.tcec102.client import PeerClient, PeerError, as_int
from pilebridge.platforms.tcec102.envelope import load
from pilebridge.store import Store

log = logging.getLogger(__name__)

STATUS = "notification_stationStatus"
CHARGE_STATUS = "notification_equip_charge_status"
START_RESULT = "notification_start_charge_result"
STOP_RESULT = "notification_stop_charge_result"
ORDER = "notification_charge_order_info"

_FIRST_RETRY_S = 0.5
# An order the peer disputes or calls illegal needs a person, but must not be dropped
_DISPUTED_RETRY_S = 600.0
_RESULT_TRIES = 5


class Pushes:
    """The outgoing half of one platform; run() until cancelled."""

    def __init__(
        self,
        platform: str,
        client: PeerClient,
        hub: Hub,
        store: Store,
        scope: Callable[[], Sequence[Connector]],
        active: Callable[[], Sequence[str]],
        progress: Callable[[str], Awaitable[dict[str, Any] | None]],
        status_interval_s: float,
        retry_max_s: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._platform = platform
        self._client = client
        self._hub = hub
        self._store = store
        self._scope = scope
        self._active = active
        self._progress = progress
        self._interval_s = status_interval_s
        self._retry_max_s = retry_max_s
        self._clock = clock
        self._dirty: dict[str, Connector] = {}
        self._told: dict[str, int] = {}
        self._status_news = asyncio.Event()
        self._outbox_news = asyncio.Event()
        self._failures = 0

    def status_changed(self, connector: Connector) -> None:
        """Tell the peer a connector's status if it differs from what it heard last."""
        self._dirty[connector.connector_id] = connector
        self._status_news.set()

    def tell_all(self) -> None:
        """Tell the peer every connector, and try at once what waits."""
        self._told.clear()
        for connector in self._scope():
            self._dirty[connector.connector_id] = connector
        self._status_news.set()
        self._outbox_news.set()

    def wake(self) -> None:
        """Something new is in the outbox."""
        self._outbox_news.set()

    async def run(self) -> None:
        """All three kinds of pushes side by side."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._run_status())
            group.create_task(self._run_outbox())
            group.create_task(self._run_progress())

    async def _send(self, interface: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = await self._client.call(interface, body)
        except PeerError as error:
            if error.passing:
                if not self._failures:
                    log.error("tcec %s: %s", self._platform, error)
                self._failures += 1
            raise
        if self._failures:
            log.info("tcec %s: answers again", self._platform)
            self._failures = 0
            self.tell_all()
        return answer

    def _pause_s(self) -> float:
        pause_s = min(self._retry_max_s, _FIRST_RETRY_S * (1 << min(self._failures, 20)))
        return pause_s * random.uniform(0.8, 1.0)

    async def _run_status(self) -> None:
        while True:
            await self._status_news.wait()
            self._status_news.clear()
            while self._dirty:
                connector_id = next(iter(self._dirty))
                try:
                    await self._tell(self._dirty.pop(connector_id))
                except PeerError as error:
                    if not error.passing:
                        log.error("tcec %s: status: %s", self._platform, error)
                        continue
                    if (connector := self._hub.connector(connector_id)) is not None:
                        self._dirty[connector_id] = connector
                    self._status_news.clear()
                    await _wait(self._status_news, self._pause_s())

    async def _tell(self, connector: Connector) -> None:
        info = mapping.connector_status(connector, self._hub.state(connector))
        status = info["Status"]
        if self._told.get(connector.connector_id) == status or self._hub.undecided(connector.pile):
            return
        answer = await self._send(STATUS, {"ConnectorStatusInfo": info})
        self._told[connector.connector_id] = status
        verdict = as_int(answer.get("Status"))
        outcome = "" if verdict == 0 else f", not taken (Status {verdict})"
        log.info("tcec %s: %s is %d%s", self._platform, connector.connector_id, status, outcome)

    async def _run_outbox(self) -> None:
        while True:
            self._outbox_news.clear()
            due = orders.due(self._store.read, self._platform)
            wait_s = self._retry_max_s
            for push in due:
                left_s = push.next_try - self._clock()
                # A clock that was set back must not make it wait for the old time to return
                if 0 < left_s <= _DISPUTED_RETRY_S:
                    wait_s = min(wait_s, left_s)
                    continue
                wait_s = 0.0
                if not await self._deliver(push):
                    wait_s = self._pause_s()
                    break
            if wait_s:
                await _wait(self._outbox_news, wait_s)

    async def _deliver(self, push: Push) -> bool:
        """Send one message and store the verdict; False when the peer is not there at all."""
        try:
            answer = await self._send(push.kind, load(push.body.encode()))
        except PeerError as error:
            if error.passing:
                await self._postpone(push, 0.0, str(error))
                return False
            await self._refused(push, str(error))
            return True
        field = "ConfirmResult" if push.kind == ORDER else "SuccStat"
        verdict = as_int(answer.get(field))
        if verdict == 0:
            await self._store.submit(lambda conn: orders.confirmed(conn, push.id))
            log.info("tcec %s: %s %s confirmed", self._platform, push.kind, push.ref)
        else:
            await self._refused(push, f"{field} {verdict}")
        return True

    async def _refused(self, push: Push, text: str) -> None:
        log.error("tcec %s: %s %s: %s", self._platform, push.kind, push.ref, text)
        if push.kind == ORDER:
            await self._postpone(push, _DISPUTED_RETRY_S, text)
        elif push.attempts + 1 >= _RESULT_TRIES:
            # The order behind it must not wait for a message the peer will never take
            await self._store.submit(lambda conn: orders.dropped(conn, push.id, text))
        else:
            await self._postpone(push, self._retry_max_s, text)

    async def _postpone(self, push: Push, pause_s: float, text: str) -> None:
        moment = self._clock() + pause_s
        await self._store.submit(lambda conn: orders.postponed(conn, push.id, moment, text))

    async def _run_progress(self) -> None:
        due: dict[str, float] = {}
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(min(1.0, self._interval_s / 4))
            active = self._active()
            due = {ref: due.get(ref, loop.time() + self._interval_s) for ref in active}
            for ref in active:
                if loop.time() < due[ref]:
                    continue
                due[ref] = loop.time() + self._interval_s
                body = await self._progress(ref)
                if body is None:
                    continue
                try:
                    await self._send(CHARGE_STATUS, body)
                except PeerError as error:
                    if not error.passing:
                        log.error("tcec %s: progress of %s: %s", self._platform, ref, error)


async def _wait(event: asyncio.Event, timeout_s: float) -> None:
    # Not wait_for: on Python 3.11 it can lose a cancellation
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await event.wait()
