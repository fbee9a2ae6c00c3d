"""How the central system answers: set by tests, obliging by default."""

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """On an id token, with the word of 1.6 or 2.0.1: Accepted Blocked Expired Invalid ConcurrentTx ..."""

    status: str = "Accepted"
    until: str = ""
    parent: str = ""


@dataclass
class Behaviour:
    """Everything a test may set, for all stations or one. Counts go down as they are used; -1 is for ever.

    boots: statuses of the next boot answers, then Accepted. tokens: verdicts, `others` for all the rest.
    starts: (status, transaction id) that the next 1.6 starts get instead of the right answer.
    errors: action -> CALLERROR codes of its next calls. mute: action -> how many get no answer.
    close_before / close_after: action -> how many calls end in a closed link, not taken / taken.
    cut_chance: of each call, that the link ends at a random point of it, as `random` has it.
    delays_s: action, or "*" -> seconds until the answer. prices: total cost told with 2.0.1 events.
    """

    boots: list[str] = field(default_factory=list)
    interval_s: int = 300
    tokens: dict[str, Verdict] = field(default_factory=dict)
    others: Verdict = field(default_factory=Verdict)
    starts: list[tuple[str, int]] = field(default_factory=list)
    errors: dict[str, list[str]] = field(default_factory=dict)
    mute: Counter[str] = field(default_factory=Counter)
    close_before: Counter[str] = field(default_factory=Counter)
    close_after: Counter[str] = field(default_factory=Counter)
    cut_chance: float = 0.0
    random: Random = field(default_factory=lambda: Random(1))
    delays_s: dict[str, float] = field(default_factory=dict)
    cost_per_kwh: float | None = None
    # A station may give a call up after this long and send the next one
    station_patience_s: float = 30.0

    def verdict(self, token: str) -> Verdict:
        """What this token gets."""
        return self.tokens.get(token, self.others)

    def delay_s(self, action: str) -> float:
        """How long the answer to this action waits."""
        return self.delays_s.get(action, self.delays_s.get("*", 0.0))

    def next_error(self, action: str) -> str | None:
        """The CALLERROR code that this call gets, used up."""
        codes = self.errors.get(action)
        return codes.pop(0) if codes else None

    def spend(self, counts: Counter[str], action: str) -> bool:
        """True if the count of this action, or of "*", is not used up; takes one off it."""
        for name in (action, "*"):
            if counts[name]:
                counts[name] -= counts[name] > 0
                return True
        return False

    def cut(self) -> str:
        """Where the link ends in this call: before, after, answered; mostly nowhere, ""."""
        if self.cut_chance and self.random.random() < self.cut_chance:
            return self.random.choice(("before", "after", "answered"))
        return ""
