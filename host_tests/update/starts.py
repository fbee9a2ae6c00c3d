"""Under MicroPython: real boot.py and main.py on a littlefs in place of /, with small stations in the slots.

Usage: micropython starts.py FOLDER. FOLDER holds boot.py, main.py, loader/ with pins.py, and slots of one
file each; every case starts from them. Prints one line for each case; ends with 1 after a failed one.
"""

import json
import os
import sys

import vfs
from chip_stand_ins import (
    LOG,
    PAUSES,
    RAN,
    Machine,
    Record,
    Reset,
    Time,
    Watchdog,
    read,
    tree_of,
    write,
)
from nor_blocks import SECTOR_BYTES, NorBlocks

FILES = tree_of(sys.argv[1])
PINS = [int(pin) for pin in FILES["loader/pins.py"].split("[")[1].split("]")[0].split(",")]
NEW = list(sys.modules)


def new_pile():
    """A fresh file system at /, with the files of the folder."""
    blocks = NorBlocks(bytearray(b"\xff" * (64 * SECTOR_BYTES)))
    vfs.VfsLfs2.mkfs(blocks)
    vfs.mount(vfs.VfsLfs2(blocks), "/")
    for path, text in sorted(FILES.items()):
        parts = path.split("/")[:-1]
        for count in range(1, len(parts) + 1):
            if parts[count - 1] not in os.listdir("/".join(parts[: count - 1])):
                os.mkdir("/".join(parts[:count]))
        write(path, text)


def power_on():
    """One start: how it ended."""
    for name in list(sys.modules):
        if name not in NEW:
            del sys.modules[name]
    del LOG[:], PAUSES[:]
    sys.modules["machine"], sys.modules["time"] = Machine, Time
    sys.modules["record"] = Record
    sys.path[:] = ["", ".frozen", "/lib"]
    names = {"__name__": "__main__"}
    try:
        exec(read("boot.py"), names)
        exec(read("main.py"), names)
    except Reset:
        return "reset"
    except Watchdog:
        return "watchdog"
    return "repl"


def on_trial(text):
    """Slot b holds this station and is on trial."""
    write("b/evse/app/station.py", text)
    import hashlib
    from binascii import hexlify

    manifest = json.loads(read("b/manifest.json"))
    size = os.stat("b/evse/app/station.py")[6]
    manifest["files"] = [["evse/app/station.py", size, "0" * 64]]
    write("b/manifest.json", json.dumps(manifest))
    named = str(hexlify(hashlib.sha256(read("b/manifest.json")).digest()), "ascii")
    state = json.loads(read("slots.json"))
    state.update({"slot": "b", "id": named, "trial": True, "previous": "0.1.0"})
    write("slots.json", json.dumps(state))
    return named


STATION = """
import record
class Station:
    def __init__(self, board):
        import json, sys
        record.ran.append(("b", sys.path[:], json.__name__))
%s
    async def run(self):
%s
"""
DEFECTS = {
    "raises while it is built": (
        STATION % ("        1 // 0", "        pass"),
        "ZeroDivision",
        "reset",
    ),
    "raises while it runs": (STATION % ("", "        raise OSError(5)"), "OSError(5", "reset"),
    "eats the heap": (STATION % ("", "        raise MemoryError('all')"), "MemoryError", "reset"),
    "lacks a module": (
        "import record\nrecord.ran.append(('b',))\nimport evse.gone\n",
        "ImportError",
        "reset",
    ),
    "is no program": ("(", "SyntaxError", "reset"),
    "hangs": (STATION % ("", "        record.hang()"), "not well in three starts", "watchdog"),
    "restarts after ten minutes": (
        STATION % ("", "        import machine\n        machine.reset()"),
        "not well in three starts",
        "reset",
    ),
}


def case_rolls_back(text, problem, ends):
    new_pile()
    named = on_trial(text)
    for tries in (1, 2, 3):
        del RAN[:]
        assert power_on() == ends
        state = json.loads(read("slots.json"))
        assert (state["slot"], state["trial"], state["tries"]) == ("b", True, tries), state
        # Outputs first, then the watchdog of a trial
        pins = [entry for entry in LOG if entry[0] == "pin"]
        assert LOG[: len(PINS)] == [("pin", pin, 0) for pin in PINS]
        assert LOG[len(PINS)] == ("watchdog", 120000)
        if ends == "reset" and "ten minutes" not in problem and PAUSES:
            # And first again when it has failed
            assert pins[len(PINS) :] == [("pin", pin, 0) for pin in PINS]
            assert LOG[-2:] == [("sleep", 5), ("reset",)]
        if RAN and len(RAN[0]) > 1:
            assert RAN == [("b", ["/b", ".frozen"], "json")], RAN
    del RAN[:]
    assert power_on() == "repl"
    assert RAN == ["a"]
    state = json.loads(read("slots.json"))
    assert (state["slot"], state["trial"]) == ("a", False)
    left, why = state["left"]
    assert left == named
    assert problem in why, why
    # It stays so
    assert power_on() == "repl"
    assert json.loads(read("slots.json")) == state


def case_nothing_else():
    """What never confirms goes on where nothing else is whole."""
    new_pile()
    on_trial(DEFECTS["raises while it runs"][0])
    os.remove("a/manifest.json")
    for _ in range(6):
        del RAN[:]
        assert power_on() == "reset"
        assert RAN[0][0] == "b"
    state = json.loads(read("slots.json"))
    assert (state["slot"], state["trial"], state["tries"]) == ("b", True, 3)


def case_broken_loader():
    """Whatever happens to the loader meanwhile, an error ends in a restart with the outputs low."""
    new_pile()
    on_trial(
        STATION % ("", "        open('/loader/slots.py', 'w').close()\n        raise OSError(5)")
    )
    assert power_on() == "reset"
    assert LOG[-2:] == [("sleep", 5), ("reset",)]


def case_confirmed_restarts():
    new_pile()
    before = read("slots.json")
    broken = "import record\nrecord.ran.append('a')\n1 // 0\n" + FILES["a/evse/app/station.py"]
    write("a/evse/app/station.py", broken[: len(FILES["a/evse/app/station.py"])])
    for _ in range(5):
        assert power_on() == "reset"
        assert LOG[-2:] == [("sleep", 5), ("reset",)]
        assert read("slots.json") == before


def case_nothing_whole():
    new_pile()
    os.remove("a/manifest.json")
    os.remove("b/manifest.json")
    assert power_on() == "repl"
    assert PAUSES == [5] * 4
    assert LOG[: len(PINS)] == [("pin", pin, 0) for pin in PINS]
    # Ctrl-C: the REPL, with time
    assert LOG[-1] == ("watchdog", 3600000)
    assert RAN == []


def case_torn_state(text):
    new_pile()
    if text is None:
        os.remove("slots.json")
    else:
        write("slots.json", text)
    assert power_on() == "repl"
    # Only slot a is marked as confirmed
    assert RAN == ["a"]
    state = json.loads(read("slots.json"))
    assert (state["slot"], state["trial"], state["minimum"]) == ("a", False, [0, 1, 0])


def case_cut_short(slot):
    """A slot with a file cut short is left for the other one."""
    new_pile()
    state = json.loads(read("slots.json"))
    state["slot"] = slot
    write("slots.json", json.dumps(state))
    write(slot + "/evse/app/station.py", "")
    assert power_on() == "repl"
    other = "b" if slot == "a" else "a"
    assert [other] == RAN
    state = json.loads(read("slots.json"))
    assert state["slot"] == other
    assert "missing or cut short" in state["left"][1]


def tell(name, case, *values):
    del RAN[:]
    case(*values)
    print("good: " + name)


vfs.umount("/")
for what, (source, why, ends) in DEFECTS.items():
    tell("on trial it " + what, case_rolls_back, source, why, ends)
    vfs.umount("/")
tell("a confirmed one restarts", case_confirmed_restarts)
vfs.umount("/")
tell("nothing is whole", case_nothing_whole)
vfs.umount("/")
tell("nothing else is whole", case_nothing_else)
vfs.umount("/")
tell("the loader breaks meanwhile", case_broken_loader)
vfs.umount("/")
for text in (
    None,
    "",
    "{",
    "[]",
    "5",
    '{"slot": "c"}',
    '{"slot": "b", "trial": 5, "tries": 0, "minimum": []}',
):
    tell("slots.json is %s" % text, case_torn_state, text)
    vfs.umount("/")
for slot in "ab":
    tell("slot %s is cut short" % slot, case_cut_short, slot)
    vfs.umount("/")
