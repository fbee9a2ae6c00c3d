"""GetDiagnostics and GetLog: a text file is put where the central system wants it, and each step is told."""

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

from pilebridge.platforms.ocpp.context import CallError, ChargerContext, NotDeliveredError
from pilebridge.platforms.ocpp.v16 import report_file, transfer
from pilebridge.platforms.ocpp.v16.configuration import Configuration
from pilebridge.platforms.ocpp.v16.times import from_text
from pilebridge.platforms.ocpp.v16.transfer import TransferError

log = logging.getLogger(__name__)

_IDLE = "Idle"
_FOREVER = 1 << 40


class Uploads:
    """One upload at a time; a new request takes the place of the one under way."""

    def __init__(self, context: ChargerContext, configuration: Configuration) -> None:
        self._context = context
        self._configuration = configuration
        self._status = {"DiagnosticsStatusNotification": _IDLE, "LogStatusNotification": _IDLE}
        self._request: int | None = None
        self._running: asyncio.Task[None] | None = None

    async def diagnostics(self, payload: dict[str, Any]) -> dict[str, Any]:
        """GetDiagnostics."""
        for name in ("startTime", "stopTime"):
            if payload.get(name):
                from_text(payload[name], name)
        name = self._name("diagnostics")
        self._begin("DiagnosticsStatusNotification", payload["location"], name, payload)
        return {"fileName": name}

    async def log(self, payload: dict[str, Any]) -> dict[str, Any]:
        """GetLog."""
        wanted, kind = payload["log"], payload["logType"]
        moments = [wanted.get("oldestTimestamp"), wanted.get("latestTimestamp")]
        oldest_utc = from_text(moments[0], "oldestTimestamp") if moments[0] else 0
        latest_utc = from_text(moments[1], "latestTimestamp") if moments[1] else _FOREVER
        replaces = self._running is not None and not self._running.done()
        name = self._name("security" if kind == "SecurityLog" else "diagnostics")
        self._request = payload["requestId"]
        span = (oldest_utc, latest_utc) if kind == "SecurityLog" else None
        self._begin("LogStatusNotification", wanted["remoteLocation"], name, payload, span)
        return {"status": "AcceptedCanceled" if replaces else "Accepted", "filename": name}

    async def tell(self, action: str) -> None:
        """Say how far an upload is because it was asked for."""
        await self._tell(action, self._status[action])

    def _begin(
        self,
        action: str,
        location: str,
        name: str,
        payload: dict[str, Any],
        span: tuple[int, int] | None = None,
    ) -> None:
        self._context.later(self._run(action, location, name, payload, span))

    async def _run(
        self,
        action: str,
        location: str,
        name: str,
        payload: dict[str, Any],
        span: tuple[int, int] | None,
    ) -> None:
        before, self._running = self._running, asyncio.current_task()
        if before is not None:
            before.cancel()
        is_log = action == "LogStatusNotification"
        failed = "UploadFailure" if is_log else "UploadFailed"
        try:
            transfer.check(location)
        except TransferError as error:
            # Nothing was begun: FTP and the like are not spoken here
            log.info("ocpp %s: upload refused: %s", self._context.identity, error)
            await self._step(action, "NotSupportedOperation" if is_log else failed)
            return
        await self._step(action, "Uploading")
        if span is None:
            text = report_file.diagnostics(self._context, self._configuration)
        else:
            text = report_file.security_log(self._context, *span)
        data = text.encode()
        try:
            await transfer.repeated(
                lambda: transfer.upload(location, name, data),
                payload.get("retries"),
                payload.get("retryInterval"),
            )
        except TransferError as error:
            log.info("ocpp %s: upload failed: %s", self._context.identity, error)
            await self._step(action, failed)
            return
        await self._step(action, "Uploaded")

    async def _step(self, action: str, status: str) -> None:
        self._status[action] = status if status == "Uploading" else _IDLE
        try:
            await self._tell(action, status)
        except (CallError, NotDeliveredError) as error:
            log.info("ocpp %s: %s %s: %s", self._context.identity, action, status, error)

    async def _tell(self, action: str, status: str) -> None:
        payload: dict[str, Any] = {"status": status}
        if action == "LogStatusNotification" and self._request is not None and status != _IDLE:
            payload["requestId"] = self._request
        await self._context.call(action, payload)

    def _name(self, kind: str) -> str:
        moment = datetime.fromtimestamp(self._context.clock(), UTC).strftime("%Y%m%dT%H%M%SZ")
        return f"{self._context.services.pile}-{kind}-{moment}.txt"
