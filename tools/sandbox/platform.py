"""The platform's knowledge of piles: discovery, status, prices, and who hears of a change."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx

from sandbox import views
from sandbox.calllog import CallLog
from sandbox.charging import Charging
from sandbox.client import BridgeClient, CallError
from sandbox.config import Config
from sandbox.events import Hub
from sandbox.model import Charge, Connector, connectors_of, local_time
from sandbox.phrases import refusal
from sandbox.rules import Price, prices_of

log = logging.getLogger("sandbox")

_PAGE_SIZE = 50
_MAX_PAGES = 1000
# Peers take at most this many stations per status question
_STATUS_BATCH = 50


class Platform:
    """Stations, live states and prices of one operator, kept fresh by two background tasks."""

    def __init__(
        self,
        config: Config,
        clock: Callable[[], float] = time.time,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self.config = config
        self.clock = clock
        self.hub = Hub()
        self.calls = CallLog(clock)
        self.bridge = BridgeClient(config, self.calls, clock, http)
        self.connectors: dict[str, Connector] = {}
        self.statuses: dict[str, dict[str, Any]] = {}
        self.prices: dict[str, tuple[Price, ...]] = {}
        self.trouble: str | None = "not asked yet"
        self.charging = Charging(self)
        self._rediscover = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to discover stations and to poll their states."""
        self._tasks = [
            asyncio.create_task(self._discovery_loop()),
            asyncio.create_task(self._status_loop()),
        ]

    async def close(self) -> None:
        """End every task, every listening page and the connections to the bridge."""
        self.hub.close()
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self.charging.close()
        await self.bridge.close()

    async def discover(self) -> None:
        """Ask for all stations, then for their states and prices; CallError when refused."""
        found: dict[str, Connector] = {}
        stations: set[str] = set()
        for page in range(1, _MAX_PAGES):
            body = {"LastQueryTime": "", "PageNo": page, "PageSize": _PAGE_SIZE}
            answer = await self.bridge.call("query_stations_info", body)
            for info in answer["StationInfos"]:
                stations.add(self._own_station(info, stations))
                for connector in connectors_of(info):
                    if connector.connector_id in found:
                        self._refuse(f"ConnectorID: {connector.connector_id} is there twice")
                    found[connector.connector_id] = connector
            if page >= answer["PageCount"]:
                if answer["ItemSize"] != len(stations):
                    self._refuse(f"ItemSize: {answer['ItemSize']}, but {len(stations)} came")
                break
        if found.keys() != self.connectors.keys():
            log.info("found %d connectors at %d stations", len(found), len(stations))
        self.connectors = found
        await self.poll_statuses()
        for connector_id in list(found):
            await self._refresh_price(connector_id)

    async def poll_statuses(self) -> None:
        """Ask for the state of every known connector; CallError when refused."""
        ids = sorted({item.station.station_id for item in self.connectors.values()})
        for first in range(0, len(ids), _STATUS_BATCH):
            body = {"StationIDs": ids[first : first + _STATUS_BATCH]}
            answer = await self.bridge.call("query_station_status", body)
            for station in answer["StationStatusInfos"]:
                for info in station["ConnectorStatusInfos"]:
                    self.statuses[info["ConnectorID"]] = info
        self.tell_piles()

    def status_pushed(self, info: Mapping[str, Any]) -> None:
        """A checked ConnectorStatusInfo arrived; an unknown connector calls for discovery."""
        connector_id = info["ConnectorID"]
        self.statuses[connector_id] = dict(info)
        if connector_id not in self.connectors:
            self._rediscover.set()
        self.tell_piles()

    def piles(self) -> list[dict[str, Any]]:
        """Every connector for GET /api/piles, in the order of the operator's list."""
        now = local_time(self.clock())
        return [
            views.pile(
                connector,
                self.statuses.get(connector_id),
                self.prices.get(connector_id, ()),
                now,
                self._power_w(connector_id),
            )
            for connector_id, connector in self.connectors.items()
        ]

    def bench(self) -> dict[str, Any]:
        """What this platform is, and whether it reaches the bridge."""
        down = refusal("bridge_down", detail=self.trouble) if self.trouble is not None else None
        return {
            "test_bench": True,
            "platform_id": self.config.platform_id,
            "operator_id": self.config.bridge_id,
            "trouble": down.view() if down else None,
        }

    def snapshot(self) -> list[tuple[str, Any]]:
        """The events that bring a new page up to date."""
        live = [item for item in self.charging.charges.values() if item.live]
        return [
            ("bench", self.bench()),
            ("piles", self.piles()),
            *(("charge", views.charge(item, self.clock())) for item in live),
        ]

    def tell_piles(self) -> None:
        """Send every page the list of piles."""
        self.hub.publish("piles", self.piles())

    def tell_charge(self, charge: Charge) -> None:
        """Send every page one charge and, as its power may show there, the list."""
        self.hub.publish("charge", views.charge(charge, self.clock()))
        self.tell_piles()

    def _own_station(self, info: Mapping[str, Any], seen: set[str]) -> str:
        station_id: str = info["StationID"]
        if info["OperatorID"] != self.config.bridge_id:
            self._refuse(f"StationInfos.OperatorID: {info['OperatorID']} is not the caller's own")
        if station_id in seen:
            self._refuse(f"StationID: {station_id} is there twice")
        return station_id

    def _refuse(self, problem: str) -> None:
        self.calls.violate("out", "query_stations_info", [problem])
        raise CallError("query_stations_info", 0, problem)

    async def _refresh_price(self, connector_id: str) -> None:
        body = {"EquipBizSeq": self.charging.mint(), "ConnectorID": connector_id}
        try:
            answer = await self.bridge.call("query_equip_business_policy", body)
        except CallError as error:
            # One pile without a usable price must not hide the others
            log.warning("no price for %s: %s", connector_id, error)
            self.prices.pop(connector_id, None)
        else:
            self.prices[connector_id] = prices_of(answer)
        self.tell_piles()

    def _power_w(self, connector_id: str) -> int:
        return sum(
            views.power_w(item)
            for item in self.charging.charges.values()
            if item.live and item.connector.connector_id == connector_id
        )

    async def _discovery_loop(self) -> None:
        while True:
            strange = self.statuses.keys() - self.connectors.keys()
            self._rediscover.clear()
            done = await self._attempt(self.discover)
            # A login makes the bridge push states while we still read its stations: those are no
            # news, and one that stays unknown is not looked for again until it speaks again
            if self.statuses.keys() - self.connectors.keys() <= strange:
                self._rediscover.clear()
            delay_s = self.config.discovery_s if done else self.config.retry_s
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._rediscover.wait(), delay_s)

    async def _status_loop(self) -> None:
        while True:
            await asyncio.sleep(self.config.status_poll_s)
            if self.connectors:
                await self._attempt(self.poll_statuses)

    async def _attempt(self, ask: Callable[[], Awaitable[None]]) -> bool:
        """True when the bridge answered; otherwise every state is unknown and pages are told."""
        try:
            await ask()
        except CallError as error:
            trouble: str | None = str(error)
            self.statuses.clear()
        except Exception:
            # A fault of ours must show, and must not end the loop
            log.exception("fault in the platform")
            trouble = "fault in the platform"
        else:
            trouble = None
        if trouble != self.trouble:
            self.trouble = trouble
            if trouble:
                log.warning("the bridge gives no usable answer: %s", trouble)
            self.hub.publish("bench", self.bench())
            self.tell_piles()
        return trouble is None
