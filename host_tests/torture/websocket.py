"""A websocket in memory: two ends with the few words that both sides use of the library `websockets`.

What is sent arrives in order, after the weather's delay, until the connection ends. It ends in order
(`close`), without a word (`abort`), or it goes silent: then nothing arrives any more and neither end is told.
"""

import asyncio
from collections import deque
from types import SimpleNamespace

from websockets.exceptions import ConnectionClosedError

from .network import Lane

# How long an end waits for the other to answer its closing frame
_CLOSE_S = 2.0
_CLOSED, _LOST = "closed", "lost"


class End:
    """One end; also its own `transport`."""

    def __init__(self, weather, version, path, heard):
        self.subprotocol = version
        self.request = SimpleNamespace(path=path)
        self.transport = self
        self.ended = ""
        self.peer = None
        self._inbox = deque()
        self._news = None
        self._pongs = set()
        self._heard = heard
        self._lane = Lane(weather, self._arrive)

    def __aiter__(self):
        return self

    async def __anext__(self):
        while not self._inbox:
            if self.ended == _CLOSED:
                raise StopAsyncIteration
            if self.ended:
                raise ConnectionClosedError(None, None)
            self._news = asyncio.get_running_loop().create_future()
            await self._news
        return self._inbox.popleft()

    async def send(self, data, text=None):
        """One frame; bytes with `text` are text."""
        if self.ended:
            raise ConnectionClosedError(None, None)
        self._lane.send("frame", data.decode() if text else data)

    async def ping(self):
        """A future that the other end's pong settles."""
        if self.ended:
            raise ConnectionClosedError(None, None)
        pong = asyncio.get_running_loop().create_future()
        self._pongs.add(pong)
        pong.add_done_callback(self._pongs.discard)
        self._lane.send("ping", pong)
        return pong

    async def close(self, _code=1000, _reason=""):
        """End in order."""
        if self.ended:
            return
        silent = self._lane.broken
        self._lane.send(_CLOSED, None)
        self._end(_CLOSED)
        await asyncio.sleep(_CLOSE_S if silent else 0)

    def abort(self):
        """End without a word."""
        if not self.ended:
            self._lane.send(_LOST, None)
            self._end(_LOST)

    def silence(self):
        """Nothing comes through any more, either way, and nobody is told."""
        self._lane.cut()
        self.peer._lane.cut()

    def _end(self, how):
        self.ended = self.ended or how
        if how == _LOST:
            self._inbox.clear()
        for pong in self._pongs:
            if not pong.done():
                pong.set_exception(ConnectionClosedError(None, None))
        self._wake()

    def _arrive(self, kind, what):
        self.peer.take(kind, what)

    def take(self, kind, what):
        """Something has arrived here."""
        if self.ended:
            return
        if kind == "frame":
            self._heard(what)
            self._inbox.append(what)
            self._wake()
        elif kind == "ping":
            self._lane.send("pong", what)
        elif kind == "pong":
            if not what.done():
                what.set_result(None)
        else:
            self._end(kind)

    def _wake(self):
        news, self._news = self._news, None
        if news is not None and not news.done():
            news.set_result(None)


def pair(weather, version, path, answered, called):
    """(the station's end, the central system's end); `answered(frame)`, `called(frame)` see what arrives there."""
    ours, theirs = End(weather, version, path, answered), End(weather, version, path, called)
    ours.peer, theirs.peer = theirs, ours
    return ours, theirs
