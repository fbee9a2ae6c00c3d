"""The journal: numbers and dates every record that money depends on, and keeps it for the uplink."""

import os
from binascii import hexlify

from ..core.messages import encode_record
from ..core.outbox import Outbox
from . import config

FILE = "journal.json"
_CAPACITY = 200
# Numbers reserved per start, so that none repeats when power goes before they are written
_RESERVED = 100000


class Journal:
    """Records in order of sequence until the bridge has committed them."""

    def __init__(self, clock, permit):
        self._clock = clock
        self.problem = ""  # why the file could not be written
        self.boot, self.life = 1, ""
        known = self._next_boot(permit)
        self.outbox = Outbox(_CAPACITY, self.boot * _RESERVED + 1, anchored=known)
        self.news = False  # a record was written since the uplink looked

    def _next_boot(self, permit):
        """Count this start; True when earlier starts were remembered."""
        last = config.read_json(FILE)
        known = isinstance(last, dict) and isinstance(last.get("boot"), int)
        if known:
            self.boot, self.life = last["boot"] + 1, str(last.get("life"))[:8]
        else:
            # No memory of earlier starts: a new life, so that no transaction id ever repeats
            self.life = str(hexlify(os.urandom(3)), "ascii")
        self.problem = config.write_json(FILE, {"boot": self.boot, "life": self.life}, permit)
        if self.problem:
            # The next start will not know of this one either
            known = False
            self.life = str(hexlify(os.urandom(3)), "ascii")
        return known

    def record(self, kind, connector, wh, **payload):
        """Append one record; returns its sequence, or 0 for a sample thinned away."""
        record = {
            "kind": kind,
            "boot": self.boot,
            "up": self._clock.up_s,
            "utc": self._clock.utc_s(),
            "c": connector,
            "wh": wh,
        }
        record.update(payload)
        self.news = True
        return self.outbox.append(record)

    def batch(self, most_bytes):
        """(encoded records, last seq) for one message."""
        return self.outbox.batch(most_bytes, encode_record)
