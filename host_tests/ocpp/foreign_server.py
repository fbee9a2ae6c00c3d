"""The strict server of ocpp-rpc, written by others: every frame of a station must pass its schemas too."""

import contextlib

from foreign_process import ForeignProcess, foreign_process


class ForeignServer(ForeignProcess):
    """A running server.js; `url` ends before the slash and the station's identity."""

    @property
    def url(self):
        """Base of the websocket's address."""
        return f"ws://127.0.0.1:{self.of('listening')[0]['port']}/ocpp"

    async def call(self, identity, action, payload):
        """Send a call to a station: the event `answer`, or `error` with its code."""
        return await self.ask(identity=identity, action=action, payload=payload)


@contextlib.asynccontextmanager
async def foreign_server(password=None):
    """A ForeignServer on a free port of the loopback."""
    words = [password] if password else []
    async with foreign_process(ForeignServer, "server.js", *words) as server:
        await server.wait("listening")
        yield server
