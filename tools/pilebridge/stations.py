"""When each station's public data last changed, for platforms that ask only for what is new."""

import hashlib
import sqlite3
from collections.abc import Sequence

import msgspec

from pilebridge.settings import Operator, Station


def record_changes(
    conn: sqlite3.Connection, operator: Operator, stations: Sequence[Station], now_utc: int
) -> dict[str, int]:
    """Seconds since 1970 of each station's last change; compares with the run before."""
    changed: dict[str, int] = {}
    for station in stations:
        digest = hashlib.sha256(msgspec.json.encode([operator, station])).hexdigest()
        row = conn.execute(
            "select digest, changed_utc from station_digests where station = ?", (station.id,)
        ).fetchone()
        if row is not None and row["digest"] == digest:
            changed[station.id] = row["changed_utc"]
            continue
        conn.execute(
            "insert or replace into station_digests values (?, ?, ?)",
            (station.id, digest, now_utc),
        )
        changed[station.id] = now_utc
    return changed
