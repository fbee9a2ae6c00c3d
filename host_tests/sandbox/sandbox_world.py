"""The sandbox and a small operator joined in one process, on a clock that tests move."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
from fake_operator import FakeOperator
from tcec_bodies import PLUGGED

from pilebridge.platforms.tcec102.envelope import parse_timestamp
from sandbox.config import Config
from sandbox.platform import Platform
from sandbox.server import create_app


class Clock:
    """Seconds since 1970; begins at 2026-01-02 03:04:05 in China."""

    def __init__(self) -> None:
        self.now = float(parse_timestamp("20260102030405"))

    def __call__(self) -> float:
        return self.now


@dataclass
class World:
    """Both sides, and an HTTP client for the driver."""

    clock: Clock
    operator: FakeOperator
    platform: Platform
    driver: httpx.AsyncClient
    app: Any

    async def start(self, connector_id: str = PLUGGED) -> httpx.Response:
        """POST /api/charges."""
        return await self.driver.post("/api/charges", json={"connector_id": connector_id})

    async def started(self) -> str:
        """StartChargeSeq of a charge that was accepted."""
        answer = await self.start()
        assert answer.status_code == 201, answer.text
        seq: str = answer.json()["seq"]
        return seq

    async def charge(self, seq: str) -> dict[str, Any]:
        """GET /api/charges/{seq}."""
        answer = await self.driver.get(f"/api/charges/{seq}")
        assert answer.status_code == 200
        body: dict[str, Any] = answer.json()
        return body

    def reasons(self) -> list[str]:
        """What was recorded as violations."""
        return [item.reason for item in self.platform.calls.violations]


@asynccontextmanager
async def joined() -> AsyncIterator[World]:
    """A World whose platform has discovered the operator's stations."""
    clock = Clock()
    operator = FakeOperator(clock)
    http = httpx.AsyncClient(transport=httpx.ASGITransport(operator.app))
    # Charges are not polled unless a test asks for it
    config = replace(Config(), bridge_url="http://bridge.test/evcs/v1", charge_poll_s=3600)
    platform = Platform(config, clock, http)
    app = create_app(platform)
    driver = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sandbox.test")
    operator.platform = driver
    await platform.discover()
    platform.trouble = None
    yield World(clock, operator, platform, driver, app)
    await driver.aclose()
    await platform.close()
