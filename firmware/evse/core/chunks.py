"""Pieces of a bundle on the way to a pile, topic `chunk`: which bundle, from which byte on, the bytes.

The only messages that are not JSON. They are not signed: the bundle as a whole is.
"""

# Bytes of a bundle in one chunk, at most
MOST_BYTES = 1000
# Chunks that answer one `update` message of phase fetch, at most
BURST = 8
_ID_BYTES = 8
_HEAD_BYTES = _ID_BYTES + 4


def encode(bundle, offset, data):
    """Bytes of a chunk of the bundle with this id, 32 bytes; ValueError unless `data` is 1 to 1000 bytes."""
    if not 0 < len(data) <= MOST_BYTES:
        raise ValueError("chunk of %d bytes, allowed 1..%d" % (len(data), MOST_BYTES))
    return bundle[:_ID_BYTES] + offset.to_bytes(4, "big") + data


def decode(bundle, payload):
    """(offset, data) of a chunk of this bundle; None for what is none, or another's."""
    size = len(payload) - _HEAD_BYTES
    if not 0 < size <= MOST_BYTES or payload[:_ID_BYTES] != bundle[:_ID_BYTES]:
        return None
    return int.from_bytes(payload[_ID_BYTES:_HEAD_BYTES], "big"), payload[_HEAD_BYTES:]
