"""A central system on a websocket that does what a test says, and keeps every frame it sees."""

import asyncio
import contextlib
import http
import itertools
import json

import websockets
from websockets.asyncio.server import serve

NOW = "2026-01-01T00:00:00Z"


class RefusedError(Exception):
    """Raised by an answer: a CALLERROR with this code."""


class SilentError(Exception):
    """Raised by an answer: none is given."""


class Central:
    """`answers` maps actions to functions of the payload; what is missing is answered with {}.

    `frames` are (identity, frame) as they came, `headers` those of the handshakes, `status` a HTTP
    status to refuse with, `subprotocols` what it speaks.
    """

    def __init__(self, **answers):
        self.answers = {"BootNotification": accepted, "Heartbeat": clock, **answers}
        self.subprotocols = ["ocpp1.6", "ocpp2.0.1"]
        self.status = None
        self.frames = []
        self.headers = []
        self.paths = []
        self.links = {}
        self.port = 0
        self.news = asyncio.Event()
        self._ids = itertools.count(1)
        self._asked = {}

    @contextlib.asynccontextmanager
    async def serve(self, port=0, **options):
        async with serve(
            self._serve,
            "127.0.0.1",
            port,
            subprotocols=self.subprotocols,
            process_request=self._request,
            compression=None,
            max_size=None,
            close_timeout=1,
            **options,
        ) as server:
            self.port = server.sockets[0].getsockname()[1]
            yield self

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}/ocpp"

    def actions(self):
        """Actions that stations called, in order."""
        return [frame[2] for _, frame in self.frames if frame[0] == 2]

    def payloads(self, action):
        return [frame[3] for _, frame in self.frames if frame[0] == 2 and frame[2] == action]

    async def until(self, condition, seconds=5):
        """Wait until a condition over what was seen holds."""
        async with asyncio.timeout(seconds):
            while not condition():
                self.news.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await self.news.wait()

    async def call(self, identity, action, payload, seconds=5):
        """The station's frame in answer to a call."""
        frame_id = f"c{next(self._ids)}"
        return await self.ask(
            identity, json.dumps([2, frame_id, action, payload]), frame_id, seconds
        )

    async def ask(self, identity, text, frame_id, seconds=5):
        """Send a text; the frame that comes back with an id."""
        future = self._asked[frame_id] = asyncio.get_running_loop().create_future()
        await self.links[identity].send(text)
        async with asyncio.timeout(seconds):
            return await future

    async def _request(self, connection, request):
        self.paths.append(request.path)
        self.headers.append(request.headers)
        if self.status is not None:
            return connection.respond(http.HTTPStatus(self.status), "no\n")
        return None

    async def _serve(self, link):
        identity = link.request.path.rsplit("/", 1)[1]
        self.links[identity] = link
        self.news.set()
        with contextlib.suppress(websockets.ConnectionClosed):
            async for text in link:
                frame = json.loads(text)
                self.frames.append((identity, frame))
                self.news.set()
                if frame[0] == 2:
                    await self._answer(link, frame)
                elif frame[1] in self._asked and not self._asked[frame[1]].done():
                    self._asked.pop(frame[1]).set_result(frame)

    async def _answer(self, link, frame):
        _, frame_id, action, payload = frame
        try:
            answer = self.answers.get(action, lambda _: {})(payload)
            if asyncio.iscoroutine(answer):
                answer = await answer
        except RefusedError as error:
            await link.send(json.dumps([4, frame_id, str(error), "", {}]))
        except SilentError:
            pass
        else:
            await link.send(json.dumps([3, frame_id, answer]))


def accepted(_payload, status="Accepted", interval=300):
    """An answer to a boot notification."""
    return {"status": status, "currentTime": NOW, "interval": interval}


def clock(_payload):
    """An answer to a heartbeat."""
    return {"currentTime": NOW}
