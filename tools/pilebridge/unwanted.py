"""Starts that were given up: whatever runs under their reference is stopped, however late it shows up."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from pilebridge.commands import Reply
from pilebridge.model import Connector

log = logging.getLogger(__name__)

_TRIES = 5
_PAUSE_S = 2.0
_REMEMBERED = 1000


class Unwanted:
    """References that must not run; `stop` asks a pile to end one."""

    def __init__(self, stop: Callable[[Connector, str], Awaitable[Reply | None]]) -> None:
        self._stop = stop
        self._refs: OrderedDict[str, Connector] = OrderedDict()
        self._stopping: dict[str, asyncio.Task[None]] = {}

    def add(self, connector: Connector, ref: str) -> None:
        """Remember that no transaction with this reference may run there."""
        self._refs.setdefault(ref, connector)
        while len(self._refs) > _REMEMBERED:
            self._refs.popitem(last=False)

    def seen(self, ref: str) -> None:
        """A reference shows up: end its transaction if its start was given up."""
        connector = self._refs.get(ref)
        if connector is None or ref in self._stopping:
            return
        text = "hub: %s runs %s, whose start was given up: stopping it"
        log.warning(text, connector.pile, ref)
        task = asyncio.create_task(self._stop_until_done(connector, ref))
        self._stopping[ref] = task
        task.add_done_callback(lambda _: self._stopping.pop(ref, None))

    async def _stop_until_done(self, connector: Connector, ref: str) -> None:
        for _ in range(_TRIES):
            reply = await self._stop(connector, ref)
            if reply is not None and reply.result in {"accepted", "refused"}:
                log.info("hub: %s: stop of %s: %s", connector.pile, ref, reply.result)
                return
            await asyncio.sleep(_PAUSE_S)
