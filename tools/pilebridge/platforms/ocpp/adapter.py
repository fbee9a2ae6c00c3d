"""One OCPP platform: its stations, and what follows from the transactions of their piles."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from pilebridge.billing import Tariff
from pilebridge.model import Connector, Transaction
from pilebridge.platforms.ocpp import queue, values
from pilebridge.platforms.ocpp.book import BY_CARD, Book
from pilebridge.platforms.ocpp.charger import Charger
from pilebridge.platforms.ocpp.common import Common
from pilebridge.platforms.ocpp.context import CallError, NotDeliveredError, Settings
from pilebridge.platforms.ocpp.delivery import Delivery
from pilebridge.platforms.ocpp.dialer import Dialer
from pilebridge.platforms.ocpp.station import Station
from pilebridge.platforms.ocpp.telling import KINDS, Fact
from pilebridge.station_services import Authorization, StationServices
from pilebridge.store import Effect, Store

log = logging.getLogger(__name__)


class Hub(Protocol):
    """What is needed of the hub: word of piles that greet."""

    greeters: list[Callable[[str, dict[str, Any]], None]]


class OcppPlatform:
    """Stations of one central system; an Owner, a StatusListener and an Authorizer. run() connects them."""

    def __init__(
        self,
        settings: Settings,
        piles: Mapping[str, StationServices],
        hub: Hub,
        store: Store,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = settings.name
        self.settings = settings
        self._store = store
        self._clock = clock
        self._book = Book(store, settings.name)
        self._book.load()
        self._common = Common(settings, store, self._book, clock)
        dialer = Dialer(settings)
        kept = values.load(store.read, settings.name)
        self.stations: dict[str, Station] = {}
        for pile, services in piles.items():
            own = values.StationValues(store, self.name, pile, kept.get(pile))
            identity = settings.identities.get(pile, pile)
            charger = Charger(identity, services, own, self._common)
            delivery = Delivery(self.name, charger, store, self._book)
            self.stations[pile] = Station(charger, delivery, dialer, self._common)
        hub.greeters.append(self.on_hello)

    async def run(self) -> None:
        """Keep every station connected until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                for station in self.stations.values():
                    group.create_task(station.run())
        finally:
            self._common.cancel()

    def counts(self) -> dict[str, int]:
        """Stations connected and let in, facts that wait or were given up, and what went wrong by cause."""
        chargers = [station.charger for station in self.stations.values()]
        counters = self._common.counters
        return {
            "stations": len(chargers),
            "connected": sum(charger.rpc is not None for charger in chargers),
            "accepted": sum(charger.told_since_utc is not None for charger in chargers),
            **queue.counts(self._store.read, self.name),
            **{name: getattr(counters, name) for name in counters.__slots__},
        }

    def on_hello(self, pile: str, _hello: dict[str, Any]) -> None:
        """A pile has greeted."""
        station = self.stations.get(pile)
        if station is not None:
            station.greeted()

    def on_status(self, connector: Connector) -> None:
        """A connector's state may have changed."""
        station = self.stations.get(connector.pile)
        if station is not None:
            station.greeted()
            station.status_changed(connector)
            station.charger.state_changed(connector.number)

    def on_reconnect(self) -> None:
        """The piles' link is back: tell everything again."""
        for station in self.stations.values():
            station.greeted()
            station.all_changed()

    async def authorize(self, pile: str, token: str) -> Authorization | None:
        """The central system's verdict on a card; None when it has none, or cannot be asked."""
        station = self.stations.get(pile)
        handler = None if station is None else station.charger.handler
        if station is None or handler is None or station.charger.boot.needed:
            return None
        try:
            return await handler.authorize(token)
        except (CallError, NotDeliveredError) as error:
            log.warning("ocpp %s: authorization: %s", station.charger.identity, error)
            return None

    def tariff_of(self, ref: str) -> Tariff | None:
        """The bridge's own tariff: this platform quotes no prices of its own."""
        return None

    def owns(self, ref: str) -> bool:
        """True for a start that the central system asked for."""
        return bool(ref) and self._book.owns(ref)

    def claims(self, transaction: Transaction) -> bool:
        """True for its own starts, and those by card at its piles."""
        if transaction.pile not in self.stations:
            return False
        if self._book.find(transaction.pile, transaction.tx) is not None:
            return True
        if transaction.by == BY_CARD:
            return self.settings.accept_cards
        return self.owns(transaction.ref)

    def effects(self, kind: str, transaction: Transaction, fact: Fact) -> Sequence[Effect]:
        """The rows of the book and the queue that follow from a record, for the same commit."""
        if kind not in KINDS:
            return []
        effects: list[Effect] = []
        found = self._book.find(transaction.pile, transaction.tx)
        if kind == "tx_start":
            # Also when it is known: the commit that wrote it down may have failed
            key, row, effect = self._book.begun(transaction)
            effects.append(effect)
        elif found is not None:
            key, row = found
        else:
            # It began when the pile was no station yet: half of it is worse than nothing
            return []
        charger = self.stations[transaction.pile].charger
        since_utc = charger.told_since_utc
        telling, services = self._common.telling, charger.services
        event = telling.of_record(kind, transaction, row, fact, services, since_utc)
        effects.append(partial(queue.push, platform=self.name, ref=key, event=event))
        if kind == "tx_stop":
            effects.append(self._book.ended(key, row))
        return effects

    def after(self, kind: str, transaction: Transaction) -> None:
        """The effects are committed."""
        charger = self.stations[transaction.pile].charger
        charger.facts_queued()
        if kind == "tx_start":
            # What the pile said of it before it was known to be ours
            charger.state_changed(transaction.connector)
