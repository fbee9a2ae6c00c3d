"""The piles' side of the bridge: decodes the wire, stores journals before it acknowledges them,
and carries commands down. Nothing here knows of platforms.
"""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, Protocol

from pilebridge import alarms, intake, journal, keys, lives, wire
from pilebridge.alarms import Alarm
from pilebridge.commands import Commands, Reply
from pilebridge.journal import Appended
from pilebridge.keys import Keyring, Secret
from pilebridge.log_sometimes import log_sometimes
from pilebridge.model import Counters
from pilebridge.mqtt_client import Publisher
from pilebridge.store import Store
from pilebridge.timeline import Anchor
from pilebridge.wire import messages

log = logging.getLogger(__name__)

TOPICS = tuple(f"pile/+/{name}" for name in messages.UP_TOPICS)
_CLOCK_STEP_S = 5


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

    def on_greeted(self, pile: str, hello: dict[str, Any], retained: bool) -> None:
        """The pile's hello is answered: from now on it knows the time."""
        ...

    def on_authorize(self, pile: str, message: wire.Authorize) -> None:
        """A card was shown, and the pile waits a while for a verdict."""
        ...

    def on_journal(self, pile: str) -> None:
        """New records of this pile are in the store."""
        ...

    def on_late_reply(self, pile: str, command_id: str, reply: Reply) -> None:
        """An answer arrived after its command was given up."""
        ...


class UpdateListener(Protocol):
    """Who hears how far the piles' updates are."""

    async def on_update(self, pile: str, message: dict[str, Any]) -> None:
        """An `update` message; done when it is committed."""
        ...


class PileLink:
    """Messages of the configured piles in, commands and acknowledgements out."""

    def __init__(
        self,
        piles: Collection[str],
        store: Store,
        publisher: Publisher,
        listener: Listener,
        keyring: Keyring,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.counters: dict[str, Counters] = {pile: Counters() for pile in piles}
        self.unknown_piles = 0
        self.updates: UpdateListener | None = None
        self._store = store
        self._publisher = publisher
        self._listener = listener
        self._clock = clock
        self._commands = Commands(self._command, self.counters, listener, clock)
        # What each pile greeted with, and the newest pair of uptime and UTC it said since
        self._lives: dict[str, str] = {}
        self._anchors: dict[str, Anchor] = {}
        self._keyring = keyring

    async def on_message(self, topic: str, payload: bytes, retained: bool) -> None:
        """Take one message; done when everything it carries is committed."""
        parts = messages.split_topic(topic)
        if parts is None or parts[0] not in self.counters:
            self.unknown_piles += 1
            log_sometimes(self.unknown_piles, "link: dropped a message of %.64s", topic)
            return
        pile, name = parts
        counters = self.counters[pile]
        if name not in messages.UP_TOPICS:
            counters.unknown_topic += 1
            log_sometimes(counters.unknown_topic, "link: %s: no such topic %.32r", pile, name)
            return
        try:
            work = self._take(pile, name, payload, retained)
        except messages.ProtocolError as error:
            counters.malformed += 1
            log_sometimes(counters.malformed, "link: %s: %s refused: %.200s", pile, name, error)
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
        """The pile's answer, or None when there was none in time; see Commands."""
        return await self._commands.command(pile, command_id, name, args, ttl_s, timeout_s)

    def ask(self, pile: str) -> "asyncio.Task[Reply | None]":
        """Have a pile say its state and answer."""
        return self._commands.ask(pile)

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
            if state.boot is not None and state.up is not None:
                self._anchor(pile, state.boot, state.up, state.utc)
            self._listener.on_state(pile, state, retained)
        elif name == "meter":
            self._listener.on_meter(pile, wire.decode_meter(payload))
        elif name == "journal":
            batch = intake.read(pile, payload, self._keyring.known(pile))
            now = int(self._clock())
            work = self._store.submit(lambda conn: journal.append(conn, batch, now))
            return self._stored(pile, batch.life, work)
        elif name == "authorize":
            # What waited in a broker is answered too: the pile knows which questions are still open
            self._listener.on_authorize(pile, wire.decode_authorize(payload))
        elif name == "update":
            update = wire.decode_update(payload)
            return None if self.updates is None else self.updates.on_update(pile, update)
        else:
            self._listener.on_sign_of_life(pile)
            self._commands.answered_by(pile, wire.decode_reply(payload))
        return None

    async def _stored(self, pile: str, life: str, work: "asyncio.Future[Appended]") -> None:
        outcome = await work
        counters = self.counters[pile]
        counters.gap += outcome.gap
        counters.conflict += outcome.conflict
        counters.forged += outcome.forged
        alarms.tell(outcome.raised)
        if outcome.new:
            self._listener.on_journal(pile)
        if outcome.upto is not None:
            payload = wire.encode_ack(life, outcome.upto)
            self._say(pile, "ack", payload, self._keyring.signers(pile))

    async def _hello(self, pile: str, message: dict[str, Any], retained: bool) -> None:
        """Write a hello down, and answer it with the time; a pile ignores an answer to another one."""
        text = "link: %s: hello, boot %d of life %.8s, firmware %s"
        log.info(text, pile, message["boot"], message["life"], message["firmware"])
        if not retained:
            self._listener.on_sign_of_life(pile)
        if self._lives.get(pile) != message["life"]:
            self._lives[pile] = message["life"]
            self._anchors.pop(pile, None)
        now, number = int(self._clock()), message["key"]
        signers = self._keyring.signers(pile, number)
        taken = next((s for s in signers if s.state == keys.NEXT), None)

        def job(conn: sqlite3.Connection) -> tuple[int, list[Alarm]]:
            upto, raised = lives.greet(conn, pile, message, now)
            unknown = (
                None if retained and not signers else _settle_key(conn, pile, number, signers, now)
            )
            return upto, [alarm for alarm in (raised, unknown) if alarm is not None]

        upto, raised = await self._store.submit(job)
        alarms.tell(raised)
        if taken is not None:
            log.info("link: %s: uses secret %d from now on", pile, number)
            self._keyring.load(self._store.read)
        body = {"life": message["life"], "upto": upto}
        body.update(utc=int(self._clock()), nonce=message["nonce"])
        self._say(pile, "ack", messages.encode(body), signers)
        self._listener.on_greeted(pile, message, retained)

    def _command(self, pile: str, payload: bytes) -> bool:
        return self._say(pile, "command", payload, self._keyring.signers(pile))

    def _say(self, pile: str, name: str, payload: bytes, signers: Sequence[Secret]) -> bool:
        """Publish under each of a pile's secrets; during a rotation it may have the one or the other."""
        topic = messages.topic(pile, name)
        sent = [
            self._publisher.publish(topic, messages.sign(topic, payload, secret.command))
            for secret in signers
        ]
        return bool(sent) and all(sent)

    def _anchor(self, pile: str, boot: int, up: int, utc: int | None) -> None:
        last = self._anchors.get(pile)
        if utc is None or pile not in self._lives:
            return
        # One pair per boot will do, unless the pile's clock was set again
        if last is not None and last.boot == boot:
            step_s = (utc - up) - (last.utc - last.up)
            if abs(step_s) <= _CLOCK_STEP_S:
                return
        anchor = Anchor(boot, up, utc)
        self._anchors[pile] = anchor
        self._store.submit(lambda conn: lives.set_anchor(conn, pile, anchor))


def _settle_key(
    conn: sqlite3.Connection,
    pile: str,
    number: int,
    signers: Sequence[Secret],
    now_utc: int,
) -> Alarm | None:
    """End a rotation that the pile has followed; an alarm when it uses a secret that is not known."""
    if not signers:
        text = f"it uses secret {number}, which is not in use here: is its key_file right?"
        return alarms.sound(conn, pile, "", "key", text, now_utc)
    alarms.mend(conn, pile, "", "key", now_utc)
    if signers[0].state == keys.NEXT:
        keys.finish_rotation(conn, signers[0])
    return None
