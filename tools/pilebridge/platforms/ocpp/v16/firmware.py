"""UpdateFirmware and SignedUpdateFirmware: fetched here, installed by the bridge's own way to the pile.

What is under way stands in the value `firmware`, so that a bridge that starts anew goes on and tells the end.
"""

import asyncio
import logging
import uuid
from typing import Any

from pilebridge.platforms.ocpp.context import CallError, ChargerContext, NotDeliveredError
from pilebridge.platforms.ocpp.v16 import signed_firmware, transfer
from pilebridge.platforms.ocpp.v16.certificates import MANUFACTURER, Certificates
from pilebridge.platforms.ocpp.v16.signed_firmware import SignatureFault
from pilebridge.platforms.ocpp.v16.times import from_text
from pilebridge.platforms.ocpp.v16.transfer import TransferError

log = logging.getLogger(__name__)

_KEPT, _TOLD = "firmware", "firmware_status"
# A pile that has not come back with another version by then has not installed it; a charge comes first
_INSTALL_S = 86400
POLL_S = 5.0
TELL_AGAIN_S = 10.0
_SLEEP_S = 3600


class _SupersededError(Exception):
    """Another update has been asked for, or this one is over."""


# Runs of this process: a handler is made for each connection, an update outlives them
_alive: set[str] = set()


def is_under_way(context: ChargerContext) -> bool:
    """True while an update of this station is not over."""
    return context.values.get(_KEPT) is not None


class Firmware:
    """One update at a time; the newest request is the one that counts."""

    def __init__(self, context: ChargerContext, certificates: Certificates) -> None:
        self._context = context
        self._certificates = certificates

    async def update(self, payload: dict[str, Any]) -> dict[str, Any]:
        """UpdateFirmware."""
        at_utc = from_text(payload["retrieveDate"], "retrieveDate")
        await self._begin(payload["location"], at_utc, payload)
        return {}

    async def signed_update(self, payload: dict[str, Any]) -> dict[str, Any]:
        """SignedUpdateFirmware."""
        wanted = payload["firmware"]
        at_utc = from_text(wanted["retrieveDateTime"], "retrieveDateTime")
        install_utc = at_utc
        if wanted.get("installDateTime"):
            install_utc = from_text(wanted["installDateTime"], "installDateTime")
        roots = self._certificates.installed(MANUFACTURER)
        now = int(self._context.clock())
        if not signed_firmware.is_trusted(wanted["signingCertificate"], roots, now):
            self._context.security_event("InvalidFirmwareSigningCertificate")
            return {"status": "InvalidCertificate"}
        replaces = self._work() is not None
        signature = {key: wanted[key] for key in ("signature", "signingCertificate")}
        await self._begin(
            wanted["location"],
            at_utc,
            payload,
            request=payload["requestId"],
            install_utc=install_utc,
            **signature,
        )
        return {"status": "AcceptedCanceled" if replaces else "Accepted"}

    def resume(self) -> None:
        """Go on with what another life of the bridge began."""
        work = self._work()
        if work is not None and work.get("run") not in _alive:
            self._context.later(self._run())

    async def tell(self, signed: bool) -> None:
        """Say how far an update is because it was asked for."""
        work, last = self._work(), self._context.values.get(_TOLD, {})
        status = last.get("status", "Idle") if work is not None else "Idle"
        if not signed:
            await self._context.call("FirmwareStatusNotification", {"status": _plain(status)})
            return
        answer: dict[str, Any] = {"status": status}
        if work is not None and work.get("request") is not None:
            answer["requestId"] = work["request"]
        await self._context.call("SignedFirmwareStatusNotification", answer)

    async def _begin(
        self, location: str, at_utc: int, payload: dict[str, Any], **more: Any
    ) -> None:
        work = {
            "location": location,
            "at_utc": at_utc,
            "retries": payload.get("retries"),
            "interval_s": payload.get("retryInterval"),
            "phase": "waiting",
            **more,
        }
        await self._context.values.set(_TOLD, None)
        await self._context.values.set(_KEPT, work)
        self._context.later(self._run())

    async def _run(self) -> None:
        work = self._work()
        if work is None:
            return
        run = uuid.uuid4().hex
        work = {**work, "run": run}
        _alive.add(run)
        try:
            await self._context.values.set(_KEPT, work)
            if work["phase"] == "waiting":
                await self._fetch_and_install(work)
            await self._await_version(run)
        except _SupersededError:
            return
        except TransferError as error:
            await self._finish(run, "DownloadFailed", str(error))
        except SignatureFault as error:
            self._context.security_event("InvalidFirmwareSignature", str(error))
            await self._finish(run, "InvalidSignature", str(error))
        finally:
            _alive.discard(run)

    async def _fetch_and_install(self, work: dict[str, Any]) -> None:
        run = work["run"]
        await self._until(run, work["at_utc"], "DownloadScheduled")
        await self._tell(run, "Downloading")
        bundle = await transfer.repeated(
            lambda: transfer.fetch(work["location"]), work["retries"], work["interval_s"]
        )
        await self._tell(run, "Downloaded")
        if "signature" in work:
            signed_firmware.verify(bundle, work["signature"], work["signingCertificate"])
            await self._tell(run, "SignatureVerified")
            await self._until(run, work["install_utc"], "InstallScheduled")
        before = self._version()
        reply = await self._context.services.update(bundle)
        self._check(run)
        if reply is None or reply.result != "accepted":
            why = "no answer" if reply is None else reply.reason
            await self._finish(run, "InstallationFailed", why)
            raise _SupersededError
        if reply.reason == "installed":
            await self._finish(run, "Installed", before)
            raise _SupersededError
        until = int(self._context.clock()) + _INSTALL_S
        await self._keep(run, phase="installing", before=before, until_utc=until)
        await self._tell(run, "Installing")

    async def _await_version(self, run: str) -> None:
        """Until the pile stays with another version, has gone back to the one before, or time is over."""
        left = False
        while True:
            work = self._check(run)
            version, trial = self._version(), self._on_trial()
            left = left or version not in {"", work["before"]}
            if version not in {"", work["before"]} and not trial:
                await self._finish(run, "Installed", version)
                return
            went_back = left and version == work["before"]
            if went_back or self._context.clock() >= work["until_utc"]:
                await self._finish(run, "InstallationFailed", "the pile stays with what it had")
                return
            await asyncio.sleep(POLL_S)

    async def _until(self, run: str, utc: int, status: str) -> None:
        """Wait for a moment of the clock; only a signed update has a word for it."""
        if utc > self._context.clock() and "request" in self._check(run):
            await self._tell(run, status)
        while (left_s := utc - self._context.clock()) > 0:
            await asyncio.sleep(min(left_s, _SLEEP_S))
            self._check(run)

    async def _finish(self, run: str, status: str, text: str) -> None:
        log.info("ocpp %s: firmware: %s %s", self._context.identity, status, text)
        await self._tell(run, status)
        self._check(run)
        if status == "Installed":
            self._context.security_event("FirmwareUpdated", text)
        await self._context.values.set(_KEPT, None)

    async def _tell(self, run: str, status: str) -> None:
        """Tell a step, each once, as soon as it can be told."""
        work = self._check(run)
        if self._context.values.get(_TOLD, {}).get("status") == status:
            return
        action, payload = "FirmwareStatusNotification", {"status": _plain(status)}
        if "request" in work:
            action = "SignedFirmwareStatusNotification"
            payload = {"status": status, "requestId": work["request"]}
        while True:
            try:
                await self._context.call(action, payload)
                break
            except CallError as error:
                log.warning("ocpp %s: %s", self._context.identity, error)
                break
            except NotDeliveredError:
                await asyncio.sleep(TELL_AGAIN_S)
                self._check(run)
        await self._context.values.set(_TOLD, {"status": status})

    def _check(self, run: str) -> dict[str, Any]:
        work = self._work()
        if work is None or work.get("run") != run:
            raise _SupersededError
        return work

    async def _keep(self, run: str, **changes: Any) -> None:
        await self._context.values.set(_KEPT, {**self._check(run), **changes})

    def _work(self) -> dict[str, Any] | None:
        work: dict[str, Any] | None = self._context.values.get(_KEPT)
        return work

    def _version(self) -> str:
        hello = self._context.services.hello or {}
        return str(hello.get("update", {}).get("version") or hello.get("firmware", ""))

    def _on_trial(self) -> bool:
        hello = self._context.services.hello or {}
        return bool(hello.get("update", {}).get("trial"))


_PLAIN = {
    "DownloadScheduled": "Idle",
    "InstallScheduled": "Downloaded",
    "SignatureVerified": "Downloaded",
    "InvalidSignature": "InstallationFailed",
}


def _plain(status: str) -> str:
    """A status in the words of the unsigned message."""
    return _PLAIN.get(status, status)
