"""The page of all faults, docs/faults.md, made from the firmware's own tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from evse.core import fault_codes, faults

SEVERITIES = {faults.WARN: "warning", faults.STOP: "stop", faults.TRIP: "trip"}
CLEARINGS = {
    faults.SELF: "by itself",
    faults.UNPLUG: "unplug",
    faults.MANUAL: "`reset`",
    faults.LOCKOUT: "`unlock`",
}
LIGHTS = {
    "red_fast": "red, 5 a second",
    "red_slow": "red, 1 a second",
    "red_on": "red",
    "yellow": "yellow flash",
    "": "unchanged",
}
_HEAD = """\
# Faults

Made by `pilectl faults` from `firmware/evse/core/faults.py` and `fault_codes.py`; do not edit. What to do about each,
symptom by symptom: [service manual](service/README.md). All times hold in the simulated world; no board has been built.

## What happens

| word | means |
|---|---|
| warning | it is told, the charge goes on |
| stop | the vehicle is asked to stop drawing first, then the contactor opens |
| trip | the contactor opens at once |
| by itself | clears when its cause has been gone for the wait |
| unplug | clears when the vehicle is unplugged |
| `reset` | clears by `reset` at the console, or at the next start, when its cause is gone |
| `unlock` | a lock-out: clears by `unlock` at the console after the repair, and survives a power cut |
| retries | so often per plug-in a running charge waits for the fault to clear instead of ending; each wait is twice the one before, after the last one the vehicle has to be unplugged |
| opens in | from the cause to the open command at the latest; stalls that are allowed (23 ms together) and the drop-out of the contactor come on top |

A stop or trip without retries ends the running charge. A cause that stays for 15 minutes uses up the retries, but that of
`mains_lost`; they begin anew after 30 minutes without the fault. While a trip stands that clears by `reset` or `unlock` the
pilot is in state F. None clears before its cause is gone.
"""
_SAID = """\
## What is said

The console says it in an event line and in `faults`, the doctor in its advice. Detail and notes go to the bridge, in the
journal's record and in the `state` message. At the console they stand where the part is shown: `settings`, `parts`, `meter`,
`journal`, and for a task in `log`.
"""
_TOLD = """\
## What platforms are told

The last column is the StopReason of an order that the fault ended. To OCPP 1.6 the code goes in `errorCode` and the one of
2.0.1 in `vendorErrorCode`; to 2.0.1 it is a NotifyEvent of the variable `Problem` with this instance.
"""


def page() -> str:
    """The whole page, with a line's end at its end."""
    rows = [faults.row(name) for name in faults.NAMES]
    codes = [dict(zip(fault_codes.FIELDS, row, strict=True)) for row in fault_codes.TABLE]
    blocks = [
        _HEAD,
        _table(
            ("fault", "severity", "clears", "wait", "retries", "opens in", "light"), _what(rows)
        ),
        _SAID,
        _table(("fault", "English", "Chinese"), _said(rows, codes)),
        _TOLD,
        _table(("fault", "OCPP 1.6", "OCPP 2.0.1", "T/CEC 102"), _told(codes)),
    ]
    return "\n".join(blocks)


def _what(rows: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        yield (
            f"`{row['name']}`",
            SEVERITIES[row["severity"]],
            CLEARINGS[row["clears"]],
            f"{row['wait_ms'] // 1000} s" if row["clears"] == faults.SELF else "-",
            str(row["retries"]) if row["retries"] else "-",
            _short(row["open_ms"]) if row["open_ms"] else "-",
            LIGHTS[row["light"]],
        )


def _short(ms: int) -> str:
    return f"{ms} ms" if ms < 1000 else f"{ms / 1000:g} s"


def _said(rows: list[dict[str, Any]], codes: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    for row, code in zip(rows, codes, strict=True):
        yield f"`{row['name']}`", row["sentence"], code["sentence_zh"]


def _told(codes: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    for code in codes:
        yield f"`{code['name']}`", code["ocpp16"], code["ocpp201"], str(code["tcec_stop_reason"])


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(cells) + " |" for cells in (heads, *rows)]
    return "\n".join([lines[0], "|---" * len(heads) + "|", *lines[1:], ""])
