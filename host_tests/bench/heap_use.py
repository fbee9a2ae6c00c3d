"""Under MicroPython: bytes of heap that a build takes, its modules and one Station. Prints one line of JSON.

Stand-ins of the chip are the bare ones, and what stock ESP32 firmware has frozen (asyncio, umqtt) is
loaded before counting, so that the firmware alone is counted. Ends in the folder of the build.

Usage: micropython heap_use.py BUILD STANDINS, with build/lib on MICROPYPATH
"""

import asyncio
import binascii
import gc
import json
import os
import socket
import sys
import time

import umqtt.simple

# asyncio loads its parts when they are first asked for
FROZEN = (asyncio.Event, asyncio.Lock, asyncio.open_connection, binascii, socket, time, umqtt)


class Wlan:
    """A radio that does nothing."""

    def active(self, on):
        """Switched on."""

    def config(self, **_options):
        """No power saving."""


class Network:
    """The least `network`."""

    STA_IF = 0

    @staticmethod
    def WLAN(_interface):  # noqa: N802
        """The only one."""
        return Wlan()


def taken():
    """Bytes in use; twice, because a finaliser frees in the second round."""
    gc.collect()
    gc.collect()
    return gc.mem_alloc()


# Their `time` is not for asyncio, so their folder is on the path for these two only
sys.path.insert(0, sys.argv[2])
machine = __import__("machine")
__import__("esp32")
sys.modules["network"] = Network
machine.unique_id = lambda: b"\x24\x6f\x28\0\0\1"
os.chdir(sys.argv[1])
# As on a board, where the names of files have no folder in front
sys.path[:] = [""]
before = taken()
board = __import__("board")
__import__("evse.app.station")
loaded = taken()
station = sys.modules["evse.app.station"].Station(board.BOARD)
built = taken()
print(json.dumps({"modules_bytes": loaded - before, "station_bytes": built - loaded}))
