"""Id tokens that a pile knows, in few bytes each: hash, verdict, expiry, hash of the group.

A list is bytes; entries of equal size lie one behind the other, the newest of a cache first.
"""

import hashlib
import struct

from micropython import const

STATUSES = "accepted blocked expired invalid concurrent".split()
_TOKEN_BYTES = const(6)
_GROUP_BYTES = const(4)
ENTRY_BYTES = 15
_FORM = ">6sBI4s"
NO_GROUP = b"\0\0\0\0"


def _hash(text):
    # Tokens are compared whatever their case
    return hashlib.sha256(text.upper().encode()).digest()


def group_key(group):
    """What an entry keeps of a group's name."""
    return _hash(group)[:_GROUP_BYTES] if group else NO_GROUP


def entry(token, status, until_utc, group):
    """Bytes of one entry; `until_utc` 0 is for ever. ValueError for a status that is none."""
    if status not in STATUSES:
        raise ValueError("status")
    key = _hash(token)[:_TOKEN_BYTES]
    return struct.pack(_FORM, key, STATUSES.index(status), until_utc, group_key(group))


def find(entries, token, utc):
    """(status, group key) of a token, None when it is not there. Without a clock what may expire has expired."""
    key = _hash(token)[:_TOKEN_BYTES]
    for at in range(0, len(entries), ENTRY_BYTES):
        found, status, until_utc, group = struct.unpack_from(_FORM, entries, at)
        if found == key:
            if until_utc and not status and (utc is None or utc >= until_utc):
                status = 2
            return STATUSES[status], group
    return None


def remembered(entries, new, most):
    """The entries with `new` in front, without an older one of its token, `most` at the most."""
    kept = new
    for at in range(0, len(entries), ENTRY_BYTES):
        if entries[at : at + _TOKEN_BYTES] != new[:_TOKEN_BYTES]:
            kept += entries[at : at + ENTRY_BYTES]
    return kept[: most * ENTRY_BYTES]
