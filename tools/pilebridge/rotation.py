"""Carries new secrets to piles: stored first, sent until the pile greets with it.

`pilebridge rotate` writes the new secret into the store, from another process too.
"""

import asyncio
import logging
import math
import secrets as random

from pilebridge.hub import Hub
from pilebridge.keys import Keyring, waiting_rotations
from pilebridge.store import Store
from pilebridge.wire import mac, messages

log = logging.getLogger(__name__)

_LOOK_S = 2.0
_AGAIN_S = 30.0
# What a pile that took the secret before refuses it with
_HAS_IT = "key %d"


class Rotation:
    """Sends what waits; run() until cancelled."""

    def __init__(self, keyring: Keyring, hub: Hub, store: Store) -> None:
        self._keyring = keyring
        self._hub = hub
        self._store = store
        # When each secret may be sent again
        self._next_s: dict[tuple[str, int], float] = {}

    async def run(self) -> None:
        """Look for secrets that wait, and send them to piles that can be reached."""
        while True:
            await self.look()
            await asyncio.sleep(_LOOK_S)

    async def look(self) -> None:
        """Send every secret that waits and is due."""
        now_s = asyncio.get_running_loop().time()
        for pile, number in waiting_rotations(self._store.read):
            coming = self._keyring.coming(pile)
            if coming is None or coming.number != number:
                # Another process wrote it
                self._keyring.load(self._store.read)
            due = now_s >= self._next_s.get((pile, number), now_s)
            if due and self._keyring.coming(pile) and self._hub.reachable(pile):
                self._next_s[pile, number] = now_s + _AGAIN_S
                await self._send(pile)

    async def _send(self, pile: str) -> None:
        active, coming = self._keyring.active(pile), self._keyring.coming(pile)
        assert coming is not None
        number = coming.number
        nonce = random.token_hex(messages.NONCE_CHARS // 2)
        cover = mac.cover(active.secret, nonce.encode(), coming.secret).hex()
        args = {"number": number, "nonce": nonce, "cover": cover}
        reply = await self._hub.rotate(pile, args)
        if reply is not None and (reply.result == "accepted" or reply.reason == _HAS_IT % number):
            # It greets with it when it connects the next time
            self._next_s[pile, number] = math.inf
        outcome = "no answer" if reply is None else f"{reply.result} {reply.reason}".strip()
        log.info("rotation: %s: secret %d: %s", pile, number, outcome)
