"""The piles' side of the bridge: decodes the wire, stores journals before it acknowledges them,
and carries commands down. Nothing here knows of platforms.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Protocol

from pilebridge import journal, wire
from pilebridge.greeting import Greeter
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
_ASK_TTL_S, _ASK_TIMEOUT_S = 10, 2.0


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

    def on_online(self, pile: str, online: bool, retained: bool) -> None:
        """The pile came, or its last will arrived; retained is what the broker remembers."""
        ...

    def on_state(self, pile: str, message: wire.State, retained: bool) -> None:
        """A state message; also retained ones, after (re)connecting."""
        ...

    def on_meter(self, pile: str, message: wire.Meter) -> None:
        """Live values of a charge."""
        ...

    def on_sign_of_life(self, pile: str) -> None:
        """The pile greeted or answered just now."""
        ...

    def on_greeted(self, pile: str) -> None:
        """The pile's hello is answered: from now on it knows the time."""
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
        self._asked: dict[str, asyncio.Task[Reply | None]] = {}
        self._greeter = Greeter(store, self._ask, self._greeted)

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
            work = self._take(pile, name, payload, retained)
        except messages.ProtocolError as error:
            counters.malformed += 1
            _log_sometimes(counters.malformed, "link: %s: %s refused: %.200s", pile, name, error)
            return
        if work is not None:
            await work

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

    def ask(self, pile: str) -> "asyncio.Task[Reply | None]":
        """Have a pile say its state and answer; its id is new, an old one is not acted on."""
        if pile not in self._asked:
            command_id = f"report:{time.time_ns()}"
            work = self.command(pile, command_id, "report", {}, _ASK_TTL_S, _ASK_TIMEOUT_S)
            self._asked[pile] = task = asyncio.create_task(work)
            task.add_done_callback(lambda _: self._asked.pop(pile, None))
        return self._asked[pile]

    def _take(
        self, pile: str, name: str, payload: bytes, retained: bool
    ) -> "Awaitable[None] | None":
        """Decode and hand on at once, so that messages keep their order."""
        if name == "online":
            self._listener.on_online(pile, wire.decode_online(payload), retained)
        elif name == "hello":
            return self._hello(pile, wire.decode_hello(payload), retained)
        elif name == "state":
            state = wire.decode_state(payload)
            self._anchor(pile, state.boot, state.up, state.utc)
            self._listener.on_state(pile, state, retained)
            if not retained:
                self._greeter.state(pile, state.boot, state.utc is not None)
        elif name == "meter":
            self._listener.on_meter(pile, wire.decode_meter(payload))
        elif name == "journal":
            records = wire.decode_journal(payload)
            now = int(self._clock())
            work = self._store.submit(lambda conn: journal.append(conn, pile, records, now))
            return self._stored(pile, work)
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
            text = "link: %s: record %d is stored with other content, it lost its memory"
            _log_sometimes(counters.conflict, text, pile, outcome.conflict_at)
        if outcome.new:
            self._listener.on_journal(pile)
        if outcome.conflict_at is None:
            self._acknowledge(pile, outcome.upto)

    def _greeted(self, pile: str, upto: int) -> None:
        self._acknowledge(pile, upto)
        self._listener.on_greeted(pile)

    def _acknowledge(self, pile: str, upto: int) -> None:
        if upto >= journal.OFFERS_FROM:
            # A time anchor may be of its earlier life
            self._anchors.pop(pile, None)
        payload = messages.encode({"upto": upto, "utc": int(self._clock())})
        self._publisher.publish(messages.topic(pile, "ack"), payload)

    def _hello(self, pile: str, message: dict[str, Any], retained: bool) -> Awaitable[None]:
        text = "link: %s: hello, boot %d, firmware %s"
        log.info(text, pile, message["boot"], message["firmware"])
        if not retained:
            self._listener.on_sign_of_life(pile)
        return self._greeter.hello(pile, message, live=not retained)

    async def _ask(self, pile: str) -> str | None:
        reply = await asyncio.shield(self.ask(pile))
        return None if reply is None else reply.result

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
        self._listener.on_sign_of_life(pile)
        future = self._commands.waiting.pop(key, None)
        counters = self.counters[pile]
        if future is not None:
            self._keep(key, reply)
            if not future.done():
                future.set_result(reply)
        elif key in self._commands.given_up:
            del self._commands.given_up[key]
            counters.late_reply += 1
            log.warning("link: %s: late answer to %s: %s", pile, key[1], reply.result)
            self._keep(key, reply)
            self._listener.on_late_reply(pile, key[1], reply)
        elif key not in self._commands.answered:
            counters.unsolicited_reply += 1
            text = "link: %s: answer to nothing asked: %.64r"
            _log_sometimes(counters.unsolicited_reply, text, pile, key[1])

    def _keep(self, key: tuple[str, str], reply: Reply) -> None:
        # A stale command was not acted on and may be sent again
        if reply.result != "stale":
            _remember(self._commands.answered, key, reply)


def _remember(table: OrderedDict[tuple[str, str], Any], key: tuple[str, str], value: Any) -> None:
    table[key] = value
    while len(table) > _REMEMBERED_REPLIES:
        table.popitem(last=False)


def _log_sometimes(count: int, text: str, *values: object) -> None:
    # A pile that repeats itself must not fill the disk: the 1st, 2nd, 4th, 8th time
    if count & (count - 1) == 0:
        log.warning("%s (%d so far)", text % values, count)
