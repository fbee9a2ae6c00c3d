"""The wire, version 1: field tables of what a pile sends. Rows are as in messages.py, which reads them.

Who takes reports loads this; the pile itself does not, so that they cost none of its heap.
"""

from .messages import ID

_UINT = 0x7FFFFFFF
FIELDS = {
    "hello": (
        ("boot", "int", True, 0, _UINT),
        ("firmware", "str", True, 1, 32),
        ("python", "str", True, 1, 64),
        ("board", "str", True, 1, 32),
        ("profile", "str", True, 1, 32),
        ("site", "str", True, 0, 32),
        ("connectors", "list", True, 1, 4),
    ),
    "state": (
        ("boot", "int", True, 0, _UINT),
        ("up", "int", True, 0, _UINT),
        ("utc", "int?", True, 0, 1 << 40),
        ("connectors", "list", True, 1, 4),
        ("notes", "list", True, 0, 8),
        ("counts", "dict", True, 0, 16),
    ),
    "meter": (
        ("c", "int", True, 1, 4),
        ("tx", "str", True, 1, 32),
        ("up", "int", True, 0, _UINT),
        ("utc", "int?", True, 0, 1 << 40),
        ("wh", "int", True, 0, 1 << 40),
        ("w", "int", True, -(1 << 20), 1 << 20),
        ("mv", "list", True, 0, 3),
        ("ma", "list", True, 0, 3),
    ),
    "journal": (("records", "list", True, 1, 16),),
    "reply": (ID, ("result", "str", True, 1, 16), ("reason", "str", True, 0, 64)),
    "record": (
        ("seq", "int", True, 1, 1 << 50),
        ("kind", "str", True, 1, 16),
        ("boot", "int", True, 0, _UINT),
        ("up", "int", True, 0, _UINT),
        ("utc", "int?", True, 0, 1 << 40),
        ("c", "int", True, 0, 4),
        ("wh", "int?", True, 0, 1 << 40),
    ),
}

# Fields of the record kinds beside those of "record"
_TX = ("tx", "token", True, 1, 32)
_REF = ("ref", "token", True, 0, 64)
_FAULT = ("fault", "token", True, 0, 32)
# What no money hangs on may be missing: it must not hold up what follows it
_FAULT_NAME = ("fault", "token", False, 0, 32)
RECORD_FIELDS = {
    "boot": (("cause", "token", False, 0, 32),),
    "tx_start": (_TX, _REF, ("by", "token", True, 0, 16)),
    "tx_charging": (_TX,),
    "tx_sample": (_TX,),
    "tx_stop": (_TX, _REF, ("reason", "token", True, 1, 16), _FAULT),
    "fault": (_FAULT_NAME, ("detail", "token", False, 0, 120)),
    "fault_clear": (_FAULT_NAME,),
}
