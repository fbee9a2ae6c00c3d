"""GetLog and LogStatusNotification (N01), and the security log (A04)."""

import json
from typing import Any

from pilebridge.platforms.ocpp.context import CallError, NotDeliveredError
from pilebridge.platforms.ocpp.v201 import transfer, words
from pilebridge.platforms.ocpp.v201.shared import Answer, Shared
from pilebridge.platforms.ocpp.v201.words import Payload

_SECURITY = "security_log"
_MOST = 200


class Logs:
    """Writes logs and takes them to where the central system wants them."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._transfer = transfer.Transfer(shared.context.settings.url)
        self._request_id: int | None = None
        self._status = "Idle"
        self.answers: dict[str, Answer] = {"GetLog": self._get}

    async def note_security(self, kind: str, utc: int, text: str) -> None:
        """A04: every security event stands in the log, told or not."""
        kept = self._shared.get(_SECURITY, [])
        entry = {"timestamp": words.stamp(utc), "type": kind, "text": text}
        if entry not in kept:
            # Not a second time for one that is sent again
            await self._shared.set(_SECURITY, [*kept, entry][-_MOST:])

    async def send_status(self, _evse: int = 0) -> None:
        """What a trigger asks for (F06): the state of the upload that runs, or Idle."""
        await self._tell(self._status, self._request_id)

    async def _tell(self, status: str, request_id: int | None) -> None:
        payload: Payload = {"status": status}
        if request_id is not None and status != "Idle":
            payload["requestId"] = request_id
        try:
            await self._shared.context.call("LogStatusNotification", payload)
        except (CallError, NotDeliveredError):
            # The upload goes on: a status that is late is of no use
            return

    async def _get(self, payload: Payload) -> Payload:
        location = payload["log"]["remoteLocation"]
        if not self._transfer.is_location(location):
            return words.with_reason("Rejected", "UnsupportedParam", "http and https only")
        running = self._request_id
        self._request_id, self._status = payload["requestId"], "Uploading"
        kind = "security" if payload["logType"] == "SecurityLog" else "diagnostics"
        filename = f"{self._shared.services.pile}-{kind}-{self._shared.utc()}.log"
        self._shared.later(self._upload(payload, location, filename, running))
        # N01: a newer request takes the place of one that runs
        return {
            "status": "Accepted" if running is None else "AcceptedCanceled",
            "filename": filename,
        }

    async def _upload(
        self, request: Payload, location: str, filename: str, canceled: int | None
    ) -> None:
        request_id = request["requestId"]
        if canceled is not None:
            await self._tell("AcceptedCanceled", canceled)
        await self._tell("Uploading", request_id)
        url = location.rstrip("/") + "/" + filename
        data = await self._content(request)

        async def send() -> None:
            if self._request_id == request_id:
                await self._transfer.put(url, data)

        try:
            await transfer.with_retries(send, request.get("retries"), request.get("retryInterval"))
            status = "Uploaded"
        except PermissionError:
            status = "PermissionDenied"
        except transfer.TransferError:
            status = "UploadFailure"
        if self._request_id == request_id:
            self._request_id, self._status = None, "Idle"
            await self._tell(status, request_id)

    async def _content(self, request: Payload) -> bytes:
        if request["logType"] == "SecurityLog":
            lines: list[Any] = [
                e
                for e in self._shared.get(_SECURITY, [])
                if _within(e["timestamp"], request["log"])
            ]
        else:
            services = self._shared.services
            lines = [{"at": self._shared.stamp(), "hello": services.hello}]
            for connector in services.connectors:
                state = vars(services.state(connector.number))
                lines.append({"connector": connector.number, "state": state})
            lines += [{"profile": vars(profile)} for profile in services.profiles()]
        return "".join(json.dumps(line, default=vars) + "\n" for line in lines).encode()


def _within(timestamp: str, log: Payload) -> bool:
    utc = words.parse_time(timestamp)
    oldest = words.optional_time(log.get("oldestTimestamp"))
    latest = words.optional_time(log.get("latestTimestamp"))
    return (oldest is None or utc >= oldest) and (latest is None or utc <= latest)
