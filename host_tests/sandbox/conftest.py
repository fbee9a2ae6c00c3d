"""The fixture `world`: both sides of T/CEC 102 in one process."""

from collections.abc import AsyncIterator

import pytest
from sandbox_world import World, joined


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with joined() as both:
        yield both
