"""What of the world outlives its process: the meter's register, in a file beside the pile's own.

Written before the meter answers with it, so that whatever the pile has read is still true after a kill.
A pile without settings gets those of a bench: a public key, and a link that every Python can make.
"""

import json
import os

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


class MeterMemory:
    """Takes up the register of the file and keeps it up to date."""

    def __init__(self, meter):
        self._meter = meter
        self._written = None
        try:
            with open(FILE) as file:
                meter.base_units = self._written = int(json.load(file)["register_units"])
        except (OSError, ValueError, KeyError, TypeError):
            # The first start
            pass
        meter.on_reading = self._keep

    def _keep(self, units):
        if units == self._written:
            return
        with open(FILE + ".new", "w") as file:
            json.dump({"register_units": units}, file)
        os.rename(FILE + ".new", FILE)
        self._written = units
