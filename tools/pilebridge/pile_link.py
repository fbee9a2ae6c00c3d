"""The piles' side of the bridge: decodes the wire, stores journals before it acknowledges them,
and carries commands down. Nothing here knows of platforms.
"""

import asyncio
import json
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Protocol

from pilebridge import journal, wire
from pilebridge.journal import Appended
from pilebridge.model import Counters
from pilebridge.mqtt_client import Publisher
from pilebridge.store import Store
from pilebridge.timeline import Anchor
from pilebridge.wire import messages

log = logging.getLogger(__name__)

TOPICS = tuple(f"pile/+/{name}" for name in messages.UP_TOPICS)
_REMEMBERED_REPLIES = 1000
_CLOCK_STEP_S = 5
# A pile whose counter went back this far has none of the acknowledged numbers in its ring, so the
# acknowledgement makes it renumber; nearer, it could free records that were never stored
_RENUMBER_DISTANCE = 1000


@dataclass(frozen=True)
class Reply:
    """A pile's answer to a command: `result` and `reason` as docs/wire.md lists them."""

    result: str
    reason: str


class Listener(Protocol):
    """Who hears what piles say; called in the order of arrival."""

    def on_link(self, up: bool) -> None:
        """The broker connection came or went."""
        ...

    def on_online(self, pile: str, online: bool) -> None:
        """The pile came, or its last will arrived."""
        ...

    def on_state(self, pile: str, message: wire.State) -> None:
        """A state message; also retained ones, after (re)connecting."""
        ...

    def on_meter(self, pile: str, message: wire.Meter) -> None:
        """Live values of a charge."""
        ...

    def on_journal(self, pile: str) -> None:
        """New records of this pile are in the store."""
        ...

    def on_late_reply(self, pile: str, command_id: str, reply: Reply) -> None:
        """An answer arrived after its command was given up."""
        ...


@dataclass
class _Commands:
    waiting: dict[tuple[str, str], "asyncio.Future[Reply]"] = field(default_factory=dict)
    answered: OrderedDict[tuple[str, str], Reply] = field(default_factory=OrderedDict)
    given_up: OrderedDict[tuple[str, str], None] = field(default_factory=OrderedDict)


class PileLink:
    """Messages of the configured piles in, commands and acknowledgements out."""

    def __init__(
        self,
        piles: Collection[str],
        store: Store,
        publisher: Publisher,
        listener: Listener,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.counters: dict[str, Counters] = {pile: Counters() for pile in piles}
        self.unknown_piles = 0
        self._store = store
        self._publisher = publisher
        self._listener = listener
        self._clock = clock
        self._commands = _Commands()
        self._anchors: dict[str, Anchor] = {}

    async def on_message(self, topic: str, payload: bytes, retained: bool) -> None:
        """Take one message; done when everything it carries is committed."""
        parts = messages.split_topic(topic)
        if parts is None or parts[0] not in self.counters:
            self.unknown_piles += 1
            _log_sometimes(self.unknown_piles, "link: dropped a message of %.64s", topic)
            return
        pile, name = parts
        counters = self.counters[pile]
        if name not in messages.UP_TOPICS:
            counters.unknown_topic += 1
            _log_sometimes(counters.unknown_topic, "link: %s: no such topic %.32r", pile, name)
            return
        try:
            work = self._take(pile, name, payload)
        except messages.ProtocolError as error:
            counters.malformed += 1
            _log_sometimes(counters.malformed, "link: %s: %s refused: %.200s", pile, name, error)
            return
        if work is not None:
            await self._stored(pile, work)

    async def command(
        self,
        pile: str,
        command_id: str,
        name: str,
        args: dict[str, Any],
        ttl_s: int,
        timeout_s: float,
    ) -> Reply | None:
        """The pile's answer, or None when there was none in time.

        The same id again gives the first answer without asking the pile; while the first is
        still on its way, both callers wait for it.
        """
        key = (pile, command_id)
        if key in self._commands.answered:
            return self._commands.answered[key]
        future = self._commands.waiting.get(key)
        if future is None:
            future = asyncio.get_running_loop().create_future()
            body = {"id": command_id, "name": name, "args": args, "ttl_s": ttl_s}
            payload = messages.encode({**body, "utc": int(self._clock())})
            if not self._publisher.publish(messages.topic(pile, "command"), payload):
                return None
            self._commands.waiting[key] = future
        try:
            async with asyncio.timeout(timeout_s):
                return await asyncio.shield(future)
        except TimeoutError:
            if self._commands.waiting.pop(key, None) is not None:
                _remember(self._commands.given_up, key, None)
                log.warning("link: %s: no answer to %s %s", pile, name, command_id)
            return None

    def _take(self, pile: str, name: str, payload: bytes) -> "asyncio.Future[Appended] | None":
        """Decode and hand on at once, so that messages keep their order."""
        if name == "online":
            self._listener.on_online(pile, wire.decode_online(payload))
        elif name == "hello":
            return self._hello(pile, wire.decode_hello(payload))
        elif name == "state":
            state = wire.decode_state(payload)
            self._anchor(pile, state.boot, state.up, state.utc)
            self._listener.on_state(pile, state)
        elif name == "meter":
            self._listener.on_meter(pile, wire.decode_meter(payload))
        elif name == "journal":
            records = wire.decode_journal(payload)
            now = int(self._clock())
            return self._store.submit(lambda conn: journal.append(conn, pile, records, now))
        else:
            self._reply(pile, wire.decode_reply(payload))
        return None

    async def _stored(self, pile: str, work: "asyncio.Future[Appended]") -> None:
        outcome = await work
        counters = self.counters[pile]
        if outcome.gap_at is not None:
            counters.gap += 1
            text = "link: %s: records missing between %d and %d, waiting for them"
            _log_sometimes(counters.gap, text, pile, outcome.upto, outcome.gap_at)
        if outcome.conflict_at is not None:
            counters.conflict += 1
            text = "link: %s: record %d is stored with other content, its counter went back"
            _log_sometimes(counters.conflict, text, pile, outcome.conflict_at)
        if outcome.new:
            self._listener.on_journal(pile)
        if outcome.conflict_at is None or outcome.upto - outcome.conflict_at > _RENUMBER_DISTANCE:
            self._acknowledge(pile, outcome.upto)

    def _acknowledge(self, pile: str, upto: int) -> None:
        payload = messages.encode({"upto": upto, "utc": int(self._clock())})
        self._publisher.publish(messages.topic(pile, "ack"), payload)

    def _hello(self, pile: str, message: dict[str, Any]) -> "asyncio.Future[Appended]":
        body = json.dumps(message, sort_keys=True)
        boot = message["boot"]
        log.info("link: %s: hello, boot %d, firmware %s", pile, boot, message["firmware"])

        def job(conn: Any) -> Appended:
            journal.set_hello(conn, pile, body)
            return Appended(*journal.committed(conn, pile), new=0)

        # A pile whose counters restarted renumbers above the `upto` it hears here
        return self._store.submit(job)

    def _anchor(self, pile: str, boot: int, up: int, utc: int | None) -> None:
        last = self._anchors.get(pile)
        if utc is None:
            return
        # One pair per boot will do, unless the pile's clock was set again
        if last is not None and last.boot == boot:
            step_s = (utc - up) - (last.utc - last.up)
            if abs(step_s) <= _CLOCK_STEP_S:
                return
        anchor = Anchor(boot, up, utc)
        self._anchors[pile] = anchor
        self._store.submit(lambda conn: journal.set_anchor(conn, pile, anchor))

    def _reply(self, pile: str, message: dict[str, Any]) -> None:
        key = (pile, message["id"])
        reply = Reply(message["result"], message["reason"])
        future = self._commands.waiting.pop(key, None)
        counters = self.counters[pile]
        if future is not None:
            # A stale command was not acted on and may be sent again
            if reply.result != "stale":
                _remember(self._commands.answered, key, reply)
            if not future.done():
                future.set_result(reply)
        elif key in self._commands.given_up:
            del self._commands.given_up[key]
            counters.late_reply += 1
            log.warning("link: %s: late answer to %s: %s", pile, key[1], reply.result)
            _remember(self._commands.answered, key, reply)
            self._listener.on_late_reply(pile, key[1], reply)
        elif key not in self._commands.answered:
            counters.unsolicited_reply += 1
            text = "link: %s: answer to nothing asked: %.64r"
            _log_sometimes(counters.unsolicited_reply, text, pile, key[1])


def _remember(table: OrderedDict[tuple[str, str], Any], key: tuple[str, str], value: Any) -> None:
    table[key] = value
    while len(table) > _REMEMBERED_REPLIES:
        table.popitem(last=False)


def _log_sometimes(count: int, text: str, *values: object) -> None:
    # A pile that repeats itself must not fill the disk: the 1st, 2nd, 4th, 8th time
    if count & (count - 1) == 0:
        log.warning("%s (%d so far)", text % values, count)
