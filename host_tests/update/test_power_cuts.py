"""The power goes at every flash operation of an update: what starts then is the old firmware or the new one."""

import json
import shutil

from interpreters import run_micropython
from pilectl import build as builder
from pilectl.updating import bundle
from update import bundles

_PATHS = ("host_tests/update", "firmware/loader", "firmware", "build/lib")


def cut(folder, made, sectors, stride, tail, again):
    (folder / "new.bundle").write_bytes(made.data)
    (folder / "new.id").write_text(made.id)
    (folder / "modulus").write_bytes(bundles.modulus())
    arguments = [str(value) for value in (folder, sectors, stride, tail, again)]
    ran = run_micropython("host_tests/update/power_cuts.py", *arguments, paths=_PATHS, heap="64M")
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    return json.loads(ran.stdout.splitlines()[-1])


def test_at_every_operation_of_a_small_update(tmp_path, record_property):
    bundles.flashed(tmp_path / "old")
    found = cut(tmp_path, bundles.made(tmp_path / "new"), 64, 1, 60, 37)
    assert found["operations"] > 100
    assert found["cuts"] == 3 * found["operations"]
    assert min(found["picked"].values()) > 10
    assert found["again"] >= 180
    record_property("figure", "a small update: " + told(found))


def test_at_a_sample_of_the_operations_of_a_real_build(build_of, tmp_path, record_property):
    folder, _built = build_of("devkitc")
    slot = folder / builder.SLOT

    def copied(into):
        shutil.copytree(slot, into, dirs_exist_ok=True)

    bundles.flashed(tmp_path / "old", copied)
    copied(tmp_path / "new")
    (tmp_path / "new" / "board.mpy").write_bytes(b"another board")
    manifest = bundles.manifest_of(tmp_path / "new", bundles.NEW)
    found = cut(tmp_path, bundle.pack(tmp_path / "new", manifest, bundles.key()), 200, 397, 12, 31)
    assert found["again"] >= 2
    assert min(found["picked"].values()) > 3
    record_property("figure", "a real build: " + told(found))


def told(found):
    return "%d operations, %d cuts, %d gone on with, started %s, %d ms" % (
        found["operations"],
        found["cuts"],
        found["again"],
        found["picked"],
        found["ms"],
    )
