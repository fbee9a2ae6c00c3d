"""When each pile was last heard of: what it says now counts, what a broker kept for us does not."""

import asyncio
from collections.abc import Callable

_NEVER_S = -1e9


class Presence:
    """Signs of life in the event loop's time; `near_s` is how late a message may be."""

    def __init__(self, near_s: float, clock: Callable[[], float]) -> None:
        self._near_s = near_s
        self._clock = clock
        self._seen_s: dict[str, float] = {}
        # Loop time and the pile's own time at the last message that was said just then
        self._pace: dict[str, tuple[float, int]] = {}

    def seen(self, pile: str) -> None:
        """Heard of just now."""
        self._seen_s[pile] = now_s()

    def said_at(self, pile: str, utc: int | None) -> None:
        """A message that names its time, if it knows one; an old one is no sign of life."""
        if utc is not None:
            here_s = now_s()
            last_s, last_utc = self._pace.get(pile, (here_s, 0))
            # Our own clock may have stepped: the pile's then still runs on with the time that passed
            in_pace = abs((utc - last_utc) - (here_s - last_s)) <= self._near_s
            if not in_pace and abs(self._clock() - utc) > self._near_s:
                return
            self._pace[pile] = (here_s, utc)
        self.seen(pile)

    def last_s(self, pile: str) -> float:
        """Loop time of the last sign of life, long ago when there was none."""
        return self._seen_s.get(pile, _NEVER_S)

    def is_known(self, pile: str) -> bool:
        """True once anything was heard."""
        return pile in self._seen_s

    def forget(self) -> None:
        """As after a start of our own."""
        self._seen_s.clear()
        self._pace.clear()


def now_s() -> float:
    """Monotonic seconds of the event loop, which a test may drive."""
    return asyncio.get_running_loop().time()
