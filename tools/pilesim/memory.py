"""What of the world outlives its process: each meter's energy, in a file beside the pile's own.

Written before the meter answers with it, so that whatever the pile has read is still true after a kill.
A pile without settings gets those of a bench: a public key, and a link that every Python can make.
"""

import json
import os

# The first outlet's meter; the second's has its number in the name
FILE = "meter.json"
SETTINGS_FILE = "settings.json"
BENCH_SETTINGS = {
    "key": "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    "link_security": "password",
}


def provision():
    """Write BENCH_SETTINGS where there are no settings; True when it did."""
    if SETTINGS_FILE in os.listdir("."):
        return False
    with open(SETTINGS_FILE, "w") as file:
        json.dump(BENCH_SETTINGS, file)
    return True


class _HostFiles:
    """The files of the directory the simulator runs in."""

    open = staticmethod(open)
    rename = staticmethod(os.rename)


class MeterMemory:
    """Takes up register and begun unit of the file and keeps them up to date; `files` has open and rename."""

    def __init__(self, meter, outlet=1, files=_HostFiles):
        self._meter = meter
        self._files = files
        self._file = FILE if outlet == 1 else FILE.replace(".", "%d." % outlet)
        self._written = None
        try:
            with files.open(self._file, "r") as file:
                kept = json.load(file)
            meter.base_units = int(kept["register_units"])
            meter.base_uwh = int(kept.get("part_uwh", 0))
            self._written = (meter.base_units, meter.base_uwh)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            # The first start
            pass
        meter.on_reading = self._keep

    def _keep(self, units):
        energy = (units, self._meter.part_uwh())
        if energy == self._written:
            return
        with self._files.open(self._file + ".new", "w") as file:
            json.dump({"register_units": energy[0], "part_uwh": energy[1]}, file)
        self._files.rename(self._file + ".new", self._file)
        self._written = energy
