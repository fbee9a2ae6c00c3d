"""Composition: one bridge from its settings, started and stopped as a whole."""

import asyncio
import contextlib
import logging
import socket
import sqlite3
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Protocol

import httpx
import uvicorn
from starlette.applications import Starlette

from pilebridge import bundles, stations
from pilebridge.admin import Admin
from pilebridge.admin_updates import AdminUpdates
from pilebridge.assembly import Assembly
from pilebridge.broker import Broker
from pilebridge.chunk_server import ChunkServer
from pilebridge.commands import Reply
from pilebridge.handed_updates import HandedUpdates
from pilebridge.hub import Hub
from pilebridge.keys import Keyring
from pilebridge.mqtt_client import MqttClient, Publisher
from pilebridge.ownership import Owner
from pilebridge.pile_link import TOPICS, PileLink
from pilebridge.platform_setup import CentralPlatform, make_ocpp, make_tcec102
from pilebridge.platforms.tcec102.adapter import Tcec102Platform
from pilebridge.platforms.tcec102.server import Tcec102Server
from pilebridge.rollout_work import RolloutWork
from pilebridge.rotation import Rotation
from pilebridge.services import Piles
from pilebridge.settings import Config, Platform
from pilebridge.site_limits import SiteLimits
from pilebridge.store import Store

log = logging.getLogger(__name__)

_READY_POLL_S = 0.01
_READY_POLLS = 500


class Link(Publisher, Protocol):
    """The MQTT side as the application needs it."""

    async def run(self) -> None:
        """Stay connected until cancelled."""
        ...


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # Signals belong to the program, which stops the parts in order
        yield


class Application:
    """A running bridge; start() returns when it serves, stop() when everything is written."""

    def __init__(
        self,
        config: Config,
        clock: Callable[[], float] = time.time,
        store: Store | None = None,
    ) -> None:
        self.config = config
        self.http_port = 0
        self.mqtt_port = config.mqtt.port
        self.broker: Broker | None = None
        self.store = store or Store(config.bridge.database)
        self.keyring = Keyring(config.secrets())
        tariffs = {row.name: row.tariff() for row in config.tariff}
        connectors = [c for station in config.station for c in station.connectors()]
        self._owners: list[Owner] = []
        self.assembly = Assembly(self.store, tariffs[config.tariff[0].name], self._owners)
        self.hub = Hub(connectors, config.mqtt, self.assembly, clock)
        self.platforms: list[Tcec102Platform | CentralPlatform] = []
        self.piles: Piles | None = None
        self._tariffs = tariffs
        self._clock = clock
        self._clients: list[httpx.AsyncClient] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._server: _Server | None = None
        self._socket: socket.socket | None = None
        self.failed = asyncio.Event()

    async def start(self) -> None:
        """Start every part; what was started is stopped again when one fails."""
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop in the order of dependence: no new work, then what waits is written."""
        if self._server is not None:
            self._server.should_exit = True
        for task in reversed(self._tasks[1:]):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        if self.piles is not None:
            await self.piles.close()
        for client in self._clients:
            await client.aclose()
        self._clients.clear()
        if self._socket is not None:
            self._socket.close()
        await self.store.close()
        if self.broker is not None:
            await self.broker.stop()

    async def _start(self) -> None:
        config = self.config
        self._socket = _listen(config.bridge.http.host, config.bridge.http.port)
        self.http_port = self._socket.getsockname()[1]
        self.store.open()
        await self.store.submit(self.keyring.enrol)
        self.keyring.load(self.store.read)
        if config.mqtt.broker.start:
            self.broker = await self._start_broker()
            self.mqtt_port = self.broker.port
        await self._make_platforms()
        mqtt = self._make_link()
        limits = SiteLimits(config.site, mqtt, self._clock)
        self.hub.arrivals.append(limits.wake)
        self.assembly.load()
        server = Tcec102Server([p for p in self.platforms if isinstance(p, Tcec102Platform)])
        link = self.hub.link
        assert link is not None
        admin = Admin(self.hub, link, self.store, [p.name for p in self.platforms])
        chunk_server = ChunkServer(bundles.folder_of(config.bridge.database), mqtt)
        self.updates = RolloutWork(self.hub, self.store, chunk_server, self._clock)
        link.updates = self.updates
        self._handed = HandedUpdates(
            self.store,
            bundles.folder_of(config.bridge.database),
            config.bridge.update_key,
            config.sites(),
            self.updates.wake,
            self._clock,
        )
        updates = AdminUpdates(self.hub, self.store, self.updates, config.sites(), self._clock)
        app = Starlette(routes=[*server.routes, *admin.routes, *updates.routes])
        options = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", ws="none", http="h11"
        )
        self._server = _Server(options)
        self._spawn(self._server.serve(sockets=[self._socket]))
        self._spawn(self.assembly.run())
        self._spawn(self.hub.run())
        for platform in self.platforms:
            self._spawn(platform.run())
        self._spawn(limits.run())
        self._spawn(Rotation(self.keyring, self.hub, self.store).run())
        self._spawn(self.updates.run())
        self._spawn(mqtt.run())
        await self._wait_ready(self._server)

    async def _start_broker(self) -> Broker:
        settings = self.config.mqtt
        broker = Broker(
            settings.broker.data,
            settings.port,
            keys=self.keyring.logins(),
            psk=(settings.broker.psk_host, settings.broker.psk_port),
            certificate=settings.broker.certificate,
        )
        await broker.start()
        # A pile that takes its new secret must be let in with it, and with the old one until it has
        self.keyring.changed.append(lambda: broker.set_keys(self.keyring.logins()))
        return broker

    async def _wait_ready(self, server: _Server) -> None:
        """The web server listens; the broker is given a moment, and reported when it takes longer."""
        for _ in range(_READY_POLLS):
            if server.started and self.hub.link_up:
                return
            await asyncio.sleep(_READY_POLL_S)
        if not server.started:
            raise OSError("the web server did not start")
        if not self.hub.link_up:
            log.error("bridge: no broker at %s:%d yet", self.config.mqtt.host, self.mqtt_port)

    async def _make_platforms(self) -> None:
        config, now = self.config, int(self._clock())

        def job(conn: sqlite3.Connection) -> dict[str, int]:
            return stations.record_changes(conn, config.operator, config.station, now)

        changed = await self.store.submit(job)
        self.piles = Piles(self.hub, self.store, self._hand_over)
        for settings in config.platform:
            if not isinstance(settings, Platform):
                piles = self.piles.by_name
                self.platforms.append(
                    make_ocpp(settings, config, piles, self.hub, self.store, self._clock)
                )
                continue
            # The machine's proxy settings are not for calls between platforms
            client = httpx.AsyncClient(timeout=settings.request_timeout_s, trust_env=False)
            self._clients.append(client)
            tariff = self._tariffs[settings.tariff]
            self.platforms.append(
                make_tcec102(
                    settings, config, tariff, self.hub, self.store, client, changed, self._clock
                )
            )
        self._owners += self.platforms
        self.hub.platforms += self.platforms

    async def _hand_over(self, pile: str, bundle: bytes) -> Reply:
        return await self._handed.take(pile, bundle)

    def _make_link(self) -> Link:
        settings = self.config.mqtt
        piles = {connector.pile for connector in self.hub.connectors}
        mqtt = MqttClient(
            "127.0.0.1" if settings.broker.start else settings.host,
            self.mqtt_port,
            settings.client_id,
            TOPICS,
            self._on_message,
            self.hub.on_link,
            self._credentials(),
        )
        self.hub.link = PileLink(piles, self.store, mqtt, self.hub, self.keyring, self._clock)
        return mqtt

    def _credentials(self) -> tuple[str, str] | None:
        if self.broker is not None:
            return self.broker.credentials
        settings = self.config.mqtt
        return (settings.username, settings.password) if settings.username else None

    async def _on_message(self, topic: str, payload: bytes, retained: bool) -> None:
        assert self.hub.link is not None
        await self.hub.link.on_message(topic, payload, retained)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        self._tasks.append(task)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if task.cancelled() or task.exception() is None:
            return
        log.error("bridge: a part failed", exc_info=task.exception())
        self.failed.set()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise OSError(f"cannot listen on {host}:{port}: {error.strerror}") from None
    return sock
