"""The supply limits of sites, as the settings have them: published again before they run out.

A pile holds a limit for its time to live and then falls back to its own safe value, so a limit
stands only while the bridge does.
"""

import asyncio
import time
from collections.abc import Callable, Sequence

from pilebridge.mqtt_client import Publisher
from pilebridge.settings import Site
from pilebridge.wire import messages

_RETRY_S = 1.0
_GATHER_S = 0.5
_IDLE_S = 3600.0


class SiteLimits:
    """Publishes `site/{site}/limit`, retained; run() until cancelled, `wake()` on arrivals."""

    def __init__(
        self, sites: Sequence[Site], publisher: Publisher, clock: Callable[[], float] = time.time
    ) -> None:
        self._sites = sites
        self._publisher = publisher
        self._clock = clock
        self._news = asyncio.Event()

    def wake(self) -> None:
        """The broker is there again and may know nothing, or a pile has only now learnt the time."""
        self._news.set()

    async def run(self) -> None:
        """Publish every limit at half of its time to live."""
        loop = asyncio.get_running_loop()
        due_s = dict.fromkeys(self._sites, 0.0)
        while True:
            if self._news.is_set():
                # A fleet that comes back together is one piece of news
                await asyncio.sleep(_GATHER_S)
                self._news.clear()
                due_s = dict.fromkeys(self._sites, 0.0)
            for site in self._sites:
                if loop.time() >= due_s[site] and self._publish(site):
                    due_s[site] = loop.time() + site.ttl_s / 2
            left_s = min(due_s.values(), default=loop.time() + _IDLE_S) - loop.time()
            try:
                # What could not be sent waits for the link, or for room in its window
                async with asyncio.timeout(max(_RETRY_S, left_s)):
                    await self._news.wait()
            except TimeoutError:
                continue

    def _publish(self, site: Site) -> bool:
        body = {"a10": int(site.limit_a * 10), "utc": int(self._clock()), "ttl_s": site.ttl_s}
        payload = messages.encode(body)
        return self._publisher.publish(messages.site_topic(site.name), payload, retain=True)
