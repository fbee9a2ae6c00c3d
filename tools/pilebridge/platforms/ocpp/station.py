"""The life of one station at its central system: connect, be let in, tell, and come back when the link is lost."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from pilebridge.log_sometimes import log_sometimes
from pilebridge.model import Connector
from pilebridge.platforms.ocpp.boot import PENDING, REJECTED, is_older
from pilebridge.platforms.ocpp.charger import REVOKED, SECURITY_EVENTS, Charger
from pilebridge.platforms.ocpp.common import Common
from pilebridge.platforms.ocpp.context import (
    CallError,
    NotDeliveredError,
    VersionHandler,
)
from pilebridge.platforms.ocpp.delivery import Delivery
from pilebridge.platforms.ocpp.dialer import Dialer, DialError
from pilebridge.platforms.ocpp.door import Door
from pilebridge.platforms.ocpp.pacing import Backoff
from pilebridge.platforms.ocpp.rpc import Rpc
from pilebridge.platforms.ocpp.versions import handler_class

log = logging.getLogger(__name__)

PILE_START, NEXT_BOOT = "pile_start", "next_boot_reason"
# Answers to Reset behind which the pile starts anew
_RESETS = {"Accepted", "Scheduled"}
# A pile says who it is soon after the bridge has come up; the boot notification tells it
_HELLO_PATIENCE_S = 3.0
# After an announcement that was not taken
_AGAIN_S = 10.0
# A clock that is further off is worth a line
_CLOCK_OFF_S = 60

Work = Callable[[VersionHandler], Awaitable[None]]


class Station:
    """One station; run() until cancelled. It may be told of news at any time."""

    __slots__ = (
        "_announce_s",
        "_boot_s",
        "_common",
        "_connectors",
        "_dirty",
        "_door",
        "_heartbeat_s",
        "charger",
        "delivery",
    )

    def __init__(
        self, charger: Charger, delivery: Delivery, dialer: Dialer, common: Common
    ) -> None:
        self.charger = charger
        self.delivery = delivery
        self._door = Door(charger, dialer)
        self._common = common
        self._connectors: dict[int, Connector] = {c.number: c for c in charger.services.connectors}
        # Connector number -> when it changed
        self._dirty: dict[int, int] = {}
        self._boot_s = self._heartbeat_s = 0.0
        self._announce_s: float | None = None
        charger.look_at = self._look_at
        if charger.values.get(PILE_START) is not None:
            # The pile is not new, this run of the bridge is; greeted() knows better when it restarted too
            charger.boot.reason = "ApplicationReset"

    def status_changed(self, connector: Connector) -> None:
        """A connector's state may have changed."""
        self._connectors[connector.number] = connector
        self._dirty.setdefault(connector.number, int(self.charger.clock()))
        self.charger.news.set()

    def _look_at(self, number: int) -> None:
        self.status_changed(self._connectors[number])

    def all_changed(self) -> None:
        """Tell every connector again."""
        for connector in self._connectors.values():
            self.status_changed(connector)

    def greeted(self) -> None:
        """The pile said who it is: a pile that has started anew is told with a new boot notification."""
        hello = self.charger.services.hello
        if hello is None:
            return
        started = [str(hello.get("life", "")), hello.get("boot"), str(hello.get("firmware", ""))]
        known, charger = self.charger.values.get(PILE_START), self.charger
        if known == started or is_older(started, known):
            return
        charger.keep(PILE_START, started)
        if known is None:
            return
        reason = charger.values.get(NEXT_BOOT)
        if reason is not None:
            charger.keep(NEXT_BOOT, None)
        elif known[2] != started[2]:
            reason = "FirmwareUpdate"
        # A pause that the central system asked for is not shortened either
        in_pause = charger.boot.status in {PENDING, REJECTED}
        charger.boot.again(reason or "PowerUp")
        charger.told_since_utc = None
        if not in_pause:
            self._boot_s = 0.0
        charger.news.set()

    async def run(self) -> None:
        """Be connected, again and again."""
        charger = self.charger
        backoff = Backoff(charger.settings.retry_max_s)
        self.greeted()
        for tx in charger.values.get(REVOKED, []):
            self._common.spawn(charger.stop_revoked(tx))
        while True:
            try:
                await self._connected(backoff)
            except DialError as error:
                self._door.closed(error)
            except Exception:
                log.exception("ocpp %s: the station failed", charger.identity)
            if charger.leaving:
                charger.leaving = False
                continue
            await asyncio.sleep(backoff.failed())

    async def _connected(self, backoff: Backoff) -> None:
        charger = self.charger
        socket, version = await self._door.open()
        rpc = Rpc(
            socket,
            version,
            self._answer,
            charger.news.set,
            self._common.spawn,
            self._common.counters,
            charger.identity,
            charger.settings.call_timeout_s,
        )
        if charger.version not in {None, version}:
            # The central system speaks another version now: there the station is new
            charger.boot.again("ApplicationReset")
            self._boot_s = 0.0
        charger.version = version
        reader = asyncio.create_task(rpc.run())
        try:
            charger.rpc = rpc
            charger.handler = handler = handler_class(version)(charger)
            rpc.ping_every(charger.settings.ping_interval_s)
            log.info("ocpp %s: connected, %s", charger.identity, version)
            await self._work(rpc, handler, backoff)
        finally:
            charger.rpc = charger.handler = charger.told_since_utc = None
            try:
                await rpc.close()
            finally:
                reader.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await reader

    async def _answer(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        handler = self.charger.handler
        if handler is None:
            raise CallError("InternalError", "not ready")
        answer = await handler.answer(action, payload)
        if action == "Reset" and "evseId" not in payload and answer.get("status") in _RESETS:
            self.charger.keep(NEXT_BOOT, "RemoteReset")
        return answer

    async def _work(self, rpc: Rpc, handler: VersionHandler, backoff: Backoff) -> None:
        """Do what is due, one thing after the other, until the link is lost or given up."""
        charger, loop = self.charger, asyncio.get_running_loop()
        self._announce_s = loop.time()
        # A pause that the central system asked for is not shortened by a new connection
        self._boot_s = max(self._boot_s, loop.time())
        rpc.answers.muted = not charger.boot.answers
        if charger.boot.status == "" and charger.services.hello is None:
            self._boot_s += _HELLO_PATIENCE_S
        self._heartbeat_s = loop.time() + charger.heartbeat_s
        if not charger.boot.needed:
            charger.told_since_utc = int(charger.clock())
        while rpc.alive:
            charger.news.clear()
            if charger.leaving and not rpc.answers.busy:
                return
            if charger.boot_wait_s is not None:
                self._boot_s = loop.time() + charger.boot_wait_s
                charger.boot_wait_s = None
            # An interval that became shorter holds at once
            self._heartbeat_s = min(self._heartbeat_s, loop.time() + charger.heartbeat_s)
            work, until_s = self._next(loop.time())
            if work is None:
                await _wait(charger.news, until_s)
                continue
            await work(handler)
            if not charger.boot.needed:
                backoff.worked()

    def _next(self, now_s: float) -> tuple[Work | None, float]:
        """What is due now, or None and when something will be."""
        if self.charger.boot.needed:
            return (self._boot if self._boot_s <= now_s else None), self._boot_s
        if self._announce_s is not None and self._announce_s <= now_s:
            return self._announce, now_s
        if self._dirty:
            return self._tell_status, now_s
        if self.charger.values.get(SECURITY_EVENTS):
            return self._tell_security, now_s
        if self._heartbeat_s <= now_s:
            return self._heartbeat, now_s
        until_s = self._heartbeat_s
        if self._announce_s is not None:
            until_s = min(until_s, self._announce_s)
        if self.delivery.waits:
            if self.delivery.due_s <= now_s:
                return self.delivery.step, now_s
            until_s = min(until_s, self.delivery.due_s)
        return None, until_s

    async def _boot(self, handler: VersionHandler) -> None:
        charger, rpc = self.charger, self.charger.rpc
        assert rpc is not None
        try:
            boot = await handler.boot(charger.boot.reason)
        except (CallError, NotDeliveredError) as error:
            log.warning("ocpp %s: boot notification: %s", charger.identity, error)
            self._boot_s = asyncio.get_running_loop().time() + charger.boot.failed()
            if isinstance(error, NotDeliveredError) and rpc.alive:
                rpc.drop("no answer to the boot notification")
            return
        self._note_clock(boot.utc)
        self._announce_s = asyncio.get_running_loop().time()
        self._heartbeat_s = self._announce_s + charger.heartbeat_s

    async def _announce(self, handler: VersionHandler) -> None:
        self._announce_s = None
        self._dirty.clear()
        if not await self._tried("announcement", handler.announce()):
            self._announce_s = asyncio.get_running_loop().time() + _AGAIN_S

    async def _tell_status(self, handler: VersionHandler) -> None:
        number = next(iter(self._dirty))
        changed_utc = self._dirty.pop(number)
        told = handler.status(self._connectors[number], changed_utc)
        if not await self._tried("status", told) and self._announce_s is None:
            # It is told with everything else, and what is the same by then is not told twice
            self._announce_s = asyncio.get_running_loop().time() + _AGAIN_S

    async def _tell_security(self, handler: VersionHandler) -> None:
        charger = self.charger
        row = charger.values.get(SECURITY_EVENTS)[0]
        try:
            await handler.security(*row)
        except NotDeliveredError:
            if charger.rpc is not None and charger.rpc.alive:
                charger.rpc.drop("no answer to a security event")
            return
        except CallError as error:
            log.error("ocpp %s: security event %s: %s", charger.identity, row[0], error)
        left = [each for each in charger.values.get(SECURITY_EVENTS, []) if each is not row]
        charger.keep(SECURITY_EVENTS, left or None)

    async def _heartbeat(self, handler: VersionHandler) -> None:
        charger = self.charger
        self._heartbeat_s = asyncio.get_running_loop().time() + charger.heartbeat_s
        try:
            self._note_clock(await handler.heartbeat())
        except NotDeliveredError:
            if charger.rpc is not None and charger.rpc.alive:
                charger.rpc.drop("no answer to a heartbeat")
        except CallError as error:
            log.warning("ocpp %s: heartbeat: %s", charger.identity, error)

    async def _tried(self, what: str, work: Awaitable[None]) -> bool:
        try:
            await work
        except (CallError, NotDeliveredError) as error:
            log.warning("ocpp %s: %s: %s", self.charger.identity, what, error)
            return False
        return True

    def _note_clock(self, utc: int | None) -> None:
        if utc is not None and abs(utc - self.charger.clock()) > _CLOCK_OFF_S:
            self._common.clocks_off += 1
            text = "ocpp %s: the clock of the central system is %d s from ours"
            off_s = int(utc - self.charger.clock())
            log_sometimes(self._common.clocks_off, text, self.charger.identity, off_s)


async def _wait(event: asyncio.Event, until_s: float) -> None:
    # Not wait_for: on Python 3.11 it can lose a cancellation
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout_at(until_s):
            await event.wait()
