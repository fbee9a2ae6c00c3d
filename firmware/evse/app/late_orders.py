"""Commands that only a quiet pile carries out: its local list and its settings. Loaded for one and forgotten."""

from ..core import settings as table
from ..core import token_list
from ..core.messages import ProtocolError
from . import config
from .json_file import parsed

MOST_TOKENS = 64
_HIDDEN_TOO = ("networks",)


def carry_out(station, name, args):
    """A refusal, "" or "restart", or the dict that the reply is to carry."""
    if name == "tokens":
        return _tokens(station, args)
    if name == "clear_cache":
        station.held.cache, station.held.changed = b"", True
        return ""
    if name == "settings":
        return _settings(args["keys"])
    return _configure(station, args["key"], args["value"][0])


def _tokens(station, args):
    held = station.held
    at, total, entries = args["from"], args["total"], b""
    for each in args["entries"]:
        entries += _entry(each)
    if total > MOST_TOKENS:
        return "full"
    version, gathered = station.commands.gathered
    if at == 0:
        gathered = b""
    elif version != args["version"] or len(gathered) != at * token_list.ENTRY_BYTES:
        return "out_of_step"
    gathered += entries
    count = len(gathered) // token_list.ENTRY_BYTES
    if count > total:
        raise ProtocolError("entries", "more than total")
    station.commands.gathered = args["version"], gathered
    if count == total:
        held.tokens, held.version, held.changed = gathered, args["version"], True
        station.commands.gathered = 0, b""
    return ""


def _entry(each):
    try:
        token, status, until_utc, group = each
        if type(until_utc) is int and 0 < len(token) <= 36 and len(group) <= 36:
            return token_list.entry(token, status, until_utc, group)
    except (TypeError, ValueError, AttributeError, OverflowError):
        pass
    raise ProtocolError("entries", repr(each)[:40])


def _row(key):
    for row in table.TABLE:
        # What nobody is told nobody changes from afar
        if row[0] == key and row[1] not in table.HIDDEN + _HIDDEN_TOO:
            return row
    return None


def _settings(keys):
    values = table.in_force(parsed(config.GOOD_FILE), parsed(config.FILE))[0]
    return {key: values[key] for key in keys if isinstance(key, str) and _row(key)}


def _configure(station, key, value):
    row = _row(key)
    if not row:
        return "unknown_key"
    if table.problem(row, value):
        return "bad_value"
    kept = parsed(config.FILE)
    if not isinstance(kept, dict):
        kept = parsed(config.GOOD_FILE)
    kept = dict(kept) if isinstance(kept, dict) else {}
    kept[key] = value
    station.commands.unsaved = kept
    return "restart"
