"""Remote starts that came before the vehicle: the driver says so in the app, then plugs in.

A pile begins no transaction without a vehicle, so the start is kept here, up to the pile's own `start_timeout_s`
(ConnectionTimeOut of 1.6, EVConnectionTimeOut of 2.0.1), and tried again with each change of the connector.
Nobody can tell whose vehicle it is: the first that is plugged in has it. Kept in memory only, over
connections, but not over a restart of the bridge.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from pilebridge.commands import Reply
from pilebridge.station_services import StationServices

log = logging.getLogger(__name__)

_NOT_PLUGGED = "not_plugged"
_TIMEOUT_KEY, _TIMEOUT_S = "start_timeout_s", 60
_VEHICLE = {"preparing", "finishing"}

# One try: the pile's answer to a start under a reference of its own
Try = Callable[[], Awaitable[Reply | None]]


class _Start:
    """One that waits; `news` is set when its connector has changed."""

    def __init__(self, token: str, attempt: Try) -> None:
        self.token = token
        self.attempt = attempt
        self.news = asyncio.Event()
        # Why it waits no more, "" while it does
        self.over = ""

    def end(self, why: str) -> None:
        self.over = why
        self.news.set()


class WaitingStarts:
    """Those of one station; `changed(number)` is called when one begins or ceases to wait there."""

    __slots__ = ("_changed", "_identity", "_services", "_spawn", "_starts")

    def __init__(
        self,
        identity: str,
        services: StationServices,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        changed: Callable[[int], None],
    ) -> None:
        self._identity = identity
        self._services = services
        self._spawn = spawn
        self._changed = changed
        self._starts: dict[int, _Start] = {}

    def at(self, number: int) -> bool:
        """True while a start waits for a vehicle at a connector."""
        return number in self._starts

    def refusal(self, number: int, token: str) -> str:
        """Why no start may be taken there, in the words of a pile: `busy` when a transaction has the
        connector, `occupied` when another token waits, else ""."""
        if self._services.state(number).tx:
            holder = self._services.holder(number)
            log.info("ocpp %s: remote start on %d: held by %r", self._identity, number, holder)
            return "busy"
        waiting = self._starts.get(number)
        return "occupied" if waiting is not None and waiting.token != token else ""

    async def begin(self, number: int, token: str, attempt: Try) -> Reply | None:
        """The pile's answer to a start; `accepted` with reason `waits` when there is no vehicle yet.

        The same token again waits anew.
        """
        reply = await attempt()
        if not _lacks_vehicle(reply):
            self.cancel(number)
            return reply
        told = await self._services.read_settings([_TIMEOUT_KEY])
        seconds = int((told or {}).get(_TIMEOUT_KEY, _TIMEOUT_S))
        if number in self._starts:
            self._starts[number].end("asked for anew")
        start = self._starts[number] = _Start(token, attempt)
        # It may have been plugged in since the pile answered
        start.news.set()
        self._spawn(self._wait(number, start, seconds))
        self._changed(number)
        log.info(
            "ocpp %s: a start waits %d s for a vehicle at %d", self._identity, seconds, number
        )
        return Reply("accepted", "waits")

    def state_changed(self, number: int) -> None:
        """A connector's state may have changed."""
        start = self._starts.get(number)
        if start is not None:
            start.news.set()

    def cancel(self, number: int = 0) -> None:
        """Give up what waits at a connector, or (0) at all of them."""
        for each in [number] if number else list(self._starts):
            start = self._starts.pop(each, None)
            if start is not None:
                start.end("cancelled")
                self._changed(each)

    async def _wait(self, number: int, start: _Start, seconds: float) -> None:
        end_s = asyncio.get_running_loop().time() + seconds
        outcome = ""
        try:
            while not outcome:
                # Only the waiting has an end: a try that is on its way to the pile is heard out
                async with asyncio.timeout_at(end_s):
                    await start.news.wait()
                start.news.clear()
                outcome = start.over or await self._tried(number, start)
        except TimeoutError:
            outcome = "nobody plugged in"
        finally:
            if self._starts.get(number) is start:
                del self._starts[number]
                self._changed(number)
        log.info("ocpp %s: the start at %d waits no more: %s", self._identity, number, outcome)

    async def _tried(self, number: int, start: _Start) -> str:
        """What became of it, "" when it goes on waiting."""
        state = self._services.state(number)
        if state.tx:
            return f"held by {self._services.holder(number)!r}"
        if state.status == "unavailable":
            return "out of service"
        if state.status not in _VEHICLE:
            return ""
        reply = await start.attempt()
        if _lacks_vehicle(reply):
            return ""
        # A pile that was silent may begin yet, and is stopped then: no second try
        return "no answer" if reply is None else f"{reply.result} {reply.reason}".strip()


def _lacks_vehicle(reply: Reply | None) -> bool:
    return reply is not None and (reply.result, reply.reason) == ("refused", _NOT_PLUGGED)
