"""Drives the firmware's link in a real MicroPython: pile_login.py as a process, line by line."""

import asyncio
import contextlib
import json

import pytest

from interpreters import ROOT, find_micropython

_PATHS = ("firmware", "build/lib")
_WITHIN_S = 20


class PileClient:
    """One MicroPython process; `said` keeps every line that it has written."""

    def __init__(self, process):
        self.said = []
        self._process = process
        self._news = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def _read(self):
        async for line in self._process.stdout:
            self.said.append(line.decode().rstrip())
            self._news.set()
        self._news.set()

    async def line(self, word):
        """What follows `word` on the first line that begins with it, waiting for it."""

        def lines():
            return [line for line in self.said if line.split(" ", 1)[0] == word]

        await self._until(lines)
        return lines()[0].partition(" ")[2]

    async def outcome(self):
        """The word "connected", or what the refusal said."""
        await self._until(lambda: self.said)
        word, _, rest = self.said[0].partition(" ")
        assert word in ("connected", "refused"), self.said
        return word if word == "connected" else rest

    def got(self):
        """(topic, payload) of every message that came."""
        return [
            tuple(line.split(" ", 2)[1:]) for line in self.said if line.split(" ", 1)[0] == "got"
        ]

    async def subscribe(self, topic):
        """Subscribe and wait for the broker's word."""
        await self._order({"subscribe": topic}, f"subscribed {topic}")

    async def publish(self, topic, payload, retain=False):
        """Publish and wait until the broker has taken it, whatever it does with it."""
        before = self.said.count(f"published {topic}")
        order = {"publish": [topic, payload], "retain": retain}
        await self._order(order, f"published {topic}", before + 1)

    async def _until(self, condition):
        async with asyncio.timeout(_WITHIN_S):
            while not condition():
                assert not self._reading.done(), self.said
                self._news.clear()
                await self._news.wait()

    async def _order(self, order, answer, times=1):
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        await self._until(lambda: self.said.count(answer) >= times)

    async def close(self):
        """Drop the connection without a farewell and wait for the end of the process."""
        self._process.stdin.close()
        try:
            async with asyncio.timeout(5):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reading


@contextlib.asynccontextmanager
async def pile_client(**options):
    """A running PileClient; options: port kind station secret, and what pile_login.py knows besides."""
    binary = find_micropython()
    if binary is None:
        pytest.skip("no micropython beside this Python or on PATH")
    path = ":".join(str(ROOT / part) for part in _PATHS)
    process = await asyncio.create_subprocess_exec(
        binary,
        str(ROOT / "host_tests" / "pile_login.py"),
        env={"MICROPYPATH": f"{path}:.frozen"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    process.stdin.write(json.dumps(options).encode() + b"\n")
    client = PileClient(process)
    try:
        yield client
    finally:
        await client.close()
