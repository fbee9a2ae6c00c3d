"""One connection to a central system: one call at a time in each direction, answered, checked, in time."""

import asyncio
import logging
import random
import secrets
from collections.abc import Callable, Coroutine
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from pilebridge.log_sometimes import log_sometimes
from pilebridge.platforms.ocpp import codes, frames
from pilebridge.platforms.ocpp.answers import Answer, Answers, RpcCounters
from pilebridge.platforms.ocpp.codes import Version
from pilebridge.platforms.ocpp.context import CallError, NotDeliveredError
from pilebridge.platforms.ocpp.frames import Call, CallFailure, CallResult, FrameError
from pilebridge.platforms.ocpp.schemas import Schemas

log = logging.getLogger(__name__)

_UNSUPPORTED_DATA = 1003


class OwnViolationError(CallError):
    """We were about to send what the schema forbids; it was not sent."""


class Rpc:
    """Calls over a websocket that is open; run() reads until it closes, call() may be used meanwhile.

    `answer(action, payload)` serves the calls of the peer, see `answers`.
    `news()` is told when the connection has ended, and when every call of the peer is answered.
    """

    __slots__ = (
        "_counters",
        "_name",
        "_news",
        "_number",
        "_ping_s",
        "_pinging",
        "_prefix",
        "_schemas",
        "_sending",
        "_socket",
        "_timeout_s",
        "_timer",
        "_turn",
        "_waiting",
        "alive",
        "answers",
    )

    def __init__(
        self,
        socket: ClientConnection,
        version: Version,
        answer: Answer,
        news: Callable[[], None],
        spawn: Callable[[Coroutine[Any, Any, Any]], object],
        counters: RpcCounters,
        name: str = "",
        timeout_s: float = 30.0,
    ) -> None:
        self.alive = True
        self._socket = socket
        self._schemas = Schemas.of(version)
        self.answers = Answers(
            socket, self._schemas, answer, news, spawn, counters, name, timeout_s
        )
        self._news = news
        self._counters = counters
        self._name = name
        self._timeout_s = timeout_s
        self._turn = asyncio.Lock()
        self._waiting: tuple[str, asyncio.Future[dict[str, Any]]] | None = None
        # An id may not come twice under one identity, also after a reconnect
        self._prefix = secrets.token_hex(8) + "-"
        self._number = 0
        self._sending = False
        self._ping_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._pinging: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Read until the connection ends."""
        try:
            async for message in self._socket:
                if isinstance(message, bytes):
                    self._counters.malformed += 1
                    await self._socket.close(_UNSUPPORTED_DATA, "text frames only")
                    break
                self._take(message)
        except ConnectionClosed:
            pass
        finally:
            self._ended()

    async def call(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """The peer's answer, checked. CallError, OwnViolationError or NotDeliveredError."""
        self._check_own(action, payload)
        async with self._turn:
            if not self.alive:
                raise NotDeliveredError("no connection")
            self._number += 1
            frame_id = f"{self._prefix}{self._number}"
            loop = asyncio.get_running_loop()
            future: asyncio.Future[dict[str, Any]] = loop.create_future()
            self._waiting = (frame_id, future)
            # A timeout() would cost as much as both checks of a message
            timer = loop.call_later(self._timeout_s, self._late, future)
            try:
                self._sending = True
                await self._socket.send(frames.call(frame_id, action, payload), text=True)
                self._sending = False
                answer = await future
            except TimeoutError:
                self._counters.unanswered += 1
                raise NotDeliveredError(f"{action}: no answer in {self._timeout_s:g} s") from None
            except ConnectionClosed:
                # The reader may have seen the end first, and nobody waits for what it said
                _ = future.cancel() or future.exception()
                raise NotDeliveredError(f"{action}: the connection was lost") from None
            finally:
                timer.cancel()
                self._sending, self._waiting = False, None
        self._schemas.check_response(action, answer, False)
        return answer

    def ping_every(self, seconds: float) -> None:
        """Ping the peer from now on, and drop the connection when a ping is not answered; 0 never."""
        self._ping_s = seconds
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if seconds > 0 and self.alive:
            # Thousands of stations that came together do not ping together
            pause_s = seconds * random.uniform(0.5, 1.0)
            self._timer = asyncio.get_running_loop().call_later(pause_s, self._ping)

    async def close(self) -> None:
        """Close in order."""
        await self._socket.close()

    def drop(self, why: str) -> None:
        """End a connection on which nobody answers, without waiting for the peer."""
        log.warning("ocpp %s: %s: the connection is given up", self._name, why)
        self._socket.transport.abort()

    def _check_own(self, action: str, payload: dict[str, Any]) -> None:
        try:
            self._schemas.check_request(action, payload)
        except CallError as error:
            self._counters.own_violations += 1
            log.error("ocpp %s: %s of ours is wrong and stays here: %s", self._name, action, error)
            raise OwnViolationError(error.code, error.text) from None

    def _take(self, message: str) -> None:
        try:
            frame = frames.parse(message)
        except FrameError as error:
            self._counters.malformed += 1
            log_sometimes(self._counters.malformed, "ocpp %s: bad frame: %s", self._name, error)
            self._malformed(error)
            return
        if isinstance(frame, Call):
            self.answers.asked(frame)
        elif isinstance(frame, CallResult):
            self._settle(frame.id, frame.payload)
        else:
            self._settle(frame.id, frame)

    def _malformed(self, error: FrameError) -> None:
        if error.is_answer:
            if error.id is not None:
                code = codes.spelt(self._schemas.version, "FormatViolation")
                self._settle(error.id, CallFailure(error.id, code, str(error)))
            return
        self.answers.malformed(error)

    def _settle(self, frame_id: str, outcome: dict[str, Any] | CallFailure) -> None:
        waiting = self._waiting
        if waiting is None or waiting[0] != frame_id or waiting[1].done():
            # The answer to a call that was given up, or the second one to the same call
            self._counters.unmatched += 1
            text = "ocpp %s: answer to nothing asked: %.40r"
            log_sometimes(self._counters.unmatched, text, self._name, frame_id)
        elif isinstance(outcome, CallFailure):
            self._counters.refused += 1
            waiting[1].set_exception(CallError(outcome.code, outcome.text, outcome.details))
        else:
            waiting[1].set_result(outcome)

    def _late(self, future: "asyncio.Future[dict[str, Any]]") -> None:
        if self._sending:
            self.drop("a call could not be sent: the peer does not read")
        elif not future.done():
            future.set_exception(TimeoutError())

    def _ping(self) -> None:
        self._pinging = asyncio.get_running_loop().create_task(self._ping_once())

    async def _ping_once(self) -> None:
        try:
            async with asyncio.timeout(self._timeout_s):
                await (await self._socket.ping())
        except TimeoutError:
            self.drop("no answer to a ping")
        except ConnectionClosed:
            return
        self.ping_every(self._ping_s)

    def _ended(self) -> None:
        self.alive = False
        self.ping_every(0)
        if self._waiting is not None and not self._waiting[1].done():
            self._waiting[1].set_exception(NotDeliveredError("the connection was lost"))
        self._news()
