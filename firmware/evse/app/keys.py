"""The pile's secret and the keys derived from it; a rotated secret lies in a file of its own.

The file names the provisioned secret that it follows, so that a newly provisioned one is not overruled.
"""

from binascii import hexlify, unhexlify

from ..core import mac
from . import config

FILE = "key.json"
_MARK = b"pilelink key file 1"


class Keys:
    """`secret` is None without a valid one; `number` counts from 1, the provisioned one."""

    def __init__(self, provisioned, permit):
        self.problem = ""
        self.number = 1
        self._permit = permit
        self._provisioned = unhexlify(provisioned) if provisioned else None
        self.secret = self._provisioned
        if self.secret is None:
            self.problem = "key: none, provision the pile with 64 hex digits"
        else:
            self._take_rotated(config.read_json(FILE))
        self._derive()

    def rotate(self, number, nonce, cover):
        """Take a covered new secret; returns "" or the reason of the refusal. OSError while energised."""
        if self.secret is None or number <= self.number:
            return "key %d" % number
        try:
            new = mac.cover(self.secret, nonce.encode(), unhexlify(cover))
        except ValueError:
            return "cover"
        stored = {"number": number, "key": str(hexlify(new), "ascii"), "follows": self._mark()}
        problem = config.write_json(FILE, stored, self._permit)
        if problem:
            return "not stored"
        self.secret, self.number = new, number
        self._derive()
        return ""

    def _derive(self):
        secret = self.secret
        self.command = None if secret is None else mac.Mac(mac.derive(secret, mac.COMMAND))
        self.journal = mac.Mac(mac.derive(secret or b"", mac.JOURNAL))

    def _mark(self):
        return str(hexlify(mac.Mac(self._provisioned).tag(_MARK)), "ascii")

    def _take_rotated(self, stored):
        if stored is None:
            return
        try:
            if stored["follows"] != self._mark():
                return
            secret, number = unhexlify(stored["key"]), int(stored["number"])
        except (ValueError, KeyError, TypeError):
            secret, number = b"", 0
        if len(secret) != mac.SECRET_BYTES or number < 2:
            self.problem = "key.json: damaged, the provisioned key is in force"
            return
        self.secret, self.number = secret, number
