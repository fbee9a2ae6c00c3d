"""Whether firmware is signed by whom the manufacturer trusts (1.6 security extensions, L01)."""

import base64
import binascii
from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import Certificate, load_pem_x509_certificate

from pilebridge.platforms.ocpp.v16.certificates import is_issued_by, is_valid_at


class SignatureFault(Exception):  # noqa: N818 - a fault of the file, not of ours
    """The file is not the one that was signed."""


def is_trusted(signer_pem: str, roots: Sequence[Certificate], utc: int) -> bool:
    """True when the signer's certificate holds now and one of the roots issued it."""
    try:
        signer = load_pem_x509_certificate(signer_pem.encode())
    except ValueError:
        return False
    return is_valid_at(signer, utc) and any(
        is_valid_at(root, utc) and is_issued_by(signer, root) for root in roots
    )


def verify(data: bytes, signature: str, signer_pem: str) -> None:
    """SignatureFault unless the base64 `signature` over SHA-256 of the file is the signer's."""
    key = load_pem_x509_certificate(signer_pem.encode()).public_key()
    try:
        raw = base64.b64decode(signature, validate=True)
        if isinstance(key, rsa.RSAPublicKey):
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
            key.verify(raw, data, pss, hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(raw, data, ec.ECDSA(hashes.SHA256()))
        else:
            raise SignatureFault("neither RSA nor elliptic curve")
    except (InvalidSignature, binascii.Error, ValueError):
        raise SignatureFault("the signature is not that of this file") from None
