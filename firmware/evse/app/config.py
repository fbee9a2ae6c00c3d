"""Settings on file: load, fall back to the last good file, save. The only code that writes files.

settings.json is what people edit; settings.good.json is the last one accepted as a whole.
"""

import json
import os

from .modules import forget

FILE = "settings.json"
GOOD_FILE = "settings.good.json"
# What an operator has laid down, see held.py
HELD_FILE = "held.json"
# Settings that are asked for after the start; the others need not stay in the heap
LASTING = (
    "station_id",
    "profile",
    "site",
    "site_fallback_a10",
    "supply_a10",
    "state_interval_s",
    "meter_interval_s",
    "sample_interval_s",
    "start_timeout_s",
    "resume",
    "service_code",
    "pre_authorize",
    "authorization_patience_s",
    "allow_unknown_offline",
)


def read_json(path):
    """See json_file.py; only the start reads by this."""
    from . import json_file

    try:
        return json_file.parsed(path)
    finally:
        forget("evse.app.json_file")


def read_bytes(path):
    """Content of a file, None when there is none or it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def write_json(path, value, permit):
    """Write a small JSON file; asks the stall permit, because the flash may erase.

    Returns "" or a sentence saying why the file system refused it.
    """
    try:
        # Renamed when it is whole: a file cut short by a loss of power takes nobody's place
        with permit.hold("write " + path):
            with open(path + ".new", "w") as file:
                json.dump(value, file)
            os.rename(path + ".new", path)
    except OSError as error:
        return "%s could not be written (%s): is the file system full?" % (path, error)
    return ""


def load(permit):
    """(values, problems) of the settings in force. Their table is needed here only, once at the start."""
    from ..core import settings

    try:
        return _load(settings, permit)
    finally:
        forget("evse.core.settings")


def lasting(values):
    """Those of the settings that are asked for after the start."""
    return {name: values[name] for name in LASTING}


def _load(settings, permit):
    good = read_json(GOOD_FILE)
    values, problems = settings.in_force(good, read_json(FILE))
    if not problems and values != settings.in_force(good, None)[0]:
        refusal = write_json(GOOD_FILE, values, permit)
        if refusal:
            problems.append(refusal)
    return values, problems
