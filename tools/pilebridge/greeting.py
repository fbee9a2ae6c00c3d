"""Answering a hello: a pile frees what the answer says is stored, so it must be the start we know.

A restart shows in the clock: the first answer of a start brings the time and only a restart forgets
it. So the answer waits for the state the pile says right behind its hello. Where none comes (an old
hello of the broker's, a state that went by before we listened) the pile is asked; one that is silent
is not answered, and says hello again.
"""

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

from pilebridge import journal
from pilebridge.store import Store

_STATE_WAIT_S = 1.0


class Greeter:
    """Answers hellos through `acknowledge(pile, upto)`.

    `ask(pile)` has a pile say its state and gives the result it answered, None for no answer.
    """

    def __init__(
        self,
        store: Store,
        ask: Callable[[str], Awaitable[str | None]],
        acknowledge: Callable[[str, int], None],
    ) -> None:
        self._store = store
        self._ask = ask
        self._acknowledge = acknowledge
        # Per pile the boot that said hello, and whether it knows the time
        self._waiting: dict[str, tuple[int, asyncio.Future[bool]]] = {}

    def hello(self, pile: str, message: dict[str, Any], live: bool) -> Awaitable[None]:
        """Begin to answer a hello; a newer one of the same pile takes its place."""
        if pile in self._waiting:
            self._waiting[pile][1].cancel()
        clock_known: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[pile] = (message["boot"], clock_known)
        return self._answer(pile, message, clock_known, live)

    def state(self, pile: str, boot: int, clock_known: bool) -> None:
        """A pile said its state just now."""
        waiting_boot, future = self._waiting.get(pile, (None, None))
        if future is not None and waiting_boot == boot and not future.done():
            future.set_result(clock_known)

    async def _answer(
        self, pile: str, message: dict[str, Any], future: "asyncio.Future[bool]", live: bool
    ) -> None:
        body, boot = json.dumps(message, sort_keys=True), message["boot"]
        await self._store.submit(lambda conn: journal.set_hello(conn, pile, body))
        clock_known = await self._clock_known(pile, future, live)
        if not future.cancelled():
            self._waiting.pop(pile, None)
        if clock_known is None:
            return

        def job(conn: sqlite3.Connection) -> int:
            return journal.greet(conn, pile, boot, clock_known)

        self._acknowledge(pile, await self._store.submit(job))

    async def _clock_known(
        self, pile: str, future: "asyncio.Future[bool]", live: bool
    ) -> bool | None:
        """Whether the pile knows the time; None when it is silent or has said hello again."""
        if live:
            await asyncio.wait([future], timeout=_STATE_WAIT_S)
        # Only the state it says tells of its clock: the answer may belong to an earlier question
        if not future.done() and await self._ask(pile) is not None:
            await asyncio.wait([future], timeout=_STATE_WAIT_S)
        return None if not future.done() or future.cancelled() else future.result()
