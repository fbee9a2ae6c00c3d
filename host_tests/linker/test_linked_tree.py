"""The build of every board does in the simulated world, under MicroPython, what its sources do.

Both trees run the same story of a technician, charges, faults and a power cut. What the station says, what the world
sees, each to a few milliseconds, and the records on the flash must be the same.
"""

import json
import os
import re
import shutil

import pytest

from bench_modules import heap_charge
from built_tree import TreeError, run_tree
from evse.core import records
from evse.core.ring import Ring
from interpreters import ROOT
from pilectl import build as builder
from pilesim.memory import BENCH_SETTINGS
from pilesim.nor_flash import NorFlash
from pilesim.world import FLASH_BYTES
from rig import TWO_METERS, load_board

STORY = """
run 6s; type why; run 2s; type relay; run 2s; type meter; run 2s; type limits; run 2s; type settings; run 2s
type tx start; run 1s; type faults --json; run 2s; type cp; run 2s
plug; wait preparing within 5s; authorize; wait charging within 20s; run 8s
fault cp_short on; run 500ms; fault cp_short off; unplug; run 4s
vehicle ventilated; plug; run 1s; authorize; run 8s; unplug; vehicle normal; run 3s
plug; run 1s; authorize; wait charging within 20s; run 3s; fault step_back on; run 5s; fault step_back off
unplug; run 4s; plug; run 1s; authorize; wait charging within 20s; fault weld on; stop; run 5s
fault weld off; unplug; run 3s; unlock; run 3s; plug; run 1s; authorize; wait charging within 20s; run 6s
flash cut 1 half; run 9s; run 12s; stop; run 6s; unplug; run 3s; mains off; run 3s; mains on; run 3s
plug; run 1s; fault residual_current on; run 2s; fault residual_current off; fault lock_jam on; run 2s
temperature 95; run 8s; temperature 25; fault silent on; run 6s; freeze 900ms; run 2s; quit
"""
# Where the collector runs depends on the heap, and with it which reading of the noisy pilot a line tells,
# and the moment at which a step of the story sees what it waits for
READING_V = 0.02
MOMENT_S = 0.005
_VOLTS = re.compile(r"(\d+\.\d\d) V")
_AT_S = re.compile(r"^world: (\d+\.\d{3})")
SETTINGS = {"sample_interval_s": 5, "state_interval_s": 5}

# What a bridge orders while a vehicle is plugged in, and how each is answered
_PROFILE = {"connector": 1, "purpose": "default", "stack": 0, "periods": [[0, 160], [60, 100, 1]]}
_RESERVE = {"connector": 1, "token": "04A1B2C3D4E5F6", "until_utc": heap_charge.NOW_S + 3600}
_TOKENS = {"version": 7, "from": 0, "total": 1}
ORDERS = (
    ("accepted", ("clear_profiles", {"revision": 0, "ids": []})),
    ("accepted", ("profile", {**_PROFILE, "revision": 1, "id": 1})),
    (
        "accepted",
        (
            "profile",
            {
                **_PROFILE,
                "revision": 2,
                "id": 2,
                "stack": 1,
                "recur": "daily",
                "start_utc": heap_charge.NOW_S,
            },
        ),
    ),
    ("refused", ("profile", {**_PROFILE, "revision": 7, "id": 3})),
    ("malformed", ("profile", {**_PROFILE, "revision": 3, "id": 3, "periods": [[0, "much"]]})),
    ("malformed", ("tokens", {**_TOKENS, "entries": [["04A1B2C3D4E5F6", "loved", 0, ""]]})),
    ("accepted", ("tokens", {**_TOKENS, "entries": [["04A1B2C3D4E5F6", "accepted", 0, "FLEET"]]})),
    ("refused", ("reserve", {**_RESERVE, "id": 1})),
    ("refused", ("unreserve", {"id": 9})),
    ("refused", ("unlock", {"connector": 4})),
    ("accepted", ("availability", {"connector": 1, "operative": 0})),
    ("accepted", ("availability", {"connector": 1, "operative": 1})),
    ("accepted", ("settings", {"keys": ["supply_a10", "pre_authorize", "key"]})),
    ("refused", ("configure", {"key": "supply_a10", "value": ["much"]})),
    ("refused", ("configure", {"key": "key", "value": ["00"]})),
    ("accepted", ("configure", {"key": "pre_authorize", "value": [True]})),
    ("malformed", ("reset", {"kind": "warm"})),
    ("accepted", ("clear_cache", {})),
    ("unknown", ("sing", {})),
    (
        "accepted",
        ("start", {"connector": 1, "ref": "r1", "by": "ocpp", "token": "04A1B2C3D4E5F6"}),
    ),
    ("malformed", ("stop", {"connector": 1, "ref": "r1", "reason": "bored"})),
    ("accepted", ("stop", {"connector": 1, "ref": "r1", "reason": "deauthorized"})),
)
# It takes as long as the orders take, in the time of this world
ORDERED_STORY = "run 2s; plug; wait finishing within 900s; run 2s; unplug; run 5s; quit"

# What a build has only where the board has one of the roles
_PARTS_BY_ROLE = (
    ("ConnectorLock", {"lock_a"}),
    ("LockHBridge", {"lock_a"}),
    ("Phases", {"phase_contactor"}),
    ("Cable", {"pp_adc"}),
    ("ButtonPress", {"button"}),
    ("SafetyInput", {"emergency_stop", "pe_monitor", "mains_monitor"}),
)

# One of each kind of dead-man, meter, light and reader; `make builds` plays all boards
SAMPLE = ("devkitc", "esp32c6", "esp32s3_twin")
BOARDS = builder.boards(ROOT) if os.environ.get("EVERY_BOARD") else SAMPLE


@pytest.fixture(scope="module", params=BOARDS)
def trees(request, build_of):
    """(board, folders of the sources, folder of the build)."""
    folder, built = build_of(request.param)
    assert sum(f.size_bytes for f in built if f.path.endswith(".mpy")) <= builder.BUDGET_BYTES
    return request.param, [ROOT / "firmware", ROOT / "boards" / request.param], folder


def files_of(folder):
    """Files of a build without their ending, by the module that each was made from."""
    modules = heap_charge.modules_of(folder.parent / builder.LINKED / folder.name)
    assert len(set(modules.values())) == len(modules)
    return {module: path for path, module in modules.items()}


def held(work):
    """Records on the flash of a run, as dicts without their seals."""
    flash = NorFlash(FLASH_BYTES)
    flash.content[:] = (work / "journal.flash").read_bytes()
    ring = Ring(flash, lambda _data, _life: True)
    found = []
    ring.mount(lambda data: found.append(records.decode(data)))
    return found


def played(folders, board, work):
    """(lines, records) of the story on a tree."""
    meters = TWO_METERS if load_board(board).SECOND else {}
    settings = {**SETTINGS, **meters}
    return run_tree(folders, board, STORY.strip(), work, settings=settings), held(work)


def _words(line):
    return _VOLTS.sub("V", _AT_S.sub("world", line))


def _number(kind, line):
    found = kind.search(line)
    return float(found.group(1)) if found else 0.0


def test_a_build_does_what_its_sources_do(trees, tmp_path, record_property):
    board, sources, folder = trees
    plain, written = played(sources, board, tmp_path / "plain")
    linked, written_linked = played([folder / builder.SLOT], board, tmp_path / "linked")
    assert [_words(line) for line in linked] == [_words(line) for line in plain]
    for one, other in zip(linked, plain, strict=True):
        assert abs(_number(_VOLTS, one) - _number(_VOLTS, other)) <= READING_V, (one, other)
        assert abs(_number(_AT_S, one) - _number(_AT_S, other)) <= MOMENT_S, (one, other)
    assert written_linked == written
    kinds = {record["kind"] for record in written}
    assert {
        "boot",
        "tx_start",
        "tx_sample",
        "tx_stop",
        "tx_resume",
        "fault",
        "fault_clear",
    } <= kinds
    said = "\n".join(plain)
    words = [
        "No vehicle is plugged in",
        "supply_a10",
        "reset cause",
        "contactor_welded",
        "pilot_short",
        "goes on",
    ]
    # A metering chip shows no register that could step back
    words += ["meter_implausible"] if "rs485_tx" in load_board(board).PINS else []
    for word in words:
        assert word in said, word
    record_property("figure", f"{board}: {len(plain)} lines and {len(written)} records the same")


def test_a_build_carries_out_orders_as_its_sources_do(trees, tmp_path):
    board, sources, folder = trees
    plain = ordered(sources, board, tmp_path / "plain")
    assert ordered([folder / builder.SLOT], board, tmp_path / "linked") == plain
    replies, kept, ends = plain
    assert [reply["result"] for reply in replies] == [result for result, _order in ORDERS]
    # Revision, profiles, version of the list, its 15 bytes in hex, cache, reservations, out of service
    assert [kept[0], len(kept[1]), kept[2], len(kept[3]), *kept[4:]] == [2, 2, 7, 30, "", [], []]
    assert ends == ["deauthorized"]


def ordered(folders, board, work):
    """(replies to ORDERS without their ids, what is held on file, reasons of transactions' ends) on a tree."""
    meters = TWO_METERS if load_board(board).SECOND else {}
    orders = [order for _result, order in ORDERS]
    with heap_charge.AnsweringBridge(
        bytes.fromhex(BENCH_SETTINGS["key"]), orders=orders
    ) as bridge:
        settings = {**SETTINGS, **meters, "broker_port": bridge.port}
        run_tree(folders, board, ORDERED_STORY, work, settings=settings)
    replies = [
        {what: value for what, value in reply.items() if what != "id"}
        for reply in bridge.replies
        if reply.get("reason") != "busy"
    ]
    kept = json.loads((work / "held.json").read_text())
    ends = [record["reason"] for record in held(work) if record["kind"] == "tx_stop"]
    return replies, kept, ends


def test_a_build_holds_only_what_its_board_needs(trees):
    board, _sources, folder = trees
    everything = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    slot = folder / builder.SLOT
    names = {str(path.relative_to(slot)) for path in slot.rglob("*") if path.is_file()}
    assert everything - {f"{builder.SLOT}/{name}" for name in names} == {
        "boot.py",
        "main.py",
        "slots.json",
        "loader/pins.mpy",
        "loader/safe.mpy",
        "loader/slots.mpy",
    }
    manifest = json.loads((slot / "manifest.json").read_text())
    assert {path for path, _size, _hash in manifest["files"]} == names - {
        "manifest.json",
        "confirmed",
    }
    modules = files_of(folder)
    loaded = {f"{path}.mpy" for path in modules.values()}
    assert loaded == names - {
        "manifest.json",
        "confirmed",
        "board.mpy",
        "evse/app/station.mpy",
    }
    told = json.loads((folder.parent / builder.LINKED / board / builder.NAMES_FILE).read_text())
    classes = {name for short in told for name in told[short]}
    pins = load_board(board).PINS
    for kind, roles in _PARTS_BY_ROLE:
        assert (f"class {kind}" in classes) != roles.isdisjoint(pins), kind
    for driver in ("lock_hbridge", "phases", "panel", "beep", "status_led", "safe_state"):
        assert not [name for name in modules if name.endswith(f".{driver}")], driver
    for profile in ("iec_61851_1_2017", "sae_j1772", "gbt_18487_1_2015", "gbt_18487_1_2023"):
        assert f"evse.core.profile_{profile}" in modules
    for other_side in ("reports", "fault_codes"):
        assert f"evse.core.{other_side}" not in modules


def test_two_builds_are_equal_to_the_byte(build_of, tmp_path):
    for name in ("firmware", "boards"):
        (tmp_path / name).symlink_to(ROOT / name)
    again, _built = builder.build(tmp_path, "devkitc")
    first, _built = build_of("devkitc")
    manifests = [
        (folder / builder.SLOT / "manifest.json").read_bytes() for folder in (first, again)
    ]
    assert manifests[0] == manifests[1]


def test_a_defect_in_a_build_is_seen(build_of, tmp_path):
    built, _files = build_of("devkitc")
    slot = tmp_path / builder.SLOT
    shutil.copytree(built / builder.SLOT, slot)
    meter = files_of(built)["evse.drivers.meter_dlt645"]
    linked = (built.parent / builder.LINKED / f"devkitc/{meter}.py").read_text()
    assert linked.count("value - 51") == 1
    # Every answer of the meter reads wrong
    (slot / f"{meter}.py").write_text(linked.replace("value - 51", "value - 52"))
    (slot / f"{meter}.mpy").unlink()
    with pytest.raises(TreeError, match="timed out"):
        played([slot], "devkitc", tmp_path / "work")
