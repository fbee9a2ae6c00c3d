"""The connection to the bridge: connect, say who we are, report, repeat until acknowledged, reconnect.

`source` is the station's side: hello(), state(), meter() give message bytes or None when there is
nothing to say; journal(most_bytes) gives (message bytes or None, last seq), from behind what was
acknowledged last. All of it may be late.
"""

import asyncio
from time import ticks_add, ticks_diff, ticks_ms

from ..core import messages
from .mqtt import MqttLink

_ROUND_MS = 50
_LOOK_MS = 200
# The bridge acknowledges after its commit; without an answer the same records go out again
_ACK_MS = 10000
# It has less than was sent: it wants it again, or it has answered an earlier message twice
_AGAIN_MS = 1000
_HELLO_MS = 10000
# The answer to a hello brings the time: a crystal is a second off after some hours
_TIME_MS = 6 * 3600 * 1000
_BACKOFF_FIRST_MS = 500
# The bridge must have the true picture within 10 s of its return; jitter spreads a fleet over the half
_BACKOFF_MOST_MS = 5000


class Uplink:
    """Runs for ever over connections of `dialer`; `online`: the bridge has answered on this one."""

    def __init__(self, station_id, keepalive_s, dialer, source, downlink, random):
        self.online = False
        self.last_error = ""
        self._station_id = station_id
        self._keepalive_s = keepalive_s
        self._dialer = dialer
        self._source = source
        self._downlink = downlink
        self._random = random  # random() in 0..1, for jitter
        self._sent_upto = 0
        self._again_ms = 0  # tick from which on the same records go out again
        self._renew = False
        self._wants_time = False

    async def run(self):
        """Keep the connection; every failure leads to another attempt after a jittered wait."""
        failures = 0
        while True:
            try:
                await self._connection()
            except OSError as error:
                self.last_error = str(error)
            finally:
                failures = 1 if self.online else failures + 1
                self.online = False
            wait_ms = min(_BACKOFF_FIRST_MS << min(failures, 10), _BACKOFF_MOST_MS)
            await asyncio.sleep_ms(wait_ms // 2 + int(wait_ms // 2 * self._random()))

    def acknowledged(self, upto):
        """The bridge has committed up to `upto`: it is there, and the next message begins behind that."""
        self.online = True
        if upto >= self._sent_upto:
            self._sent_upto = 0
        else:
            soon_ms = ticks_add(ticks_ms(), _AGAIN_MS)
            if ticks_diff(self._again_ms, soon_ms) > 0:
                self._again_ms = soon_ms

    def ask_time(self):
        """Say hello again soon: its answer brings the bridge's time."""
        self._wants_time = True

    def reconnect(self):
        """Log in anew, because the key has changed: as soon as that is possible without a wait."""
        self._renew = True

    async def _connection(self):
        will = (messages.topic(self._station_id, "online"), b"0")
        security = self._dialer.security
        self._renew = False
        link = MqttLink(
            self._station_id,
            self._downlink.receive,
            will,
            self._keepalive_s,
            security.user,
            security.password,
        )
        tasks = []
        try:
            await link.connect(self._dialer.open)
            # What kept it from the broker before is over
            self.last_error = ""
            for work in (link.run(), self._talk(link)):
                tasks.append(asyncio.create_task(work))
            while not link.failure:
                link.watch(_LOOK_MS)
                await asyncio.sleep_ms(_LOOK_MS)
            # One that is none of the connection's comes out here and gets its name in the station
            raise link.failure
        finally:
            for task in tasks:
                task.cancel()
            await link.close()

    async def _talk(self, link):
        try:
            await self._report(link)
        except Exception as error:
            link.failure = error

    async def _report(self, link):
        for topic in self._downlink.topics:
            await link.subscribe(topic)
        await self._publish(link, "online", b"1", True)
        self._sent_upto = 0
        self._source.refresh()
        greeted_ms = None
        takes_chunks = False
        while True:
            await link.send()
            if self._renew and self._dialer.may_drop():
                raise OSError("the key has changed")
            # Until the bridge answers: its first ack brings the time and the last sequence it holds
            since_ms = _TIME_MS if greeted_ms is None else ticks_diff(ticks_ms(), greeted_ms)
            wanted = self._wants_time or not self.online
            if since_ms >= _TIME_MS or (wanted and since_ms >= _HELLO_MS):
                greeted_ms = ticks_ms()
                self._wants_time = False
                await self._publish(link, "hello", self._source.hello(), True)
            while self._downlink.replies:
                await self._publish(link, "reply", self._downlink.replies[0])
                self._downlink.replies.pop(0)
            if self._downlink.asking:
                await self._publish(link, "authorize", self._downlink.asking)
                self._downlink.asking = None
            while self._downlink.updates:
                if not takes_chunks:
                    takes_chunks = True
                    await link.subscribe(messages.topic(self._station_id, "chunk"))
                await self._publish(link, "update", messages.encode(self._downlink.updates[0]))
                self._downlink.updates.pop(0)
            state = self._source.state()
            if state:
                await self._publish(link, "state", state, True)
            meter = self._source.meter()
            if meter:
                await link.publish(messages.topic(self._station_id, "meter"), meter, qos=0)
            if self.online:
                await self._journal(link)
            await asyncio.sleep_ms(_ROUND_MS)

    async def _journal(self, link):
        if self._sent_upto and ticks_diff(ticks_ms(), self._again_ms) < 0:
            return
        message, last = self._source.journal(messages.MAX_BYTES)
        if message:
            self._sent_upto = last
            self._again_ms = ticks_add(ticks_ms(), _ACK_MS)
            await self._publish(link, "journal", message)

    async def _publish(self, link, name, payload, retain=False):
        await link.publish(messages.topic(self._station_id, name), payload, retain)
