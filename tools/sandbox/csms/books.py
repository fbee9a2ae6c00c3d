"""What every part of the central system shares: the store, the behaviour, the complaints and the exchanges."""

import time
from collections import deque
from collections.abc import Callable

from sandbox.csms.behaviour import Behaviour
from sandbox.csms.model import Complaint, Exchange
from sandbox.csms.store import Store

# Calls remembered, the oldest go first
EXCHANGES = 100_000


class Books:
    """`complaints` are the rules that stations broke: a test asserts that there are none."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        self.store = store
        self.clock = clock
        self.behaviour = Behaviour()
        # Of single stations, in place of the common one
        self.behaviours: dict[str, Behaviour] = {}
        self.complaints: list[Complaint] = []
        self.exchanges: deque[Exchange] = deque(maxlen=EXCHANGES)

    def behaviour_of(self, station: str) -> Behaviour:
        """The station's own behaviour, or the common one."""
        return self.behaviours.get(station, self.behaviour)

    def complain(self, station: str, rule: str, text: str) -> None:
        """Write down that a station broke a rule."""
        self.complaints.append(Complaint(station, rule, text))

    def broken(self, *but: str) -> list[Complaint]:
        """The complaints except those of the rules named."""
        return [complaint for complaint in self.complaints if complaint.rule not in but]

    def calls(self, action: str, station: str = "", by: str = "station") -> list[Exchange]:
        """Exchanges of one action, the oldest first."""
        return [
            exchange
            for exchange in self.exchanges
            if exchange.action == action
            and exchange.by == by
            and station in {"", exchange.station}
        ]
