"""What a bundle may say of itself: every field checked, every refusal a sentence."""

import json

from evse.core import manifest
from evse.core.manifest import ManifestError

HASH = "0123456789abcdef" * 4
GOOD = {
    "product": "pilelink",
    "board": "devkitc",
    "version": [1, 2, 3],
    "minimum": [1, 0, 0],
    "files": [["board.mpy", 372, HASH], ["evse/app/station.mpy", 203, HASH], ["evse/x", 0, HASH]],
}


def data(**changes):
    found = dict(GOOD)
    found.update(changes)
    return json.dumps(found).encode()


def refused(text, call, *values):
    """The sentence of a refusal, which holds `text`."""
    try:
        call(*values)
    except ManifestError as error:
        assert text in str(error), str(error)
        assert len(str(error)) <= 120
        return
    raise AssertionError("taken: " + text)


def test_a_good_one_is_taken():
    found = manifest.parse(data())
    assert found["version"] == [1, 2, 3]
    assert manifest.bundle_bytes(1000, found) == 4 + 1000 + 384 + 575
    assert manifest.text(found["version"]) == "1.2.3"
    assert len(manifest.name(data())) == 64
    assert manifest.name(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_what_is_no_manifest_is_refused():
    for wrong in (b"", b"{", b"\xff\xfe", b"[]", b"null", b"5", b"[" * 4000):
        refused("the manifest is no", manifest.parse, wrong) if wrong not in (
            b"[]",
            b"null",
            b"5",
        ) else refused("not of pilelink", manifest.parse, wrong)
    refused("not of pilelink", manifest.parse, data(product="other"))


def test_fields_of_the_wrong_kind_are_refused():
    for wrong in ("", 5, None, "x" * 33):
        refused("names no board", manifest.parse, data(board=wrong))
    for wrong in ("1.2.3", [1, 2], [1, 2, 3, 4], [1, 2, -1], [1, 2, 65536], [1, 2, True], None):
        refused("version is not three", manifest.parse, data(version=wrong))
        refused("minimum is not three", manifest.parse, data(minimum=wrong))
    refused("below its own minimum", manifest.parse, data(minimum=[1, 2, 4]))


def test_paths_that_leave_the_slot_or_hide_in_it_are_refused():
    wrong = ["/board.mpy", "..", "../x", "a/../b", "a//b", "a/", "", "./x", "a/./b", "a\\b", "a b"]
    wrong += ["\u00e4", "x" * 97, "a\x00b", "...", 5, None, ["a"]]
    for path in wrong:
        refused("may not be written", manifest.parse, data(files=[[path, 1, HASH]]))
    for path in ("manifest.json", "manifest.sig", "confirmed"):
        refused("twice", manifest.parse, data(files=[[path, 1, HASH]]))
    refused("twice", manifest.parse, data(files=[["a", 1, HASH], ["a", 2, HASH]]))


def test_sizes_hashes_and_lists_are_bounded():
    for size in (-1, 1048577, "5", None, True, 1.5):
        refused("the size of a", manifest.parse, data(files=[["a", size, HASH]]))
    for digest in ("", HASH[1:], HASH + "0", HASH.upper(), "g" * 64, 5, None):
        refused("the hash of a", manifest.parse, data(files=[["a", 1, digest]]))
    for files in ([], None, {}, [["a", 1, HASH]] * 129):
        refused("lists no files", manifest.parse, data(files=files))
    for row in (["a", 1], ["a", 1, HASH, 1], "a", 5):
        refused("not path, size, hash", manifest.parse, data(files=[row]))


def test_the_length_in_front_is_bounded():
    assert manifest.length(b"\0\0\1\0") == 256
    for head in (b"", b"\0\0\1", b"\0\0\0\0", b"\0\0\0\x3f", b"\0\0\x40\1", b"\xff\xff\xff\xff"):
        refused("no bundle", manifest.length, head)


def test_another_board_and_an_older_version_are_refused():
    found = manifest.parse(data())
    assert manifest.refusal(found, "devkitc", [1, 2, 3]) == ""
    assert manifest.refusal(found, "devkitc", [0, 9, 9]) == ""
    assert "for the board devkitc, this is esp32c6" in manifest.refusal(
        found, "esp32c6", [0, 0, 0]
    )
    assert "1.2.3 is older than 1.10.0" in manifest.refusal(found, "devkitc", [1, 10, 0])
