"""Where piles and platforms meet: live state of every connector, commands, who hears of changes."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from pilebridge import wire
from pilebridge.assembly import Assembly
from pilebridge.authorization import Authorizations, Authorizer
from pilebridge.commands import Reply
from pilebridge.live import next_state
from pilebridge.model import OFFLINE, Connector, ConnectorState, Reading, by_pile
from pilebridge.pile_link import PileLink
from pilebridge.presence import Presence, now_s
from pilebridge.settings import Mqtt
from pilebridge.unwanted import Unwanted

log = logging.getLogger(__name__)

_WATCH_S = 0.5
START_ID, STOP_ID, ROTATE_ID = "start:", "stop:", "rotate:"
# Up this long, a pile has taken up again what a loss of power interrupted, or never will
_SETTLED_UP_S = 30


class StatusListener(Protocol):
    """A platform that wants to hear of connectors."""

    def on_status(self, connector: Connector) -> None:
        """The connector's state may have changed."""
        ...

    def on_reconnect(self) -> None:
        """The piles' link is back: tell everything again."""
        ...


class Hub:
    """Listener of the pile link, and the view of the piles that platforms work on."""

    def __init__(
        self,
        connectors: Sequence[Connector],
        settings: Mqtt,
        assembly: Assembly,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.link: PileLink | None = None
        self.assembly = assembly
        self.platforms: list[StatusListener] = []
        # The platform that is asked about cards, by pile
        self.authorizers: dict[str, Authorizer] = {}
        self._authorizations = Authorizations(self.authorizers, self.ask)
        # Told what a pile greets with, also when it is what the broker remembers
        self.greeters: list[Callable[[str, dict[str, Any]], None]] = []
        # Told when the broker or a pile is there again
        self.arrivals: list[Callable[[], None]] = []
        self._settings = settings
        self._clock = clock
        self._by_id = {c.connector_id: c for c in connectors}
        self._by_address = {(c.pile, c.number): c for c in connectors}
        self._of_pile = by_pile(connectors)
        # What piles say about refused settings and bad messages, for the operator
        self.notes: dict[str, list[str]] = {}
        self.counts: dict[str, dict[str, int]] = {}
        self._states = {address: ConnectorState() for address in self._by_address}
        self._online: dict[str, bool] = {}
        self.presence = Presence(settings.pile_timeout_s, clock)
        self._link_up = False
        self._link_changed = -1e9
        self._reachable: dict[str, bool] = {}
        self._settling = True
        self._unwanted = Unwanted(self.stop)
        self.unwanted = self._unwanted.add
        self.stop_if_unwanted = self._unwanted.seen
        # References of starts that a pile accepted and has no record of yet, by address
        self._accepted: dict[tuple[str, int], str] = {}

    @property
    def link_up(self) -> bool:
        """True while the broker is there."""
        return self._link_up

    @property
    def connectors(self) -> list[Connector]:
        """Every configured connector."""
        return list(self._by_id.values())

    def connector(self, connector_id: str) -> Connector | None:
        """A connector by its public name."""
        return self._by_id.get(connector_id)

    def state(self, connector: Connector) -> ConnectorState:
        """What is known now; status `offline` while the pile cannot be reached."""
        state = self._states[connector.pile, connector.number]
        if state.tx and not state.ref:
            # The state came before the record that says so
            state.ref = self.assembly.ref_of(connector.pile, state.tx)
        return state if self.reachable(connector.pile) else replace(state, status=OFFLINE)

    def reachable(self, pile: str) -> bool:
        """True while the pile is online; a lost broker counts only after the grace time."""
        now = now_s()
        seen = self.presence.last_s(pile)
        if not self._online.get(pile, False) or now - seen > self._settings.pile_timeout_s:
            return False
        if now - self._link_changed <= self._settings.offline_grace_s:
            return True
        # A broker that came back may have forgotten the last will: the pile has to show up itself
        return self._link_up and seen >= self._link_changed

    def undecided(self, pile: str) -> bool:
        """True for a pile nothing was heard of yet, in the grace time after our own start."""
        return not self.presence.is_known(pile) and self._settling

    def live_reading(self, connector: Connector) -> Reading | None:
        """The newest register reading of a connector."""
        state = self._states[connector.pile, connector.number]
        if state.wh is None or not state.sampled_utc:
            return None
        return Reading(state.sampled_utc, state.wh)

    def holder(self, connector: Connector) -> str:
        """Name of the platform whose transaction runs on a connector, or was just begun; "" when none is."""
        address = (connector.pile, connector.number)
        running = self.assembly.on_connector(*address)
        begun = self._accepted.get(address, "")
        return self.assembly.holder(running) if running else self.assembly.orderer(begun)

    async def start(
        self, connector: Connector, ref: str, by: str, token: str = ""
    ) -> Reply | None:
        """Ask a pile to begin; None when it did not answer, and then a late start is stopped.

        A record or state with the reference proves the start as well as an answer does.
        """
        args: dict[str, object] = {"connector": connector.number, "ref": ref, "by": by}
        if token:
            args["token"] = token
        reply = await self.command(connector.pile, START_ID + ref, "start", args)
        if reply is not None and reply.accepted:
            self._accepted[connector.pile, connector.number] = ref
        if reply is not None and reply.reason == "busy":
            log.info(
                "hub: %s: start of %s: held by %r", connector.pile, ref, self.holder(connector)
            )
        if reply is None:
            if self._states[connector.pile, connector.number].ref == ref:
                return Reply("accepted", "")
            if self.assembly.running(connector.pile, ref) is not None:
                return Reply("accepted", "")
            self.unwanted(connector, ref)
        return reply

    async def stop(self, connector: Connector, ref: str, reason: str = "") -> Reply | None:
        """Ask a pile to end a transaction; None when it did not answer."""
        args: dict[str, object] = {"connector": connector.number, "ref": ref}
        if reason:
            args["reason"] = reason
        return await self.command(connector.pile, STOP_ID + ref, "stop", args)

    async def ask(
        self, pile: str, purpose: str, name: str, args: dict[str, Any], timeout_s: float = 0.0
    ) -> Reply | None:
        """A command that is to act each time it is said: `purpose` is the readable part of its id."""
        command_id = f"{purpose}:{random.getrandbits(64):016x}"
        return await self.command(pile, command_id, name, args, timeout_s)

    async def rotate(self, pile: str, args: dict[str, object]) -> Reply | None:
        """Give a pile a new secret; the nonce makes each try a command of its own."""
        return await self.command(pile, f"{ROTATE_ID}{args['nonce']}", "rotate", args)

    async def run(self) -> None:
        """Notice piles that go silent; until cancelled."""
        settled = now_s() + self._settings.offline_grace_s
        while True:
            if self._settling and now_s() > settled:
                # Whoever has not shown up by now is offline, and platforms are to know
                self._settling = False
                for platform in self.platforms:
                    platform.on_reconnect()
            for pile in self._of_pile:
                self._check_reachable(pile)
            await asyncio.sleep(_WATCH_S)

    def on_link(self, up: bool) -> None:
        self._link_up = up
        self._link_changed = now_s()
        if up:
            for platform in self.platforms:
                platform.on_reconnect()
            for tell in self.arrivals:
                tell()

    def on_online(self, pile: str, online: bool, retained: bool) -> None:
        if self._online.get(pile) != online:
            log.info("hub: %s is %s", pile, "online" if online else "offline")
        self._online[pile] = online
        if not retained:
            self.presence.seen(pile)
        elif online and self.link is not None:
            # A broker that was away has no last will of a pile that left meanwhile
            self.link.ask(pile)
        self._check_reachable(pile)

    def on_sign_of_life(self, pile: str) -> None:
        # Who greets or answers is there, even if the word that says so went astray
        self._online[pile] = True
        self.presence.seen(pile)
        self._check_reachable(pile)

    def on_greeted(self, pile: str, hello: dict[str, Any], retained: bool) -> None:
        for greet in self.greeters:
            greet(pile, hello)
        for tell in self.arrivals:
            tell()

    def on_authorize(self, pile: str, message: wire.Authorize) -> None:
        self._authorizations.ask(pile, message)

    def on_state(self, pile: str, message: wire.State, retained: bool) -> None:
        now = int(self._clock())
        if not retained:
            self.presence.said_at(pile, message.utc)
            # While records wait, the end of a charge may be among them
            up, boot = message.up or 0, message.boot
            if boot is not None and up >= _SETTLED_UP_S and not message.journal.get("waiting"):
                running = {report.id: report.tx for report in message.connectors}
                self.assembly.observed(pile, boot, running)
        if message.notes != self.notes.get(pile, []):
            for note in message.notes:
                log.warning("hub: %s says: %s", pile, note)
        self.notes[pile] = message.notes
        self.counts[pile] = message.counts
        for report in message.connectors:
            connector = self._by_address.get((pile, report.id))
            if connector is None:
                continue
            old = self._states[pile, report.id]
            ref = self.assembly.ref_of(pile, report.tx or "")
            state = next_state(old, report, connector, ref, message.utc or now)
            self._states[pile, report.id] = state
            if not state.tx:
                self._accepted.pop((pile, report.id), None)
            if (old.status, old.tx) != (state.status, state.tx):
                log.info("hub: %s/%d %s -> %s", pile, report.id, old.status, state.status)
                self._tell(connector)
            if state.ref:
                self.stop_if_unwanted(state.ref)

    def on_meter(self, pile: str, message: wire.Meter) -> None:
        self.presence.seen(pile)
        state = self._states.get((pile, message.c))
        if state is None:
            return
        state.wh, state.w = message.wh, message.w
        state.mv, state.ma = tuple(message.mv), tuple(message.ma)
        state.sampled_utc = int(self._clock())

    def on_journal(self, pile: str) -> None:
        self.assembly.wake()

    def on_late_reply(self, pile: str, command_id: str, reply: Reply) -> None:
        ref = command_id.removeprefix(START_ID)
        if ref != command_id and reply.result == "accepted":
            self.stop_if_unwanted(ref)

    async def command(
        self,
        pile: str,
        command_id: str,
        name: str,
        args: dict[str, Any],
        timeout_s: float = 0.0,
    ) -> Reply | None:
        """A pile's answer to a command, None when it did not answer in time or cannot be reached."""
        if self.link is None or not self.reachable(pile):
            return None
        settings = self._settings
        timeout_s = timeout_s or settings.command_timeout_ms / 1000
        return await self.link.command(
            pile, command_id, name, args, settings.command_ttl_s, timeout_s
        )

    def _check_reachable(self, pile: str) -> None:
        reachable = self.reachable(pile)
        if self._reachable.get(pile, False) == reachable:
            return
        self._reachable[pile] = reachable
        log.info("hub: %s %s", pile, "can be reached" if reachable else "cannot be reached")
        for connector in self._of_pile[pile]:
            self._tell(connector)

    def _tell(self, connector: Connector) -> None:
        for platform in self.platforms:
            platform.on_status(connector)
