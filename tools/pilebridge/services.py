"""What platform adapters may ask of a pile, carried out: see station_services.py for the contract.

A command that is to act each time it is asked for has an id of its own each time; starts and stops go
by their reference, and act once.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from pilebridge import rollout_rows
from pilebridge.commands import Reply
from pilebridge.hub import Hub
from pilebridge.model import Connector, ConnectorState, by_pile
from pilebridge.pile_books import PileBooks
from pilebridge.station_services import ChargingProfile, Period, Reservation, TokenEntry
from pilebridge.store import Store
from pilebridge.wire import command_rows, messages

# What the pile does before it answers: a lock moves, a transaction ends
_SLOW_S = 17.0
_KEYS_AT_ONCE = command_rows("settings")[0][4]

Update = Callable[[str, bytes], Awaitable[Reply]]


class PileServices:
    """One pile; `books` are its charging profiles and its local list."""

    def __init__(
        self,
        pile: str,
        connectors: Sequence[Connector],
        hub: Hub,
        store: Store,
        take_update: Update,
    ) -> None:
        self.pile = pile
        self.connectors: Sequence[Connector] = sorted(connectors, key=lambda c: c.number)
        self._by_number = {connector.number: connector for connector in connectors}
        self._hub = hub
        self._take_update = take_update
        self._hello: dict[str, Any] | None = rollout_rows.hello_of(store.read, pile) or None
        numbers = set(self._by_number)
        self.books = PileBooks(pile, numbers, store, self._ask, lambda: self.reachable)
        if self._hello is not None:
            self.books.greeted(self._hello)

    def operate(self) -> None:
        """A platform operates this pile from now on, so it has to keep books."""
        self.books.operated = True
        if self._hello is not None:
            self.books.greeted(self._hello)

    @property
    def hello(self) -> dict[str, Any] | None:
        """What the pile greeted with last, also before the bridge was started again."""
        return self._hello

    @property
    def reachable(self) -> bool:
        """True while the pile is online."""
        return self._hub.reachable(self.pile)

    def greeted(self, hello: dict[str, Any]) -> None:
        """The pile greets, or the broker repeats how it did."""
        self._hello = hello
        self.books.greeted(hello)

    def state(self, number: int) -> ConnectorState:
        """Live state of a connector; KeyError for one that is not configured."""
        return self._hub.state(self._by_number[number])

    def holder(self, number: int) -> str:
        """Name of the platform whose transaction has a connector, "" when it is nobody's."""
        return self._hub.holder(self._by_number[number])

    async def start(self, number: int, ref: str, by: str, token: str = "") -> Reply | None:
        """Begin a transaction; `busy` is refused, and holder() says whose it is."""
        return await self._hub.start(self._by_number[number], ref, by, token)

    async def stop(self, number: int, ref: str, reason: str = "remote") -> Reply | None:
        """End the transaction with this reference."""
        # The wire's own default
        said = "" if reason == "remote" else reason
        return await self._hub.stop(self._by_number[number], ref, said)

    async def unlock(self, number: int) -> Reply | None:
        """End a transaction there and open the lock."""
        return await self._ask("unlock", {"connector": number}, _SLOW_S)

    async def set_availability(self, number: int, operative: bool) -> Reply | None:
        """0 is the whole pile."""
        args = {"connector": number, "operative": int(operative)}
        return await self._ask("availability", args)

    async def reset(self, hard: bool) -> Reply | None:
        """Start the pile anew."""
        return await self._ask("reset", {"kind": "hard" if hard else "soft"})

    async def reserve(self, reservation: Reservation) -> Reply | None:
        """Keep a connector for a token."""
        args: dict[str, Any] = {
            "connector": reservation.connector,
            "id": reservation.id,
            "token": reservation.token,
            "until_utc": reservation.until_utc,
        }
        if reservation.group:
            args["group"] = reservation.group
        return await self._ask("reserve", args)

    async def cancel_reservation(self, reservation_id: int) -> Reply | None:
        """Give up a reservation."""
        return await self._ask("unreserve", {"id": reservation_id})

    async def set_profile(self, profile: ChargingProfile) -> Reply | None:
        """Install a profile durably, see PileBooks."""
        return await self.books.set_profile(profile)

    async def clear_profiles(self, ids: Sequence[int]) -> int:
        """Remove profiles; how many there were."""
        return await self.books.clear_profiles(ids)

    def profiles(self) -> Sequence[ChargingProfile]:
        """Every installed profile."""
        return self.books.profiles.profiles

    def composite(self, number: int, start_utc: int, duration_s: int) -> Sequence[Period]:
        """What the profiles allow, at most the rating; KeyError for a connector that is not configured."""
        if number:
            rated_a10 = self._by_number[number].rated_a10
        else:
            rated_a10 = sum(connector.rated_a10 for connector in self.connectors)
        running = self._hub.assembly.on_connector(self.pile, number)
        began = (start_utc, "") if running is None else (running.start_utc, running.ref)
        return self.books.profiles.composite(number, rated_a10, start_utc, duration_s, began)

    def token_version(self) -> int:
        """Version of the local list, 0 for an empty one."""
        return self.books.tokens.version

    def tokens(self) -> Sequence[TokenEntry]:
        """The local list."""
        return self.books.tokens.entries

    async def set_tokens(self, version: int, entries: Sequence[TokenEntry]) -> bool:
        """Replace the local list; False when it is longer than a pile can hold."""
        return await self.books.set_tokens(version, entries)

    async def clear_cache(self) -> Reply | None:
        """Forget the tokens that a central system once accepted."""
        return await self._ask("clear_cache", {})

    async def read_settings(self, keys: Sequence[str]) -> dict[str, Any] | None:
        """Settings by the pile's own names; unknown ones and secrets are left out. None also while it charges."""
        found: dict[str, Any] = {}
        for at in range(0, len(keys), _KEYS_AT_ONCE):
            wanted = list(keys[at : at + _KEYS_AT_ONCE])
            reply = await self._ask("settings", {"keys": wanted})
            # While it charges a pile reads nothing from its flash
            if reply is None or not reply.accepted:
                return None
            found.update(reply.value or {})
        return found

    async def write_setting(self, key: str, value: Any) -> Reply | None:
        """Change a setting; reason `restart` when it holds from the next start on."""
        return await self._ask("configure", {"key": key, "value": [value]})

    async def report(self) -> Reply | None:
        """Have the pile say its state now."""
        if self._hub.link is None or not self.reachable:
            return None
        return await asyncio.shield(self._hub.link.ask(self.pile))

    async def update(self, bundle: bytes) -> Reply | None:
        """Hand over new firmware; refused with a reason when it is none."""
        return await self._take_update(self.pile, bundle)

    async def _ask(self, name: str, args: dict[str, Any], timeout_s: float = 0.0) -> Reply | None:
        if len(json.dumps(args)) > messages.MAX_BYTES:
            return Reply("malformed", "too long for one message")
        return await self._hub.ask(self.pile, name, name, args, timeout_s)


class Piles:
    """The services of every configured pile, by name, and their ear at the hub."""

    def __init__(self, hub: Hub, store: Store, take_update: Update) -> None:
        self._services = {
            pile: PileServices(pile, connectors, hub, store, take_update)
            for pile, connectors in by_pile(hub.connectors).items()
        }
        hub.greeters.append(self._greeted)
        hub.platforms.append(self)

    @property
    def by_name(self) -> Mapping[str, PileServices]:
        """pile -> its services."""
        return self._services

    def on_status(self, connector: Connector) -> None:
        """A pile may be there again."""
        self._services[connector.pile].books.seen()

    def on_reconnect(self) -> None:
        """The piles greet by themselves."""

    async def close(self) -> None:
        """End what is on its way to piles."""
        for services in self._services.values():
            await services.books.close()

    def _greeted(self, pile: str, hello: dict[str, Any]) -> None:
        self._services[pile].greeted(hello)
