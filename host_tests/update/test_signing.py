"""pilectl sign-key and bundle: keys, files, what a pile takes of them, and what is refused with a sentence."""

import stat
import sys

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from evse.core import manifest as rules
from evse.core import signature
from pilectl import __main__ as pilectl
from pilectl import build as builder
from pilectl import signing
from pilectl.updating import bundle
from pilectl.verbs import bundle as verb
from update import bundles


def run(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["pilectl", *map(str, words)])
    return pilectl.main()


def test_a_new_key_is_its_owners_and_its_public_half_fits(monkeypatch, tmp_path, capsys):
    private = tmp_path / "fleet.pem"
    assert run(monkeypatch, "sign-key", "new", private) == 0
    public = tmp_path / "fleet.pub.pem"
    assert str(public) in capsys.readouterr().out
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    key = signing.private_key(private)
    assert key.key_size == 3072
    modulus = signing.modulus_of(public)
    assert modulus == signing.modulus(key)
    proof = signing.sign(key, b"manifest")
    assert signature.is_signed(modulus, b"manifest", proof)
    assert not signature.is_signed(modulus, b"manifests", proof)
    before = private.read_bytes()
    assert run(monkeypatch, "sign-key", "new", private) == 1
    assert "is there already" in capsys.readouterr().err
    assert private.read_bytes() == before
    assert b"PRIVATE" not in public.read_bytes()


def test_twenty_messages_of_two_keys_prove_crosswise_or_not():
    for number in range(2):
        modulus = bundles.modulus(number)
        for count in range(10):
            message = b"%d" % count
            assert signature.is_signed(
                modulus, message, signing.sign(bundles.key(number), message)
            )
            other = signing.sign(bundles.key(1 - number), message)
            assert not signature.is_signed(modulus, message, other)


def pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def test_keys_that_a_pile_cannot_use_are_named(tmp_path):
    small = tmp_path / "small.pem"
    small.write_bytes(pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)))
    curve = tmp_path / "curve.pem"
    curve.write_bytes(pem(ec.generate_private_key(ec.SECP256R1())))
    text = tmp_path / "text.pem"
    text.write_text("no key")
    for path, said in (
        (small, "2048 bits"),
        (curve, "no RSA key"),
        (text, "no private key"),
        (tmp_path / "none.pem", "no private key"),
    ):
        with pytest.raises(signing.SigningError, match=said) as caught:
            signing.private_key(path)
        assert "pilectl sign-key new" in str(caught.value)
    with pytest.raises(signing.SigningError, match=r"name the \.pub\.pem"):
        signing.modulus_of(small)


def test_a_bundle_of_a_real_build_is_what_piles_read(build_of, monkeypatch, tmp_path, capsys):
    folder, _built = build_of("devkitc")
    key = tmp_path / "key.pem"
    key.write_bytes(pem(bundles.key()))
    trusted = []

    def built(_root, board, modulus=None):
        assert board == "devkitc"
        trusted.append(modulus)
        return folder, _built

    monkeypatch.delenv("UPDATE_KEY", raising=False)
    monkeypatch.setattr(builder, "build", built)
    out = tmp_path / "out.bundle"
    words = ("bundle", "devkitc", "--key", key, "--minimum", "0.0.1", "-o", out)
    assert run(monkeypatch, *words) == 0
    # The new firmware takes what the same key signs
    assert trusted == [bundles.modulus()]
    data = out.read_bytes()
    size = rules.length(data[:4])
    found = rules.parse(data[4 : 4 + size])
    assert rules.name(data[4 : 4 + size]) in capsys.readouterr().out
    assert signature.is_signed(bundles.modulus(), data[4 : 4 + size], data[4 + size : 388 + size])
    assert rules.bundle_bytes(size, found) == len(data)
    assert (found["board"], found["minimum"]) == ("devkitc", [0, 0, 1])
    assert found["version"] == list(builder.version(verb.ROOT))
    at = 388 + size
    for path, count, digest in found["files"]:
        piece = data[at : at + count]
        assert piece == (folder / builder.SLOT / path).read_bytes()
        assert rules.name(piece) == digest
        at += count
    assert size < rules.MOST_BYTES / 2
    assert len(found["files"]) < rules.MOST_FILES / 2
    assert run(monkeypatch, "bundle", "devkitc", "--key", key, "--minimum", "9.0.0") == 1
    assert "lies below the minimum 9.0.0" in capsys.readouterr().err
    for wrong in ("1.2", "1.2.x", "1.2.65536", ""):
        assert run(monkeypatch, "bundle", "devkitc", "--key", key, "--minimum", wrong) == 1
        assert "write three numbers" in capsys.readouterr().err


def test_the_key_of_a_build_goes_into_its_module(tmp_path, monkeypatch):
    public = tmp_path / "k.pub.pem"
    public.write_bytes(
        bundles.key()
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    names = {}
    monkeypatch.delenv("UPDATE_KEY", raising=False)
    exec(builder._key_module(None), names)
    assert (names["HAS_KEY"], names["MODULUS"]) == (False, b"")
    monkeypatch.setenv("UPDATE_KEY", str(public))
    exec(builder._key_module(None), names)
    assert (names["HAS_KEY"], names["MODULUS"]) == (True, bundles.modulus())
    exec(builder._key_module(b"other"), names)
    assert names["MODULUS"] == b"other"
    monkeypatch.setenv("UPDATE_KEY", str(tmp_path / "none"))
    with pytest.raises(builder.BuildError, match=r"UPDATE_KEY: .*no public key"):
        builder._key_module(None)


def test_versions_are_three_numbers():
    assert bundle.parse_version("1.20.300") == (1, 20, 300)
    assert rules.text([1, 20, 300]) == "1.20.300"
