"""Certificates of the station and those it trusts (A02, A03, M03 to M05)."""

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization import load_pem_private_key as load_key
from cryptography.x509.oid import NameOID

from pilebridge.platforms.ocpp.context import CallError, NotDeliveredError
from pilebridge.platforms.ocpp.v201 import certificate_hash, words
from pilebridge.platforms.ocpp.v201.bounds import LONGEST_CHAIN, MOST_CERTIFICATES
from pilebridge.platforms.ocpp.v201.device_model import DeviceModel
from pilebridge.platforms.ocpp.v201.shared import Answer, Shared
from pilebridge.platforms.ocpp.v201.words import Payload

# The others are for vehicles that speak ISO 15118
TRUSTED = ("CSMSRootCertificate", "ManufacturerRootCertificate")
# A certificate is renewed so long before it is over
_RENEW_S = 30 * 86_400
# and asked for again when it has not come by then
_WAIT_S = 86_400
_KEPT, _PENDING = "certificates", "pending_key"
# Common to all versions: {"chain", "key"} in PEM, what the next TLS connection shows
STATION = "station_certificate"


class Certificates:
    """Root certificates by type, the station's own chain, and the key that waits for one."""

    def __init__(self, shared: Shared, model: DeviceModel) -> None:
        self._shared = shared
        self._model = model
        self.answers: dict[str, Answer] = {
            "CertificateSigned": self._signed,
            "InstallCertificate": self._install,
            "GetInstalledCertificateIds": self._installed,
            "DeleteCertificate": self._delete,
        }

    def trusted(self, kind: str) -> list[x509.Certificate]:
        """Root certificates of a type."""
        return [certificate_hash.parse(c["pem"]) for c in self._all() if c["type"] == kind]

    def _all(self) -> list[dict[str, Any]]:
        return list(self._shared.get(_KEPT, []))

    async def ask(self, _evse: int = 0) -> None:
        """A02: make a key, and ask for a certificate of it."""
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        organization = self._model.kept("SecurityCtrlr", "OrganizationName")
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, self._shared.context.identity[:64]),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            ]
        )
        csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
        # Kept first: the certificate may come before the answer is read
        await self._shared.set(_PENDING, {"key": pem, "utc": self._shared.utc()})
        request = {
            "csr": csr.public_bytes(Encoding.PEM).decode(),
            "certificateType": "ChargingStationCertificate",
        }
        try:
            answer = await self._shared.context.call("SignCertificate", request)
        except (CallError, NotDeliveredError):
            await self._shared.set(_PENDING, None)
            raise
        if answer["status"] != "Accepted":
            await self._shared.set(_PENDING, None)

    async def renew(self) -> None:
        """A03: ask for a new certificate before the one in use is over, once a day."""
        own = self._shared.context.values.get(STATION)
        pending = self._shared.get(_PENDING)
        if not own or (pending and self._shared.utc() - pending["utc"] < _WAIT_S):
            return
        leaf = certificate_hash.chain(own["chain"])[0]
        if not certificate_hash.is_valid_at(leaf, self._shared.utc() + _RENEW_S):
            await self.ask()

    async def _signed(self, payload: Payload) -> Payload:
        if payload.get("certificateType", "ChargingStationCertificate") == "V2GCertificate":
            return words.with_reason("Rejected", "UnsupportedRequest")
        wrong = self._problem(payload["certificateChain"])
        if wrong:
            self._shared.context.security_event("InvalidChargingStationCertificate", wrong)
            return words.with_reason("Rejected", "InvalidCertificate", wrong)
        await self._shared.context.values.set(
            STATION,
            {"chain": payload["certificateChain"], "key": self._shared.get(_PENDING)["key"]},
        )
        await self._shared.set(_PENDING, None)
        # A02: used from the next connection on
        self._shared.context.reconnect()
        return {"status": "Accepted"}

    def _problem(self, pem: str) -> str:
        pending = self._shared.get(_PENDING)
        if pending is None:
            return "no certificate was asked for"
        if len(pem) > LONGEST_CHAIN:
            return "the chain is too long"
        try:
            certificates = certificate_hash.chain(pem)
        except ValueError:
            return "not in PEM"
        leaf = certificates[0]
        if leaf.public_key() != load_key(pending["key"].encode(), None).public_key():
            return "not of the key that was asked for"
        if not certificate_hash.is_valid_at(leaf, self._shared.utc()):
            return "not valid at this time"
        if not certificate_hash.holds(certificates):
            return "the chain does not hold"
        return ""

    async def _install(self, payload: Payload) -> Payload:
        kind = payload["certificateType"]
        if kind not in TRUSTED:
            return words.with_reason("Rejected", "UnsupportedRequest", "no ISO 15118 here")
        try:
            certificate = certificate_hash.parse(payload["certificate"])
            good = certificate_hash.is_strong(certificate)
            identity = certificate_hash.hash_data(certificate)
        except ValueError:
            return words.with_reason("Rejected", "InvalidCertificate", "not in PEM")
        if not good or not certificate_hash.is_valid_at(certificate, self._shared.utc()):
            return words.with_reason(
                "Rejected", "InvalidCertificate", "too weak, or not valid now"
            )
        others = [
            c
            for c in self._all()
            if c["type"] != kind or not certificate_hash.same_hash(c["hash"], identity)
        ]
        if len(others) >= MOST_CERTIFICATES:
            return words.with_reason("Failed", "OutOfStorage")
        entry = {"type": kind, "pem": payload["certificate"], "hash": identity}
        await self._shared.set(_KEPT, [*others, entry])
        return {"status": "Accepted"}

    async def _installed(self, payload: Payload) -> Payload:
        wanted = payload.get("certificateType", TRUSTED)
        found = [
            {"certificateType": c["type"], "certificateHashData": c["hash"]}
            for c in self._all()
            if c["type"] in wanted
        ]
        if not found:
            return {"status": "NotFound"}
        return {"status": "Accepted", "certificateHashDataChain": found}

    async def _delete(self, payload: Payload) -> Payload:
        wanted = payload["certificateHashData"]
        if wanted["hashAlgorithm"] != "SHA256":
            return {"status": "NotFound"}
        if self._is_own(wanted):
            return words.with_reason("Failed", "Unspecified", "the station's own certificate")
        kept = self._all()
        left = [c for c in kept if not certificate_hash.same_hash(c["hash"], wanted)]
        if len(left) == len(kept):
            return {"status": "NotFound"}
        await self._shared.set(_KEPT, left)
        return {"status": "Accepted"}

    def _is_own(self, wanted: Payload) -> bool:
        own = self._shared.context.values.get(STATION)
        if not own:
            return False
        certificates = certificate_hash.chain(own["chain"])
        issuers = [*certificates[1:], *self.trusted("CSMSRootCertificate")]
        leaf = certificates[0]
        issuer = next((c for c in issuers if certificate_hash.is_signed_by(leaf, [c])), None)
        return certificate_hash.same_hash(certificate_hash.hash_data(leaf, issuer), wanted)
