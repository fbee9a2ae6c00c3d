"""The books of one pile: kept in the store, and brought to the pile whenever it has something else.

What a change says is on disk before the pile hears of it. `told` is what the pile is known to hold:
after each greeting what it says itself, after a change what it has accepted, and unsure in between.
It is kept too, with the number of the greeting it stands on, so a restart of the bridge sends nothing.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any

from pilebridge import book_rows
from pilebridge.book_rows import PROFILES, TOKENS
from pilebridge.commands import Reply
from pilebridge.profile_book import ProfileBook, arguments, problem
from pilebridge.station_services import MOST_PROFILES, ChargingProfile, TokenEntry
from pilebridge.store import Store
from pilebridge.token_book import TokenBook, fits
from pilebridge.wire import holds_of

log = logging.getLogger(__name__)

KEPT = Reply("accepted", "kept")
_UNSURE = -1
# A pile that charges takes no list: its next status brings it sooner than the longest pause
_RETRY_S, _RETRY_MOST_S = 5.0, 300.0
# Behind its return a pile's greeting follows within this time
_GREETING_S = 0.5
_CLEARED_AT_ONCE = 32

Ask = Callable[[str, dict[str, Any]], Awaitable[Reply | None]]


class PileBooks:
    """Charging profiles and local list of a pile; `ask` commands it, `reachable` says whether it is there."""

    def __init__(
        self,
        pile: str,
        connectors: Collection[int],
        store: Store,
        ask: Ask,
        reachable: Callable[[], bool],
    ) -> None:
        self._pile = pile
        self._connectors = connectors
        self._store = store
        self._ask = ask
        self._reachable = reachable
        self._lock = asyncio.Lock()
        self._books = book_rows.load(store.read, pile)
        self._sync: asyncio.Task[None] | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._pause_s = _RETRY_S
        # Since the last attempt: what it was told before may be lost
        self._greeted = False
        # What the pile refused for good in this state of its memory
        self._refused: set[str] = set()
        # False for a firmware that keeps no books; None until that may be asked
        self._able: bool | None = None
        # A pile that nobody operates has not even loaded what keeps them
        self.operated = False

    @property
    def profiles(self) -> ProfileBook:
        """Every installed profile; a transaction's own go with it."""
        return self._running()

    @property
    def tokens(self) -> TokenBook:
        """The local list."""
        return self._books.tokens

    def greeted(self, hello: dict[str, Any]) -> None:
        """The pile says what it holds; a greeting that is known already says nothing new."""
        holds = holds_of(hello)
        if holds is None and not self.operated:
            self._able = None
            return
        if self._able is None:
            self._able = True
        if hello["nonce"] != self._books.nonce:
            self._able = True
            self._books.nonce = hello["nonce"]
            # Without a word of it the first order is to clear the profiles, see docs/wire.md
            self._books.told = {PROFILES: _UNSURE, TOKENS: 0}
            if holds is not None:
                self._books.told = {PROFILES: holds.profiles, TOKENS: holds.tokens}
            self._refused.clear()
            self._pause_s, self._greeted = _RETRY_S, True
            self._store.submit(self._books.save_told())
        self.wake()

    def wake(self) -> None:
        """Bring the books to the pile if it is there and has others."""
        if self._sync is not None or not self._able or not self._reachable():
            return
        if any(n not in self._refused and not self._books.in_step(n) for n in self._books.told):
            self._greeted = False
            self._sync = asyncio.create_task(self._bring())
            self._sync.add_done_callback(self._brought)

    def seen(self) -> None:
        """The pile may be there again; if it has just come, its greeting is on the way."""
        if self._able and self._sync is None and not self._books.all_in_step:
            self._wake_in(_GREETING_S)

    async def close(self) -> None:
        """End what is on its way."""
        self._able = None
        if self._retry is not None:
            self._retry.cancel()
        if self._sync is not None:
            self._sync.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sync

    async def set_profile(self, profile: ChargingProfile) -> Reply:
        """Keep a profile and tell it; what the pile refuses is not kept."""
        wrong = problem(profile, self._connectors)
        if wrong:
            return Reply("malformed", wrong[:64])
        if self._able is False:
            return Reply("unknown", "")
        async with self._lock:
            reply = await self._install(profile)
        if reply is KEPT:
            self._later()
        return reply

    async def clear_profiles(self, ids: Sequence[int]) -> int:
        """Remove profiles; how many there were."""
        async with self._lock:
            before, in_step = self._running(), self._books.in_step(PROFILES)
            found = [each.id for each in before.profiles if each.id in set(ids)]
            if not found:
                return 0
            self._books.profiles = before.without(found)
            self._refused.discard(PROFILES)
            await self._keep(PROFILES, _UNSURE)
            if in_step and self._able and self._reachable() and len(found) <= _CLEARED_AT_ONCE:
                args = {"revision": self._books.profiles.revision, "ids": found}
                reply = await self._tell("clear_profiles", args)
                if reply is not None and reply.accepted:
                    await self._keep(PROFILES, self._books.profiles.revision)
        self.wake()
        return len(found)

    async def set_tokens(self, version: int, entries: Sequence[TokenEntry]) -> bool:
        """Replace the local list; False when the pile cannot hold it."""
        if not fits(version, entries) or self._able is False:
            return False
        async with self._lock:
            before, told = self._books.tokens, self._books.told[TOKENS]
            self._books.tokens = TokenBook(version, tuple(entries))
            self._refused.discard(TOKENS)
            if self._books.tokens == before and self._books.in_step(TOKENS):
                return True
            await self._keep(TOKENS, _UNSURE)
            if not self._able or not self._reachable():
                return True
            refusal = await self._bring_tokens()
            if refusal is not None and not _comes_again(refusal):
                self._books.tokens = before
                await self._keep(TOKENS, told)
                return False
        if not self._books.in_step(TOKENS):
            self._later()
        return True

    async def _install(self, profile: ChargingProfile) -> Reply:
        before, told = self._running(), self._books.told[PROFILES]
        in_step, after = self._books.in_step(PROFILES), before.with_profile(profile)
        if len(after.profiles) > MOST_PROFILES:
            return Reply("refused", "full")
        self._books.profiles = after
        self._refused.discard(PROFILES)
        await self._keep(PROFILES, _UNSURE)
        if not self._able or not self._reachable():
            return KEPT
        if in_step:
            reply = await self._tell("profile", arguments(profile, self._books.profiles.revision))
            if reply is None:
                return KEPT
            if reply.accepted or not _comes_again(reply):
                self._books.profiles = self._books.profiles if reply.accepted else before
                await self._keep(
                    PROFILES, self._books.profiles.revision if reply.accepted else told
                )
                return reply
        refusal = await self._bring_profiles()
        if refusal is not None and not self._able:
            self._books.profiles = before
            await self._keep(PROFILES, told)
            return refusal
        if refusal is not None and profile not in self._books.profiles.profiles:
            return refusal
        return Reply("accepted", "") if self._books.in_step(PROFILES) else KEPT

    async def _bring(self) -> None:
        async with self._lock:
            for name, bring in ((PROFILES, self._bring_profiles), (TOKENS, self._bring_tokens)):
                if self._books.in_step(name) or name in self._refused:
                    continue
                refusal = await bring()
                if refusal and not _comes_again(refusal) and not self._books.in_step(name):
                    self._refused.add(name)
                    text = "books: %s: its %s were refused: %s %s"
                    log.error(text, self._pile, name, refusal.result, refusal.reason)

    def _brought(self, task: "asyncio.Task[None]") -> None:
        self._sync = None
        if task.cancelled():
            return
        if task.exception() is not None:
            log.error("books: %s", self._pile, exc_info=task.exception())
        self._later()

    def _later(self) -> None:
        if self._books.all_in_step:
            self._pause_s = _RETRY_S
            return
        self._wake_in(0.0 if self._greeted else self._pause_s)
        self._pause_s = min(2 * self._pause_s, _RETRY_MOST_S)

    def _wake_in(self, pause_s: float) -> None:
        if self._retry is not None:
            self._retry.cancel()
        self._retry = asyncio.get_running_loop().call_later(pause_s, self.wake)

    async def _bring_profiles(self) -> Reply | None:
        """Clear all and send each; what the pile refuses leaves the book. The last refusal, if any."""
        refusal: Reply | None = None
        while True:
            book = self._books.profiles = self._running()
            first = book.revision - len(book.profiles)
            reply = await self._tell("clear_profiles", {"revision": first, "ids": []})
            if reply is None or not reply.accepted:
                return refusal if reply is None else reply
            log.info("books: %s: gets %d profiles anew", self._pile, len(book.profiles))
            for number, profile in enumerate(book.profiles, first + 1):
                reply = await self._tell("profile", arguments(profile, number))
                if reply is None or _comes_again(reply):
                    return refusal
                if not reply.accepted:
                    break
            else:
                await self._keep(PROFILES, book.revision)
                return refusal
            text = "books: %s: refused profile %d (%s %s), it is given up"
            log.error(text, self._pile, profile.id, reply.result, reply.reason)
            refusal = reply
            self._books.profiles = book.without({profile.id})
            await self._keep(PROFILES, _UNSURE)

    async def _bring_tokens(self) -> Reply | None:
        """Send the local list in parts; the refusal, if any."""
        for part in self._books.tokens.parts():
            reply = await self._tell("tokens", part)
            if reply is None:
                return None
            if not reply.accepted:
                return reply
        log.info("books: %s: has local list %d", self._pile, self._books.tokens.version)
        await self._keep(TOKENS, self._books.tokens.version)
        return None

    async def _tell(self, name: str, args: dict[str, Any]) -> Reply | None:
        """The pile's answer; none when it has greeted anew meanwhile, and what it holds is another matter."""
        nonce = self._books.nonce
        reply = await self._ask(name, args)
        if reply is not None and reply.result == "unknown":
            self._able = False
        return reply if nonce == self._books.nonce else None

    def _running(self) -> ProfileBook:
        return book_rows.running(self._store.read, self._pile, self._books.profiles)

    async def _keep(self, name: str, told: int) -> None:
        """Write one book, and what the pile is known to hold of it."""
        self._books.told[name] = told
        await self._store.submit(self._books.save(name))


def _comes_again(reply: Reply) -> bool:
    """True for a refusal that says nothing about what was sent."""
    return reply.result == "stale" or reply.reason in {"out_of_step", "busy"}
