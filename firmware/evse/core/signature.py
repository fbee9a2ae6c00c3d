"""RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2.2) under a key of 3072 bits and the exponent 65537.

The block that the signature holds is compared as a whole with the only right one: nothing in it is read.
"""

from hashlib import sha256

SIGNATURE_BYTES = 384

_EXPONENT = 65537
# DigestInfo of SHA-256 up to the digest
_INFO = b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"
_PADDING_BYTES = SIGNATURE_BYTES - 3 - len(_INFO) - 32


def is_signed(modulus, message, signature):
    """True when `signature` over `message` is of the key with this modulus; both of 384 bytes, big-endian."""
    if len(modulus) != SIGNATURE_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    number, most = int.from_bytes(signature, "big"), int.from_bytes(modulus, "big")
    if number >= most:
        return False
    block = pow(number, _EXPONENT, most).to_bytes(SIGNATURE_BYTES, "big")
    digest = sha256(message).digest()
    return block == b"\x00\x01" + b"\xff" * _PADDING_BYTES + b"\x00" + _INFO + digest
