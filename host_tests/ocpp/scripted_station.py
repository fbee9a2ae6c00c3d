"""A station that sends what a test says, right or wrong; none of the bridge's code is in it."""

import asyncio
import base64
import contextlib
import itertools
import json

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

PATIENCE_S = 5.0


class StationError(Exception):
    """A CALLERROR that a call of ours got."""

    def __init__(self, code, text=""):
        super().__init__(f"{code}: {text}")
        self.code = code


class ScriptedStation:
    """`answers[action]` is what a call gets: a payload, a function of the payload, or a StationError.

    `heard` are the calls of the central system, (action, payload).
    """

    def __init__(self, socket):
        self.socket = socket
        self.answers = {}
        self.heard = []
        self._ids = itertools.count(1)
        self._waiting = {}
        self._news = asyncio.Condition()

    async def call(self, action, payload=None, message_id=None):
        """The answer's payload; StationError for a CALLERROR, ConnectionError when the link went."""
        message_id = message_id or f"s{next(self._ids)}"
        text = json.dumps([2, message_id, action, {} if payload is None else payload])
        frame = await self.send_raw(text, message_id)
        if frame[0] == 4:
            raise StationError(frame[2], frame[3])
        return frame[2]

    async def send_raw(self, text, message_id="-1"):
        """Send text as it is; the frame that comes back with this id."""
        answer = asyncio.get_running_loop().create_future()
        self._waiting[message_id] = answer
        try:
            await self.socket.send(text)
        except ConnectionClosed as error:
            raise ConnectionError(str(error)) from None
        return await asyncio.wait_for(answer, PATIENCE_S)

    async def wait_heard(self, action):
        """Payload of the last call of this action, as soon as there is one."""
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: any(name == action for name, _ in self.heard))
        return [payload for name, payload in self.heard if name == action][-1]

    async def hear(self):
        """Take frames until the link goes."""
        try:
            async for text in self.socket:
                frame = json.loads(text)
                if frame[0] == 2:
                    await self._answer(*frame[1:])
                elif answer := self._waiting.pop(frame[1], None):
                    answer.set_result(frame)
        except ConnectionClosed:
            pass
        finally:
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(ConnectionError("the central system closed the link"))

    async def _answer(self, message_id, action, payload):
        answer = self.answers.get(action, StationError("NotSupported"))
        answer = answer(payload) if callable(answer) else answer
        if isinstance(answer, StationError):
            await self.socket.send(json.dumps([4, message_id, answer.code, "", {}]))
        elif answer is not None:
            await self.socket.send(json.dumps([3, message_id, answer]))
        async with self._news:
            self.heard.append((action, payload))
            self._news.notify_all()


@contextlib.asynccontextmanager
async def scripted_station(url, identity, *versions, password=None, ssl=None):
    """A connected ScriptedStation; `password` is text or bytes."""
    headers = {}
    if password is not None:
        secret = password.encode() if isinstance(password, str) else password
        word = base64.b64encode(identity.encode() + b":" + secret).decode()
        headers["Authorization"] = f"Basic {word}"
    socket = await connect(
        f"{url}/{identity}",
        subprotocols=list(versions) or None,
        compression=None,
        additional_headers=headers,
        ssl=ssl,
        proxy=None,
    )
    station = ScriptedStation(socket)
    hearing = asyncio.create_task(station.hear())
    try:
        yield station
    finally:
        # close() of a lost connection that was still writing trips over asyncio's transport
        if socket.close_code is None:
            await socket.close()
        await hearing
