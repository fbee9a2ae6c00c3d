"""Read-only JSON for the operator on this machine: piles, transactions, what waits."""

import ipaddress
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pilebridge import alarms, journal, lives, orders, rollout_rows, transactions
from pilebridge.hub import Hub
from pilebridge.model import Transaction
from pilebridge.pile_link import PileLink
from pilebridge.store import Store

_LIMIT = 100


class Admin:
    """Routes under /admin; answered to loopback callers only."""

    def __init__(self, hub: Hub, link: PileLink, store: Store, platforms: Sequence[str]) -> None:
        self._hub = hub
        self._link = link
        self._store = store
        self._platforms = platforms

    @property
    def routes(self) -> list[Route]:
        """Routes of the web application."""
        return [
            Route("/admin/stations", local(self._stations)),
            Route("/admin/transactions", local(self._transactions)),
            Route("/admin/transactions/{id:int}", local(self._transaction)),
            Route("/admin/platforms", local(self._waiting)),
            Route("/admin/alarms", local(self._alarms)),
        ]

    async def _stations(self, request: Request) -> Response:
        piles: dict[str, dict[str, Any]] = {}
        for connector in self._hub.connectors:
            pile = piles.setdefault(connector.pile, self._pile(connector.pile))
            pile["connectors"].append(
                {
                    "number": connector.number,
                    "connector_id": connector.connector_id,
                    "station_id": connector.station_id,
                    **asdict(self._hub.state(connector)),
                }
            )
        return JSONResponse({"piles": list(piles.values())})

    async def _transactions(self, request: Request) -> Response:
        rows = transactions.latest(self._store.read, _LIMIT)
        return JSONResponse({"transactions": [{"id": row_id, **_plain(t)} for row_id, t in rows]})

    async def _transaction(self, request: Request) -> Response:
        row_id = request.path_params["id"]
        transaction = transactions.by_id(self._store.read, row_id)
        if transaction is None:
            return JSONResponse({"error": "no such transaction"}, 404)
        records = journal.of_transaction(self._store.read, transaction.pile, transaction.tx)
        body = {"id": row_id, **_plain(transaction), "records": [r.fields for r in records]}
        return JSONResponse(body)

    async def _waiting(self, request: Request) -> Response:
        rows = [{"name": name, "unconfirmed": self._unconfirmed(name)} for name in self._platforms]
        return JSONResponse({"platforms": rows})

    def _unconfirmed(self, platform: str) -> int:
        """What waits for a platform of either kind."""
        queued = self._store.read.execute(
            "select count(*) from ocpp_queue where platform = ? and state = 'due'", (platform,)
        ).fetchone()
        return orders.waiting(self._store.read, platform) + int(queued[0])

    async def _alarms(self, request: Request) -> Response:
        rows = alarms.latest(self._store.read, _LIMIT)
        return JSONResponse({"alarms": [asdict(alarm) for alarm in rows]})

    def _pile(self, pile: str) -> dict[str, Any]:
        known = lives.of_pile(self._store.read, pile)
        row = self._store.read.execute(
            "select hello from piles where pile = ?", (pile,)
        ).fetchone()
        hello = json.loads(row["hello"]) if row is not None and row["hello"] else None
        return {
            "pile": pile,
            "online": self._hub.reachable(pile),
            "journal_upto": known[0].upto if known else 0,
            "boot": known[0].boot if known else -1,
            "lives": [{"life": each.life, "upto": each.upto} for each in known],
            "alarms": [asdict(alarm) for alarm in alarms.standing(self._store.read, pile)],
            "hello": hello,
            "update": rollout_rows.said(self._store.read, pile),
            "notes": self._hub.notes.get(pile, []),
            "refused_by_pile": self._hub.counts.get(pile, {}),
            "dropped": asdict(self._link.counters[pile]),
            "connectors": [],
        }


def _plain(transaction: Transaction) -> dict[str, Any]:
    body = asdict(transaction)
    if transaction.cdr is not None:
        body["cdr"]["total_fen"] = transaction.cdr.total_fen
    return body


def local(
    handler: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """The handler for callers on this machine; everybody else is refused."""

    async def guarded(request: Request) -> Response:
        try:
            address = ipaddress.ip_address(request.client.host if request.client else "")
        except ValueError:
            return JSONResponse({"error": "only from this machine"}, 403)
        # A reverse proxy on this machine would otherwise open it to the world
        if not address.is_loopback or "x-forwarded-for" in request.headers:
            return JSONResponse({"error": "only from this machine"}, 403)
        return await handler(request)

    return guarded
