"""Files to and from a central system's servers over http(s)."""

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import httpx

LONGEST_FILE = 16 * 1024 * 1024
_TIMEOUT_S = 60.0
_DEFAULT_RETRY_S = 30


def is_location(url: str) -> bool:
    """Whether this station can reach a place."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


class TransferError(Exception):
    """A file could not be moved."""


async def fetch(url: str) -> bytes:
    """A file from a server; TransferError."""
    try:
        async with (
            httpx.AsyncClient(timeout=_TIMEOUT_S, follow_redirects=True) as client,
            client.stream("GET", url) as response,
        ):
            response.raise_for_status()
            data = bytearray()
            async for piece in response.aiter_bytes():
                data += piece
                if len(data) > LONGEST_FILE:
                    raise TransferError(f"longer than {LONGEST_FILE} bytes")
            return bytes(data)
    except httpx.HTTPError as error:
        raise TransferError(str(error)) from error


async def put(url: str, data: bytes) -> None:
    """A file to a server; TransferError, PermissionError when it refuses us."""
    try:
        async with httpx.AsyncClient(timeout=_TIMEOUT_S) as client:
            response = await client.put(url, content=data)
            if response.status_code in {401, 403}:
                raise PermissionError(url)
            response.raise_for_status()
    except httpx.HTTPError as error:
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
