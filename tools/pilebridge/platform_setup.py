"""The platforms of the settings, made: each kind from its table."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Protocol

import httpx

from pilebridge.authorization import Authorizer
from pilebridge.billing import Tariff
from pilebridge.hub import Hub, StatusListener
from pilebridge.ownership import Owner
from pilebridge.platforms.ocpp import context
from pilebridge.platforms.tcec102.adapter import Tcec102Platform
from pilebridge.services import PileServices
from pilebridge.settings import Config, OcppPlatformTable, Platform
from pilebridge.station_services import StationServices
from pilebridge.store import Store


class CentralPlatform(Owner, StatusListener, Authorizer, Protocol):
    """An OCPP central system, of which each pile is a station."""

    async def run(self) -> None:
        """Keep every station connected until cancelled."""
        ...


def make_tcec102(
    settings: Platform,
    config: Config,
    tariff: Tariff,
    hub: Hub,
    store: Store,
    client: httpx.AsyncClient,
    changed_utc: Mapping[str, int],
    clock: Callable[[], float],
) -> Tcec102Platform:
    """A T/CEC 102 platform; `changed_utc` is when each station's public data last changed."""
    operator, rows = config.operator, config.station
    return Tcec102Platform(
        settings, operator, rows, tariff, hub, store, client, changed_utc, clock
    )


def make_ocpp(
    settings: OcppPlatformTable,
    config: Config,
    piles: Mapping[str, PileServices],
    hub: Hub,
    store: Store,
    clock: Callable[[], float],
) -> CentralPlatform:
    """An OCPP platform with its piles; cards shown there are asked of it where it takes them."""
    own = {pile: piles[pile] for pile in config.piles_of(settings.stations)}
    stations: Mapping[str, StationServices] = own
    # Only where one is configured: the schemas of every message take memory
    from pilebridge.platforms.ocpp.adapter import OcppPlatform

    platform = OcppPlatform(ocpp_settings(settings), stations, hub, store, clock)
    for services in own.values():
        services.operate()
    if settings.accept_cards:
        hub.authorizers.update(dict.fromkeys(own, platform))
    return platform


def ocpp_settings(table: OcppPlatformTable) -> context.Settings:
    """The table as the stations take it."""
    keys = {field.name for field in fields(context.Settings)} & set(table.__struct_fields__)
    return context.Settings(**{key: getattr(table, key) for key in keys})
