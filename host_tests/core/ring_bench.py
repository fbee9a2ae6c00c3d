"""A ring on a model flash, and records to put into it."""

from nor_model import Flash

from evse.core import mac, records
from evse.core.ring import Ring

LIFE = "a55a41c3"
KEY = mac.Mac(b"key")


def belongs(data, life):
    return records.proven(data, life, KEY)


def record(seq, pad=0, kind="tx_sample", life=LIFE):
    row = {"seq": seq, "kind": kind, "boot": 1, "up": seq, "utc": None, "c": 1, "wh": seq * 10}
    row["tx"] = "x" * (25 + pad)
    return records.encode(row, life, records.NO_LINK, KEY)


def mounted(flash):
    """(ring, records found) as after a start."""
    ring, found = Ring(flash, belongs), []
    ring.mount(found.append)
    return ring, found


def fresh(sectors=16):
    flash = Flash(sectors)
    ring, found = mounted(flash)
    assert ring.life is None and ring.damage == "" and found == []
    ring.format(LIFE)
    return flash, ring


def prepare_all(ring):
    while ring.preparable:
        ring.prepare()


def seqs(found):
    return [records.seq_of(data) for data in found]
