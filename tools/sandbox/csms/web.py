"""HTTP of the central system: its page, what the page shows, and commands as JSON."""

import inspect
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from sandbox.csms.commands import Commands
from sandbox.csms.curve import steps
from sandbox.csms.link import NoAnswerError, RefusedError
from sandbox.csms.model import Json, Transaction
from sandbox.csms.profiles import Profile
from sandbox.csms.schemas import FaultError
from sandbox.csms.system import CentralSystem
from sandbox.server import SecurityHeaders

PAGE = Path(__file__).parent / "page"
_FILES = {"/": "index.html"} | {
    f"/{name}": name for name in ("csms.js", "chart.js", "texts.js", "csms.css")
}
COMMANDS = frozenset(
    name for name, _ in inspect.getmembers(Commands, inspect.isfunction) if name[0] != "_"
)
# Newest ones that the page lists
TRANSACTIONS, COMPLAINTS, EXCHANGES = 50, 50, 200
LONGEST_BODY = 65_536
# Points of a drawn line
_STEPS = 720
_VIEW_S = 3600.0


def create_app(system: CentralSystem) -> Starlette:
    """The page as an ASGI application; its lifespan starts and stops the central system too."""
    web = Web(system)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await system.start()
        try:
            yield
        finally:
            await system.stop()

    return Starlette(
        routes=[
            *(Route(path, _file(name)) for path, name in _FILES.items()),
            Route("/api/state", web.state),
            Route("/api/curve", web.curve),
            Route("/api/log", web.log),
            Route("/api/command", web.command, methods=["POST"]),
        ],
        middleware=[Middleware(SecurityHeaders)],
        lifespan=lifespan,
    )


class Web:
    """Answers to the page. A command that fails is answered with `error`, and status 200."""

    def __init__(self, system: CentralSystem) -> None:
        self._system = system
        self._books = system.books
        self._commands = Commands(system)

    async def state(self, _: Request) -> JSONResponse:
        """Stations, the newest transactions and complaints."""
        transactions = sorted(self._books.store.transactions, key=lambda item: item.start_utc)
        return JSONResponse(
            {
                "url": self._system.url,
                "utc": self._books.clock(),
                "stations": [self._station(name) for name in sorted(self._books.store.stations)],
                "transactions": [_row(item) for item in reversed(transactions[-TRANSACTIONS:])],
                "complaints": [asdict(item) for item in self._books.complaints[-COMPLAINTS:]],
            }
        )

    async def curve(self, request: Request) -> JSONResponse:
        """?station=&connector=: what its profiles allow, what it says they do, and what was measured."""
        identity = request.query_params.get("station", "")
        word = request.query_params.get("connector", "")
        number = int(word) if word.isascii() and word.isdecimal() else 1
        now = self._books.clock()
        rows = [i for i in self._books.store.of(identity) if i.connector == number and i.samples]
        last = rows[-1] if rows else None
        begin = max(last.start_utc, now - 24 * _VIEW_S) if last else now
        end = max(now, last.end_utc or now) if last else now
        begin, end = begin - 300, end + _VIEW_S
        station = self._books.store.stations.get(identity)
        profiles = [Profile.from_dict(row) for row in station.profiles.values()] if station else []
        charge = (last.start_utc if last else None, last.id if last else "")
        every = max((end - begin) / _STEPS, 1)
        return JSONResponse(
            {
                "from": begin,
                "until": end,
                "now": now,
                "limit": steps(profiles, number, (begin, end, every), charge),
                "measured": [[s.utc, s.amps] for s in last.samples if s.amps is not None]
                if last
                else [],
                "told": station.schedules.get(number) if station else None,
                "profiles": [profile.as_dict() for profile in profiles],
            }
        )

    async def log(self, _: Request) -> JSONResponse:
        """The newest calls both ways."""
        return JSONResponse([asdict(item) for item in list(self._books.exchanges)[-EXCHANGES:]])

    async def command(self, request: Request) -> JSONResponse:
        """`{"station", "command", "arguments"}`: `answer` of the station, or `error` with code and text."""
        # Another site's page cannot send this type without asking first
        if not request.headers.get("content-type", "").startswith("application/json"):
            return _error("BadRequest", "application/json expected", 415)
        body = await request.body()
        try:
            order = json.loads(body[:LONGEST_BODY])
            station, name, arguments = order["station"], order["command"], order["arguments"]
            if name not in COMMANDS:
                return _error("BadRequest", f"commands are {', '.join(sorted(COMMANDS))}", 400)
            return JSONResponse({"answer": await self._run(name, station, arguments)})
        except RefusedError as error:
            return _error(error.code, error.text)
        except FaultError as error:
            return _error(error.code, error.text)
        except NoAnswerError as error:
            return _error("NoAnswer", str(error))
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            return _error("BadRequest", f"{type(error).__name__}: {error}")

    async def _run(self, name: str, station: str, arguments: Json) -> Json:
        method: Callable[..., Awaitable[Json]] = getattr(self._commands, name)
        inspect.signature(method).bind(station, **arguments)
        return await method(station, **arguments)

    def _station(self, identity: str) -> Json:
        station = self._books.store.stations[identity]
        return {
            "identity": identity,
            "version": station.version,
            "connected": identity in self._system.links,
            "accepted": station.accepted,
            "boot": station.boot,
            "connectors": {str(k): v for k, v in sorted(station.connectors.items())},
            "last_seen": station.last_seen,
            "notices": station.notices[-5:],
        }


def _row(item: Transaction) -> Json:
    values = item.view()
    samples = values.pop("samples")
    last_wh = item.end_wh if item.end_wh is not None else item.last_wh()
    used = None if last_wh is None or item.start_wh is None else last_wh - item.start_wh
    return {**values, "used_wh": used, "samples": len(samples), "last": samples[-1:]}


def _error(code: str, text: str, status: int = 200) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "text": text}}, status_code=status)


def _file(name: str) -> Callable[[Request], Awaitable[Response]]:
    async def serve(_: Request) -> Response:
        return FileResponse(PAGE / name)

    return serve
