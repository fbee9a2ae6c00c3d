"""Which error code a fault gets in which version: the one place where the versions' words differ.

A frame without a readable id cannot be answered in 1.6: nothing names it. 2.0.1 answers it with the id
"-1". A message type that nobody knows is MessageTypeNotSupported in 2.0.1; 1.6 has no such word.
"""

from typing import Literal

Version = Literal["ocpp1.6", "ocpp2.0.1"]
V16: Version = "ocpp1.6"
V201: Version = "ocpp2.0.1"

# What can be wrong with a frame as a whole
UNREADABLE, MALFORMED, TYPE_UNKNOWN, ACTION_UNKNOWN = (
    "unreadable",
    "malformed",
    "type_unknown",
    "action_unknown",
)
UNREADABLE_ID = "-1"

_MISSPELT: dict[Version, dict[str, str]] = {
    V16: {
        "FormatViolation": "FormationViolation",
        "OccurrenceConstraintViolation": "OccurenceConstraintViolation",
    },
    V201: {},
}
_FRAME: dict[Version, dict[str, str]] = {
    V16: {
        MALFORMED: "FormationViolation",
        TYPE_UNKNOWN: "GenericError",
        ACTION_UNKNOWN: "NotImplemented",
    },
    V201: {
        UNREADABLE: "RpcFrameworkError",
        MALFORMED: "RpcFrameworkError",
        TYPE_UNKNOWN: "MessageTypeNotSupported",
        ACTION_UNKNOWN: "NotImplemented",
    },
}
# JSON schema keyword: code. A key that is too many breaks the structure of the message; how often
# something may stand there is occurrence; a date and a URI are data types of OCPP
_KEYWORD = {
    "required": "OccurrenceConstraintViolation",
    "minItems": "OccurrenceConstraintViolation",
    "maxItems": "OccurrenceConstraintViolation",
    "additionalProperties": "FormatViolation",
    "type": "TypeConstraintViolation",
    "format": "TypeConstraintViolation",
    "enum": "PropertyConstraintViolation",
    "maxLength": "PropertyConstraintViolation",
    "minLength": "PropertyConstraintViolation",
    "maximum": "PropertyConstraintViolation",
    "minimum": "PropertyConstraintViolation",
    "multipleOf": "PropertyConstraintViolation",
}
_COMMON = {
    "NotImplemented",
    "NotSupported",
    "InternalError",
    "ProtocolError",
    "SecurityError",
    "PropertyConstraintViolation",
    "TypeConstraintViolation",
    "GenericError",
}
KNOWN: dict[Version, frozenset[str]] = {
    V16: frozenset(_COMMON | {"FormationViolation", "OccurenceConstraintViolation"}),
    V201: frozenset(
        _COMMON
        | {
            "FormatViolation",
            "OccurrenceConstraintViolation",
            "RpcFrameworkError",
            "MessageTypeNotSupported",
        }
    ),
}


def spelt(version: Version, code: str) -> str:
    """A code as the version writes it; what it does not know is GenericError."""
    code = _MISSPELT[version].get(code, code)
    return code if code in KNOWN[version] else "GenericError"


def of_frame(version: Version, fault: str) -> str | None:
    """The code for a frame as a whole, None where the version gives no answer."""
    return _FRAME[version].get(fault)


def of_keyword(version: Version, keyword: str) -> str:
    """The code for what a schema's keyword found."""
    return spelt(version, _KEYWORD.get(keyword, "FormatViolation"))
