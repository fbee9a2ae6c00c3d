"""RSA-3072, PKCS#1 v1.5, SHA-256: the one right block and nothing near it."""

from binascii import unhexlify

import signature_vectors as vectors

from evse.core import signature

MODULUS = unhexlify(vectors.MODULUS)
GOOD = unhexlify(vectors.GOOD)


def proves(proof, message=vectors.MESSAGE, modulus=MODULUS):
    return signature.is_signed(modulus, message, proof)


def test_the_right_signature_proves():
    assert len(GOOD) == signature.SIGNATURE_BYTES
    assert proves(GOOD)


def test_another_message_is_not_proved():
    for at in range(len(vectors.MESSAGE)):
        message = bytearray(vectors.MESSAGE)
        message[at] ^= 1
        assert not proves(GOOD, bytes(message))
    assert not proves(GOOD, b"")


def test_a_flipped_bit_of_the_signature_proves_nothing():
    for at in range(0, 384, 23):
        proof = bytearray(GOOD)
        proof[at] ^= 0x10
        assert not proves(bytes(proof))


def test_blocks_that_a_lenient_reader_takes_are_refused():
    for name in ("GARBAGE_BEHIND", "NO_NULL", "SHA1", "BLOCK_2", "PADDING"):
        assert not proves(unhexlify(getattr(vectors, name))), name


def test_sizes_and_numbers_out_of_range_are_refused():
    assert not proves(GOOD[:-1])
    assert not proves(GOOD + b"\0")
    assert not proves(b"")
    assert not proves(GOOD, modulus=b"")
    assert not proves(GOOD, modulus=MODULUS[1:])
    # The same number once more, above the modulus
    number = int.from_bytes(GOOD, "big") + int.from_bytes(MODULUS, "big")
    if number < 1 << 3072:
        assert not proves(number.to_bytes(384, "big"))
    assert not proves(bytes(384))
    assert not proves(b"\xff" * 384)
    assert not proves(bytes(383) + b"\1")
