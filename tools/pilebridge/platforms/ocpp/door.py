"""Which credentials a station shows: the newest, and while those are refused the last that let it in.

A central system may set a password, a certificate or a higher security profile that it then does not take
itself. Without a way back the station would be lost to it for good. What has worked once ends the way back:
nobody can talk a station down from a security profile by refusing it.
"""

import logging
from dataclasses import asdict
from typing import Any, Protocol

from websockets.asyncio.client import ClientConnection

from pilebridge.platforms.ocpp.codes import V16, V201, Version
from pilebridge.platforms.ocpp.context import Settings, Values
from pilebridge.platforms.ocpp.credentials import Credentials, credentials_of
from pilebridge.platforms.ocpp.dialer import Dialer, DialError

log = logging.getLogger(__name__)

# After so many refusals in a row the other ones are shown
REFUSALS = 3
# A value of the station; without it those of the settings are the last that worked
WORKED = "credentials_that_worked"
_EVENTS = {V16: "FailedToAuthenticateAtCentralSystem", V201: "FailedToAuthenticateAtCsms"}


class Station(Protocol):
    """What is needed of a station."""

    identity: str
    values: Values
    settings: Settings

    def keep(self, key: str, value: Any) -> None:
        """Keep a value."""
        ...

    def security_event(self, kind: str, text: str = "") -> None:
        """Note a security event."""
        ...


class Door:
    """The way in of one station."""

    __slots__ = ("_back", "_cause", "_dialer", "_newest", "_refusals", "_station")

    def __init__(self, station: Station, dialer: Dialer) -> None:
        self._station = station
        self._dialer = dialer
        self._newest: Credentials | None = None
        self._refusals = 0
        # The last that worked are shown in place of the newest
        self._back = False
        # Why the newest were given up, until it is told
        self._cause = ""

    async def open(self) -> tuple[ClientConnection, Version]:
        """An open connection and the version agreed on; DialError."""
        socket, version = await self._dialer.dial(self._station.identity, self._choice())
        self._worked(version)
        return socket, version

    def closed(self, error: DialError) -> None:
        """There was no connection."""
        self._dialer.note(self._station.identity, str(error))
        worked = self._last_worked()
        if not error.refused or worked is None or worked == self._newest:
            return
        self._refusals += 1
        if self._refusals < REFUSALS:
            return
        self._refusals, self._back = 0, not self._back
        if self._back:
            self._cause = str(error)
            log.warning("ocpp %s: shows what worked before again", self._station.identity)

    def _choice(self) -> Credentials:
        newest = credentials_of(self._station.values, self._station.settings)
        if newest != self._newest:
            # Changed since: they have tries of their own
            self._newest, self._refusals, self._back, self._cause = newest, 0, False, ""
        worked = self._last_worked()
        return worked if self._back and worked is not None else newest

    def _worked(self, version: Version) -> None:
        self._refusals = 0
        if self._back:
            if self._cause:
                self._station.security_event(_EVENTS[version], self._cause)
            self._cause = ""
        elif self._newest is not None and self._newest != self._last_worked():
            of_settings = self._newest == credentials_of({}, self._station.settings)
            self._station.keep(WORKED, None if of_settings else asdict(self._newest))

    def _last_worked(self) -> Credentials | None:
        """None when they are below what the settings ask for by now."""
        row, settings = self._station.values.get(WORKED), self._station.settings
        found = credentials_of({}, settings) if row is None else Credentials(**row)
        return found if (found.security_profile or 0) >= settings.security_profile else None
