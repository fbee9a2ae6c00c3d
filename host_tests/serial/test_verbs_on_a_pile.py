"""Every verb of a technician on the firmware as it is built, on the simulated pile's serial port, in the order of a visit."""

import csv
import io
import json
import os
import sys
import time

import pexpect
import pytest

from bench_modules import heap_charge
from chip_flash import tree
from interpreters import ROOT
from pilectl import __main__
from pilectl import build as builder
from pilectl.updating import bundle
from pilesim.memory import BENCH_SETTINGS
from serial_board import SerialBoard, flash_with
from update import bundles

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("verbs")]
CODE = "4711"
SETTINGS = {**BENCH_SETTINGS, "station_id": "P042", "service_code": CODE, "supply_a10": 250}
SPEED = 6
# Of the build that the pile was flashed with before, and of no later one
FORMER = "evse/app/former.mpy"
CHARGE = "plug; run 2s; authorize; wait charging within 30s; run 15s; stop; run 3s; unplug; run 5s"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A build's folder that takes what bundles.key() signs."""
    place = tmp_path_factory.mktemp("keyed")
    for name in ("firmware", "boards"):
        (place / name).symlink_to(ROOT / name)
    return builder.build(place, "devkitc", bundles.modulus())


def former(files):
    """The files of a build that had one file more."""
    manifest = json.loads(files["a/manifest.json"])
    manifest["files"].append([FORMER, 6, "0" * 64])
    return {**files, f"a/{FORMER}": b"former", "a/manifest.json": json.dumps(manifest)}


@pytest.fixture(scope="module")
def bridge():
    secret = bytes.fromhex(SETTINGS["key"])
    with heap_charge.AnsweringBridge(secret, lambda: int(time.time())) as made:
        yield made


@pytest.fixture(scope="module")
def board(built, bridge, tmp_path_factory):
    """The one pile of this file: provisioned, online, with a service code, and with a charge behind it."""
    settings = json.dumps({**SETTINGS, "broker_port": bridge.port})
    flash = flash_with({**former(tree(built[0])), "settings.json": settings})
    made = SerialBoard(tmp_path_factory.mktemp("pile") / "chip", flash, speed=SPEED)
    try:
        played(made, "run 6s; " + CHARGE)
        yield made
    finally:
        made.end()


@pytest.fixture
def pilectl(board, monkeypatch, capsys):
    """pilectl(verb, *words): (exit status, what it prints, its complaint)."""
    monkeypatch.setenv("PILECTL_PORT", board.path)
    monkeypatch.setenv("PILECTL_CODE", CODE)

    def run(*words):
        status = __main__.main(list(words))
        seen = capsys.readouterr()
        return status, seen.out, seen.err

    return run


def settings_on(board):
    return json.loads(board.file("settings.json"))


def test_logs_are_a_table_and_a_sheet(pilectl):
    status, out, err = pilectl("logs")
    assert status == 0, out + err
    assert "tx_start" in out
    assert "tx_stop" in out
    assert "connector: charging" in out
    status, out, err = pilectl("logs", "--csv")
    assert status == 0, err
    rows = list(csv.DictReader(io.StringIO(out)))
    records = [row for row in rows if row["source"] == "record"]
    kinds = [row["what"] for row in records]
    assert kinds.index("tx_start") < kinds.index("tx_stop")
    stop = records[kinds.index("tx_stop")]
    assert "reason=local" in stop["details"]
    start_wh = int(records[kinds.index("tx_start")]["wh"])
    assert 20 <= int(stop["wh"]) - start_wh <= 80
    numbers = [int(row["number"]) for row in records]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert any(row["source"] == "event" and row["what"] == "connector: charging" for row in rows)


def test_a_backup_brings_a_changed_setting_back(pilectl, board, tmp_path):
    kept = tmp_path / "P042.json"
    status, out, err = pilectl("backup", "-o", str(kept))
    assert status == 0, err
    assert "settings of P042" in out
    assert "Left out are the secrets" in out
    assert SETTINGS["key"] not in kept.read_text()
    altered = json.loads(kept.read_text())
    altered["settings"]["supply_a10"] = 180
    other = tmp_path / "other.json"
    other.write_text(json.dumps(altered))
    assert pilectl("restore", str(other))[0] == 0
    assert settings_on(board)["supply_a10"] == 180
    status, out, err = pilectl("restore", str(kept))
    assert (status, out[-25:]) == (0, " settings restored, 0 not.\n"[-25:]), out + err
    assert settings_on(board)["supply_a10"] == 250
    # In force, not in the file alone: the start after it took it
    status, out, err = pilectl("backup", "-o", str(tmp_path / "again.json"))
    assert json.loads((tmp_path / "again.json").read_text()) == json.loads(kept.read_text())


def test_what_a_kept_file_of_another_version_cannot_restore_is_named(pilectl, board, tmp_path):
    kept = tmp_path / "P042.json"
    assert pilectl("backup", "-o", str(kept))[0] == 0
    of_another = json.loads(kept.read_text())
    of_another["table"], of_another["firmware"] = "01234567", "9.9.9"
    of_another["settings"].update(colour="red", meter_interval_s=9999, supply_a10=240)
    kept.write_text(json.dumps(of_another))
    status, out, err = pilectl("restore", str(kept))
    assert status == 1, out + err
    assert "another version of the settings (firmware 9.9.9)" in out
    assert "colour: this firmware does not know it, it is left out." in out
    assert "meter_interval_s = 9999: allowed 1..300 s" in out
    assert "2 not.\n" in out
    assert settings_on(board)["supply_a10"] == 240
    assert "meter_interval_s" not in settings_on(board)


def doctored(pilectl, bridge):
    """(exit status, causes of what is wrong, all rows) with the clock as the bridge has just told it.

    The world's time runs faster than the one that the doctor looks at.
    """
    greeted = bridge.greetings
    bridge.hang_up()
    until_s = time.monotonic() + 20
    while bridge.greetings == greeted:
        assert time.monotonic() < until_s
        time.sleep(0.02)
    status, out, err = pilectl("doctor", "--json")
    assert not err
    rows = json.loads(out)["rows"]
    return status, [row["cause"] for row in rows if row["verdict"] in ("bad", "warn")], rows


def played(board, words):
    """When the world has come to the end of the words."""
    seen = len(board.lines)
    # A word of its own to wait for, which changes nothing
    board.words(f"{words}; need {10_000 + seen}Wh")
    board.wait_for(f"step need {10_000 + seen}Wh", 30, seen)


def test_the_doctor_names_what_is_broken_and_is_content_afterwards(pilectl, bridge, board):
    for fault, cause, run_s in (
        ("ntc_open", "temperature_sensor", 5),
        ("wires_swapped", "meter_silent", 13),
        ("emergency_stop", "emergency_stop", 1),
    ):
        played(board, f"fault {fault} on; run {run_s}s")
        status, causes, rows = doctored(pilectl, bridge)
        assert (status, causes[:1]) == (1, [cause]), rows
        board.words(f"fault {fault} off")
    played(board, "run 16s")
    status, causes, rows = doctored(pilectl, bridge)
    assert (status, causes) == (0, []), rows


def restarted(board):
    """Reset: nobody is logged in any more."""
    seen = len(board.lines)
    board.words("press_reset")
    board.wait_for("name=devkitc", 20, seen)
    played(board, "run 3s")


def test_files_alone_are_flashed_and_settings_stay(pilectl, built, board, monkeypatch):
    # As `pilectl build` has just made it, but for the key
    monkeypatch.setattr(builder, "build", lambda _root, _board: built)
    before = board.file("settings.json")
    assert board.file(f"a/{FORMER}") == b"former"
    restarted(board)
    status, out, err = pilectl("flash", "devkitc", board.path, "--files-only", "--code", "1234")
    assert status == 1
    assert "wrong service code" in err
    played(board, "run 1s")
    status, out, err = pilectl("flash", "devkitc", board.path, "--files-only", "--code", CODE)
    assert status == 0, err
    assert f"removing a/{FORMER} of the former build" in out
    assert board.file("settings.json") == before
    with pytest.raises(FileNotFoundError):
        board.file(f"a/{FORMER}")
    assert board.file("a/manifest.json") == (built[0] / "a" / "manifest.json").read_bytes()
    assert pilectl("logs")[0] == 0


def test_the_console_answers_why_and_ctrl_bracket_leaves(board):
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'tools'}:{ROOT / 'firmware'}"}
    console = pexpect.spawn(
        sys.executable,
        ["-m", "pilectl", "console", board.path],
        env=environment,
        encoding="utf-8",
        timeout=20,
    )
    try:
        console.expect("P042 on .*Ctrl-] leaves")
        console.send("why\r")
        console.expect("1   no_vehicle ")
        console.send("\x1d")
        console.expect(pexpect.EOF)
    finally:
        console.close()
    assert console.exitstatus == 0


def test_a_wrong_port_and_a_wrong_code_are_told_in_a_sentence(
    pilectl, board, tmp_path, monkeypatch
):
    status, out, err = pilectl("logs", "/dev/ttyUSB99")
    assert (status, out) == (2, "")
    assert "/dev/ttyUSB99: there is no such port: plug the cable in" in err
    status, out, err = pilectl("logs", "socket://127.0.0.1:9")
    assert (status, out) == (2, "")
    assert "nobody listens there" in err
    status, out, err = pilectl("restore", board.path, str(tmp_path), "--code", "1234")
    assert status == 2
    kept = tmp_path / "kept.json"
    kept.write_text('{"settings": {"supply_a10": 100, "meter_interval_s": 7}}')
    restarted(board)
    status, out, err = pilectl("restore", board.path, str(kept), "--code", "1234")
    assert (status, out) == (1, "")
    assert "wrong service code; the next one is heard in 1 s" in err
    monkeypatch.delenv("PILECTL_CODE")
    status, out, err = pilectl("restore", board.path, str(kept))
    assert status == 1
    assert out.count("login CODE first: this changes the pile\n") == 1
    assert "0 settings restored, 2 not." in out
    assert settings_on(board)["supply_a10"] != 100


def bundle_file(built, folder, number=0):
    """A bundle of the same firmware as version 0.2.0, signed with key `number`; its path."""
    slot = folder / "new"
    for path, data in tree(built[0] / "a").items():
        if path.endswith(".mpy"):
            place = slot / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data.replace(b"0.1.0", b"0.2.0"))
    manifest = bundles.manifest_of(slot, bundles.NEW)
    made = bundle.pack(slot, manifest, bundles.key(number))
    path = folder / "new.bundle"
    path.write_bytes(made.data)
    return path


def test_a_bundle_of_another_key_is_refused_and_a_good_one_runs(pilectl, built, board, tmp_path):
    stranger, ours = tmp_path / "stranger", tmp_path / "ours"
    status, out, err = pilectl("update", str(bundle_file(built, stranger, 1)), "--wait", "30")
    assert status == 1, out + err
    assert "P042 did not take the bundle and runs 0.1.0: " in out
    assert "signature" in out
    file = bundle_file(built, ours)
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    status, out, err = pilectl("update", str(file))
    assert status == 2
    assert "this is no whole bundle" in err
    file.write_bytes(whole)
    assert json.loads(board.file("slots.json"))["slot"] == "a"
    status, out, err = pilectl("update", str(file), "--wait", "60")
    assert (status, out) == (0, "P042 runs 0.2.0 for good.\n"), out + err
    state = json.loads(board.file("slots.json"))
    assert (state["slot"], state["trial"], state["previous"]) == ("b", False, "0.1.0")
