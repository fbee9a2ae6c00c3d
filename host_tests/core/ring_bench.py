"""A ring on a simulated flash, filled and looked at, for tests on both interpreters."""

import gc

from evse.core import mac, records
from evse.core.ring import Ring
from pilesim.nor_flash import NorFlash

LIFE = "a55a41c3"
KEY = mac.Mac(mac.derive(bytes(range(32)), mac.JOURNAL))
SECTOR, PAGE, KB = 4096, 256, 1024


def belongs(data, life):
    return records.proven(data, life, KEY)


def waiting(ring):
    """Records held that are not acknowledged."""
    count, seq = 0, ring.acked
    while True:
        found = ring.after(seq, 8)
        if not found:
            return count
        count += len(found)
        seq = records.seq_of(found[-1])


def ring_on(flash, visit=None):
    """A ring that has just started on this flash."""
    ring = Ring(flash, belongs)
    ring.mount(visit)
    return ring


def prepare_all(ring):
    while ring.prepare():
        pass


def new_ring(size=64 * KB, life=LIFE):
    """(ring, flash) of a first life, every sector ready."""
    flash = NorFlash(size)
    ring = ring_on(flash)
    ring.format(life)
    prepare_all(ring)
    return ring, flash


def record(ring, extra=0):
    """The next record; about 75 bytes, and `extra` more."""
    row = {"seq": ring.next_seq, "kind": "tx_sample", "boot": 7, "up": 93, "utc": None, "c": 1}
    row["wh"] = 1234570 + ring.next_seq
    row["meter"] = "a55a41c3-7-%d" % ring.next_seq
    row["w"] = 7034
    row["detail"] = "x" * extra
    return records.encode(row, ring.life, ring.link, KEY)


def fill(ring, count, extra=0):
    """Append `count` records; returns them."""
    # All at once: a list that grows among so many records finds no room in MicroPython's heap
    rows = [None] * count
    for index in range(count):
        rows[index] = record(ring, extra)
        ring.append(rows[index])
        if index % 32 == 31 and hasattr(gc, "mem_free"):
            # There they would lie scattered over the whole heap, and what is large found no room either
            gc.collect()
    return rows


def held_on(flash):
    """(ring, records) as the next start finds them."""
    rows = []
    return ring_on(flash, rows.append), rows


def holds(ring, rows):
    """True when the ring gives exactly these records, a few at a time."""
    seq = index = 0
    while True:
        found = ring.after(seq, 8)
        if found != rows[index : index + 8]:
            return False
        if not found:
            return True
        index += len(found)
        seq = records.seq_of(found[-1])


def raised(error, call, *values):
    try:
        call(*values)
    except error as found:
        return str(found) or "?"
    return ""
