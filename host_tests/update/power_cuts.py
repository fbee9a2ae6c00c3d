"""Under MicroPython: one update on littlefs over NOR flash, then the power cut at its operations.

Usage: micropython power_cuts.py FOLDER SECTORS STRIDE TAIL AGAIN. FOLDER holds old/ and new.bundle, new.id,
modulus. Every STRIDE-th operation is cut and each of the last TAIL, in each torn mode; after every AGAIN-th cut,
and after those of the tail, the pile goes on to the end. The last line is JSON: operations, cuts, again.
"""

import json
import os
import sys
import time

import stand_in
import vfs
from nor_blocks import SECTOR_BYTES, TORN, NorBlocks, apply


def read(path):
    with open(path, "rb") as file:
        return file.read()


def files_of(folder, below=""):
    """{path: bytes} of a folder."""
    found = {}
    for name, kind, *_ in os.ilistdir(folder):
        if kind == 0x4000:
            found.update(files_of(folder + "/" + name, below + name + "/"))
        else:
            found[below + name] = read(folder + "/" + name)
    return found


def make_folders(path):
    parts = path.split("/")[:-1]
    for count in range(1, len(parts) + 1):
        path = "/".join(parts[:count])
        if path.split("/")[-1] not in os.listdir("/".join(parts[: count - 1])):
            os.mkdir(path)


class Flash:
    """The pile's file system on a content, mounted while it is used."""

    def __init__(self, content, log=None):
        self._blocks = NorBlocks(content, log)

    def __enter__(self):
        vfs.mount(vfs.VfsLfs2(self._blocks), "/pile")
        os.chdir("/pile")

    def __exit__(self, *_exc):
        os.chdir("/")
        vfs.umount("/pile")


def new_content(sectors, old):
    """A flash with the old tree in slot a, as flashed."""
    content = bytearray(b"\xff" * (sectors * SECTOR_BYTES))
    vfs.VfsLfs2.mkfs(NorBlocks(content))
    with Flash(content):
        for path, data in old.items():
            make_folders(path)
            with open(path, "wb") as file:
                file.write(data)
    return content


def running(trees):
    """Which of the trees the loader starts, byte for byte; AssertionError when it is none of them."""
    import slots

    state = slots.choose()
    assert state is not None, "no slot can start"
    for name, tree in trees.items():
        slot = state["slot"]
        try:
            if all(read(slot + "/" + path) == data for path, data in tree.items()):
                return name
        except OSError:
            pass
    raise AssertionError("neither old nor new: %r" % state)


def main(folder, sectors, stride, tail, again):
    bundle, named = read(folder + "/new.bundle"), read(folder + "/new.id").decode()
    stand_in.prepare(read(folder + "/modulus"))
    old = files_of(folder + "/old")
    size = int.from_bytes(bundle[:4], "big")
    manifest = json.loads(bundle[4 : 4 + size])
    new = {"manifest.json": bundle[4 : 4 + size]}
    at = 4 + size + 384
    for path, count, _hash in manifest["files"]:
        new[path] = bundle[at : at + count]
        at += count
    # What stands in slot a, but for the mark that it is confirmed
    trees = {"old": {path[2:]: data for path, data in old.items() if path[:2] == "a/"}, "new": new}
    whole = new_content(sectors, old)
    content, log = bytearray(whole), []
    bridge = stand_in.Bridge(bundle, named)
    with Flash(content, log):
        updates = stand_in.live(bridge, order=True)
        assert (updates.slot, updates.job, updates.running) == ("b", "", named[:16]), bridge.heard
        assert running(trees) == "new"
        assert "update.bundle" not in os.listdir()
    assert bridge.phases() == ["fetch", "applying", "trial", "confirmed"], bridge.phases()
    picked = {"old": 0, "new": 0}
    cuts = went_on = 0
    begun = time.ticks_ms()
    for index, (at, data) in enumerate(log):
        if index % stride == 0 or index >= len(log) - tail:
            for torn in TORN:
                cut = bytearray(whole)
                apply(cut, at, data, torn, index)
                with Flash(cut):
                    picked[running(trees)] += 1
                cuts += 1
                if cuts % again == 0 or index >= len(log) - tail:
                    go_on(cut, bundle, named, trees)
                    went_on += 1
        apply(whole, at, data)
    assert whole == content
    shown = {"operations": len(log), "cuts": cuts, "again": went_on, "picked": picked}
    shown["ms"] = time.ticks_diff(time.ticks_ms(), begun)
    print(json.dumps(shown))


def go_on(content, bundle, named, trees):
    """After a cut the pile comes to the new firmware in the end; the bridge orders once more what was lost."""
    bridge = stand_in.Bridge(bundle, named)
    with Flash(content):
        updates = stand_in.live(bridge)
        if updates.running != named[:16]:
            updates = stand_in.live(bridge, order=True)
        assert (updates.slot, updates.job, updates.running) == ("b", "", named[:16]), bridge.heard
        assert running(trees) == "new"
        assert "update.bundle" not in os.listdir()
        assert "refused" not in bridge.phases(), bridge.heard


main(sys.argv[1], *[int(word) for word in sys.argv[2:]])
