"""What every start loads goes with the station; what a setting or an event asks for stays late."""

from small_programs import program, text

from pilectl.linker.residing import reside

LATE = {
    "evse__pile": "from evse.other import base\ndef f():\n    from evse.panel import Panel\n    return Panel, base\n"
    "def g(name):\n    if name:\n        from evse.link.ntp import Ntp\n        return Ntp\n"
    "    from evse.table import TABLE\n    forget('evse.table')\n    return TABLE\n"
    "def h():\n    from evse.circle import C\n    return C\ndef forget(name):\n    pass",
    "evse__other": "base = 1",
    "evse__panel": "from evse.only import x\nclass Panel:\n    x = x",
    "evse__only": "x = 1",
    "evse__circle": "from evse.pile import f\nclass C:\n    f = f",
    "evse__link__ntp": "from evse.packet import size\nclass Ntp:\n    size = size",
    "evse__packet": "size = 48",
    "evse__table": "TABLE = (1, 2)",
    "board": "BOARD = 1",
}


def test_what_every_start_loads_stays_and_what_a_setting_asks_for_is_late():
    found, units = reside(program(**LATE), ["board", "evse.pile"], "board", "evse.pile")
    pile = {name for name in units if units[name] == "evse.pile"}
    assert pile == {"evse.pile", "evse.other", "evse.panel", "evse.only", "evse.circle"}
    assert units["evse.packet"] == "evse.link.ntp"
    assert units["evse.table"] == "evse.table"
    source = text(found)
    assert source.count("    from evse.panel import Panel") == 0
    assert "        from evse.link.ntp import Ntp" in source
    # Each needs the other: it must not come first
    assert "    from evse.circle import C" in source
