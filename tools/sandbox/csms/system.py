"""The central system itself: listens, lets stations in, and knows who is connected."""

import asyncio
import base64
import binascii
import ssl
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from sandbox.csms.answers import Answers
from sandbox.csms.answers16 import Answers16
from sandbox.csms.answers201 import Answers201
from sandbox.csms.books import Books
from sandbox.csms.link import Link, NoAnswerError
from sandbox.csms.schemas import V16, V201, VERSIONS
from sandbox.csms.store import Store

PATH = "/ocpp/"
LARGEST_FRAME = 1 << 20


class CentralSystem:
    """Start it, point stations to `url`, then look into `books`; `restart()` keeps the store.

    `identities` are the stations let in (None: any); `passwords` is {identity: bytes}, or one for
    all, in Basic authentication; `versions` are the subprotocols agreed on, the best first.
    """

    def __init__(
        self,
        store: Store | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        versions: Sequence[str] = VERSIONS,
        identities: set[str] | None = None,
        passwords: dict[str, bytes] | bytes | None = None,
        tls: ssl.SSLContext | None = None,
        ping_interval_s: float | None = 20.0,
    ) -> None:
        self.books = Books(store or Store())
        self.host, self.port = host, port
        self.versions = tuple(versions)
        self.identities = identities
        self.passwords = passwords
        self.links: dict[str, Link] = {}
        self._tls = tls
        self._ping_interval_s = ping_interval_s
        self._server: Server | None = None
        self._answers: dict[str, Answers] = {
            V16: Answers16(self.books),
            V201: Answers201(self.books),
        }
        self._news = asyncio.Condition()

    @property
    def url(self) -> str:
        """What a station puts its "/" and identity behind."""
        return f"{'wss' if self._tls else 'ws'}://{self.host}:{self.port}{PATH.rstrip('/')}"

    async def start(self) -> None:
        """Listen; port 0 becomes the free one that was found."""
        self._server = await serve(
            self._connected,
            self.host,
            self.port,
            subprotocols=[Subprotocol(version) for version in self.versions],
            select_subprotocol=self._select,
            process_request=self._let_in,
            compression=None,
            ssl=self._tls,
            max_size=LARGEST_FRAME,
            ping_interval=self._ping_interval_s,
            server_header=None,
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def stop(self, *, abruptly: bool = False) -> None:
        """Stop listening and end every connection; abruptly is without a closing frame."""
        if self._server is None:
            return
        if abruptly:
            for link in list(self.links.values()):
                link.abort()
        self._server.close()
        await self._server.wait_closed()
        self._server = None

    async def restart(self, down_s: float = 0.0) -> None:
        """End without a word, stay away, and come back on the same port with the same store."""
        await self.stop(abruptly=True)
        await asyncio.sleep(down_s)
        await self.start()

    def link(self, station: str) -> Link:
        """The connection of a station; NoAnswerError while it has none."""
        if station not in self.links:
            raise NoAnswerError(f"{station} is not connected")
        return self.links[station]

    async def wait_connected(self, station: str, timeout_s: float = 10.0) -> Link:
        """The connection of a station, as soon as it has one; TimeoutError."""
        async with asyncio.timeout(timeout_s), self._news:
            await self._news.wait_for(lambda: station in self.links)
        return self.links[station]

    def _select(self, _: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        # Without an agreed one the handshake is completed and the link closed, as OCPP-J says
        return next((Subprotocol(item) for item in self.versions if item in offered), None)

    def _let_in(self, connection: ServerConnection, request: Request) -> Response | None:
        path, _, _ = request.path.partition("?")
        identity = unquote(path.removeprefix(PATH))
        if not path.startswith(PATH) or not identity or "/" in identity:
            return connection.respond(HTTPStatus.NOT_FOUND, "no station\n")
        if self.identities is not None and identity not in self.identities:
            return connection.respond(HTTPStatus.NOT_FOUND, "unknown station\n")
        wanted = self.passwords
        if isinstance(wanted, dict):
            wanted = wanted.get(identity)
        if wanted is not None and not _authorized(request, identity, wanted):
            response = connection.respond(HTTPStatus.UNAUTHORIZED, "unauthorized\n")
            response.headers["WWW-Authenticate"] = 'Basic realm="ocpp"'
            return response
        return None

    async def _connected(self, socket: ServerConnection) -> None:
        path, _, _ = (socket.request.path if socket.request else "").partition("?")
        identity = unquote(path.removeprefix(PATH))
        if socket.subprotocol is None:
            self.books.complain(identity, "subprotocol", "no OCPP version in common")
            await socket.close(1002, "no OCPP version in common")
            return
        station = self.books.store.station(identity)
        station.version = str(socket.subprotocol)
        station.last_seen = self.books.clock()
        link = Link(socket, station, self._answers[station.version], self.books)
        before = self.links.get(identity)
        self.links[identity] = link
        if before:
            before.abort()
        async with self._news:
            self._news.notify_all()
        try:
            await link.run()
        finally:
            if self.links.get(identity) is link:
                del self.links[identity]


def _authorized(request: Request, identity: str, password: bytes) -> bool:
    kind, _, word = request.headers.get("Authorization", "").partition(" ")
    try:
        given: Any = base64.b64decode(word, validate=True)
    except binascii.Error:
        return False
    # A password may be any bytes, and hold colons
    return kind.lower() == "basic" and bool(given == identity.encode() + b":" + password)
