"""HTTP: the T/CEC side for the bridge, the driver API and the page."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox import views
from sandbox.intake import MAX_BYTES, Intake
from sandbox.model import RefusalError
from sandbox.phrases import refusal
from sandbox.platform import Platform

PAGE = Path(__file__).parent / "page"
# `data:` is for the icon in the page itself; nothing is ever fetched from elsewhere
POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)
_SCRIPTS = ("page.js", "charge.js", "map.js", "state.js", "words.js")
_FILES = {"/": "index.html"} | {f"/{name}": name for name in (*_SCRIPTS, "page.css")}


def create_app(platform: Platform) -> Starlette:
    """The sandbox as an ASGI application; its lifespan starts and closes the platform."""
    intake = Intake(platform)
    api = DriverApi(platform)

    async def tcec(request: Request) -> JSONResponse:
        raw = await _body(request, MAX_BYTES)
        interface = request.path_params["interface"]
        return JSONResponse(intake.handle(interface, request.headers.get("authorization"), raw))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await platform.start()
        try:
            yield
        finally:
            await platform.close()

    app = Starlette(
        routes=[
            *(Route(path, _file(name)) for path, name in _FILES.items()),
            Route("/evcs/v1/{interface}", tcec, methods=["POST"]),
            Route("/api/bench", api.bench),
            Route("/api/piles", api.piles),
            Route("/api/events", api.events),
            Route("/api/log", api.log),
            Route("/api/charges", api.start, methods=["POST"]),
            Route("/api/charges/{seq}", api.charge),
            Route("/api/charges/{seq}/stop", api.stop, methods=["POST"]),
        ],
        middleware=[Middleware(SecurityHeaders)],
        exception_handlers={RefusalError: _refused},
        lifespan=lifespan,
    )
    app.state.intake = intake
    return app


class DriverApi:
    """JSON for the page; every refusal carries a sentence in Chinese and English."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def bench(self, _: Request) -> JSONResponse:
        """Who this test bench is and whether it reaches the bridge."""
        return JSONResponse(self._platform.bench())

    async def piles(self, _: Request) -> JSONResponse:
        """Every pile with state and price."""
        return JSONResponse(self._platform.piles())

    async def log(self, _: Request) -> JSONResponse:
        """The last T/CEC calls both ways, and the violations."""
        return JSONResponse(self._platform.calls.view())

    async def start(self, request: Request) -> JSONResponse:
        """Start a charge: `{"connector_id": …}`; 201 with the charge."""
        # Another site's page cannot send this type without asking first
        if not request.headers.get("content-type", "").startswith("application/json"):
            raise refusal("bad_request", http_status=415, detail="application/json expected")
        try:
            body = json.loads(await _body(request, 4096))
        except (ValueError, RecursionError):
            body = None
        connector_id = body.get("connector_id") if isinstance(body, dict) else None
        if not isinstance(connector_id, str):
            raise refusal("bad_request", http_status=400, detail="connector_id: text expected")
        charge = await self._platform.charging.start(connector_id)
        return JSONResponse(views.charge(charge, self._platform.clock()), status_code=201)

    async def charge(self, request: Request) -> JSONResponse:
        """Live figures of a charge, then its bill."""
        charge = self._platform.charging.find(request.path_params["seq"])
        return JSONResponse(views.charge(charge, self._platform.clock()))

    async def stop(self, request: Request) -> JSONResponse:
        """Ask the pile to end a charge; 202 with the charge."""
        charge = await self._platform.charging.stop(request.path_params["seq"])
        return JSONResponse(views.charge(charge, self._platform.clock()), status_code=202)

    async def events(self, _: Request) -> StreamingResponse:
        """Server-sent events: `bench`, `piles`, `charge`."""
        frames = self._platform.hub.stream(self._platform.snapshot)
        return StreamingResponse(frames, media_type="text/event-stream")


class SecurityHeaders:
    """Adds the page's policy headers; plain ASGI, so that event streams are not buffered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in _HEADERS}
                kept = [item for item in message["headers"] if item[0].lower() not in own]
                message["headers"] = [*kept, *_HEADERS]
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


def _file(name: str) -> Callable[[Request], Awaitable[Response]]:
    async def serve(_: Request) -> Response:
        return FileResponse(PAGE / name)

    return serve


async def _body(request: Request, limit: int) -> bytes:
    """At most `limit` + 1 bytes of the body, so that the caller sees it is too long."""
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > limit:
            return raw[: limit + 1]
    return raw


async def _refused(request: Request, error: Exception) -> JSONResponse:
    content: dict[str, Any] = {}
    status = 500
    if isinstance(error, RefusalError):
        content, status = {"error": error.view()}, error.http_status
    # A browser prints every 4xx and 5xx in its console; the page asks for the body alone
    if request.query_params.get("errors") == "body":
        status = 200
    return JSONResponse(content, status_code=status)
