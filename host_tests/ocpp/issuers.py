"""Certificates that a test needs: roots, signers, stations."""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from fakes16 import UTC

_DAY = datetime.timedelta(days=1)
NOW = datetime.datetime.fromtimestamp(UTC, datetime.UTC)


class Issuer:
    """A key and its certificate, signed by `by` or by itself."""

    def __init__(self, name, by=None, key=None, ca=True, from_day=-1, until_day=1, public=None):
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer, signer = (subject, self.key) if by is None else (by.cert.subject, by.key)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(public or self.key.public_key())
            .serial_number(0x1234ABCD)
            .not_valid_before(NOW + from_day * _DAY)
            .not_valid_after(NOW + until_day * _DAY)
            .add_extension(x509.BasicConstraints(ca, None), critical=True)
        )
        self.cert = builder.sign(signer, hashes.SHA256())

    @property
    def pem(self):
        """The certificate as text."""
        return self.cert.public_bytes(serialization.Encoding.PEM).decode()

    def sign(self, data):
        """Its signature over SHA-256, as the extensions want it."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
            return self.key.sign(data, pss, hashes.SHA256())
        return self.key.sign(data, ec.ECDSA(hashes.SHA256()))
