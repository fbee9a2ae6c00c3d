"""A linked build of its own key, under MicroPython in the simulated world: by cable into slot b, and confirmed."""

import json
import shutil

import pytest

from bench_modules import heap_charge
from built_tree import _WORLD
from interpreters import ROOT, run_micropython
from pilectl import build as builder
from pilectl.updating import bundle
from pilesim.memory import BENCH_SETTINGS
from update import bundles


@pytest.fixture(scope="module")
def build(keyed_build_of):
    """(slot a of a build, the key that signs what it takes)."""
    folder, key = keyed_build_of("devkitc")
    slot = folder / builder.SLOT
    assert sum(path.stat().st_size for path in slot.rglob("*.mpy")) <= builder.BUDGET_BYTES
    return slot, key


def run(slot, work, name, port=9):
    """Lines of a pile that starts from the slot of this name."""
    settings = {**BENCH_SETTINGS, "broker_port": port}
    (work / "settings.json").write_text(json.dumps(settings))
    ran = run_micropython(
        "host_tests/update/linked_update.py",
        *(name, str(slot), "0", "board=devkitc", "seed=7", "speed=0", f"dir={work}"),
        "scenario=run 60s; quit",
        paths=_WORLD,
        heap="3M",
    )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    return [line for line in ran.stdout.splitlines() if "update" in line or "reset" in line]


def state(work):
    return json.loads((work / "slots.json").read_text())


def test_a_linked_build_updates_itself(build, tmp_path):
    slot, key = build
    work = bundles.flashed(
        tmp_path / "pile", lambda a: shutil.copytree(slot, a, dirs_exist_ok=True)
    )
    new = tmp_path / "new"
    shutil.copytree(slot, new)
    (new / "extra.mpy").write_bytes(b"x" * 5000)
    made = bundle.pack(new, bundles.manifest_of(new, bundles.NEW, (0, 1, 0)), key)
    (work / "update.bundle").write_bytes(made.data[:-1] + b"y")
    said = "\n".join(run(slot, work, "a"))
    assert "applying" in said, said
    assert "extra.mpy has not the hash that its manifest tells" in said
    assert not (work / "update.bundle").exists()
    assert state(work)["slot"] == "a"
    (work / "update.bundle").write_bytes(made.data)
    said = "\n".join(run(slot, work, "a"))
    assert "reset" in said, said
    assert not (work / "update.bundle").exists()
    assert (state(work)["slot"], state(work)["trial"]) == ("b", True)
    for path in new.rglob("*.mpy"):
        assert (work / "b" / path.relative_to(new)).read_bytes() == path.read_bytes()
    secret = bytes.fromhex(BENCH_SETTINGS["key"])
    with heap_charge.AnsweringBridge(secret) as bridge:
        said = "\n".join(run(slot, work, "b", bridge.port))
    assert " trial 0" in said, said
    assert " confirmed 0" in said, said
    assert state(work)["trial"] is False
    assert state(work)["minimum"] == [0, 1, 0]
    assert state(work)["previous"] == ".".join(map(str, builder.version(ROOT)))
