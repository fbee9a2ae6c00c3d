"""The bridge: its real parts on its database file, put together without sockets; killed and started again."""

import asyncio
import contextlib
from functools import partial

import httpx
from starlette.applications import Starlette

from pilebridge import stations
from pilebridge.assembly import Assembly
from pilebridge.hub import Hub
from pilebridge.keys import Keyring, begin_rotation
from pilebridge.pile_link import PileLink
from pilebridge.platform_setup import make_ocpp
from pilebridge.platforms.tcec102.adapter import Tcec102Platform
from pilebridge.platforms.tcec102.server import Tcec102Server
from pilebridge.rotation import Rotation
from pilebridge.services import Piles
from pilebridge.store import InlineStore

from .platform import TIMEOUT_S
from .port import BridgePort
from .process import KilledError, Process

_START_S = 0.4


class Fuse:
    """Ends the bridge's process at one of the next points of a commit."""

    def __init__(self):
        self.points = 0  # passed since the process began
        self._left = 0

    def after(self, points):
        """Burn through at the n-th point from now; 0 disarms."""
        self._left = points

    def burn(self, _point):
        """A point is passed."""
        self.points += 1
        if self._left:
            self._left -= 1
            if not self._left:
                raise KilledError("bridge")


class Bridge:
    """`on()`, `kill()`; `transport` is how the platform's calls reach it."""

    def __init__(self, bench, config):
        self.fuse = Fuse()
        self.process = None
        self.starts = 0
        self.killed_s = []  # moments of its deaths
        self.hub = self.store = self.assembly = self.keyring = None
        self.central = None  # its station at the central system
        self.transport = _Calls(self)
        self.app = None
        self._bench = bench
        self._config = config
        self._port = None

    @property
    def running(self):
        """True while the process lives."""
        return self.process is not None and not self.process.dead

    def on(self):
        """Start the process."""
        if self.running:
            return
        self.starts += 1
        self.process = process = Process("bridge", self._died)
        self._bench.processes.append(process)
        process.spawn(self._run(process))

    def kill(self):
        """SIGKILL."""
        if self.process is not None:
            self.process.kill()

    def rotate(self, pile):
        """Somebody asks for a new secret of the pile, as `pilebridge rotate` does."""
        if self.app is not None and self.keyring.coming(pile) is None:
            current = self.keyring.active(pile)
            work = self.process.call(self.store.submit, partial(begin_rotation, current=current))
            if work is not None and work.exception():
                # One that another start of the process began waits still
                self._bench.say("bridge: %s" % work.exception())

    def _died(self):
        bench = self._bench
        bench.say("bridge: killed")
        self.killed_s.append(bench.now_s)
        self.fuse.after(0)
        self.app = None
        if self._port is not None:
            bench.broker.detach(self._port, lose=bench.random.random() < 0.3)
        if self.store is not None:
            # What was not committed is gone with the process
            self.store.kill()
        bench.bridge_died()

    async def _run(self, process):
        bench, config = self._bench, self._config
        await bench.wait(_START_S)
        bench.say("bridge: start %d" % self.starts)
        self.store = store = InlineStore("bridge.sqlite", self.fuse.burn)
        store.open()
        tariffs = {row.name: row.tariff() for row in config.tariff}
        connectors = [c for station in config.station for c in station.connectors()]
        owners = []
        self.assembly = assembly = Assembly(store, tariffs[config.tariff[0].name], owners)
        self.hub = hub = Hub(connectors, config.mqtt, assembly, bench.wall_s)
        changed = await store.submit(
            lambda conn: stations.record_changes(
                conn, config.operator, config.station, int(bench.wall_s())
            )
        )
        settings = config.platform[0]
        client = httpx.AsyncClient(transport=bench.platform.transport(), timeout=TIMEOUT_S)
        tariff = tariffs[settings.tariff]
        platform = Tcec102Platform(
            settings,
            config.operator,
            config.station,
            tariff,
            hub,
            store,
            client,
            changed,
            bench.wall_s,
        )
        # Whoever hears of a pile's state finds its services up to date
        piles = Piles(hub, store, _no_update)
        platforms = [platform]
        for table in config.platform[1:]:
            self.central = make_ocpp(table, config, piles.by_name, hub, store, bench.wall_s)
            platforms.append(self.central)
        owners += platforms
        hub.platforms += platforms
        self._port = port = BridgePort(
            process, bench.broker, bench.weather, bench.random, self._on_message, hub.on_link
        )
        self.keyring = keyring = Keyring(
            {row.id: (row.number, bytes.fromhex(row.key)) for row in config.pile}
        )
        await store.submit(keyring.enrol)
        keyring.load(store.read)
        names = {connector.pile for connector in connectors}
        hub.link = PileLink(names, store, port, hub, keyring, bench.wall_s)
        assembly.load()
        rotation = Rotation(keyring, hub, store)
        self.app = Starlette(routes=Tcec102Server([platform]).routes)
        parts = (assembly, hub, *platforms, rotation, port)
        await asyncio.gather(*[part.run() for part in parts])

    async def _on_message(self, topic, payload, retained):
        await self.hub.link.on_message(topic, payload, retained)


async def _no_update(_pile, _bundle):
    raise NotImplementedError("no roll-outs here")


class _Calls(httpx.AsyncBaseTransport):
    """The platform's calls: handled by tasks of the bridge's process, unanswered when it dies."""

    def __init__(self, bridge):
        self._bridge = bridge

    async def handle_async_request(self, request):
        """As a web server in front of the application."""
        bridge = self._bridge
        app = bridge.app
        if not bridge.running or app is None:
            raise httpx.ConnectError("connection refused", request=request)
        done = asyncio.get_running_loop().create_future()
        bridge.process.spawn(_answer(app, request, done))
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await done
        except TimeoutError:
            raise httpx.ReadTimeout("no answer", request=request) from None


async def _answer(app, request, done):
    response = await httpx.ASGITransport(app=app).handle_async_request(request)
    await response.aread()
    with contextlib.suppress(asyncio.InvalidStateError):
        done.set_result(response)
