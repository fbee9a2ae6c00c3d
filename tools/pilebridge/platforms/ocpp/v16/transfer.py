"""Files from and to the places that a central system names, by HTTP and HTTPS."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import quote, urlsplit

import httpx

MOST_BYTES = 16 << 20
_TIMEOUT_S = 60.0
# An upload that a place takes under a name of its own only
_WANTS_POST = {404, 405, 501}
# Where the central system leaves it to the station
_RETRIES, _PAUSE_S = 2, 30
_MOST_RETRIES, _LONGEST_PAUSE_S = 20, 3600

T = TypeVar("T")


class TransferError(Exception):
    """A file did not come or go; `lasting` when no repetition will help."""

    def __init__(self, text: str, lasting: bool = False) -> None:
        super().__init__(text)
        self.lasting = lasting


def check(location: str) -> None:
    """TransferError for a place that is reached by anything else than HTTP."""
    try:
        parts = urlsplit(location)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        good = False
    if not good:
        raise TransferError(f"{location[:80]}: only http and https", lasting=True)


async def fetch(location: str) -> bytes:
    """The file there, of at most MOST_BYTES; TransferError."""
    check(location)
    parts: list[bytes] = []
    size = 0
    try:
        async with (
            httpx.AsyncClient(timeout=_TIMEOUT_S, follow_redirects=True) as http,
            http.stream("GET", location) as response,
        ):
            _judge(response)
            async for part in response.aiter_bytes():
                size += len(part)
                if size > MOST_BYTES:
                    raise TransferError(f"longer than {MOST_BYTES} bytes", lasting=True)
                parts.append(part)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise TransferError(str(error) or type(error).__name__) from None
    return b"".join(parts)


async def upload(location: str, name: str, data: bytes) -> None:
    """PUT a file as `name` under a location, or POST it to the location where that is refused; TransferError."""
    check(location)
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    place, _, query = location.partition("?")
    url = f"{place.rstrip('/')}/{quote(name)}" + (f"?{query}" if query else "")
    try:
        async with httpx.AsyncClient(timeout=_TIMEOUT_S) as http:
            response = await http.put(url, content=data, headers=headers)
            if response.status_code in _WANTS_POST:
                headers["Content-Disposition"] = f'attachment; filename="{name}"'
                response = await http.post(location, content=data, headers=headers)
            _judge(response)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise TransferError(str(error) or type(error).__name__) from None


async def repeated(
    work: Callable[[], Awaitable[T]], retries: int | None, interval_s: int | None
) -> T:
    """What `work` gives, tried again as often and as far apart as a central system asked; TransferError."""
    left = _RETRIES if retries is None else min(max(retries, 0), _MOST_RETRIES)
    pause_s = _PAUSE_S if interval_s is None else min(max(interval_s, 0), _LONGEST_PAUSE_S)
    while True:
        try:
            return await work()
        except TransferError as error:
            if error.lasting or not left:
                raise
        left -= 1
        await asyncio.sleep(pause_s)


def _judge(response: httpx.Response) -> None:
    if not response.is_success:
        raise TransferError(f"HTTP {response.status_code}")
