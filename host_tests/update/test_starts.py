"""boot.py, main.py and the loader as they are, under MicroPython: trials, defects, torn files, stray modules."""

import json

from interpreters import ROOT, run_micropython
from rig import load_board
from update import bundles

_STATION = """import record
class Station:
    def __init__(self, board):
        record.ran.append("%s")
    async def run(self):
        raise KeyboardInterrupt
"""


def files(folder):
    """A pile's root: our files, two slots of one file each, and what must not be found."""
    for name in ("boot.py", "main.py", "loader/safe.py", "loader/slots.py"):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / "firmware" / name).read_bytes())
    pins = load_board("esp32s3_twin").safe_pins()
    assert len(pins) > 4
    (folder / "loader" / "pins.py").write_text(f"PINS = {pins}\n")
    for slot in "ab":
        app = folder / slot / "evse" / "app"
        app.mkdir(parents=True)
        (folder / slot / "board.py").write_text("BOARD = None\n")
        station = _STATION % slot
        (app / "station.py").write_text(station)
        manifest = {"board": "x", "version": [0, 1, 0], "minimum": [0, 1, 0]}
        manifest["files"] = [["evse/app/station.py", len(station), "0" * 64]]
        (folder / slot / "manifest.json").write_text(json.dumps(manifest))
    (folder / "a" / "confirmed").touch()
    state = {"slot": "a", "id": "0" * 64, "trial": False, "tries": 0, "previous": ""}
    (folder / "slots.json").write_text(json.dumps({**state, "minimum": [0, 1, 0]}))
    for stray in (
        "board",
        "json",
        "asyncio",
        "machine",
        "safe",
        "slots",
        "pins",
        "binascii",
        "os",
    ):
        (folder / f"{stray}.py").write_text("raise ValueError('a stray module was imported')\n")
    for stray in ("evse", "evse/app", "lib"):
        (folder / stray).mkdir()
    (folder / "evse" / "app" / "station.py").write_text("raise ValueError('stray')\n")


def test_every_start(tmp_path, record_property):
    files(tmp_path / "pile")
    paths = ("host_tests/update",)
    ran = run_micropython("host_tests/update/starts.py", str(tmp_path / "pile"), paths=paths)
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr
    good = [line for line in ran.stdout.splitlines() if line.startswith("good: ")]
    assert len(good) == 20, good
    assert ran.stdout.count("no whole firmware in /a or /b: put one there") == 4
    record_property("figure", f"{len(good)} kinds of starts by boot.py and main.py")


def test_the_pins_are_those_of_every_board():
    from evse.drivers import standard_board
    from pilectl import build as builder

    for name in builder.boards(ROOT):
        board = load_board(name)
        pins = board.safe_pins()
        roles = ("cp_pwm", "contactor", "phase_contactor", "heartbeat", "dead_man_rmt")
        for wired in (board.PINS, board.SECOND or {}):
            for role in roles:
                if wired.get(role) is not None:
                    assert wired[role] in pins, (name, role)
        assert bytes(pins)
        assert "cp_pwm" in standard_board._SAFE_LOW


def test_a_build_gives_the_loader_its_boards_pins(build_of):
    from pilectl import build as builder

    folder, _built = build_of("devkitc")
    linked = folder.parent / builder.LINKED / "devkitc" / "loader" / "pins.py"
    names = {}
    exec(linked.read_text(), names)
    assert list(names["PINS"]) == load_board("devkitc").safe_pins()
    state = json.loads((folder / "slots.json").read_text())
    assert (state["slot"], state["trial"]) == ("a", False)
    assert state["id"] == bundles.bundle.rules.name((folder / "a/manifest.json").read_bytes())
