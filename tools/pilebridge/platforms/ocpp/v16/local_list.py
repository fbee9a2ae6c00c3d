"""SendLocalList and GetLocalListVersion: a whole list or a difference becomes the pile's list."""

from dataclasses import astuple
from typing import Any

from pilebridge.platforms.ocpp.context import CallError, ChargerContext
from pilebridge.platforms.ocpp.v16.configuration import Configuration
from pilebridge.platforms.ocpp.v16.id_tags import is_good, normal, verdict
from pilebridge.platforms.ocpp.v16.keys import MAX_LIST, MAX_LIST_PART
from pilebridge.station_services import TokenEntry

_NOT_SUPPORTED = -1
# The list while it is switched off
_ASIDE = "list_aside"


class LocalList:
    """The list lives with the pile and its services; nothing of it is kept here."""

    def __init__(self, context: ChargerContext, configuration: Configuration) -> None:
        self._context = context
        self._services = context.services
        self._configuration = configuration

    async def switched(self) -> None:
        """The list was switched on or off: off, no pile decides by it, and on, it is there again."""
        values = self._context.values
        if self._configuration.flag("LocalAuthListEnabled"):
            version, rows = values.get(_ASIDE, [0, []])
            entries = [TokenEntry(*row) for row in rows]
        elif values.get(_ASIDE) is not None:
            return
        else:
            rows = [astuple(entry) for entry in self._services.tokens()]
            await values.set(_ASIDE, [self._services.token_version(), rows])
            version, entries = 0, []
        if await self._services.set_tokens(version, entries) and version:
            await values.set(_ASIDE, None)

    async def version(self, _payload: dict[str, Any]) -> dict[str, Any]:
        """GetLocalListVersion: 0 for an empty list, whatever its number."""
        if not self._configuration.flag("LocalAuthListEnabled"):
            return {"listVersion": _NOT_SUPPORTED}
        empty = not self._services.tokens()
        return {"listVersion": 0 if empty else self._services.token_version()}

    async def send(self, payload: dict[str, Any]) -> dict[str, Any]:
        """SendLocalList."""
        if not self._configuration.flag("LocalAuthListEnabled"):
            return {"status": "NotSupported"}
        rows = payload.get("localAuthorizationList") or []
        if len(rows) > MAX_LIST_PART:
            text = f"localAuthorizationList: at most {MAX_LIST_PART} entries"
            raise CallError("OccurenceConstraintViolation", text)
        version, whole = payload["listVersion"], payload["updateType"] == "Full"
        tags = [normal(row["idTag"]) for row in rows]
        # 0 and -1 mean something else in the answer to the question for the version
        if version <= 0 or len(set(tags)) != len(tags) or not all(map(is_good, tags)):
            return {"status": "Failed"}
        if not whole and version <= self._services.token_version():
            return {"status": "VersionMismatch"}
        if whole and any("idTagInfo" not in row for row in rows):
            return {"status": "Failed"}
        entries = {} if whole else {entry.token: entry for entry in self._services.tokens()}
        for tag, row in zip(tags, rows, strict=True):
            if "idTagInfo" in row:
                entries[tag] = _entry(tag, row["idTagInfo"])
            else:
                entries.pop(tag, None)
        if len(entries) > MAX_LIST:
            return {"status": "Failed"}
        taken = await self._services.set_tokens(version, list(entries.values()))
        return {"status": "Accepted" if taken else "Failed"}


def _entry(tag: str, info: dict[str, Any]) -> TokenEntry:
    found = verdict(info)
    return TokenEntry(tag, found.status, found.until_utc, found.group)
