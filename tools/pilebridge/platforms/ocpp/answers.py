"""The calls of a central system on one connection: answered one after the other, in the order they came."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from pilebridge.platforms.ocpp import codes, frames
from pilebridge.platforms.ocpp.context import CallError
from pilebridge.platforms.ocpp.frames import Call, FrameError
from pilebridge.platforms.ocpp.schemas import Schemas

log = logging.getLogger(__name__)

# A peer may have one call in flight; one that asks on and on is refused from here on
_WAITING_CALLS = 32

Answer = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]


@dataclass(slots=True)
class RpcCounters:
    """What went wrong on the connections of a platform, by cause."""

    malformed: int = 0
    refused: int = 0
    unmatched: int = 0
    unanswered: int = 0
    own_violations: int = 0
    ignored: int = 0


class Answers:
    """`answer(action, payload)` serves a call, CallError refuses it; `idle()` is told when none is left.

    A call that is being served when the connection ends is served to its end. A task exists only while
    there is a call.
    """

    __slots__ = (
        "_after",
        "_answer",
        "_calls",
        "_counters",
        "_idle",
        "_name",
        "_schemas",
        "_socket",
        "_spawn",
        "_timeout_s",
        "_worker",
        "muted",
    )

    def __init__(
        self,
        socket: ClientConnection,
        schemas: Schemas,
        answer: Answer,
        idle: Callable[[], None],
        spawn: Callable[[Coroutine[Any, Any, Any]], object],
        counters: RpcCounters,
        name: str,
        timeout_s: float,
    ) -> None:
        # True: calls are dropped without a word
        self.muted = False
        self._socket = socket
        self._schemas = schemas
        self._answer = answer
        self._idle = idle
        self._spawn = spawn
        self._counters = counters
        self._name = name
        self._timeout_s = timeout_s
        self._calls: deque[Call | bytes] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._after: list[Coroutine[Any, Any, Any]] = []

    @property
    def busy(self) -> bool:
        """True while a call waits for its answer."""
        return self._worker is not None

    def asked(self, call: Call) -> None:
        """Take a call of the peer."""
        if len(self._calls) >= _WAITING_CALLS:
            self._queue(frames.failure(call.id, "GenericError", "one call at a time"))
        else:
            self._queue(call)

    def malformed(self, error: FrameError) -> None:
        """Answer what is no call and no answer, as far as the version has an answer to it."""
        code = codes.of_frame(self._schemas.version, error.fault)
        if code is not None:
            frame_id = codes.UNREADABLE_ID if error.id is None else error.id
            self._queue(frames.failure(frame_id, code, str(error)))

    def afterwards(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run a coroutine once the answer to the call in hand has gone; at once if there is none."""
        if self._worker is None:
            self._spawn(work)
        else:
            self._after.append(work)

    def _queue(self, item: Call | bytes) -> None:
        if len(self._calls) >= 2 * _WAITING_CALLS:
            self._counters.ignored += 1
            return
        self._calls.append(item)
        if self._worker is None:
            self._worker = asyncio.get_running_loop().create_task(self._answer_all())

    async def _answer_all(self) -> None:
        try:
            while self._calls:
                item = self._calls.popleft()
                # Judged here: what came right behind a rejection was read before that was understood
                if self.muted:
                    self._counters.ignored += 1
                    continue
                text = item if isinstance(item, bytes) else await self._answered(item)
                with contextlib.suppress(ConnectionClosed):
                    await self._socket.send(text, text=True)
                after, self._after = self._after, []
                for work in after:
                    self._spawn(work)
        finally:
            self._worker = None
            for work in self._after:
                work.close()
            self._idle()

    async def _answered(self, call: Call) -> bytes:
        version = self._schemas.version
        try:
            if not self._schemas.knows(call.action):
                code = codes.of_frame(version, codes.ACTION_UNKNOWN) or ""
                raise CallError(code, f"unknown action {call.action[:50]}")
            self._schemas.check_request(call.action, call.payload)
            async with asyncio.timeout(self._timeout_s):
                payload = await self._answer(call.action, call.payload)
        except CallError as error:
            code = codes.spelt(version, error.code)
            return frames.failure(call.id, code, error.text, error.details)
        except Exception:
            log.exception("ocpp %s: %s failed", self._name, call.action)
            return frames.failure(call.id, "InternalError")
        try:
            self._schemas.check_response(call.action, payload, True)
            return frames.result(call.id, payload)
        except (CallError, TypeError, ValueError) as error:
            self._counters.own_violations += 1
            log.error("ocpp %s: answer to %s is wrong: %s", self._name, call.action, error)
            return frames.failure(call.id, "InternalError")
