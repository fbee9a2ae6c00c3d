"""The record of T/CEC calls both ways, for the curious and for tests, and the list of violations."""

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

log = logging.getLogger("sandbox")

_KEEP = 300
_SECRET_FIELDS = ("OperatorSecret", "AccessToken")
# Asked every few seconds: they would drown the transcript
_QUIET = {"query_station_status", "query_equip_charge_status", "notification_equip_charge_status"}
_SHOWN = (
    "StartChargeSeq",
    "ConnectorID",
    "StartChargeSeqStat",
    "Status",
    "SuccStat",
    "FailReason",
    "ConfirmResult",
    "ItemSize",
    "SumPeriod",
    "TotalPower",
    "TotalMoney",
)


@dataclass
class Violation:
    """One breach of the standard by the bridge; `count` says how often it came."""

    at: float
    direction: str
    interface: str
    reason: str
    count: int = 1


class CallLog:
    """The last calls with their Ret, newest last, and every kind of violation seen."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self.calls: deque[dict[str, Any]] = deque(maxlen=_KEEP)
        self.violations: deque[Violation] = deque(maxlen=_KEEP)

    def add(
        self,
        direction: str,
        interface: str,
        ret: int | None,
        msg: str,
        request: Mapping[str, Any],
        answer: Mapping[str, Any],
    ) -> None:
        """Record one call; `direction` is "out" (we called) or "in", `ret` None when unanswered."""
        entry = {
            "at": round(self._clock(), 3),
            "direction": direction,
            "interface": interface,
            "ret": ret,
            "msg": msg,
            "request": _plain(request),
            "answer": _plain(answer),
        }
        self.calls.append(entry)
        level = logging.DEBUG if interface in _QUIET and ret == 0 else logging.INFO
        arrow = "platform -> bridge  " if direction == "out" else "bridge -> platform  "
        seen = {**_status(request), **request, **answer}
        facts = " ".join(f"{name}={seen[name]}" for name in _SHOWN if name in seen)
        verdict = "no answer" if ret is None else f"Ret {ret}"
        log.log(level, "%s%-32s %s  %s  %s", arrow, interface, verdict, facts, msg)

    def violate(self, direction: str, interface: str, problems: list[str]) -> None:
        """Record breaches; the same one again only raises its count."""
        for reason in problems:
            log.warning("VIOLATION in %s: %s", interface, reason)
            for known in self.violations:
                if (known.direction, known.interface, known.reason) == (
                    direction,
                    interface,
                    reason,
                ):
                    known.count += 1
                    break
            else:
                self.violations.append(Violation(self._clock(), direction, interface, reason))

    def view(self) -> dict[str, Any]:
        """Both lists as JSON values."""
        return {
            "calls": list(self.calls),
            "violations": [asdict(item) for item in self.violations],
        }


def _status(request: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = request.get("ConnectorStatusInfo")
    return inner if isinstance(inner, dict) else {}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            str(name): "(secret)" if name in _SECRET_FIELDS else _plain(item)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Decimal) else value
