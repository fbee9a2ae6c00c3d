"""The journal: numbers, dates and seals every record that money depends on, and keeps it on flash until
the bridge has committed it.
"""

import os
from binascii import hexlify

from ..control.stall_permit import StallRefusedError
from ..core import messages, records
from ..core.outbox import MONEY, Outbox
from ..core.ring import Ring
from .modules import forget

# Records in one message: each costs an encoding in one go
_BATCH = 8
# Records wait so long for others to go with, except the end of a transaction
_GATHER_MS = 2000
_URGENT = "tx_stop"
# A flash that refused a record is believed again after this time
_DOUBT_MS = 60000
# Base64 and its quotes
_TEXT_BYTES = 4


class Journal:
    """Appends to the ring and reads from it. `flash` is None on a board without the partition."""

    def __init__(self, flash, keys, clock, permit):
        self.boot = 1
        self.life = ""
        self.problem = ""  # why nothing can be written
        self.damage = ""  # what was found missing or spoilt
        self.last_wh = {}  # connector: the last register in the records
        self.open = {}  # what the records say was going on when the power went, see ledger.py
        self._outbox = Outbox()
        self._keys = keys
        self._clock = clock
        self._permit = permit
        self.ring = None
        self._upto = 0  # what the bridge has committed, as far as it has told
        self._due_ms = 0  # uptime from which on what waits may be sent
        self._owed = []  # records that money depends on and the flash refused
        self._doubt_ms = 0
        self._room = 0
        self._begun = {}  # connector: number of the record its transaction began with
        if flash is None:
            self.problem = "journal: the board has no flash for it"
            return
        self.ring = Ring(flash, self._belongs)
        try:
            self._mount()
        except OSError as error:
            self.ring = None
            self.problem = "journal: %s" % error

    # Start

    def _mount(self):
        from .ledger import Ledger

        forget("evse.app.ledger")
        ring, ledger = self.ring, Ledger()
        ring.mount(ledger.take)
        if ring.life is None:
            ring.format(str(hexlify(os.urandom(records.LIFE_CHARS // 2)), "ascii"))
        self.life = ring.life
        self.boot = ledger.boot + 1
        self.open = ledger.open
        self.last_wh = ledger.last_wh
        for connector in ledger.open:
            self._begun[connector] = ledger.open[connector]["seq"]
        self._upto = ring.first - 1 if ring.first else ring.next_seq - 1
        if ring.holes or ring.spoilt - ring.torn > 0 or ring.foreign:
            self.damage = (
                "journal: %d records lost, %d pages spoilt, %d sectors of another life"
                % (
                    ring.holes,
                    ring.spoilt,
                    ring.foreign,
                )
            )
        # Now, while nothing can close: a charge may begin at once and take hours
        while self._prepare():
            pass
        self._room = ring.room

    def _belongs(self, data, life):
        return records.proven(data, life, self._keys.journal)

    # Writing

    @property
    def full(self):
        """True when no new transaction may begin, because its end might find no room."""
        return self.ring is None or self._outbox.full(self._room)

    @property
    def ready(self):
        """True when a transaction may begin: it can be written to its end, and sealed."""
        return not self.problem and not self.full and self._keys.secret is not None

    def record(self, kind, connector, wh, **payload):
        """Append one record; returns its sequence number, 0 when it was not taken, or not yet."""
        ring = self.ring
        if ring is None or self._keys.secret is None:
            return 0
        if not self._outbox.takes(kind, self._room, ring.capacity):
            return 0
        record = {
            "kind": kind,
            "boot": self.boot,
            "up": self._clock.up_s,
            "utc": self._clock.utc_s(),
            "c": connector,
            "wh": wh,
        }
        record.update(payload)
        if self._owed or not self._write(record):
            # What begins a transaction is refused to whoever asked; what follows must not be forgotten
            if kind in MONEY and kind != "tx_start":
                self._owed.append(record)
            return 0
        return record["seq"]

    def _write(self, record):
        ring = self.ring
        kind, connector = record["kind"], record["c"]
        is_alone = ring.next_seq == self._upto + 1
        record["seq"] = ring.next_seq
        try:
            ring.append(records.encode(record, self.life, ring.link, self._keys.journal))
        except OSError as error:
            self._failed(error)
            return False
        finally:
            self._room = ring.room
        self.problem = ""
        if kind == _URGENT:
            self._due_ms = 0
        elif is_alone:
            self._due_ms = self._clock.up_ms + _GATHER_MS
        if kind == "tx_start":
            self._begun[connector] = record["seq"]
        elif kind == "tx_stop":
            self._begun.pop(connector, None)
            self._free()
        return True

    def _failed(self, error):
        self.problem = "journal: %s" % error
        self._doubt_ms = self._clock.up_ms + _DOUBT_MS

    def maintain(self):
        """Write what the flash refused before, and make room where the bridge has committed everything: one
        sector a call, never while energised.
        """
        if self.ring is None:
            return
        while self._owed and self._write(self._owed[0]):
            self._owed.pop(0)
        if self.problem and not self._owed and self._clock.up_ms >= self._doubt_ms:
            self.problem = ""
        try:
            self._prepare()
        except StallRefusedError:
            pass
        except OSError as error:
            self._failed(error)
        self._room = self.ring.room

    def _prepare(self):
        with self._permit.hold("journal erase"):
            return self.ring.prepare()

    # Reading

    @property
    def next_seq(self):
        """Number of the next record."""
        return self.ring.next_seq if self.ring else 1

    @property
    def first_seq(self):
        """Oldest number still held, 0 when none is."""
        return self.ring.first if self.ring else 0

    def held(self):
        """Bytes of every record on the flash, in order."""
        return self.ring.after(0, self.ring.next_seq) if self.ring else ()

    def message(self, most_bytes):
        """(journal message, last number) of the oldest records not committed; (None, 0) if there are none."""
        ring = self.ring
        if ring is None or ring.next_seq == self._upto + 1 or self._clock.up_ms < self._due_ms:
            return None, 0
        batch, size = [], messages.JOURNAL_FRAME_BYTES
        for data in ring.after(self._upto, _BATCH):
            size += (len(data) + 2) // 3 * 4 + _TEXT_BYTES
            if batch and size > most_bytes:
                break
            batch.append(data)
        if not batch:
            return None, 0
        message = messages.encode_journal(self.life, self._upto + 1, batch)
        return message, records.seq_of(batch[-1])

    def acknowledge(self, upto):
        """The bridge has committed all up to `upto`: more than we gave means that we forgot some."""
        ring = self.ring
        if ring is None:
            return
        if upto >= ring.next_seq:
            self.damage = "journal: the bridge has records up to %d, we had %d" % (
                upto,
                ring.next_seq - 1,
            )
        # Beyond what we gave it moves our numbers on as well
        ring.acknowledge(upto if upto >= ring.next_seq else 0)
        self._upto = upto
        self._free()

    def _free(self):
        # A running transaction keeps its first record: after a loss of power it is needed to go on or to end
        self.ring.acknowledge(min([self._upto + 1] + list(self._begun.values())) - 1)

    def figures(self):
        """What the state message says of the journal."""
        ring = self.ring
        if ring is None:
            return {"waiting": 0, "capacity": 0, "wear": 0}
        return {
            "waiting": ring.next_seq - 1 - self._upto,
            "capacity": ring.capacity,
            "wear": ring.wear,
        }
