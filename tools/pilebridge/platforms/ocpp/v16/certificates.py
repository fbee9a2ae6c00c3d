"""Certificates of the security extensions: roots that are trusted, and the station's own.

They stand in the values of the station: `certificates` holds PEM texts by use, `client_certificate` the
station's own, {"certificate": chain, "key": private key}, for the TLS of security profile 3.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import Certificate, load_pem_x509_certificate

from pilebridge.platforms.ocpp.context import ChargerContext
from pilebridge.platforms.ocpp.v16.configuration import SECURITY_PROFILE
from pilebridge.platforms.ocpp.v16.keys import MAX_CERTIFICATES

CENTRAL, MANUFACTURER = "CentralSystemRootCertificate", "ManufacturerRootCertificate"
_KEPT = "certificates"
_HASHES = {"SHA256": hashlib.sha256, "SHA384": hashlib.sha384, "SHA512": hashlib.sha512}
_LEAST_RSA_BITS, _LEAST_EC_BITS = 2048, 224
_WITH_TLS = 2


def is_valid_at(certificate: Certificate, utc: int) -> bool:
    """True between the two dates of a certificate."""
    moment = datetime.fromtimestamp(utc, UTC)
    return certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc


def is_issued_by(certificate: Certificate, issuer: Certificate) -> bool:
    """True when the issuer signed it."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def is_strong(certificate: Certificate) -> bool:
    """True for keys of the lengths that the extensions ask for."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= _LEAST_RSA_BITS
    return isinstance(key, ec.EllipticCurvePublicKey) and key.key_size >= _LEAST_EC_BITS


class Certificates:
    """InstallCertificate, GetInstalledCertificateIds and DeleteCertificate."""

    def __init__(self, context: ChargerContext) -> None:
        self._context = context

    def installed(self, use: str) -> list[Certificate]:
        """The roots of a use."""
        return [load_pem_x509_certificate(pem.encode()) for pem in self._texts().get(use, [])]

    async def install(self, payload: dict[str, Any]) -> dict[str, Any]:
        """InstallCertificate: Rejected is a certificate that is none or not good, Failed a full store."""
        use, texts = payload["certificateType"], self._texts()
        try:
            certificate = load_pem_x509_certificate(payload["certificate"].encode())
            good = is_strong(certificate) and _may_issue(certificate)
        except ValueError:
            good = False
        if not good or not is_valid_at(certificate, int(self._context.clock())):
            return {"status": "Rejected"}
        pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
        if pem in texts.get(use, []):
            return {"status": "Accepted"}
        if sum(len(each) for each in texts.values()) >= MAX_CERTIFICATES:
            return {"status": "Failed"}
        await self._context.values.set(_KEPT, {**texts, use: [*texts.get(use, []), pem]})
        return {"status": "Accepted"}

    async def identities(self, payload: dict[str, Any]) -> dict[str, Any]:
        """GetInstalledCertificateIds."""
        found = self.installed(payload["certificateType"])
        if not found:
            return {"status": "NotFound"}
        rows = [self._hash_data(each, "SHA256") for each in found]
        return {"status": "Accepted", "certificateHashData": rows}

    async def delete(self, payload: dict[str, Any]) -> dict[str, Any]:
        """DeleteCertificate; the last root that the connection stands on stays."""
        wanted = payload["certificateHashData"]
        named = {key: str(value).lower() for key, value in wanted.items()}
        texts = self._texts()
        for use, pems in texts.items():
            for pem in pems:
                certificate = load_pem_x509_certificate(pem.encode())
                found = self._hash_data(certificate, wanted["hashAlgorithm"])
                if {key: value.lower() for key, value in found.items()} != named:
                    continue
                if use == CENTRAL and len(pems) == 1 and self._is_on_tls():
                    return {"status": "Failed"}
                left = {**texts, use: [each for each in pems if each != pem]}
                await self._context.values.set(_KEPT, left)
                return {"status": "Accepted"}
        return {"status": "NotFound"}

    def _is_on_tls(self) -> bool:
        return int(self._context.values.get(SECURITY_PROFILE, 0)) >= _WITH_TLS

    def _texts(self) -> dict[str, list[str]]:
        texts: dict[str, list[str]] = self._context.values.get(_KEPT, {})
        return texts

    def _hash_data(self, certificate: Certificate, algorithm: str) -> dict[str, str]:
        """certificateHashData: of the issuer's name and key, which are a root's own."""
        digest = _HASHES[algorithm]
        issuer = self._issuer(certificate)
        return {
            "hashAlgorithm": algorithm,
            "issuerNameHash": digest(certificate.issuer.public_bytes()).hexdigest(),
            "issuerKeyHash": digest(_key_bits(issuer)).hexdigest(),
            "serialNumber": f"{certificate.serial_number:x}"[:40],
        }

    def _issuer(self, certificate: Certificate) -> Certificate:
        known: Sequence[Certificate] = self.installed(CENTRAL) + self.installed(MANUFACTURER)
        return next((each for each in known if is_issued_by(certificate, each)), certificate)


def _may_issue(certificate: Certificate) -> bool:
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        return False
    return constraints.value.ca


def _key_bits(certificate: Certificate) -> bytes:
    """The subjectPublicKey without tag and length, which is what RFC 6960 hashes."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    if isinstance(key, ec.EllipticCurvePublicKey):
        point = serialization.PublicFormat.UncompressedPoint
        return key.public_bytes(serialization.Encoding.X962, point)
    whole = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.DER, whole)
