"""Programs of ocpp-rpc (npm), written by others, which check every frame by schemas of their own."""

import asyncio
import contextlib
import fcntl
import hashlib
import itertools
import json
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent / "foreign"
INSTALLED = HERE.parent.parent.parent / "build" / "node"
PACKAGES = ("package.json", "package-lock.json")
PATIENCE_S = 10.0


def programs():
    """Paths of node and npm; a test without them fails, since nothing else judges our frames."""
    found = {name: shutil.which(name) for name in ("node", "npm")}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        pytest.fail(
            f"{' and '.join(missing)} not on PATH: the foreign OCPP server needs Node.js 18 or newer with npm "
            "(Debian: apt-get install nodejs npm)",
            pytrace=False,
        )
    return found


def installed():
    """The folder with node_modules/ocpp-rpc as locked; fetched once, all later runs need no network."""
    npm = programs()["npm"]
    lock = b"".join((HERE / name).read_bytes() for name in PACKAGES)
    stamp, wanted = INSTALLED / "stamp", hashlib.sha256(lock).hexdigest()
    INSTALLED.mkdir(parents=True, exist_ok=True)
    # Several workers come here at once
    with (INSTALLED / "guard").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if stamp.exists() and stamp.read_text() == wanted:
            return INSTALLED
        for name in PACKAGES:
            shutil.copy(HERE / name, INSTALLED / name)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(command, cwd=INSTALLED, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.fail(f"npm ci could not fetch ocpp-rpc:\n{done.stderr}", pytrace=False)
        stamp.write_text(wanted)
    return INSTALLED


class ForeignProcess:
    """A running program: `events` are the lines that it said, as its file describes them."""

    def __init__(self, process):
        self._process = process
        self._news = asyncio.Condition()
        self._references = itertools.count(1)
        self.events = []

    @property
    def violations(self):
        """Frames of the other side that broke their schema, and answers of the program that did."""
        return self.of("violation") + self.of("own_fault")

    def of(self, event, **fields):
        """Events of one kind whose fields have these values."""
        wanted = {"event": event, **fields}
        return [e for e in self.events if all(e.get(k) == v for k, v in wanted.items())]

    def calls(self, action, identity=None):
        """Payloads of the calls that passed the schema, in order."""
        fields = {"action": action} | ({"identity": identity} if identity else {})
        return [event["payload"] for event in self.of("call", **fields)]

    async def wait(self, event, count=1, **fields):
        """The `count`-th event of this kind with these fields, as soon as it is there."""
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: len(self.of(event, **fields)) >= count)
        return self.of(event, **fields)[count - 1]

    async def ask(self, **order):
        """What an order brought: the event `answer`, or `error` with its code."""
        reference = next(self._references)
        self.tell(reference=reference, **order)
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: self._brought(reference))
        return self._brought(reference)[0]

    def tell(self, **order):
        """One order, as the program's file describes them."""
        self._process.stdin.write(json.dumps(order).encode() + b"\n")

    async def hear(self):
        """Take its lines until it ends."""
        async for line in self._process.stdout:
            async with self._news:
                self.events.append(json.loads(line))
                self._news.notify_all()

    def _brought(self, reference):
        return self.of("answer", reference=reference) + self.of("error", reference=reference)


@contextlib.asynccontextmanager
async def foreign_process(kind, script, *words):
    """A running script of the folder `foreign` as a `kind` of ForeignProcess."""
    folder = await asyncio.to_thread(installed)
    process = await asyncio.create_subprocess_exec(
        *(programs()["node"], str(HERE / script), *words),
        cwd=folder,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 24,
    )
    program = kind(process)
    hearing = asyncio.create_task(program.hear())
    try:
        yield program
    finally:
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), PATIENCE_S)
        except TimeoutError:
            process.kill()
            await process.wait()
        await hearing
