"""Bundles: what is refused when it is added, and what is kept."""

import os
import re

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from bridge.fakes import EXAMPLE
from bridge.updating_pile import KEY, bundle, id_of, write_public_key
from pilebridge import bundles, cli
from pilebridge.bundles import BundleError
from pilebridge.schema import connect, open_database

GOOD = bundle()
PUBLIC = KEY.public_key()


def with_manifest(text, files=b""):
    """A stream with this manifest, signed by nobody."""
    return len(text).to_bytes(4, "big") + text + bytes(384) + files


def flipped(stream, at):
    changed = bytearray(stream)
    changed[at] ^= 1
    return bytes(changed)


def test_a_good_bundle_is_what_it_says():
    found = bundles.check(GOOD, PUBLIC)
    assert (found.board, found.version, found.bytes) == ("devkitc", "1.1.0", len(GOOD))
    assert found.id == id_of(GOOD)


def test_any_bit_that_is_altered_is_found():
    end = 4 + int.from_bytes(GOOD[:4], "big")
    places = [0, 3, 4, end // 2, end - 1, end, end + 383, end + 384, len(GOOD) - 1]
    for at in places:
        with pytest.raises(BundleError):
            bundles.check(flipped(GOOD, at), PUBLIC)
    # Without a key everything but the signature is checked
    for at in places:
        if end <= at < end + 384:
            assert bundles.check(flipped(GOOD, at), None).id == id_of(GOOD)
        elif at > end:
            with pytest.raises(BundleError, match="is not what its manifest says"):
                bundles.check(flipped(GOOD, at), None)


REFUSED = [
    (b"", "0 bytes, a bundle has 400 to 2000000"),
    (bytes(2_000_001), "2000001 bytes"),
    (b"\xff" * 500, "this is no bundle: make it with pilectl bundle"),
    (b"\x00\x00\x00\x00" + bytes(500), "this is no bundle"),
    (with_manifest(b"[" * 5000), "the manifest is no JSON"),
    (with_manifest(b"\xff" * 200), "the manifest is no JSON"),
    (with_manifest(b'{"product":"pilelink"}' + b" " * 100), "the manifest names no board"),
    (bundle(product="other"), "the manifest is not of pilelink"),
    (bundle(version=[1, 2]), "the manifest's version is not three numbers"),
    (bundle(version=[1, 2, True]), "the manifest's version is not three numbers"),
    (bundle(version=[0, 9, 0]), "the manifest's version lies below its own minimum"),
    (bundle(files={"../settings.json": b"x"}), "may not be written: '../settings.json'"),
    (bundle(files={"/main.py": b"x"}), "may not be written: '/main.py'"),
    (bundle(files={"manifest.sig": b"x"}), "names manifest.sig twice, or may not name it"),
    (bundle(files={}), "the manifest lists no files"),
    (GOOD[:-1], "it ends within data.bin: copy or build it again"),
    (GOOD + b"x", "1 bytes follow its last file"),
    (bundle(key=rsa.generate_private_key(65537, 3072)), "not by bridge.update_key"),
]


@pytest.mark.parametrize(("stream", "message"), REFUSED)
def test_wrong_bundles_are_refused_with_a_sentence(tmp_path, stream, message):
    conn = open_database(str(tmp_path / "x.sqlite"))
    with pytest.raises(BundleError, match=re.escape(message)):
        bundles.add(conn, tmp_path / "bundles", stream, PUBLIC, 1)
    assert bundles.everything(conn) == []
    assert not (tmp_path / "bundles").exists()
    conn.close()


def test_added_bundles_are_kept_and_found(tmp_path):
    conn = open_database(str(tmp_path / "x.sqlite"))
    folder = bundles.folder_of(str(tmp_path / "x.sqlite"))
    newer, other = bundle((1, 2, 0)), bundle(board="esp32s3_twin")
    for stream in (GOOD, newer, other, GOOD):
        bundles.add(conn, folder, stream, PUBLIC, 1)
    assert len(bundles.everything(conn)) == 3
    assert sorted(os.listdir(folder)) == sorted(id_of(stream) for stream in (GOOD, newer, other))
    assert (folder / id_of(GOOD)).read_bytes() == GOOD
    assert bundles.piece(folder, id_of(GOOD), 100, 50) == GOOD[100:150]
    assert bundles.piece(folder, id_of(GOOD), len(GOOD), 50) == b""
    assert bundles.find(conn, id_of(newer)[:8]).version == "1.2.0"
    assert bundles.find(conn, "1.2.0").id == id_of(newer)
    with pytest.raises(BundleError, match=r"several bundles are '1.1.0'; here: 1.1.0 for"):
        bundles.find(conn, "1.1.0")
    with pytest.raises(BundleError, match=r"no bundle '9\.9\.9'"):
        bundles.find(conn, "9.9.9")
    # The same version with other content could not be told apart
    with pytest.raises(BundleError, match="give it another version"):
        bundles.add(conn, folder, bundle(files={"x.mpy": b"y"}), PUBLIC, 1)
    conn.close()


def test_a_database_of_the_version_before_is_brought_up(tmp_path):
    path = str(tmp_path / "x.sqlite")
    conn = open_database(path)
    tables = ("bundles", "rollouts", "rollout_stations", "pile_updates", "rollbacks")
    since = ("pile_books", "station_values", "ocpp_transactions", "ocpp_queue", "told_readings")
    for table in tables + since:
        conn.execute(f"drop table {table}")
    conn.execute("update meta set value = '3' where key = 'schema'")
    conn.execute("insert into piles (pile, hello) values ('P001', '{}')")
    conn.close()
    conn = open_database(path)
    assert [conn.execute(f"select count(*) from {t}").fetchone()[0] for t in tables] == [0] * 5
    assert [conn.execute(f"select count(*) from {t}").fetchone()[0] for t in since] == [0] * 5
    assert conn.execute("select pile from piles").fetchone()[0] == "P001"
    assert conn.execute("select value from meta where key = 'schema'").fetchone()[0] == "5"
    conn.close()


def config_file(folder, update_key=""):
    """Settings with their database in the folder."""
    text = EXAMPLE.read_text("utf-8").replace("build/pilebridge.sqlite", "bridge.sqlite")
    if update_key:
        text = text.replace("[bridge]\n", f'[bridge]\nupdate_key = "{update_key}"\n')
    file = folder / "bridge.toml"
    file.write_text(text, "utf-8")
    return str(file)


def test_the_words_add_and_list_bundles(tmp_path, capsys):
    file = tmp_path / "new.bundle"
    file.write_bytes(GOOD)
    plain = config_file(tmp_path)
    assert cli.run(["bundle", "add", plain, str(file)]) == 0
    assert "nobody checked its signature" in capsys.readouterr().out
    write_public_key(tmp_path / "public.pem")
    keyed = config_file(tmp_path, "public.pem")
    assert cli.run(["bundle", "add", keyed, str(file)]) == 0
    assert "its signature holds" in capsys.readouterr().out
    foreign = bundle((1, 3, 0), key=rsa.generate_private_key(65537, 3072))
    (tmp_path / "foreign").write_bytes(foreign)
    assert cli.run(["bundle", "add", keyed, str(tmp_path / "foreign")]) == 2
    assert "not by bridge.update_key" in capsys.readouterr().err
    assert cli.run(["bundle", "add", keyed, str(tmp_path / "none")]) == 2
    assert cli.run(["bundle", "add", keyed]) == 2
    capsys.readouterr()
    assert cli.run(["bundle", "list", keyed]) == 0
    assert capsys.readouterr().out == (
        f"1.1.0 for devkitc ({id_of(GOOD)[:12]}): {len(GOOD)} bytes, {id_of(GOOD)}\n"
    )
    for text, message in ((b"x", "no public key in PEM"), (None, "no public key in PEM")):
        if text is None:
            (tmp_path / "public.pem").unlink()
        else:
            (tmp_path / "public.pem").write_bytes(text)
        assert cli.run(["bundle", "add", keyed, str(file)]) == 2
        assert message in capsys.readouterr().err
    conn = connect(str(tmp_path / "bridge.sqlite"), reader=True)
    assert [b.id for b in bundles.everything(conn)] == [id_of(GOOD)]
    conn.close()
