"""What the built firmware of a board takes of the heap while it boots and charges, the world left out.

The build runs under MicroPython in the simulated world, linked to a broker and a bridge that answer. Heap
in use is sampled with everything in it. Three shares are not the firmware's, and each is measured:

* what was there before it was imported: simulator, scenario, asyncio, umqtt;
* what the world has grown by when the firmware has been dropped again at the end of the same run;
* what the chip's stand-ins keep for the parts that the firmware made, weighed when they are made.

Names are shared with the world, so they are left out there and measured apart, all of them, in an
interpreter that knows none of them: a pile has no simulator to share with. They are those of the files, and
what the run has made known besides: files and modules by their names, attributes asked for by a text.
"""

import ast
import json
import re
import subprocess
import zlib

from answering_bridge import NOW_S, AnsweringBridge

from built_tree import run_tree
from interpreters import ROOT, find_micropython
from pilectl import build as builder
from pilesim.memory import BENCH_SETTINGS

SAMPLE_MS = 47
# Twice what an ESP32 has room for
AIM_BYTES = 128 * 1024
# Two meters on one pair
_METERS = {"meter_address": "210012345678", "meter_address_2": "210012345679"}
BOOT = "run 8s; need 500Wh; quit"
CHARGE = (
    "run 8s; plug; wait preparing; authorize; wait charging within 90s; run 60s; stop; run 3s; "
    "unplug; wait available; run 5s; quit"
)
# What an operator orders before a charge, and a charge that begins when its reservation is over
ORDERS = (
    (
        "profile",
        {
            "revision": 1,
            "connector": 1,
            "id": 1,
            "purpose": "default",
            "stack": 0,
            "periods": [[0, 160], [3600, 100]],
        },
    ),
    *(
        (
            "tokens",
            {
                "version": 1,
                "from": at,
                "total": 64,
                "entries": [["%08X" % n, "accepted", 0, "FLEET"] for n in range(at, at + 16)],
            },
        )
        for at in range(0, 64, 16)
    ),
    (
        "reserve",
        {
            "connector": 1,
            "id": 1,
            "token": "04A1B2C3D4E5F6",
            "until_utc": NOW_S + 60,
            "group": "FLEET",
        },
    ),
)
_OPERATED = CHARGE.replace("run 8s", "run 90s", 1)
_OPERATOR = "evse.app.operator"
OPERATED_HEAP = "1M"
# Modules that only another setting asks for
_RARE = (
    "evse.core.profile_iec",
    "evse.core.profile_sae",
    "evse.core.profile_gbt_18487_1_2023",
    "evse.link.ntp",
    # What only a technician or the operator asks for
    "evse.app.shell",
    _OPERATOR,
    "evse.core.fault_sentences_zh",
    "evse.app.update",
)
_WORDS = "evse.words"


def names_in(data):
    """Names in the bytes of a .mpy file, without those that every MicroPython has."""
    at = 4

    def number():
        nonlocal at
        value = 0
        while True:
            byte = data[at]
            at += 1
            value = value << 7 | byte & 0x7F
            if not byte & 0x80:
                return value

    found = set()
    count, _objects = number(), number()
    for _ in range(count):
        size = number()
        # An odd one is the number of a name that is built in
        if not size & 1:
            found.add(data[at : at + (size >> 1)].decode())
            at += (size >> 1) + 1
    return found


def modules_of(sources):
    """What each file of a build is, by its path without ending; `sources` are its linked ones."""
    told = json.loads((sources / builder.NAMES_FILE).read_text(encoding="utf-8"))
    return {
        path.rpartition(".")[0]: whose[0].partition(" ")[2]
        for path, whose in told.items()
        if path.endswith(".mpy")
    }


def firmware_names(folder, sources, loaded=""):
    """Every name that the files of a build bring into the heap, and those that its words are made known by.

    `loaded`: a module that is seldom loaded, and is.
    """
    modules = modules_of(sources)
    found = set()
    for path in sorted(folder.rglob("*.mpy")):
        name = path.relative_to(folder).with_suffix("").as_posix()
        module = modules.get(name, "")
        if module == loaded or not module.startswith(_RARE):
            found |= names_in(path.read_bytes())
        if modules.get(name) == _WORDS:
            found |= made_known(sources / (name + ".py"))
    return found


def made_known(path):
    """The texts that the linked source of evse/words makes names of."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    loop = next(node for node in tree.body if isinstance(node, ast.For))
    if isinstance(loop.iter, ast.Tuple):
        return set(ast.literal_eval(loop.iter))
    packed = next(
        node.value
        for node in ast.walk(loop.iter)
        if isinstance(node, ast.Constant) and isinstance(node.value, bytes)
    )
    return set(zlib.decompress(packed).decode().split("\0"))


def run_names(lines, folder):
    """What a run has made known between its marks, files by their paths below the build's folder."""
    _begin, before, after = "\n".join(lines).split("@names\n")
    told = re.compile(r"^Q\((.*?)\)$", re.MULTILINE | re.DOTALL)
    new = set(told.findall(after)) - set(told.findall(before))
    return {name.replace(f"{folder}/", "") for name in new}


def cost_of(names):
    """Bytes of heap for these names, in an interpreter of their own."""
    ran = subprocess.run(
        [find_micropython(), str(ROOT / "host_tests" / "bench" / "name_cost.py")],
        input=json.dumps(sorted(names)),
        capture_output=True,
        text=True,
        check=True,
    )
    before, after = totals(ran.stdout)
    return after - before


def totals(text):
    """What each micropython.qstr_info() in a text says of all bytes."""
    return [int(found) for found in re.findall(r"n_total_bytes=(\d+)", text)]


def measure(folder, sources, board, work, sample_ms=SAMPLE_MS):
    """Figures of a build: its folder, its linked sources and the board's name; `work` is a scratch folder."""
    runs = (("boot", BOOT, ()), ("peak", CHARGE, ()))
    return _measured(folder / builder.SLOT, sources, board, work, sample_ms, runs, "3M")


def measure_operated(folder, sources, board, work, sample_ms=SAMPLE_MS):
    """The same of a pile that has its ORDERS before the charge, and OPERATED_HEAP with the world in it."""
    runs = (("boot", BOOT, ()), ("peak", _OPERATED, ORDERS))
    return _measured(folder / builder.SLOT, sources, board, work, sample_ms, runs, OPERATED_HEAP)


def _measured(folder, sources, board, work, sample_ms, runs, heap):
    names = firmware_names(folder, sources, _OPERATOR if runs[-1][2] else "")
    # What chose the slot has gone when the station runs, its names have not
    for path in sorted((folder.parent / builder.LOADER).glob("*.mpy")):
        names |= names_in(path.read_bytes())
    secret = bytes.fromhex(BENCH_SETTINGS["key"])
    held = {}
    for what, scenario, orders in runs:
        with AnsweringBridge(secret, orders=orders) as bridge:
            settings = {"broker_port": bridge.port, **_METERS}
            lines = run_tree([folder], board, scenario, work / what, sample_ms, settings, heap)
        figures = json.loads(lines[-1])
        before, after = totals("\n".join(lines))
        world = figures["after"] - figures["before"] - (after - before)
        others = figures["before"] + (after - before) + world + figures["stand_ins"]
        names |= run_names(lines, folder)
        held[what] = {
            "bytes": (figures["begun"] if what == "boot" else figures["most"]) - others,
            "world_bytes": world + figures["stand_ins"],
            "at_ms": figures["most_ms"],
            "samples": figures["samples"],
            "journals": bridge.journals,
            "replies": [(reply["result"], reply.get("reason", "")) for reply in bridge.replies],
        }
    names_bytes = cost_of(names)
    return {
        "boot_bytes": held["boot"]["bytes"] + names_bytes,
        "peak_bytes": held["peak"]["bytes"] + names_bytes,
        "peak_at_ms": held["peak"]["at_ms"],
        "samples": held["peak"]["samples"],
        "journals": held["peak"]["journals"],
        "replies": held["peak"]["replies"],
        "names": len(names),
        "names_bytes": names_bytes,
        "world_bytes": held["peak"]["world_bytes"],
    }
