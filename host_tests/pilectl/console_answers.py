"""What the console of a healthy pile answers, by command."""

import copy
import time

from evse.core import settings as table

HEALTHY = {
    "status": {
        "station": "P001",
        "firmware": "0.1.0",
        "board": "devkitc",
        "profile": "gbt_18487_1_2015",
        "up_s": 321,
        "utc_s": None,
        "boot": 3,
        "life": "ac4e13b5",
        "python": "micropython 1.29.0",
        "heap_free": 61000,
        "link": "online",
        "connectors": [
            {
                "id": 1,
                "status": "available",
                "cp": "A1",
                "closed": False,
                "faults": [],
                "limit_a10": 320,
                "limit_by": "rated",
                "tx": None,
                "w": 0,
                "wh": 1234560,
            }
        ],
    },
    "cp": {
        "connectors": [
            {
                "id": 1,
                "state": "A1",
                "high_mv": 11950,
                "low_mv": 0,
                "duty_permille": 1000,
                "drive": "positive",
                "limit_a10": 0,
            }
        ]
    },
    "relay": {
        "connectors": [
            {"id": 1, "commanded": False, "closed": False, "operations": 4, "phases": 1}
        ]
    },
    "meter": {
        "connectors": [
            {
                "id": 1,
                "model": "rs485",
                "number": "000012345678",
                "wh": 1234560,
                "w": 0,
                "mv": [221300],
                "ma": [0],
                "chz": 5001,
                "frame": "68",
                "bad_frames": 0,
                "last_error": "",
                "age_ms": 800,
            }
        ]
    },
    "faults": {"connectors": [{"id": 1, "active": []}]},
    "limits": {"connectors": [{"id": 1, "offered_a10": 320, "holder": "rated", "limits": []}]},
    "log": {"events": [{"up_s": 2, "task": "network", "what": "Wi-Fi depot"}]},
    "net": {
        "link": "online",
        "broker": "192.0.2.7:8883",
        "last_error": "",
        "security_problem": "",
        "bearer": "Wi-Fi depot",
        "up": True,
        "problem": "",
        "rssi_dbm": -58,
        "address": "192.0.2.20",
    },
    "journal": {
        "life": "ac4e13b5",
        "first": 1,
        "next": 1,
        "acked": 0,
        "waiting": 0,
        "capacity": 3000,
        "wear": 2,
        "problem": "",
        "damage": "",
    },
    "parts": {
        "inputs": [
            {"id": 1, "role": role, "active": False}
            for role in ("emergency_stop", "pe_lost", "residual_current")
        ],
        "missing": [],
        "temperature_c10": 312,
        "reader": "ok",
    },
    "selftest": {
        "results": [
            {"name": name, "reading": reading, "expected": reading, "ok": True}
            for name, reading in (
                ("residual_current", "tripped and released"),
                ("contactor", "open"),
                ("pilot", "11950 mV"),
                ("meter", "800 ms old"),
                ("safety_parts", "all there"),
                ("temperature", "31 C"),
                ("journal", "ready"),
                ("memory", "61000 bytes free"),
            )
        ]
    },
}


def healthy(utc_s=None):
    """All answers of a pile that is well; the clock is the host's."""
    answers = copy.deepcopy(HEALTHY)
    answers["status"]["utc_s"] = int(time.time()) if utc_s is None else utc_s
    answers["settings"] = {"settings": {**table.defaults(), "wifi_ssid": "depot"}}
    return answers
