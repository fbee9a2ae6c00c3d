"""The boot states of a station (OCPP 1.6 4.2, 2.0.1 B01 to B03) as plain rules, without a clock."""

import random
from typing import Any

ACCEPTED, PENDING, REJECTED = "Accepted", "Pending", "Rejected"
# Without an interval of the central system: our own, doubled each time
_OWN_FIRST_S = 10.0
_DAY_S = 86400


class BootState:
    """`status` is "" until the first answer; `heartbeat_s` is the interval that came with Accepted."""

    __slots__ = ("_most_s", "_tries", "heartbeat_s", "reason", "status")

    def __init__(self, reason: str, most_s: float) -> None:
        self.status = ""
        self.reason = reason
        self.heartbeat_s = 0
        self._most_s = most_s
        self._tries = 0

    @property
    def needed(self) -> bool:
        """True while a boot notification has to be sent."""
        return self.status != ACCEPTED

    @property
    def answers(self) -> bool:
        """False while calls of the central system get no answer."""
        return self.status != REJECTED

    @property
    def may_ask(self) -> bool:
        """True when anything but a boot notification may be sent at all."""
        return self.status in {ACCEPTED, PENDING}

    def again(self, reason: str) -> None:
        """The pile has started anew: nothing may be sent before this is answered."""
        self.status = ""
        self.reason = reason
        self._tries = 0

    def answered(self, status: str, interval_s: int) -> float:
        """Take an answer; seconds until the next boot notification, 0 when none is needed."""
        self.status = status
        if status == ACCEPTED:
            self._tries = 0
            self.heartbeat_s = interval_s
            return 0.0
        return float(min(interval_s, _DAY_S)) if interval_s > 0 else self._own_s()

    def failed(self) -> float:
        """There was no answer, or an error: seconds until the next try."""
        return self._own_s()

    def _own_s(self) -> float:
        bound_s = min(self._most_s, _OWN_FIRST_S * (1 << min(self._tries, 20)))
        self._tries += 1
        return bound_s * random.uniform(0.5, 1.0)


def is_older(started: list[Any], known: list[Any] | None) -> bool:
    """True for [life, boot, ..] that a broker repeats of an earlier start in the same life."""
    if known is None or started[0] != known[0]:
        return False
    return isinstance(started[1], int) and isinstance(known[1], int) and started[1] < known[1]
