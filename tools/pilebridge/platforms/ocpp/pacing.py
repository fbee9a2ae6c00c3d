"""When to try again: a pause that grows by chance within bounds, and one pace for all stations of a platform."""

import asyncio
import random
from collections.abc import Awaitable, Callable

_FIRST_S = 1.0


def _loop_s() -> float:
    return asyncio.get_running_loop().time()


class Pacer:
    """Turns at `per_s` a second, and at most a second's worth of them at once after a rest."""

    def __init__(
        self,
        per_s: float,
        now: Callable[[], float] = _loop_s,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._gap_s = 1.0 / per_s
        self._now = now
        self._sleep = sleep
        # Moment of the next turn; the bucket is full when it lies `_DEPTH_S` back
        self._next_s: float | None = None
        self._depth_s = min(0.1, self._gap_s * 16)

    async def turn(self) -> None:
        """Wait for a turn; they come in order of calls."""
        now_s = self._now()
        earliest_s = now_s - self._depth_s
        mine_s = earliest_s if self._next_s is None else max(self._next_s, earliest_s)
        self._next_s = mine_s + self._gap_s
        if mine_s > now_s:
            await self._sleep(mine_s - now_s)


class Backoff:
    """Pauses between tries: anywhere between none and a bound that doubles from a second up to `most_s`."""

    __slots__ = ("_failures", "_most_s")

    def __init__(self, most_s: float) -> None:
        self._most_s = most_s
        self._failures = 0

    def failed(self) -> float:
        """Seconds to wait after one more failure."""
        bound_s = min(self._most_s, _FIRST_S * (1 << min(self._failures, 20)))
        self._failures += 1
        return random.uniform(0, bound_s)

    def worked(self) -> None:
        """The next failure is the first."""
        self._failures = 0
