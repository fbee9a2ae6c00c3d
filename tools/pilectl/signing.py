"""Keys that updates are signed with: RSA-3072, PKCS#1 v1.5 with SHA-256, in PEM files."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from evse.core.signature import SIGNATURE_BYTES

_BITS = SIGNATURE_BYTES * 8
_EXPONENT = 65537


class SigningError(Exception):
    """A key that cannot be made or used; the text says why and what to do."""


def new_key(path: Path) -> Path:
    """Make a private key, readable by its owner only, and its public half beside it, whose path is returned."""
    public = path.with_suffix(".pub.pem")
    for file in (path, public):
        if file.exists():
            raise SigningError(f"{file} is there already: name another, piles may rely on it")
    key = rsa.generate_private_key(public_exponent=_EXPONENT, key_size=_BITS)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(private)
        public.write_bytes(
            key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )
    except OSError as error:
        raise SigningError(f"{error}: name a folder that you may write to") from error
    return public


def private_key(path: Path) -> rsa.RSAPrivateKey:
    """The private key in a PEM file."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SigningError(
            f"{path} is no private key ({error}): make one with pilectl sign-key new"
        ) from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise SigningError(f"{path} holds no RSA key: make one with pilectl sign-key new")
    _check(path, key.public_key())
    return key


def modulus_of(path: Path) -> bytes:
    """The modulus of the public key in a PEM file."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise SigningError(
            f"{path} is no public key ({error}): name the .pub.pem that sign-key new wrote"
        ) from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise SigningError(f"{path} holds no RSA key: make one with pilectl sign-key new")
    return _check(path, key)


def modulus(key: rsa.RSAPrivateKey) -> bytes:
    """The modulus of a key, 384 bytes."""
    return key.public_key().public_numbers().n.to_bytes(SIGNATURE_BYTES, "big")


def sign(key: rsa.RSAPrivateKey, data: bytes) -> bytes:
    """The 384 bytes over `data` that the pile checks."""
    return key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def _check(path: Path, key: rsa.RSAPublicKey) -> bytes:
    numbers = key.public_numbers()
    if key.key_size != _BITS or numbers.e != _EXPONENT:
        raise SigningError(
            f"{path} has {key.key_size} bits and the exponent {numbers.e}, a pile takes "
            f"{_BITS} and {_EXPONENT}: make one with pilectl sign-key new"
        )
    return numbers.n.to_bytes(SIGNATURE_BYTES, "big")
