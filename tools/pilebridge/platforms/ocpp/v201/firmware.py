"""UpdateFirmware and FirmwareStatusNotification (L01, L02): fetched here, handed to the pile."""

import asyncio
import base64
import binascii

from cryptography import x509

from pilebridge.platforms.ocpp.context import CallError, NotDeliveredError
from pilebridge.platforms.ocpp.v201 import certificate_hash, transfer, words
from pilebridge.platforms.ocpp.v201.certificates import Certificates
from pilebridge.platforms.ocpp.v201.shared import Answer, Shared
from pilebridge.platforms.ocpp.v201.words import Payload

# A pile starts once to try new firmware, and once more to go back
_STARTS_OF_A_TRIAL = 2
# {"id", "before", "boot"}: an update that the pile has, the firmware it ran when it got it, and its start
_HANDED_OVER = "firmware"


class Firmware:
    """Updates that a central system orders; a pile believes the signature in the bundle alone."""

    def __init__(self, shared: Shared, certificates: Certificates) -> None:
        self._shared = shared
        self._services = shared.services
        self._certificates = certificates
        self._transfer = transfer.Transfer(shared.context.settings.url)
        self._request_id: int | None = None
        self._status = "Idle"
        self.answers: dict[str, Answer] = {"UpdateFirmware": self._update}

    async def send_status(self, _evse: int = 0) -> None:
        """What a trigger asks for (F06, L01): the last status of an update that runs, or Idle."""
        payload: Payload = {"status": self._status}
        if self._request_id is not None and self._status != "Idle":
            payload["requestId"] = self._request_id
        await self._shared.context.call("FirmwareStatusNotification", payload)

    async def _tell(self, status: str, request_id: int) -> None:
        if self._request_id == request_id:
            self._status = status
        try:
            await self._shared.context.call(
                "FirmwareStatusNotification", {"status": status, "requestId": request_id}
            )
        except (CallError, NotDeliveredError):
            # The update goes on: it can be asked for by a trigger
            return

    async def _update(self, payload: Payload) -> Payload:
        firmware, request_id = payload["firmware"], payload["requestId"]
        if not self._transfer.is_location(firmware["location"]):
            return words.with_reason("Rejected", "InvalidURL", "http and https only")
        signer: x509.Certificate | None = None
        if "signingCertificate" in firmware or "signature" in firmware:
            signer = self._signer(firmware)
            if signer is None:
                self._shared.context.security_event("InvalidFirmwareSigningCertificate")
                return {"status": "InvalidCertificate"}
        fetch_at = words.parse_time(firmware["retrieveDateTime"])
        install_at = words.optional_time(firmware.get("installDateTime"))
        running = self._request_id
        self._request_id = request_id
        self._shared.later(self._work(payload, signer, fetch_at, install_at))
        # L01: a newer order takes the place of one that runs
        return {"status": "Accepted" if running is None else "AcceptedCanceled"}

    def _signer(self, firmware: Payload) -> x509.Certificate | None:
        roots = self._certificates.trusted("ManufacturerRootCertificate")
        try:
            certificates = certificate_hash.chain(firmware["signingCertificate"])
        except (KeyError, ValueError):
            return None
        good = (
            "signature" in firmware
            and certificate_hash.holds(certificates)
            and certificate_hash.is_signed_by(certificates[-1], roots)
            and certificate_hash.is_valid_at(certificates[0], self._shared.utc())
        )
        return certificates[0] if good else None

    async def _until(self, utc: int, request_id: int, status: str) -> bool:
        wait = utc - self._shared.utc()
        if wait > 0:
            await self._tell(status, request_id)
            await asyncio.sleep(wait)
        return self._request_id == request_id

    async def _work(
        self,
        request: Payload,
        signer: x509.Certificate | None,
        fetch_at: int,
        install_at: int | None,
    ) -> None:
        firmware, request_id = request["firmware"], request["requestId"]
        if not await self._until(fetch_at, request_id, "DownloadScheduled"):
            return
        await self._tell("Downloading", request_id)

        async def get() -> bytes:
            return await self._transfer.fetch(firmware["location"])

        try:
            bundle = await transfer.with_retries(
                get, request.get("retries"), request.get("retryInterval")
            )
        except transfer.TransferError:
            await self._end("DownloadFailed", request_id)
            return
        await self._tell("Downloaded", request_id)
        assert bundle is not None
        if signer is not None:
            if not _is_signed(signer, firmware["signature"], bundle):
                self._shared.context.security_event("InvalidFirmwareSignature")
                await self._end("InvalidSignature", request_id)
                return
            await self._tell("SignatureVerified", request_id)
        if install_at is not None and not await self._until(
            install_at, request_id, "InstallScheduled"
        ):
            return
        await self._hand_over(bundle, request_id)

    async def _hand_over(self, bundle: bytes, request_id: int) -> None:
        await self._tell("Installing", request_id)
        hello = self._services.hello or {}
        order = {
            "id": request_id,
            "before": hello.get("firmware", ""),
            "boot": hello.get("boot", 0),
        }
        await self._shared.set(_HANDED_OVER, order)
        reply = await self._services.update(bundle)
        if reply is None or reply.result != "accepted":
            await self._shared.set(_HANDED_OVER, None)
            is_bad = reply is not None and "sign" in reply.reason
            await self._end(
                "InstallVerificationFailed" if is_bad else "InstallationFailed", request_id
            )

    async def _end(self, status: str, request_id: int) -> None:
        await self._tell(status, request_id)
        if self._request_id == request_id:
            self._request_id, self._status = None, "Idle"

    async def look(self) -> None:
        """L01: done once the pile greets with another firmware, failed when it has gone back to its own."""
        order = self._shared.get(_HANDED_OVER)
        hello = self._services.hello or {}
        greeted = hello.get("firmware", "")
        if order is None or not greeted:
            return
        is_new = greeted != order["before"]
        if not is_new and hello.get("boot", 0) < order["boot"] + _STARTS_OF_A_TRIAL:
            return
        status = "Installed" if is_new else "InstallationFailed"
        await self._shared.context.call(
            "FirmwareStatusNotification", {"status": status, "requestId": order["id"]}
        )
        await self._shared.set(_HANDED_OVER, None)
        self._request_id, self._status = None, "Idle"
        if is_new:
            self._shared.context.security_event("FirmwareUpdated", greeted)


def _is_signed(signer: x509.Certificate, signature: str, bundle: bytes) -> bool:
    try:
        return certificate_hash.signs(signer, base64.b64decode(signature, validate=True), bundle)
    except (binascii.Error, ValueError):
        return False
