"""What the stations of a platform remember over restarts of the bridge: JSON values, read from memory."""

import asyncio
import json
import sqlite3
from collections import defaultdict
from typing import Any

from pilebridge.store import Store


class StationValues:
    """The values of one station."""

    __slots__ = ("_pile", "_platform", "_store", "_values")

    def __init__(
        self, store: Store, platform: str, pile: str, values: dict[str, Any] | None = None
    ) -> None:
        self._store = store
        self._platform = platform
        self._pile = pile
        self._values = values or {}

    def get(self, key: str, default: Any = None) -> Any:
        """The value, from memory."""
        return self._values.get(key, default)

    async def set(self, key: str, value: Any) -> None:
        """Keep a value; None removes it. Done when it is committed."""
        await self.keep(key, value)

    def keep(self, key: str, value: Any) -> "asyncio.Future[None]":
        """As set(); in memory at once."""
        if value is None:
            self._values.pop(key, None)
        else:
            self._values[key] = value
        row = (self._platform, self._pile, key)
        text = None if value is None else json.dumps(value, separators=(",", ":"))

        def job(conn: sqlite3.Connection) -> None:
            if text is None:
                where = "platform = ? and pile = ? and key = ?"
                conn.execute(f"delete from station_values where {where}", row)
            else:
                conn.execute(
                    "insert or replace into station_values values (?, ?, ?, ?)", (*row, text)
                )

        return self._store.submit(job)


def load(conn: sqlite3.Connection, platform: str) -> dict[str, dict[str, Any]]:
    """pile -> key -> value of every station of a platform."""
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    rows = conn.execute(
        "select pile, key, value from station_values where platform = ?", (platform,)
    )
    for row in rows:
        found[row["pile"]][row["key"]] = json.loads(row["value"])
    return found
