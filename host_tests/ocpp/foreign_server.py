"""The strict server of ocpp-rpc (npm), written by others: every frame of a station must pass its schemas too."""

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


class ForeignServer:
    """A running server: `events` as server.js describes them, `url` ends before the station's identity."""

    def __init__(self, process):
        self._process = process
        self._news = asyncio.Condition()
        self._references = itertools.count(1)
        self.events = []
        self.port = 0

    @property
    def url(self):
        """Base of the websocket's address; a station adds "/" and its identity."""
        return f"ws://127.0.0.1:{self.port}/ocpp"

    @property
    def violations(self):
        """Frames of stations that broke their schema, and answers of the server that did."""
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

    async def call(self, identity, action, payload):
        """Send a call to a station: the event `answer`, or `error` with its code."""
        reference = next(self._references)
        self.tell(identity=identity, action=action, payload=payload, reference=reference)
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: self._brought(reference))
        return self._brought(reference)[0]

    def tell(self, **order):
        """One order to the server, as server.js describes them."""
        self._process.stdin.write(json.dumps(order).encode() + b"\n")

    async def hear(self):
        """Take its lines until it ends."""
        async for line in self._process.stdout:
            event = json.loads(line)
            async with self._news:
                self.events.append(event)
                self.port = event.get("port", self.port)
                self._news.notify_all()

    def _brought(self, reference):
        return self.of("answer", reference=reference) + self.of("error", reference=reference)


@contextlib.asynccontextmanager
async def foreign_server(password=None):
    """A ForeignServer on a free port of the loopback."""
    folder = await asyncio.to_thread(installed)
    words = [programs()["node"], str(HERE / "server.js"), *([password] if password else [])]
    process = await asyncio.create_subprocess_exec(
        *words,
        cwd=folder,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 24,
    )
    server = ForeignServer(process)
    hearing = asyncio.create_task(server.hear())
    try:
        await server.wait("listening")
        yield server
    finally:
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), PATIENCE_S)
        except TimeoutError:
            process.kill()
            await process.wait()
        await hearing
