"""Certificates as 2.0.1 names them: hashes of issuer and key, chains in PEM, signatures of firmware."""

from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pilebridge.platforms.ocpp.v201.words import Payload


def parse(pem: str) -> x509.Certificate:
    """The first certificate of a PEM text; ValueError when there is none."""
    return x509.load_pem_x509_certificate(pem.encode())


def chain(pem: str) -> list[x509.Certificate]:
    """All certificates of a PEM text, the leaf first; ValueError when there is none."""
    return x509.load_pem_x509_certificates(pem.encode())


def _sha256(data: bytes) -> str:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(data)
    return digest.finalize().hex()


def _key_bits(certificate: x509.Certificate) -> bytes:
    # RFC 6960: the key itself, without the tag, the length and the algorithm around it
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    raise ValueError("neither an RSA nor an elliptic curve key")


def hash_data(certificate: x509.Certificate, issuer: x509.Certificate | None = None) -> Payload:
    """CertificateHashDataType; without `issuer` the certificate signed itself."""
    return {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": _sha256(certificate.issuer.public_bytes()),
        "issuerKeyHash": _sha256(_key_bits(issuer or certificate)),
        "serialNumber": f"{certificate.serial_number:x}",
    }


def same_hash(one: Payload, other: Payload) -> bool:
    """Whether two CertificateHashDataType mean the same certificate; hex digits in capitals or not."""
    return all(
        one[name].lower().lstrip("0") == other[name].lower().lstrip("0")
        for name in ("hashAlgorithm", "issuerNameHash", "issuerKeyHash", "serialNumber")
    )


def is_strong(certificate: x509.Certificate) -> bool:
    """RSA of 2048 bits or an elliptic curve of 224 at least (A00)."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= 2048
    return isinstance(key, ec.EllipticCurvePublicKey) and key.key_size >= 224


def is_valid_at(certificate: x509.Certificate, utc: int) -> bool:
    """Whether a moment lies in its validity."""
    return (
        certificate.not_valid_before_utc.timestamp()
        <= utc
        <= certificate.not_valid_after_utc.timestamp()
    )


def is_signed_by(certificate: x509.Certificate, issuers: list[x509.Certificate]) -> bool:
    """Whether one of `issuers` signed a certificate."""
    for issuer in issuers:
        try:
            certificate.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            continue
        return True
    return False


def holds(certificates: list[x509.Certificate]) -> bool:
    """Whether each certificate of a chain was signed by the one behind it."""
    return all(is_signed_by(below, [above]) for below, above in pairwise(certificates))


def signs(certificate: x509.Certificate, signature: bytes, data: bytes) -> bool:
    """Whether `signature` over `data` with SHA-256 is by the certificate's key."""
    key = certificate.public_key()
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
        elif isinstance(key, rsa.RSAPublicKey):
            try:
                key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
            except InvalidSignature:
                pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
                key.verify(signature, data, pss, hashes.SHA256())
        else:
            return False
    except InvalidSignature:
        return False
    return True
