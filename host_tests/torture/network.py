"""A TCP connection in memory: in order and lossless until it breaks, each chunk after the link's delay.

The pile's end looks like asyncio's streams as the firmware uses them; the broker's end is calls.
"""

import asyncio
from collections import deque


class Lane:
    """One direction: what is sent arrives in order, after the weather's delay; `broken` loses the rest."""

    def __init__(self, weather, arrive):
        self.broken = False
        self._weather = weather
        self._arrive = arrive
        self._waiting = deque()
        self._last_s = 0.0

    def send(self, *item):
        """Hand over one chunk or message."""
        if self.broken or self._weather.deaf:
            return
        loop = asyncio.get_running_loop()
        self._last_s = max(self._last_s, loop.time() + self._weather.latency_s())
        self._waiting.append(item)
        loop.call_at(self._last_s, self._next)

    def cut(self):
        """Break: what is on its way never arrives."""
        self.broken = True
        self._waiting.clear()

    def _next(self):
        if self._waiting and not self.broken:
            self._arrive(*self._waiting.popleft())


class Connection:
    """Both directions, the pile's streams, and the broker's handlers `on_bytes(data)`, `on_end()`."""

    def __init__(self, weather):
        self.on_bytes = self.on_end = None
        self.alive = True
        self.reader = _Reader()
        self.writer = _Writer(self)
        self._up = Lane(weather, self._arrived_up)
        self._down = Lane(weather, self.reader.feed)
        self._ending = Lane(weather, self._ended)

    def send_up(self, data):
        """The pile writes."""
        if not self.alive:
            raise ConnectionResetError("connection reset")
        self._up.send(data)

    def send_down(self, data):
        """The broker writes."""
        self._down.send(data)

    def hang_up(self):
        """The pile closes, or its supply is gone: the broker learns of it, unless the link is deaf."""
        if self.alive:
            self.alive = False
            self._down.cut()
            self._ending.send()

    def reset(self):
        """Both ends find it broken."""
        self.alive = False
        self._up.cut()
        self._down.cut()
        self.reader.fail()
        self._ended()

    def _arrived_up(self, data):
        if self.on_bytes is not None:
            self.on_bytes(data)

    def _ended(self):
        self._up.cut()
        on_end, self.on_end, self.on_bytes = self.on_end, None, None
        if on_end is not None:
            on_end()


class _Reader:
    def __init__(self):
        self._buffer = bytearray()
        self._failed = False
        self._news = None

    def feed(self, data):
        self._buffer += data
        self._wake()

    def fail(self):
        self._failed = True
        self._wake()

    async def readexactly(self, size):
        while len(self._buffer) < size:
            if self._failed:
                raise asyncio.IncompleteReadError(bytes(self._buffer), size)
            self._news = asyncio.get_running_loop().create_future()
            await self._news
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def _wake(self):
        news, self._news = self._news, None
        if news is not None and not news.done():
            news.set_result(None)


class _Writer:
    def __init__(self, connection):
        self._connection = connection

    def write(self, data):
        self._connection.send_up(bytes(data))

    async def drain(self):
        if not self._connection.alive:
            raise ConnectionResetError("connection reset")

    def close(self):
        self._connection.hang_up()

    async def wait_closed(self):
        pass


class Network:
    """Stands for asyncio.open_connection as the pile calls it; `accept(connection)` is the broker."""

    def __init__(self, weather, accept):
        self.connection = None  # the newest one of the pile
        self._weather = weather
        self._accept = accept

    async def open(self, _host=None, _port=None, **_options):
        """(reader, writer), or an OSError."""
        await asyncio.sleep(self._weather.latency_s())
        if self._weather.deaf:
            await asyncio.sleep(3600)
        connection = Connection(self._weather)
        if self._weather.refusing or not self._accept(connection):
            raise ConnectionRefusedError("connection refused")
        self.connection = connection
        return connection.reader, connection.writer

    def reset(self):
        """Break what stands."""
        if self.connection is not None:
            self.connection.reset()

    def pile_lost_power(self):
        """Nobody answers at the pile's end any more."""
        if self.connection is not None:
            self.connection.hang_up()
