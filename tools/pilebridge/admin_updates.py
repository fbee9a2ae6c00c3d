"""Updates for the operator on this machine: JSON and a page at /admin/updates, and the words by POST."""

import json
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from pilebridge import bundles, rollout, rollout_orders, rollout_rows
from pilebridge.admin import local
from pilebridge.bundles import BundleError
from pilebridge.hub import Hub
from pilebridge.rollout_orders import RolloutError
from pilebridge.rollout_rows import Rollout
from pilebridge.rollout_work import RolloutWork
from pilebridge.store import Store

_PAGE = Path(__file__).with_name("updates.html")
_ROLLOUTS, _ROLLBACKS = 20, 20
_HERE = {"127.0.0.1", "localhost", "::1"}


class _Start(Struct, forbid_unknown_fields=True):
    bundle: str
    to: str
    site: str = ""
    stop_after: int = 1
    at_once: int = 0
    skip_waves: bool = False


class _Which(Struct, forbid_unknown_fields=True):
    rollout: int | None = None


class _Station(Struct, forbid_unknown_fields=True):
    pile: str


class AdminUpdates:
    """Routes under /admin/updates; `sites` are the configured piles with their sites."""

    def __init__(
        self,
        hub: Hub,
        store: Store,
        work: RolloutWork,
        sites: Mapping[str, Sequence[str]],
        clock: Callable[[], float],
    ) -> None:
        self._hub = hub
        self._store = store
        self._work = work
        self._sites = sites
        self._clock = clock

    @property
    def routes(self) -> list[Route]:
        """Routes of the web application."""
        words = (
            ("start", self._start),
            ("stop", self._stop),
            ("go-on", self._go_on),
            ("rollback", self._roll_back),
        )
        return [
            Route("/admin/updates", local(self._updates)),
            *(
                Route(f"/admin/updates/{word}", local(_acting(handler)), methods=["POST"])
                for word, handler in words
            ),
        ]

    async def _updates(self, request: Request) -> Response:
        headers = {"cache-control": "no-store", "vary": "accept"}
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(_PAGE.read_text("utf-8"), headers=headers)
        read = self._store.read
        rows = read.execute("select * from rollbacks order by id desc limit ?", (_ROLLBACKS,))
        body = {
            "bundles": [msgspec.structs.asdict(bundle) for bundle in bundles.everything(read)],
            "rollouts": [self._rollout(of) for of in rollout_rows.latest(read, _ROLLOUTS)],
            "piles": [self._pile(pile) for pile in self._sites],
            "rollbacks": [dict(row) for row in rows],
        }
        return JSONResponse(body, headers=headers)

    async def _start(self, body: bytes) -> str:
        wanted = msgspec.json.decode(body, type=_Start)
        wave = rollout.parse_wave(wanted.to.split())
        now = int(self._clock())

        def job(conn: sqlite3.Connection) -> Rollout:
            bundle = bundles.find(conn, wanted.bundle)
            return rollout_orders.start(
                conn,
                self._sites,
                bundle,
                wave,
                now,
                wanted.site,
                wanted.stop_after,
                wanted.at_once,
                wanted.skip_waves,
            )

        of = await self._store.submit(job)
        self._work.wake()
        return f"roll-out {of.id} to {of.wave} is {of.state}"

    async def _stop(self, body: bytes) -> str:
        which = msgspec.json.decode(body, type=_Which).rollout
        found = await self._store.submit(lambda conn: rollout_orders.stop(conn, which))
        return f"stopped: {', '.join(str(of.id) for of in found)}"

    async def _go_on(self, body: bytes) -> str:
        which = msgspec.json.decode(body, type=_Which).rollout
        of = await self._store.submit(lambda conn: rollout_orders.go_on(conn, which))
        self._work.wake()
        return f"roll-out {of.id} is {of.state}"

    async def _roll_back(self, body: bytes) -> str:
        pile, now = msgspec.json.decode(body, type=_Station).pile, int(self._clock())
        if pile not in self._sites:
            raise RolloutError(f"no station {pile!r} in the settings")
        await self._store.submit(lambda conn: rollout_orders.roll_back(conn, pile, now))
        self._work.wake()
        return f"{pile} is told to go back to its firmware before"

    def _rollout(self, of: Rollout) -> dict[str, Any]:
        """A roll-out with its stations; of those that are over, only how many are in which phase."""
        rows = rollout_rows.stations(self._store.read, of)
        bundle = bundles.get(self._store.read, of.bundle)
        size = bundle.bytes if bundle is not None else 0
        shown = rows if of.state in {rollout.RUNNING, rollout.STOPPED} or len(rows) <= 100 else []
        stations = []
        for row in shown:
            live = self._work.live.get(row.pile)
            have = live[2] if live is not None and live[0] == of.bundle else row.have
            done = row.phase in {rollout.APPLYING, *rollout.UNDER_TRIAL, rollout.CONFIRMED}
            percent = 100 if done else min(100, have * 100 // size) if size else 0
            online = self._hub.reachable(row.pile)
            stations.append({**asdict(row), "percent": percent, "online": online})
        return {
            **asdict(of),
            "version": bundle.version if bundle is not None else "",
            "board": bundle.board if bundle is not None else "",
            "phases": Counter(row.phase for row in rows),
            "stations": stations,
        }

    def _pile(self, pile: str) -> dict[str, Any]:
        hello = rollout_rows.hello_of(self._store.read, pile)
        return {
            "pile": pile,
            "online": self._hub.reachable(pile),
            "board": hello.get("board", ""),
            "firmware": hello.get("firmware", ""),
            "runs": hello.get("update"),
            "update": rollout_rows.said(self._store.read, pile),
        }


def _acting(
    word: Callable[[bytes], Awaitable[str]],
) -> Callable[[Request], Awaitable[Response]]:
    """The handler of a word: 200 with what was done, 409 with why not, 403 for another site's page."""

    async def handler(request: Request) -> Response:
        # A page of elsewhere, open in this machine's browser, can send neither of these
        kind = request.headers.get("content-type", "").partition(";")[0]
        origin, host = request.headers.get("origin"), request.headers.get("host", "")
        foreign = origin is not None and urlsplit(origin).netloc != host
        if kind != "application/json" or foreign or urlsplit(f"//{host}").hostname not in _HERE:
            return JSONResponse({"error": "only JSON, and only from this machine's own page"}, 403)
        try:
            return JSONResponse({"done": await word(await request.body())})
        except (RolloutError, BundleError) as error:
            return JSONResponse({"error": str(error)}, 409)
        except (ValueError, msgspec.MsgspecError, json.JSONDecodeError) as error:
            return JSONResponse({"error": str(error)}, 400)

    return handler
