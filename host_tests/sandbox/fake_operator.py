"""The least operator side of T/CEC 102 that a platform can charge at. Figures are honest by default."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from tcec_bodies import (
    AWAY,
    BROKEN,
    CLOSED_BOX,
    ELEC,
    OPERATOR,
    PLUGGED,
    SERVICE,
    START,
    STATUSES,
    UNPLUGGED,
    charge_status,
    order,
    station,
)

from pilebridge.platforms.tcec102 import envelope
from pilebridge.platforms.tcec102.tokens import TokenIssuer
from sandbox.config import BRIDGE_SECRETS, PLATFORM_SECRETS


class FakeOperator:
    """Answers the platform's calls; `change[interface]` edits an answer, `ret[interface]` its Ret."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.tokens = TokenIssuer(PLATFORM_SECRETS, clock)
        self.stamps = envelope.TimestampSeq(clock)
        self.stations = [
            station(1, "Riverside 江边站", "121.490000", "31.236000", [PLUGGED, UNPLUGGED]),
            station(2, "Library 图书馆站", "121.478000", "31.229500", [BROKEN]),
            station(3, "Old Town 老城站", "121.503500", "31.224000", [AWAY, CLOSED_BOX]),
        ]
        self.statuses = dict(STATUSES)
        self.policies = [{"StartTime": "000000", "ElecPrice": ELEC, "SevicePrice": SERVICE}]
        self.change: dict[str, Callable[[dict[str, Any]], object]] = {}
        self.ret: dict[str, int] = {}
        self.raw: dict[str, Any] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.platform: httpx.AsyncClient | None = None
        self.token = ""
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.live: dict[str, dict[str, Any]] = {}
        self.on_start: Callable[[str], Any] = lambda seq: None
        self.on_stop: Callable[[str], Any] = lambda seq: None
        route = Route("/evcs/v1/{interface}", self.serve, methods=["POST"])
        self.app = Starlette(routes=[route], lifespan=self._lifespan)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        yield
        for task in self.tasks.values():
            task.cancel()
        if self.platform is not None:
            await self.platform.aclose()

    async def serve(self, request: Request) -> JSONResponse:
        """One call of the platform."""
        interface = request.path_params["interface"]
        try:
            body = envelope.open_request(PLATFORM_SECRETS, await request.json())
        except envelope.EnvelopeError as error:
            return JSONResponse(envelope.seal_response(PLATFORM_SECRETS, error.ret, error.msg, {}))
        self.asked.append((interface, body))
        if interface in self.raw:
            return JSONResponse(self.raw[interface])
        if interface != "query_token" and not self.tokens.check(
            request.headers.get("authorization")
        ):
            return JSONResponse(envelope.seal_response(PLATFORM_SECRETS, 4002, "token", {}))
        ret = self.ret.get(interface, 0)
        answer = await getattr(self, interface)(body) if ret == 0 else {}
        if interface in self.change:
            self.change[interface](answer)
        return JSONResponse(envelope.seal_response(PLATFORM_SECRETS, ret, "", answer))

    async def query_token(self, body: dict[str, Any]) -> dict[str, Any]:
        return self.tokens.answer(body)

    async def query_stations_info(self, body: dict[str, Any]) -> dict[str, Any]:
        size, page = body["PageSize"], body["PageNo"]
        return {
            "PageNo": page,
            "PageCount": -(-len(self.stations) // size),
            "ItemSize": len(self.stations),
            "StationInfos": self.stations[(page - 1) * size : page * size],
        }

    async def query_station_status(self, body: dict[str, Any]) -> dict[str, Any]:
        infos = [
            {
                "StationID": item["StationID"],
                "ConnectorStatusInfos": [
                    {
                        "ConnectorID": plug["ConnectorID"],
                        "Status": self.statuses[plug["ConnectorID"]],
                    }
                    for equipment in item["EquipmentInfos"]
                    for plug in equipment["ConnectorInfos"]
                ],
            }
            for item in self.stations
            if item["StationID"] in body["StationIDs"]
        ]
        return {"Total": len(infos), "StationStatusInfos": infos}

    async def query_equip_auth(self, body: dict[str, Any]) -> dict[str, Any]:
        plugged = self.statuses[body["ConnectorID"]] == 2
        return {**body, "SuccStat": 0 if plugged else 1, "FailReason": 0 if plugged else 1}

    async def query_equip_business_policy(self, body: dict[str, Any]) -> dict[str, Any]:
        outcome = {"SuccStat": 0, "FailReason": 0, "SumPeriod": len(self.policies)}
        return {**body, **outcome, "PolicyInfos": self.policies}

    async def query_start_charge(self, body: dict[str, Any]) -> dict[str, Any]:
        seq = body["StartChargeSeq"]
        self.live[seq] = charge_status(seq, "0.00", START, 1)
        self.on_start(seq)
        return self.started(body, 1)

    async def query_equip_charge_status(self, body: dict[str, Any]) -> dict[str, Any]:
        return dict(self.live[body["StartChargeSeq"]])

    async def query_stop_charge(self, body: dict[str, Any]) -> dict[str, Any]:
        self.on_stop(body["StartChargeSeq"])
        answer = self.started(body, 3)
        # The stop answer is the one that does not repeat the connector
        del answer["ConnectorID"]
        return answer

    async def push(self, interface: str, body: dict[str, Any]) -> tuple[int, str, dict[str, Any]]:
        """Call the platform with a token; (Ret, Msg, inner answer)."""
        if not self.token:
            login = {"OperatorID": OPERATOR, "OperatorSecret": BRIDGE_SECRETS.operator_secret}
            self.token = (await self.post("query_token", self.seal(login)))[2]["AccessToken"]
        return await self.post(interface, self.seal(body), f"Bearer {self.token}")

    def seal(self, body: dict[str, Any]) -> dict[str, Any]:
        """A request envelope with the next stamp."""
        return envelope.seal_request(BRIDGE_SECRETS, body, *self.stamps.next())

    async def post(
        self, interface: str, sealed: Any, authorization: str | None = None
    ) -> tuple[int, str, dict[str, Any]]:
        """One POST as given; the answer's signature is checked."""
        assert self.platform is not None
        headers = {"Authorization": authorization} if authorization else {}
        response = await self.platform.post(f"/evcs/v1/{interface}", json=sealed, headers=headers)
        assert response.status_code == 200
        return envelope.open_response(BRIDGE_SECRETS, response.json())

    def started(self, body: dict[str, Any], stat: int) -> dict[str, Any]:
        """The answer to a start that was accepted."""
        return {
            "StartChargeSeq": body["StartChargeSeq"],
            "StartChargeSeqStat": stat,
            "ConnectorID": body["ConnectorID"],
            "SuccStat": 0,
            "FailReason": 0,
        }


class LivingOperator(FakeOperator):
    """A FakeOperator whose started charges run by themselves and push their news."""

    tick_s = 0.2
    fail_next_stop = False

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self._stopping: set[str] = set()
        self.on_start = self._begin
        self.on_stop = self._stopping.add

    def _begin(self, seq: str) -> None:
        self.tasks[seq] = asyncio.create_task(self._run(seq))

    def _now(self) -> str:
        return datetime.fromtimestamp(self.clock(), envelope.CHINA).strftime("%Y-%m-%d %H:%M:%S")

    async def _run(self, seq: str) -> None:
        start, kwh = self._now(), Decimal(0)
        named = {"StartChargeSeq": seq, "ConnectorID": PLUGGED}
        await asyncio.sleep(self.tick_s)
        await self.push(
            "notification_start_charge_result",
            {**named, "StartChargeSeqStat": 2, "StartTime": start},
        )
        await self._show(3)
        while seq not in self._stopping:
            await asyncio.sleep(self.tick_s)
            if self.fail_next_stop and seq in self._stopping:
                self.fail_next_stop = False
                self._stopping.discard(seq)
                failed = {"StartChargeSeqStat": 2, "SuccStat": 1, "FailReason": 5}
                await self.push("notification_stop_charge_result", {**named, **failed})
            kwh += Decimal("0.02")
            self.live[seq] = charge_status(seq, str(kwh), self._now()) | {"StartTime": start}
            await self.push("notification_equip_charge_status", self.live[seq])
        await asyncio.sleep(self.tick_s)
        self.live[seq] |= {"StartChargeSeqStat": 4, "EndTime": self._now()}
        outcome = {"StartChargeSeqStat": 4, "SuccStat": 0, "FailReason": 0}
        await self.push("notification_stop_charge_result", {**named, **outcome})
        await self._show(2)
        bill, end = order(seq, PLUGGED, str(kwh)), self._now()
        bill |= {"StartTime": start, "EndTime": end}
        bill["ChargeDetails"][0] |= {"DetailStartTime": start, "DetailEndTime": end}
        await self.push("notification_charge_order_info", bill)

    async def _show(self, status: int) -> None:
        self.statuses[PLUGGED] = status
        info = {"ConnectorID": PLUGGED, "Status": status}
        await self.push("notification_stationStatus", {"ConnectorStatusInfo": info})
