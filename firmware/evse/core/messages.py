"""The wire between pile and bridge, version 1: topics, field tables, checks. See docs/wire.md.

Pile and bridge both import this module, so a message has one definition. Malformed input raises
ProtocolError, which names the field.
"""

import json
from binascii import a2b_base64, b2a_base64

VERSION = 1
MAX_BYTES = 1024
# What the frame of a journal message takes of them
JOURNAL_FRAME_BYTES = 64
# Hex digits of a life, and of the number that makes one hello different from all others
LIFE_CHARS = 8
NONCE_CHARS = 16

UP_TOPICS = ("hello", "online", "state", "meter", "journal", "reply", "update", "authorize")
# These come often, behind a hello that tells the version
_LIVE = ("state", "meter")
# The last is not JSON, see chunks.py, and only a pile that is being updated subscribes to it
DOWN_TOPICS = ("command", "ack", "chunk")

STATUSES = (
    "available",
    "preparing",
    "charging",
    "suspended_ev",
    "suspended_evse",
    "finishing",
    "reserved",
    "unavailable",
    "faulted",
)
STOP_REASONS = (
    "remote",
    "local",
    "vehicle",
    "unplugged",
    "fault",
    "start_timeout",
    "power_loss",
    "deauthorized",
    "unlock",
    "reset_soft",
    "reset_hard",
    "other",
)
# Those that a `stop` command may give; one text takes less than a tuple
STOP_ORDERS = "remote deauthorized unlock reset_soft reset_hard other"
RESULTS = ("accepted", "refused", "unknown", "malformed", "stale")
REFUSALS = (
    "no_connector",
    "not_plugged",
    "busy",
    "fault",
    "unavailable",
    "no_meter",
    "no_transaction",
    "other_transaction",
    "no_phase_contactor",
    "no_update_key",
    "installed",
    "no_previous",
    "out_of_step",
    "full",
    "no_reservation",
    "reserved",
    "no_lock",
    "unlock_failed",
    "unknown_key",
    "bad_value",
    "occupied",
)

# Fields of what the pile takes, a text for each message, which rows() reads; of what it sends: reports.py,
# which only the other side loads. A field: name (with "?" in front when it may be missing), type, lowest,
# highest (length for text and lists). "int?" may be null, "token" is text of printable ASCII: it goes
# into records and topics and must survive any JSON.
_LIFE = "life token %d %d" % (LIFE_CHARS, LIFE_CHARS)
_NONCE = "nonce token %d %d" % (NONCE_CHARS, NONCE_CHARS)
# A clock outside 2024 to 2100 is a broken clock
_UTC = "utc int 1704067200 4102444800"
_COMMAND = "id token 1 64, name token 1 32, args dict 0 16, " + _UTC + ", ttl_s int 1 3600"
# Only the answer to a hello carries the time, together with the hello's nonce
_ACK = _LIFE + ", upto int 0 4294967295, ?" + _UTC + ", ?" + _NONCE
_LIMIT = "a10 int 0 10000, " + _UTC + ", ttl_s int 1 86400"
FIELDS = {"command": _COMMAND, "ack": _ACK, "limit": _LIMIT}

# A new secret under the old one, see mac.cover()
_ROTATE = "number int 2 65535, " + _NONCE + ", cover token 64 64"
COMMAND_ARGS = {
    "start": "connector int 0 255, ref token 1 64, by token 1 16, ?token token 1 36",
    "stop": "connector int 0 255, ref token 1 64, ?reason token 1 16",
    "report": "",
    # 1 or 3, where a phase contactor is fitted
    "phases": "connector int 0 255, phases int 1 3",
    "rotate": _ROTATE,
    # Hex SHA-256 of its manifest, and the length of the whole stream, see manifest.py
    "update": "bundle token 64 64, bytes int 400 2000000",
    "rollback": "",
}

# Commands whose arguments are in order_args.py: a pile that nobody operates need not hold them
ORDERS = (
    "profile clear_profiles tokens clear_cache authorized reserve unreserve unlock availability reset "
    "configure settings"
)

_MAC_HEAD = b',"mac":"'
_MAC_TAIL = b'"}'
_MAC_BYTES = len(_MAC_HEAD) + 24 + len(_MAC_TAIL)


class ProtocolError(ValueError):
    """A message of the other side breaks the grammar; `field` names where."""

    def __init__(self, field, text):
        super().__init__(field + ": " + text)
        self.field = field


def topic(station, name):
    """Topic `pile/{station}/{name}`."""
    return "pile/" + station + "/" + name


def site_topic(site):
    """Topic of a site's supply limit."""
    return "site/" + site + "/limit"


def split_topic(text):
    """(station, name) of a `pile/…` topic, or None."""
    parts = text.split("/")
    if len(parts) != 3 or parts[0] != "pile" or not parts[1]:
        return None
    return parts[1], parts[2]


def encode(message):
    """UTF-8 JSON bytes of a message dict, with the version added."""
    body = {"v": VERSION}
    body.update(message)
    return encode_live(body)


def encode_live(message):
    """UTF-8 JSON bytes of a message that goes by the version of the hello before it."""
    return json.dumps(message, separators=(",", ":")).encode()


def encode_journal(life, first, records):
    """The journal message of some records' bytes; `first` is the first number that it accounts for."""
    texts = [b2a_base64(record)[:-1] for record in records]
    head = b'{"v":%d,"life":"%s","from":%d,"records":["' % (VERSION, life.encode(), first)
    return head + b'","'.join(texts) + b'"]}'


def decode_base64(field, text):
    """Bytes of base64 text; ProtocolError names `field`."""
    try:
        return a2b_base64(text)
    except ValueError:
        raise ProtocolError(field, "not base64")


def sign(topic_name, payload, mac):
    """`payload`, a JSON object, with its tag over topic and content as the last field."""
    tag = b2a_base64(mac.tag(topic_name.encode() + b"\n" + payload[:-1]))[:-1]
    return payload[:-1] + _MAC_HEAD + tag + _MAC_TAIL


def check_signature(topic_name, payload, mac):
    """ProtocolError unless `payload` ends with the tag that sign() gives for this topic and key."""
    at = len(payload) - _MAC_BYTES
    if at < 2 or payload[at : at + len(_MAC_HEAD)] != _MAC_HEAD or payload[-2:] != _MAC_TAIL:
        raise ProtocolError("mac", "missing")
    try:
        tag = a2b_base64(payload[at + len(_MAC_HEAD) : -2])
    except ValueError:
        raise ProtocolError("mac", "not base64")
    if not mac.proves(topic_name.encode() + b"\n" + payload[:at], tag):
        raise ProtocolError("mac", "wrong")


def rows(text):
    """Rows (name, type, required, lowest, highest) of a message's text, as check() takes them."""
    found = []
    for field in text.split(", ") if text else ():
        name, kind, lowest, highest = field.split()
        found.append((name.lstrip("?"), kind, name[0] != "?", int(lowest), int(highest)))
    return found


def decode(name, payload, fields=None):
    """Dict of a message of kind `name`, checked by its rows in `fields` or by FIELDS; raises ProtocolError."""
    if len(payload) > MAX_BYTES:
        raise ProtocolError("payload", "%d bytes, allowed %d" % (len(payload), MAX_BYTES))
    try:
        message = json.loads(str(payload, "utf-8"))
    except (ValueError, UnicodeError, RuntimeError):
        # RuntimeError: nested deeper than the parser goes
        raise ProtocolError("payload", "not JSON in UTF-8")
    if not isinstance(message, dict):
        raise ProtocolError("payload", "not an object")
    version = message.get("v", VERSION if name in _LIVE else None)
    if version != VERSION:
        raise ProtocolError("v", "%s, this is version %d" % (_shown(version), VERSION))
    check(message, fields[name] if fields else rows(FIELDS[name]))
    return message


def salvage_id(payload):
    """The id of a command that breaks the grammar, so that it can be answered; "" if none."""
    try:
        message = json.loads(str(payload[:MAX_BYTES], "utf-8"))
        command_id = message["id"]
    except (ValueError, UnicodeError, RuntimeError, KeyError, TypeError, IndexError):
        return ""
    if not isinstance(command_id, str) or len(command_id) > 64:
        return ""
    return command_id if all(" " <= char <= "~" for char in command_id) else ""


def _shown(value):
    # Containers by their type only: nesting from outside must not recurse here
    return type(value).__name__ if isinstance(value, (list, dict)) else repr(value)[:24]


def _type_of(kind):
    if kind[:3] == "int":
        return int
    return list if kind == "list" else dict if kind == "dict" else str


def check(message, fields):
    """Raise ProtocolError at the first field that breaks its row."""
    for name, kind, required, lowest, highest in fields:
        if name not in message:
            if required:
                raise ProtocolError(name, "missing")
            continue
        value = message[name]
        if kind == "int?" and value is None:
            continue
        # bool is an int in Python, but not on the wire
        if not isinstance(value, _type_of(kind)) or isinstance(value, bool):
            raise ProtocolError(name, "%s is not %s" % (_shown(value), kind))
        if kind == "token" and not all(" " <= char <= "~" for char in value):
            raise ProtocolError(name, "not printable ASCII")
        number = isinstance(value, int)
        size = value if number else len(value)
        if size < lowest or size > highest:
            what = "" if number else "length "
            raise ProtocolError(name, "%s%d, allowed %d..%d" % (what, size, lowest, highest))
