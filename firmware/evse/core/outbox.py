"""Records that must reach the bridge: kept in order of sequence until it has committed them.

Bounded. When it fills, only every fourth register sample is taken, then neither samples nor faults;
start and stop are never dropped, and there is room for them because `full` forbids a new start. `full` says that no new transaction may begin.
"""

# Space that must be free for the records a running transaction still needs to end
_RESERVE = 8
_SAMPLE = "tx_sample"
_ALWAYS = ("tx_start", "tx_charging", "tx_stop")
# Records in one message: each costs a JSON encoding in one go
_BATCH = 8


class Outbox:
    """A bounded queue of record dicts, each with its `seq`."""

    def __init__(self, capacity, next_seq, anchored=True):
        self.next_seq = next_seq
        # False: the numbers of an earlier life are forgotten, the other side must say where it stands
        self.anchored = anchored
        self.thinned = 0
        self._capacity = capacity
        self._records = []
        self._offered = 0

    def __len__(self):
        return len(self._records)

    @property
    def full(self):
        """True when a new transaction could not be recorded to its end."""
        return len(self._records) >= self._capacity - _RESERVE

    def append(self, record):
        """Number a record and keep it; returns its sequence, or 0 when there was no room for its kind."""
        if self._thinned(record["kind"], len(self._records)):
            self.thinned += 1
            return 0
        record["seq"] = self.next_seq
        self.next_seq += 1
        self._records.append(record)
        return record["seq"]

    def batch(self, most_bytes, encode):
        """(encoded records, last seq) of the oldest records that fit into `most_bytes`; ([], 0) if none."""
        encoded, last, size = [], 0, 0
        for record in self._records[:_BATCH]:
            data = encode(record)
            size += len(data) + 1
            if encoded and size > most_bytes:
                break
            encoded.append(data)
            last = record["seq"]
        return encoded, last

    def acknowledge(self, upto):
        """Forget every record up to and including `upto`; returns how many."""
        count = 0
        while count < len(self._records) and self._records[count]["seq"] <= upto:
            count += 1
        if count:
            self._records = self._records[count:]
        return count

    def rebase(self, upto):
        """Renumber when the other side may hold numbers of a life that we forgot; True if so.

        Only right before anything of this start was sent.
        """
        if self.anchored and upto < self.next_seq:
            return False
        self.anchored = True
        seq = upto + 1
        for record in self._records:
            record["seq"] = seq
            seq += 1
        self.next_seq = seq
        return True

    def _thinned(self, kind, length):
        # The sequence stays without gaps because a thinned record is never numbered
        if kind in _ALWAYS:
            return False
        if length >= self._capacity - _RESERVE:
            return True
        if kind != _SAMPLE or length < self._capacity // 2:
            return False
        self._offered += 1
        return self._offered % 4 != 0
