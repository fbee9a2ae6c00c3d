"""The local list that a pile is to hold, as values, and the parts in which the wire has it."""

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

from pilebridge.station_services import MOST_TOKENS, TokenEntry
from pilebridge.wire import command_rows, messages

_ROWS = {row[0]: row for row in command_rows("tokens")}
_PART_ENTRIES = _ROWS["entries"][4]
_MOST_VERSION = _ROWS["version"][4]
# What the rest of a command takes of the wire's bytes
_FRAME_BYTES = 240
_MOST_CHARS = 36


@dataclass(frozen=True)
class TokenBook:
    """The whole list and its version."""

    version: int = 0
    entries: tuple[TokenEntry, ...] = ()

    def as_text(self) -> str:
        """JSON of the entries, for the store."""
        return json.dumps([astuple(entry) for entry in self.entries])

    @classmethod
    def from_text(cls, version: int, text: str) -> "TokenBook":
        """The book that as_text() wrote."""
        return cls(version, tuple(TokenEntry(*row) for row in json.loads(text)))

    def parts(self) -> list[dict[str, Any]]:
        """Arguments of the wire's `tokens` commands, each of which fits into a message."""
        parts: list[list[Any]] = [[]]
        room = messages.MAX_BYTES - _FRAME_BYTES
        left = room
        for entry in self.entries:
            row = [entry.token, entry.status, entry.until_utc, entry.group]
            size = len(json.dumps(row, separators=(",", ":"))) + 1
            if parts[-1] and (size > left or len(parts[-1]) == _PART_ENTRIES):
                parts.append([])
                left = room
            parts[-1].append(row)
            left -= size
        found, first = [], 0
        for rows in parts:
            head = {"version": self.version, "from": first, "total": len(self.entries)}
            found.append({**head, "entries": rows})
            first += len(rows)
        return found


def fits(version: int, entries: Sequence[TokenEntry]) -> bool:
    """True for a list that a pile can hold: its length, its texts, no token twice."""
    if not 0 <= version <= _MOST_VERSION or len(entries) > MOST_TOKENS:
        return False
    if len({entry.token for entry in entries}) != len(entries):
        return False
    return all(
        0 < len(entry.token) <= _MOST_CHARS
        and len(entry.group) <= _MOST_CHARS
        and (entry.token + entry.group).isascii()
        and (entry.token + entry.group).isprintable()
        for entry in entries
    )
