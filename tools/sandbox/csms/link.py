"""One connection of a station: frames both ways, their checks, and the order in which calls may come."""

import asyncio
import contextlib
import json
import uuid
from collections import Counter
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from sandbox.csms.answers import Answers
from sandbox.csms.behaviour import Behaviour
from sandbox.csms.books import Books
from sandbox.csms.frames import CALL, ERROR, RESULT, FrameError, fault_of_answer, parse
from sandbox.csms.model import Exchange, Json, Station
from sandbox.csms.schemas import (
    FRAMEWORK,
    FROM_STATION,
    FaultError,
    check_request,
    check_response,
    known,
)

# What a call of ours makes the station send, also while its boot is pending, and at most how often
_BRINGS = {
    "GetBaseReport": "NotifyReport",
    "GetReport": "NotifyReport",
    "GetMonitoringReport": "NotifyMonitoringReport",
    "CustomerInformation": "NotifyCustomerInformation",
    "GetLog": "LogStatusNotification",
    "GetDiagnostics": "DiagnosticsStatusNotification",
    "UpdateFirmware": "FirmwareStatusNotification",
    "SignedUpdateFirmware": "SignedFirmwareStatusNotification",
}
_CERTIFICATE = {"SignChargingStationCertificate", "SignChargePointCertificate"}
_MANY = 1000


class RefusedError(Exception):
    """The station answered a call of ours with a CALLERROR."""

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


class NoAnswerError(Exception):
    """A call of ours got no answer that can be used."""


class _SetError(FaultError):
    """A CALLERROR that a test asked for: no complaint."""


class Link:
    """Runs until the connection ends; `call` sends calls, one at a time."""

    def __init__(
        self, socket: ServerConnection, station: Station, answers: Answers, books: Books
    ) -> None:
        self.station = station
        self.version = answers.version
        self._socket = socket
        self._answers = answers
        self._books = books
        self._turn = asyncio.Lock()
        self._pending: dict[str, asyncio.Future[list[Any]]] = {}
        self._given_up: set[str] = set()
        self._heard_ids: set[str] = set()
        # The call in hand: its id and when it came
        self._in_hand: tuple[str, float] | None = None
        self._asked_for: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def behaviour(self) -> Behaviour:
        """How this station is treated."""
        return self._books.behaviour_of(self.station.identity)

    def complain(self, rule: str, text: str) -> None:
        """Write down that this station broke a rule."""
        self._books.complain(self.station.identity, rule, text)

    async def run(self) -> None:
        """Take frames until the connection ends."""
        try:
            async for data in self._socket:
                self.station.last_seen = self._books.clock()
                await self._take(data)
        except ConnectionClosed:
            pass
        finally:
            for task in self._tasks:
                task.cancel()
            for future in self._pending.values():
                if not future.done():
                    future.set_exception(NoAnswerError("the link ended"))

    async def close(self, code: int = 1001) -> None:
        """End the connection in order."""
        await self._socket.close(code)

    def abort(self) -> None:
        """End the connection without a word."""
        self._socket.transport.abort()

    async def call(self, action: str, payload: Json, timeout_s: float = 30.0) -> Json:
        """The answer's payload, checked. FaultError if ours is wrong; RefusedError, NoAnswerError."""
        check_request(self.version, action, payload)
        async with self._turn:
            exchange = self._note("csms", action, payload)
            message_id = str(uuid.uuid4())
            self._ask_for(action, payload)
            frame = json.dumps([CALL, message_id, action, payload])
            try:
                answer = await self.provoke(frame, message_id, timeout_s)
                if answer[0] == ERROR:
                    raise RefusedError(answer[2], answer[3])
                check_response(self.version, action, answer[2])
            except RefusedError as error:
                exchange.error = error.code
                raise
            except NoAnswerError:
                exchange.error = "none"
                raise
            except FaultError as fault:
                exchange.error = "wrong"
                self.complain("wrong_answer", fault.text)
                raise NoAnswerError(fault.text) from None
            exchange.answer = answer[2]
            return exchange.answer or {}

    async def provoke(self, text: str | bytes, message_id: str, timeout_s: float) -> list[Any]:
        """Send text as it stands, right or wrong; the frame that comes back with this id."""
        future: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        self._pending[message_id] = future
        try:
            await self._socket.send(text)
            return await asyncio.wait_for(future, timeout_s)
        except (TimeoutError, ConnectionClosed) as error:
            self._given_up.add(message_id)
            raise NoAnswerError(f"{type(error).__name__} after {timeout_s} s at most") from None
        finally:
            self._pending.pop(message_id, None)

    async def _take(self, data: str | bytes) -> None:
        try:
            frame = parse(self.version, data)
            if frame[0] == CALL:
                self._begin(frame)
            else:
                self._answered(frame)
        except FrameError as fault:
            self.complain("frame", f"{fault.text}: {data[:200]!r}")
            await self._send([ERROR, fault.message_id, fault.code, fault.text, {}])

    def _begin(self, frame: list[Any]) -> None:
        message_id, now = frame[1], self._books.clock()
        if message_id in self._heard_ids:
            raise FrameError(
                message_id, FRAMEWORK[self.version], f"message id {message_id} came before"
            )
        self._heard_ids.add(message_id)
        if self._in_hand and now - self._in_hand[1] < self.behaviour.station_patience_s:
            raise FrameError(
                message_id, FRAMEWORK[self.version], f"{self._in_hand[0]} is not answered yet"
            )
        self._in_hand = (message_id, now)
        task = asyncio.create_task(self._answer(message_id, frame[2], frame[3]))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, message_id: str, action: str, payload: Any) -> None:
        behaviour = self.behaviour
        exchange = self._note("station", action, payload)
        cut = behaviour.cut()
        try:
            self._check(action, payload)
            if cut == "before" or behaviour.spend(behaviour.close_before, action):
                self.abort()
                return
            code = behaviour.next_error(action)
            if code:
                raise _SetError(code, "as the test asked for")
            exchange.answer = answer = self._answers.answer(self.station, action, payload)
            frame = [RESULT, message_id, answer]
            self._check_own(action, answer)
        except FaultError as fault:
            exchange.error = fault.code
            if not isinstance(fault, _SetError):
                self.complain("call", f"{action}: {fault}")
            frame = [ERROR, message_id, fault.code, fault.text, {}]
        except Exception as error:  # a defect of ours must be seen, not leave the station waiting
            exchange.error = "InternalError"
            self.complain("own_fault", f"{action}: {error!r}")
            frame = [ERROR, message_id, "InternalError", type(error).__name__, {}]
        await asyncio.sleep(behaviour.delay_s(action))
        if self._in_hand and self._in_hand[0] == message_id:
            self._in_hand = None
        if cut == "after" or behaviour.spend(behaviour.close_after, action):
            self.abort()
        elif not behaviour.spend(behaviour.mute, action):
            await self._send(frame)
            if cut:
                await self._socket.close(1012)

    def _check(self, action: str, payload: Any) -> None:
        if not known(self.version, action):
            raise FaultError("NotImplemented", f"{action} is no action of {self.version}")
        if action not in FROM_STATION[self.version]:
            raise FaultError("NotSupported", f"{action} is no call of a station")
        if not self.station.accepted and action != "BootNotification":
            pending = self.station.boot.get("status") == "Pending"
            # What was asked for may come while the answer to the boot is pending
            if not pending or not self._asked_for[action]:
                raise FaultError("SecurityError", f"{action} before an accepted BootNotification")
            self._asked_for[action] -= 1
        check_request(self.version, action, payload)

    def _check_own(self, action: str, answer: Json) -> None:
        try:
            check_response(self.version, action, answer)
        except FaultError as fault:
            # Sent all the same: the test that set such a behaviour may mean it
            self.complain("own_answer", fault.text)

    def _answered(self, frame: list[Any]) -> None:
        message_id = frame[1]
        future = self._pending.get(message_id)
        fault = fault_of_answer(self.version, frame)
        if fault:
            self.complain("frame", fault)
        if future is None:
            if message_id not in self._given_up:
                self.complain("answer_to_nothing", json.dumps(frame)[:200])
        elif not future.done():
            future.set_result(frame if not fault else [ERROR, message_id, "GenericError", fault])

    def _ask_for(self, action: str, payload: Json) -> None:
        if action in _BRINGS:
            self._asked_for[_BRINGS[action]] += _MANY
        elif action in {"TriggerMessage", "ExtendedTriggerMessage"}:
            asked = payload["requestedMessage"]
            # Of no connector in particular is of each of them
            one = asked in {"Heartbeat", "BootNotification"} or len(payload) > 1
            name = "SignCertificate" if asked in _CERTIFICATE else asked
            self._asked_for[name] += 1 if one else _MANY

    def _note(self, by: str, action: str, payload: Any) -> Exchange:
        exchange = Exchange(self._books.clock(), self.station.identity, by, action, payload)
        self._books.exchanges.append(exchange)
        return exchange

    async def _send(self, frame: list[Any]) -> None:
        with contextlib.suppress(ConnectionClosed):
            await self._socket.send(json.dumps(frame))
