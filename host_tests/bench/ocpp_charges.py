"""Charges as the piles' journals have them: sealed records, made before anything is measured."""

import hashlib
import time

import msgspec

from evse.core import mac, messages, records

LIFE = "a55a41c3"
SAMPLES_EACH = 6
# Start, charging and samples; then the samples and the stop of the other half
FACTS_EACH = (2 + SAMPLES_EACH, 1 + SAMPLES_EACH)
_STEP_S = 60


def secret_of(pile):
    """A secret of its own for each pile."""
    return hashlib.sha256(pile.encode()).digest()


def write(piles, first_half, second_half):
    """Write two files of rows [pile, journal messages]: charges begin and go on, then go on and end."""
    now = int(time.time()) - _STEP_S * sum(FACTS_EACH)
    halves = [], []
    for pile in piles:
        for half, payload in zip(halves, _journal(pile, now), strict=True):
            half.append((pile, [payload]))
    for path, half in zip((first_half, second_half), halves, strict=True):
        path.write_bytes(msgspec.msgpack.encode(half))


def _journal(pile, began_utc):
    key, link = mac.Mac(mac.derive(secret_of(pile), mac.JOURNAL)), records.NO_LINK
    kinds = ["tx_start", "tx_charging", *["tx_sample"] * 2 * SAMPLES_EACH, "tx_stop"]
    sealed = []
    for seq, kind in enumerate(kinds, 1):
        head = {"seq": seq, "kind": kind, "boot": 7, "up": 60 * seq, "utc": began_utc + 60 * seq}
        record = {**head, "c": 1, "wh": 1000 + 100 * seq, "tx": 1, **_MORE.get(kind, {})}
        sealed.append(records.encode(record, LIFE, link, key))
        link = records.tag_of(sealed[-1])[: records.LINK_BYTES]
    at = FACTS_EACH[0]
    yield messages.encode_journal(LIFE, 1, sealed[:at])
    yield messages.encode_journal(LIFE, at + 1, sealed[at:])


_MORE = {
    "tx_start": {"ref": "04A2B3C4", "by": "rfid", "meter": "bench"},
    "tx_sample": {"w": 7034},
    "tx_stop": {"reason": "local", "fault": ""},
}
