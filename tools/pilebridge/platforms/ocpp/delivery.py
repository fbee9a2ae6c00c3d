"""Bringing one pile's queued facts to its central system, in order, as D.4 of the protocol notes has it.

A fact that was refused, or not answered while the link was up, comes again after a pause that grows with
each try; after the last one it is given up, an alarm is raised, and the next goes. A link that drops
is no failure. What was sent and not yet marked when the bridge ends is sent again.
"""

import asyncio
import logging
from functools import partial

from pilebridge import alarms
from pilebridge.platforms.ocpp import queue
from pilebridge.platforms.ocpp.book import Book
from pilebridge.platforms.ocpp.charger import Charger
from pilebridge.platforms.ocpp.context import CallError, NotDeliveredError, VersionHandler
from pilebridge.platforms.ocpp.events import ENDED
from pilebridge.platforms.ocpp.queue import Waiting
from pilebridge.store import Store

log = logging.getLogger(__name__)


class Delivery:
    """The queue of one station; `due_s` is the loop's time from which step() may send."""

    __slots__ = ("_batch", "_book", "_charger", "_platform", "_store", "due_s")

    def __init__(self, platform: str, charger: Charger, store: Store, book: Book) -> None:
        self._platform = platform
        self._charger = charger
        self._store = store
        self._book = book
        self._batch: list[Waiting] = []
        self.due_s = 0.0

    @property
    def waits(self) -> bool:
        """True while there may be something to send."""
        return bool(self._batch) or self._charger.facts_wait

    async def step(self, handler: VersionHandler) -> None:
        """Send the oldest fact, and commit what became of it."""
        if not self._batch:
            self._charger.facts_wait = False
            self._batch = queue.due(self._store.read, self._platform, self._charger.services.pile)
            self._charger.facts_wait = len(self._batch) == queue.BATCH
            if not self._batch:
                return
        waiting = self._batch[0]
        try:
            await handler.deliver(waiting.event)
        except NotDeliveredError as error:
            if self._charger.rpc is None or not self._charger.rpc.alive:
                return
            await self._failed(waiting, str(error))
        except CallError as error:
            await self._failed(waiting, str(error))
        except Exception as error:
            log.exception("ocpp %s: %s failed", self._charger.identity, waiting.event.kind)
            await self._failed(waiting, f"{type(error).__name__}: {error}")
        else:
            await self._store.submit(partial(queue.delivered, ids=[waiting.id]))
            self._over(waiting)

    async def _failed(self, waiting: Waiting, text: str) -> None:
        event, attempts = waiting.event, waiting.attempts + 1
        where = (self._charger.identity, event.kind, event.tx)
        if attempts < self._charger.attempts:
            log.warning("ocpp %s: %s of %s: %s", *where, text)
            await self._store.submit(partial(queue.refused, waiting=waiting, text=text))
            waiting.attempts = attempts
            self.due_s = asyncio.get_running_loop().time() + self._charger.retry_s * attempts
            return
        log.error("ocpp %s: %s of %s is given up: %s", *where, text)
        now_utc = int(self._charger.clock())
        raised = await self._store.submit(
            partial(
                queue.give_up,
                platform=self._platform,
                waiting=waiting,
                text=text,
                now_utc=now_utc,
            )
        )
        alarms.tell([raised] if raised is not None else [])
        self._over(waiting)

    def _over(self, waiting: Waiting) -> None:
        self._batch.pop(0)
        self.due_s = 0.0
        if waiting.event.kind == ENDED:
            self._book.told(waiting.event.pile, waiting.event.tx)
