"""HMAC-SHA256 against RFC 4231, derived keys, and tags that a single bit breaks."""

from binascii import unhexlify

from evse.core import mac

# RFC 4231, cases 1, 2, 3 and 4: key, data, HMAC-SHA-256
VECTORS = (
    (
        b"\x0b" * 20,
        b"Hi There",
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    ),
    (
        b"Jefe",
        b"what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    (
        b"\xaa" * 20,
        b"\xdd" * 50,
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
    ),
    (
        bytes(range(1, 26)),
        b"\xcd" * 50,
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
    ),
)
SECRET = bytes(range(32))


def test_vectors():
    for key, data, digest in VECTORS:
        assert mac.Mac(key).digest(data) == unhexlify(digest)
        assert mac.Mac(key).tag(data) == unhexlify(digest)[:16]


def test_a_key_longer_than_a_block_is_refused():
    try:
        mac.Mac(bytes(65))
    except ValueError as error:
        assert "65 bytes" in str(error)
    else:
        raise AssertionError


def test_every_bit_of_data_and_tag_counts():
    key = mac.Mac(SECRET)
    data = b"pile"
    tag = key.tag(data)
    assert key.proves(data, tag)
    assert not mac.Mac(SECRET[:31]).proves(data, tag)
    for text, other in ((data, tag[:15]), (data, tag + b"\0"), (data, b""), (b"pil", tag)):
        assert not key.proves(text, other)
    for bit in range(8 * len(tag)):
        wrong = bytearray(tag)
        wrong[bit // 8] ^= 1 << bit % 8
        assert not key.proves(data, bytes(wrong)), bit


def test_keys_of_other_purposes_have_nothing_in_common():
    keys = [mac.derive(SECRET, purpose) for purpose in (mac.PSK, mac.COMMAND, mac.JOURNAL)]
    assert len(set(keys)) == 3 and all(len(key) == mac.SECRET_BYTES for key in keys)


def test_a_covered_secret_comes_back_with_the_right_secret_and_nonce_only():
    new = bytes(range(100, 132))
    covered = mac.cover(SECRET, b"0011223344556677", new)
    assert covered != new
    assert mac.cover(SECRET, b"0011223344556677", covered) == new
    assert mac.cover(SECRET, b"0011223344556678", covered) != new
    assert mac.cover(new, b"0011223344556677", covered) != new
