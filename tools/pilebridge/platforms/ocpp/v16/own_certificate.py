"""The station's own certificate: SignCertificate asks for one, CertificateSigned brings it."""

import logging
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pilebridge.platforms.ocpp.context import CallError, ChargerContext, NotDeliveredError
from pilebridge.platforms.ocpp.v16.certificates import is_valid_at
from pilebridge.platforms.ocpp.v16.configuration import Configuration, settings_of

log = logging.getLogger(__name__)

_PENDING = "client_key_pending"
_WITH_CERTIFICATES = 3


class OwnCertificate:
    """The key is made here and never leaves; it serves once its certificate has come."""

    def __init__(self, context: ChargerContext, configuration: Configuration) -> None:
        self._context = context
        self._configuration = configuration

    async def ask(self) -> None:
        """Make a key and send SignCertificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        owner = self._configuration.text("CpoName") or settings_of(self._context).vendor
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, self._context.services.pile[:64]),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, owner[:64]),
            ]
        )
        request = x509.CertificateSigningRequestBuilder().subject_name(name)
        signed = request.sign(key, hashes.SHA256())
        secret = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()
        await self._context.values.set(_PENDING, secret)
        csr = signed.public_bytes(serialization.Encoding.PEM).decode()
        try:
            answer = await self._context.call("SignCertificate", {"csr": csr})
        except (CallError, NotDeliveredError) as error:
            log.warning("ocpp %s: SignCertificate: %s", self._context.identity, error)
            return
        if answer["status"] != "Accepted":
            await self._context.values.set(_PENDING, None)

    async def signed(self, payload: dict[str, Any]) -> dict[str, Any]:
        """CertificateSigned: taken when it is for the key that waits for it and holds now."""
        secret: str | None = self._context.values.get(_PENDING)
        if secret is None or not self._is_ours(payload["certificateChain"], secret):
            self._context.security_event("InvalidChargePointCertificate")
            return {"status": "Rejected"}
        values = self._context.values
        own = {"certificate": payload["certificateChain"], "key": secret}
        # In one value: a certificate beside the key of another would lock the station out
        await values.set("client_certificate", own)
        await values.set(_PENDING, None)
        if self._configuration.number("SecurityProfile") >= _WITH_CERTIFICATES:
            self._context.reconnect()
        return {"status": "Accepted"}

    def _is_ours(self, chain: str, secret: str) -> bool:
        try:
            leaf = x509.load_pem_x509_certificates(chain.encode())[0]
        except ValueError:
            return False
        key = serialization.load_pem_private_key(secret.encode(), None)
        mine = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        theirs = leaf.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return mine == theirs and is_valid_at(leaf, int(self._context.clock()))
