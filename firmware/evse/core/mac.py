"""HMAC-SHA256 (RFC 2104) and the keys of one pile, each derived from its one secret.

Whoever holds a derived key cannot use it for another purpose: the broker has the one for TLS-PSK and can
neither sign a command nor a record.
"""

from hashlib import sha256

SECRET_BYTES = 32
TAG_BYTES = 16

# Purposes of derived keys
PSK = b"pilelink psk 1"
COMMAND = b"pilelink command 1"
JOURNAL = b"pilelink journal 1"
# Covers a new secret on its way to the pile
ROTATE = b"pilelink rotate 1"

_BLOCK_BYTES = 64


class Mac:
    """One key of at most 64 bytes."""

    def __init__(self, key):
        if len(key) > _BLOCK_BYTES:
            raise ValueError("key of %d bytes, allowed %d" % (len(key), _BLOCK_BYTES))
        self._key = key

    def digest(self, data):
        """The 32 bytes over `data`."""
        inner = sha256(self._block(0x36))
        inner.update(data)
        outer = sha256(self._block(0x5C))
        outer.update(inner.digest())
        return outer.digest()

    def _block(self, pad):
        # As one number, because byte by byte takes a millisecond; not kept, because it takes more heap than the key
        key = int.from_bytes(self._key + bytes(_BLOCK_BYTES - len(self._key)), "big")
        mask = int.from_bytes(bytes((pad,)) * _BLOCK_BYTES, "big")
        return (key ^ mask).to_bytes(_BLOCK_BYTES, "big")

    def tag(self, data):
        """The first 16 bytes of the digest, what messages and records carry."""
        return self.digest(data)[:TAG_BYTES]

    def proves(self, data, tag):
        """True when `tag` is that of `data`; takes the same time whichever byte differs."""
        wanted = self.tag(data)
        if len(tag) != TAG_BYTES:
            return False
        difference = 0
        for index in range(TAG_BYTES):
            difference |= wanted[index] ^ tag[index]
        return difference == 0


def derive(secret, purpose):
    """Key of 32 bytes for one purpose."""
    return Mac(secret).digest(purpose)


def cover(secret, nonce, new_secret):
    """`new_secret` made unreadable without `secret`; the same call uncovers it. `nonce` is used once."""
    stream = Mac(derive(secret, ROTATE)).digest(nonce)
    return bytes(a ^ b for a, b in zip(stream, new_secret))


def identity(station, number):
    """Name under which a station logs in at the broker with its secret `number`."""
    return station if number == 1 else "%s.%d" % (station, number)
