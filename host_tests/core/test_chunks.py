"""Pieces of a bundle: what is sent comes out whole, everything else is nobody's."""

from evse.core import chunks

BUNDLE = bytes(range(32))


def test_a_chunk_comes_out_as_it_went_in():
    for offset, size in ((0, 1), (8000, 1000), (0xFFFFFFFF, 7)):
        data = bytes(offset + index & 0xFF for index in range(size))
        payload = chunks.encode(BUNDLE, offset, data)
        assert len(payload) <= 1024
        assert chunks.decode(BUNDLE, payload) == (offset, data)


def test_what_is_no_chunk_of_this_bundle_is_dropped():
    good = chunks.encode(BUNDLE, 5, b"abc")
    assert chunks.decode(bytes(32), good) is None
    assert chunks.decode(BUNDLE, b"") is None
    assert chunks.decode(BUNDLE, good[:12]) is None
    assert chunks.decode(BUNDLE, good + bytes(998)) is None
    assert chunks.decode(BUNDLE, good + bytes(997)) == (5, b"abc" + bytes(997))


def test_a_chunk_of_another_size_is_refused():
    for size in (0, 1001):
        try:
            chunks.encode(BUNDLE, 0, bytes(size))
        except ValueError as error:
            assert str(error) == "chunk of %d bytes, allowed 1..1000" % size
            continue
        raise AssertionError("taken")
