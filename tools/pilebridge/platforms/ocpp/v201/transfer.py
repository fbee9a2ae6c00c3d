"""Files to and from a central system's servers over http(s)."""

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import httpx

LONGEST_FILE = 16 * 1024 * 1024
_TIMEOUT_S = 60.0
_DEFAULT_RETRY_S = 30


class TransferError(Exception):
    """A file could not be moved."""


def _is_near(host: str) -> bool:
    """Whether a host is this machine or its own link: what listens there believes its neighbours."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_link_local or address.is_unspecified


class Transfer:
    """Moves files for the central system at `central_url`; only one on this machine may name places on it."""

    def __init__(self, central_url: str) -> None:
        self._may_be_near = _is_near(urlsplit(central_url).hostname or "")

    def is_location(self, url: str) -> bool:
        """Whether this station may reach a place."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        host = parts.hostname
        is_web = parts.scheme in {"http", "https"} and bool(host)
        return is_web and (self._may_be_near or not _is_near(host or ""))

    async def _check(self, request: httpx.Request) -> None:
        # Also of each redirection
        if not self.is_location(str(request.url)):
            raise TransferError(f"{request.url.host} is no place for files")

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            timeout=_TIMEOUT_S, follow_redirects=True, event_hooks={"request": [self._check]}
        )

    async def fetch(self, url: str) -> bytes:
        """A file from a server; TransferError."""
        try:
            async with self._client() as client, client.stream("GET", url) as response:
                response.raise_for_status()
                data = bytearray()
                async for piece in response.aiter_bytes():
                    data += piece
                    if len(data) > LONGEST_FILE:
                        raise TransferError(f"longer than {LONGEST_FILE} bytes")
                return bytes(data)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TransferError(str(error)) from error

    async def put(self, url: str, data: bytes) -> None:
        """A file to a server; TransferError, PermissionError when it refuses us."""
        try:
            async with self._client() as client:
                response = await client.put(url, content=data)
                if response.status_code in {401, 403}:
                    raise PermissionError(url)
                response.raise_for_status()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TransferError(str(error)) from error


async def with_retries(
    work: Callable[[], Awaitable[bytes | None]],
    retries: int | None,
    interval_s: int | None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> bytes | None:
    """Try once and `retries` times more; the last TransferError."""
    for left in range(retries or 0, -1, -1):
        try:
            return await work()
        except TransferError:
            if not left:
                raise
            await sleep(_DEFAULT_RETRY_S if interval_s is None else interval_s)
    raise AssertionError("unreachable")
