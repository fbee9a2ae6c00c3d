"""The wire, version 1: field tables of what a pile sends. Rows are as messages.check() takes them.

Who takes reports loads this; the pile itself does not, so that they cost none of its heap.
"""

from .messages import LIFE_CHARS, NONCE_CHARS

# Of the `update` message: wants bytes, waits until nothing is energised, unpacks, runs the new firmware
# and has yet to show that it is well, has shown it; the pile goes on with the old one in the last two
UPDATE_PHASES = (
    "fetch",
    "paused",
    "applying",
    "trial",
    "confirmed",
    "refused",
    "rolled_back",
)
_UINT = 0x7FFFFFFF
_SEQ = 0xFFFFFFFF
FIELDS = {
    "hello": (
        ("boot", "int", True, 0, _UINT),
        ("firmware", "str", True, 1, 32),
        ("python", "str", True, 1, 64),
        ("board", "str", True, 1, 32),
        ("profile", "str", True, 1, 32),
        ("site", "str", True, 0, 32),
        ("connectors", "list", True, 1, 4),
        # Memory: its name, the oldest number still held, the next to be given
        ("life", "token", True, LIFE_CHARS, LIFE_CHARS),
        ("first", "int", True, 0, _SEQ),
        ("next", "int", True, 1, _SEQ),
        # Number of the secret in use, 1 until it was rotated
        ("key", "int", True, 1, 0xFFFF),
        ("nonce", "token", True, NONCE_CHARS, NONCE_CHARS),
        # slot "a" or "b", version, trial true or false, previous version or ""
        ("update", "dict", False, 0, 8),
        # Revision of the charging profiles and version of the local list: 0 for none
        ("holds", "dict", False, 0, 8),
    ),
    # A change leaves out what only the heartbeat tells, and what there is nothing to say of
    "state": (
        ("connectors", "list", True, 1, 4),
        ("boot", "int", False, 0, _UINT),
        ("up", "int", False, 0, _UINT),
        ("utc", "int?", True, 0, 1 << 40),
        ("notes", "list", False, 0, 8),
        ("counts", "dict", False, 0, 16),
        ("journal", "dict", False, 0, 8),
    ),
    # Dated by whoever receives it
    "meter": (
        # 1 where it is left out
        ("c", "int", False, 1, 4),
        ("wh", "int", True, 0, 1 << 40),
        ("w", "int", True, -(1 << 20), 1 << 20),
        ("mv", "list", True, 0, 3),
        ("ma", "list", True, 0, 3),
    ),
    "journal": (
        ("life", "token", True, LIFE_CHARS, LIFE_CHARS),
        # The first number that this message accounts for: what is missing behind it is lost
        ("from", "int", True, 1, _SEQ),
        # Base64 of record bytes, see records.py
        ("records", "list", True, 1, 16),
    ),
    "reply": (
        ("id", "token", True, 1, 64),
        ("result", "str", True, 1, 16),
        ("reason", "str", False, 0, 64),
        ("value", "dict", False, 0, 16),
    ),
    # A card at the pile; `ask` counts since its start and comes back in the answer
    "authorize": (
        ("ask", "int", True, 1, 0xFFFF),
        ("token", "token", True, 1, 36),
        ("connector", "int", True, 0, 4),
    ),
    "update": (
        ("bundle", "token", True, 64, 64),
        ("phase", "token", True, 1, 16),
        # Bytes it has; the next chunk begins there
        ("from", "int", True, 0, _UINT),
        ("problem", "str", True, 0, 120),
    ),
    "record": (
        ("seq", "int", True, 1, _SEQ),
        ("kind", "str", True, 1, 16),
        ("boot", "int", True, 0, _UINT),
        ("up", "int", True, 0, _UINT),
        ("utc", "int?", True, 0, 1 << 40),
        ("c", "int", True, 0, 4),
        ("wh", "int?", True, 0, 1 << 40),
    ),
}

# Fields of the record kinds beside those of "record"
_TX = ("tx", "int", True, 1, _SEQ)
_REF = ("ref", "token", True, 0, 64)
_FAULT = ("fault", "token", True, 0, 32)
# What no money hangs on may be missing: it must not hold up what follows it
_FAULT_NAME = ("fault", "token", False, 0, 32)
RECORD_FIELDS = {
    "boot": (("cause", "token", False, 0, 32),),
    # `meter` is the meter's own number, "" where it tells none
    "tx_start": (_TX, _REF, ("by", "token", True, 0, 16), ("meter", "token", False, 0, 16)),
    "tx_charging": (_TX,),
    "tx_sample": (_TX,),
    # The pile lost its power in between; `lost_wh` moved on the meter since the record before
    "tx_resume": (_TX, ("lost_wh", "int", True, 0, 1 << 40)),
    # A stop was asked for or forced; the last register is awaited
    "tx_ending": (_TX, ("reason", "token", True, 1, 16)),
    "tx_stop": (_TX, ("reason", "token", True, 1, 16), _FAULT),
    "fault": (_FAULT_NAME, ("detail", "token", False, 0, 120)),
    "fault_clear": (_FAULT_NAME,),
    # The clock was set or stepped: by how much, and by whom
    "clock": (("step_s", "int", False, -(1 << 40), 1 << 40), ("source", "token", False, 0, 16)),
    # Records from here on are sealed with the secret of this number
    "key": (("number", "int", True, 1, 0xFFFF),),
}
