"""What the stations of one OCPP platform share."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from pilebridge.platforms.ocpp.answers import RpcCounters
from pilebridge.platforms.ocpp.book import Book
from pilebridge.platforms.ocpp.context import CallError, NotDeliveredError, Settings
from pilebridge.platforms.ocpp.telling import Telling
from pilebridge.store import Store

log = logging.getLogger(__name__)


class Common:
    """What the stations of one platform share."""

    def __init__(
        self, settings: Settings, store: Store, book: Book, clock: Callable[[], float]
    ) -> None:
        self.settings = settings
        self.store = store
        self.book = book
        self.clock = clock
        self.telling = Telling(clock)
        self.counters = RpcCounters()
        # Answers with a clock that is far from ours
        self.clocks_off = 0
        self._tasks: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run a coroutine beside everything else; what it raises is logged."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def cancel(self) -> None:
        """End what was spawned."""
        for task in self._tasks:
            task.cancel()

    def _done(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, CallError | NotDeliveredError):
            log.warning("ocpp %s: %s", self.settings.name, error)
        elif error is not None:
            log.error("ocpp %s: a task failed", self.settings.name, exc_info=error)
