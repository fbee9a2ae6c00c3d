"""Cards shown at piles: the platform that card starts of a pile belong to is asked, and the pile told.

Without a verdict nothing is sent: the pile's own rules for being offline decide when its patience ends.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from pilebridge import wire
from pilebridge.commands import Reply
from pilebridge.station_services import Authorization

log = logging.getLogger(__name__)

# Longer than any pile waits; an answer that comes late is ignored there
_PATIENCE_S = 60.0

Command = Callable[[str, str, str, dict[str, Any]], Awaitable[Reply | None]]


class Authorizer(Protocol):
    """A platform that knows cards."""

    async def authorize(self, pile: str, token: str) -> Authorization | None:
        """Its verdict on a card at a pile; None when it has none, or cannot be asked."""
        ...


class Authorizations:
    """Questions of piles on their way; `authorizers` is the one platform of each pile that is asked."""

    def __init__(self, authorizers: Mapping[str, Authorizer], command: Command) -> None:
        self._authorizers = authorizers
        self._command = command
        self._asked: dict[tuple[str, int, str], asyncio.Task[None]] = {}

    def ask(self, pile: str, message: wire.Authorize) -> None:
        """A pile asks; the same question while it is being answered is no second one."""
        authorizer = self._authorizers.get(pile)
        key = (pile, message.ask, message.token)
        if authorizer is None or key in self._asked:
            return
        task = asyncio.create_task(self._answer(authorizer, pile, message))
        self._asked[key] = task
        task.add_done_callback(lambda _: self._asked.pop(key, None))

    async def _answer(self, authorizer: Authorizer, pile: str, message: wire.Authorize) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                verdict = await authorizer.authorize(pile, message.token)
        except TimeoutError:
            verdict = None
        if verdict is None:
            log.warning("hub: %s: no verdict on a card", pile)
            return
        args: dict[str, Any] = {"ask": message.ask, "status": verdict.status}
        if verdict.until_utc:
            args["until_utc"] = verdict.until_utc
        if verdict.group:
            args["group"] = verdict.group
        reply = await self._command(pile, f"authorized:{message.ask}", "authorized", args)
        outcome = "no answer" if reply is None else reply.result
        log.info("hub: %s: card is %s: %s", pile, verdict.status, outcome)
