"""Journal records: the bytes that stand on flash, go over the wire and are kept by the bridge.

One record, little-endian:

    0   length of the whole record, 48 to 254; 0xFF is erased flash
    1   kind, see KINDS
    2   sequence number (4), grows by one from record to record of a life
    6   boot (4), counts the starts of a life
    10  uptime in s (4)
    14  UTC in s since 1970 (4), 0 while the clock was unknown
    18  connector, 0 for the station
    19  meter register in Wh (5), all ones while unknown
    24  link (4): the first bytes of the tag of the record before, zeros in the first of a life
    28  fields: number and type in one byte, then the value; see FIELDS
    -20 tag (16): HMAC-SHA256 over life and all bytes before, under the pile's journal key
    -4  CRC-32 (4) over all bytes before, which tells a torn record without the key

A life is the time between two losses of a pile's memory, named by 8 hex digits. Life and sequence
number together name a record for ever.
"""

import struct
from binascii import crc32

from .mac import TAG_BYTES

LEAST_BYTES = 48
MOST_BYTES = 254
LINK_BYTES = 4
LIFE_CHARS = 8
NO_LINK = bytes(LINK_BYTES)

# Numbers stand in stored records: append, never reorder
KINDS = (
    "",
    "boot",
    "tx_start",
    "tx_charging",
    "tx_sample",
    "tx_stop",
    "fault",
    "fault_clear",
    "tx_resume",
    "clock",
    "key",
    "tx_ending",
)
# name, type; a list holds integers
FIELDS = (
    # Number of the record that its transaction began with
    ("tx", "int"),
    ("ref", "text"),
    ("by", "text"),
    ("w", "int"),
    ("reason", "text"),
    ("fault", "text"),
    ("detail", "text"),
    ("cause", "text"),
    ("mv", "list"),
    ("ma", "list"),
    ("meter", "text"),
    ("step_s", "int"),
    ("source", "text"),
    ("lost_wh", "int"),
    ("number", "int"),
)

_TYPES = ("text", "int", "list")
# What the pile keeps of them
_NAMES = tuple(name for name, _kind in FIELDS)
_TYPE_OF = bytes(_TYPES.index(kind) for _name, kind in FIELDS)
_TEXT, _INT, _LIST = range(3)
_HEAD = "<BBIIIIBIB4s"
_HEAD_BYTES = 28
_SEAL_BYTES = TAG_BYTES + 4
_NO_WH = 0xFFFFFFFFFF
_UINT = 0xFFFFFFFF


class RecordError(ValueError):
    """Bytes that are no whole record, or a value that fits into none; the text says which."""


def encode(record, life, link, mac):
    """Sealed bytes of a record dict (seq, kind, boot, up, utc, c, wh and any of FIELDS).

    RecordError names a field that does not fit.
    """
    body = _head(record, link)
    for name in record:
        if name in _NAMES:
            body += _field(name, record[name])
        elif name not in _HEADED:
            raise RecordError("%s: no such field" % name)
    size = len(body) + _SEAL_BYTES
    if size > MOST_BYTES:
        raise RecordError("%s of %d bytes, allowed %d" % (record["kind"], size, MOST_BYTES))
    body[0] = size
    body += mac.tag(life.encode() + body)
    return bytes(body) + struct.pack("<I", crc32(body) & _UINT)


_HEADED = ("seq", "kind", "boot", "up", "utc", "c", "wh")


def _head(record, link):
    wh = _NO_WH if record["wh"] is None else record["wh"]
    if not 0 <= wh <= _NO_WH:
        raise RecordError("wh: %d" % wh)
    return bytearray(
        struct.pack(
            _HEAD,
            0,
            KINDS.index(record["kind"]),
            record["seq"],
            record["boot"],
            record["up"],
            record["utc"] or 0,
            record["c"],
            wh & _UINT,
            wh >> 32,
            link,
        )
    )


def _field(name, value):
    number = _NAMES.index(name)
    kind = _TYPE_OF[number]
    head = bytes((number | kind << 6,))
    if kind == _INT:
        return head + _varint(value)
    if kind == _LIST:
        return head + bytes((len(value),)) + b"".join([_varint(item) for item in value])
    data = value.encode()
    if len(data) > 127:
        raise RecordError("%s: %d bytes, allowed 127" % (name, len(data)))
    return head + bytes((len(data),)) + data


def _varint(value):
    # Zigzag: small negative numbers stay short
    rest = value << 1 if value >= 0 else (-value << 1) - 1
    data = bytearray()
    while rest > 0x7F:
        data.append(rest & 0x7F | 0x80)
        rest >>= 7
    data.append(rest)
    return data


def size_of(data, at=0):
    """Length of the record that begins at `at` when it is whole and its CRC holds, else 0."""
    size = data[at] if at < len(data) else 0
    end = at + size
    if not LEAST_BYTES <= size <= MOST_BYTES or end > len(data):
        return 0
    stored = struct.unpack_from("<I", data, end - 4)[0]
    return size if crc32(data[at : end - 4]) & _UINT == stored else 0


def seq_of(data):
    """Sequence number of a record's bytes."""
    return struct.unpack_from("<I", data, 2)[0]


def link_of(data):
    """What the record says of the tag before it."""
    return bytes(data[_HEAD_BYTES - LINK_BYTES : _HEAD_BYTES])


def tag_of(data):
    """The record's own tag; its first LINK_BYTES are the link of the next."""
    return bytes(data[-_SEAL_BYTES:-4])


def proven(data, life, mac):
    """True when the tag is that of these bytes under this key and life."""
    return mac.proves(life.encode() + bytes(data[:-_SEAL_BYTES]), tag_of(data))


def decode(data):
    """Record dict of sealed bytes; RecordError says what is wrong. Does not check the tag."""
    if size_of(data) != len(data):
        raise RecordError("%d bytes are no whole record" % len(data))
    _size, kind, seq, boot, up, utc, connector, low, high, _link = struct.unpack_from(_HEAD, data)
    wh = high << 32 | low
    record = {
        "seq": seq,
        "kind": KINDS[kind] if 0 < kind < len(KINDS) else "kind%d" % kind,
        "boot": boot,
        "up": up,
        "utc": utc or None,
        "c": connector,
        "wh": None if wh == _NO_WH else wh,
    }
    at, end = _HEAD_BYTES, len(data) - _SEAL_BYTES
    while at < end:
        at = _take_field(record, data, at, end)
    return record


def _take_field(record, data, at, end):
    number, kind = data[at] & 0x3F, data[at] >> 6
    name = _NAMES[number] if number < len(_NAMES) else "field%d" % number
    at += 1
    if kind == _INT:
        record[name], at = _take_varint(data, at, end)
        return at
    if at >= end or kind > _LIST:
        raise RecordError("%s: cut off or of unknown type" % name)
    count = data[at]
    at += 1
    if kind == _LIST:
        values = []
        for _ in range(count):
            value, at = _take_varint(data, at, end)
            values.append(value)
        record[name] = values
        return at
    if at + count > end:
        raise RecordError("%s: cut off" % name)
    try:
        record[name] = str(data[at : at + count], "utf-8")
    except UnicodeError:
        raise RecordError("%s: not UTF-8" % name)
    return at + count


def _take_varint(data, at, end):
    rest = shift = 0
    while True:
        if at >= end or shift > 63:
            raise RecordError("a number is cut off")
        byte = data[at]
        at += 1
        rest |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return (-((rest + 1) >> 1) if rest & 1 else rest >> 1), at
        shift += 7
