"""Bundles that must not be taken: each is refused in one sentence, and the old firmware still starts."""

import json
import random
import sys

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from pilectl import signing
from pilectl.updating import bundle
from update import bundles
from update.files_pile import FilesPile, installed

SEED = 20240917
EACH = 20


@pytest.fixture
def pile(monkeypatch, tmp_path):
    installed(monkeypatch, tmp_path / "pile")
    return FilesPile(tmp_path / "pile", minimum=(0, 1, 0))


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return bundles.made(tmp_path_factory.mktemp("good") / "new")


def parts(made):
    """(manifest as a dict, its bytes, signature, files' bytes)."""
    size = int.from_bytes(made.data[:4], "big")
    data = made.data[4 : 4 + size]
    return json.loads(data), data, made.data[4 + size : 388 + size], made.data[388 + size :]


def joined(data, proof, files):
    return len(data).to_bytes(4, "big") + data + proof + files


def signed(manifest, files, number=0):
    data = json.dumps(manifest, separators=(",", ":")).encode()
    return joined(data, signing.sign(bundles.key(number), data), files)


def flipped(draw, good):
    data = bytearray(good.data)
    data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return bytes(data)


def cut_short(draw, good):
    return good.data[: draw.randrange(len(good.data))]


def too_long(draw, good):
    return good.data + draw.randbytes(draw.randrange(1, 5000))


def swapped_files(draw, good):
    manifest, data, proof, files = parts(good)
    pieces, at = [], 0
    for _path, size, _hash in manifest["files"]:
        pieces.append(files[at : at + size])
        at += size
    first, second = draw.sample([n for n, piece in enumerate(pieces) if piece], 2)
    pieces[first], pieces[second] = pieces[second], pieces[first]
    return joined(data, proof, b"".join(pieces))


def another_key(_draw, good):
    manifest, _data, _proof, files = parts(good)
    return signed(manifest, files, number=1)


def another_hash(draw, good):
    """Signed by the right key, over another digest than SHA-256."""
    _manifest, data, _proof, files = parts(good)
    algorithm = draw.choice((hashes.SHA512(), hashes.SHA384(), hashes.SHA3_256()))
    return joined(data, bundles.key().sign(data, padding.PKCS1v15(), algorithm), files)


def another_padding(_draw, good):
    _manifest, data, _proof, files = parts(good)
    way = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    return joined(data, bundles.key().sign(data, way, hashes.SHA256()), files)


def encoded_anew(draw, good):
    manifest, _data, proof, files = parts(good)
    keys = list(manifest)
    draw.shuffle(keys)
    found = {key: manifest[key] for key in keys}
    data = json.dumps(found, indent=draw.choice((None, 1, 2))).encode()
    return joined(data, proof, files)


# What only the holder of the key can do, by mistake


def wrong_path(draw, good):
    manifest, _data, _proof, files = parts(good)
    bad = ("/boot.py", "../boot.py", "a/../../main.py", "..", "", "x//y", "manifest.json", "a\\b")
    draw.choice(manifest["files"])[0] = draw.choice(bad)
    return signed(manifest, files)


def wrong_size(draw, good):
    manifest, _data, _proof, files = parts(good)
    row = draw.choice(manifest["files"])
    row[1] = draw.choice((row[1] + 1, row[1] - 1, -1, 1 << 40, True, None, "5"))
    return signed(manifest, files)


def wrong_hash(draw, good):
    manifest, _data, _proof, files = parts(good)
    draw.choice(manifest["files"])[2] = draw.choice((draw.randbytes(32).hex(), "", 5, "A" * 64))
    return signed(manifest, files)


def another_board(draw, good):
    manifest, _data, _proof, files = parts(good)
    manifest["board"] = draw.choice(("esp32c6", "devkitc_socket", "", None, "x" * 40))
    return signed(manifest, files)


def older_version(draw, good):
    manifest, _data, _proof, files = parts(good)
    manifest["version"] = [0, 0, draw.randrange(65536)]
    return signed(manifest, files)


def another_product(draw, good):
    manifest, _data, _proof, files = parts(good)
    manifest["product"] = draw.choice(("PileLink", "", None, 5))
    return signed(manifest, files)


WAYS = (
    flipped,
    flipped,
    flipped,
    cut_short,
    cut_short,
    too_long,
    swapped_files,
    another_key,
    another_hash,
    another_padding,
    encoded_anew,
    wrong_path,
    wrong_size,
    wrong_hash,
    another_board,
    older_version,
    another_product,
)


def test_two_hundred_tampered_bundles_are_refused(pile, good, record_property):
    draw = random.Random(SEED)
    sentences, count = set(), 0
    while count < 204:
        way = WAYS[count % len(WAYS)]
        data = way(draw, good)
        named = bundle.rules.name(data[4 : 4 + int.from_bytes(data[:4], "big")])
        made = bundle.Bundle(named, "", data)
        try:
            if count % 2 or len(data) < 400:
                sentences.add(pile.assert_refused(pile.by_cable(made)))
            else:
                sentences.add(pile.assert_refused(pile.order(made)))
        except AssertionError as error:
            raise AssertionError(
                f"{way.__name__}, number {count} of seed {SEED}: {error}"
            ) from error
        count += 1
    record_property("figure", f"{count} refused in {len(sentences)} different sentences")
    assert len(sentences) > 20


def test_the_good_bundle_is_taken_after_all_that(pile, good):
    updates = pile.order(good)
    assert (updates.slot, updates.job, updates.previous) == ("b", "", "0.1.0")
    assert pile.bridge.phases() == ["fetch", "applying", "trial", "confirmed"]
    assert pile.tree("b")["board.mpy"] != pile.old["board.mpy"]
    assert len(pile.tree("b")["manifest.sig"]) == 384


def test_the_one_ordered_is_the_one_that_comes(pile, good, tmp_path):
    other = bundles.made(tmp_path / "other", version=(0, 3, 0), salt=3)
    ordered = bundle.Bundle(good.id, good.version, other.data)
    pile.assert_refused(pile.order(ordered), "not the one that was ordered")


def test_what_runs_already_is_not_unpacked_again(pile, tmp_path):
    tree = bundles.write_tree(tmp_path / "same", 1)
    same = bundle.pack(tree, bundles.manifest_of(tree, bundles.OLD, (0, 1, 0)), bundles.key())
    assert same.id == pile.state()["id"]
    updates = pile.by_cable(same)
    assert pile.bridge.heard == []
    assert updates.job == ""
    assert not (pile.folder / "update.bundle").exists()
    assert pile.tree("a") == pile.old


def test_below_the_minimum_that_was_confirmed_nothing_runs_any_more(pile, tmp_path):
    first = bundles.made(tmp_path / "1", version=(0, 3, 0), minimum=(0, 3, 0))
    updates = pile.order(first)
    assert (updates.slot, updates.previous) == ("b", "")
    assert pile.state()["minimum"] == [0, 3, 0]
    assert updates.go_back() == "no_previous"
    second = bundles.made(tmp_path / "2", version=(0, 2, 9), salt=3)
    pile.order(second)
    assert pile.bridge.heard[-1]["phase"] == "refused"
    assert "0.2.9 is older than 0.3.0" in pile.bridge.heard[-1]["problem"]
    assert pile.slots.choose()["slot"] == "b"


def test_a_full_file_system_is_named_and_the_old_slot_stays(pile, good, monkeypatch):
    class Little:
        def __getitem__(self, index):
            return {1: 4096, 4: 6}[index]

    monkeypatch.setattr("os.statvfs", lambda _path: Little(), raising=False)
    pile.assert_refused(pile.order(good), "bytes of the file system, 24576 are free")
    pile.assert_refused(pile.by_cable(good), "the update needs")


def test_a_file_system_that_fills_on_the_way_is_named(pile, good, monkeypatch):
    from evse.app import slot_files

    whole = slot_files.SlotFiles.add_to

    def full(self, path, data):
        if path == "b/evse/up.mpy":
            with self.permit.hold(path):
                raise slot_files.RefusedError(slot_files._unwritten(path, OSError(28)))
        whole(self, path, data)

    monkeypatch.setattr(slot_files.SlotFiles, "add_to", full)
    pile.assert_refused(pile.order(good), "b/evse/up.mpy could not be written (28): is the file")
    assert "manifest.json" not in pile.tree("b")


def test_a_build_without_a_key_takes_none(pile, good):
    key = sys.modules["evse.core.update_key"]
    key.HAS_KEY, key.MODULUS = False, b""
    updates = pile.by_cable(good)
    pile.assert_refused(updates, "no update key")
    assert updates.ask(good.id, len(good.data)) == "no_update_key"
