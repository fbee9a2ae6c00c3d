"""Settings that an operator changes and reads. Loaded for one command and forgotten."""

from ..core import settings as table
from . import config
from .json_file import parsed

_HIDDEN_TOO = ("networks",)


def _row(key):
    for row in table.TABLE:
        # What nobody is told nobody changes from afar
        if row[0] == key and row[1] not in table.HIDDEN + _HIDDEN_TOO:
            return row
    return None


def read(keys):
    """Those of these settings that there are and that are no secrets, as in force at the next start."""
    values = table.in_force(parsed(config.GOOD_FILE), parsed(config.FILE))[0]
    return {key: values[key] for key in keys if isinstance(key, str) and _row(key)}


def changed(key, value):
    """(settings file with one setting changed, ""), or (None, the reason of the refusal)."""
    row = _row(key)
    if not row:
        return None, "unknown_key"
    if table.problem(row, value):
        return None, "bad_value"
    kept = parsed(config.FILE)
    if not isinstance(kept, dict):
        kept = parsed(config.GOOD_FILE)
    kept = dict(kept) if isinstance(kept, dict) else {}
    kept[key] = value
    return kept, ""
