"""Finds the moment for a handshake that holds the interpreter; loaded where the link has one.

Such a handshake must not happen while the contactor is closed. The pile then charges on without a link;
when that lasts too long and the broker is there, the charge is paused for the time of the handshake.
"""

import asyncio

from micropython import const

from .dialer import Dialer
from .secure import close

_LOOK_MS = const(200)
# The vehicle gets so long to pause; it ought to within seconds
_PATIENCE_MS = const(60000)


class PausingDialer(Dialer):
    """`permit` has hold(reason) and energised; `pause(wanted)` asks the control."""

    def __init__(self, address, bearer, security, permit, pause, certificate_pause_s):
        super().__init__(address, bearer, security)
        self._permit = permit
        self._pause = pause
        self._pausing = False
        self._after_ms = certificate_pause_s * 1000
        # Without a link while energised, since the last link or pause
        self._offline_ms = 0

    def may_drop(self):
        """True when a connection that is closed now can be opened again at once."""
        return not self._permit.energised

    async def _begin(self, first):
        try:
            await self._quiet()
            begun = await super()._begin(first)
        finally:
            self._end_pause()
        self._offline_ms = 0
        return begun

    async def _quiet(self):
        while self._permit.energised:
            if self._offline_ms >= self._after_ms:
                # A pause for a broker that is not there would be for nothing
                await close((await self._connect())[1])
                self._offline_ms = 0
                await self._paused()
                return
            await asyncio.sleep_ms(_LOOK_MS)
            self._offline_ms += _LOOK_MS

    async def _paused(self):
        self._pausing = True
        self._pause(True)
        for _ in range(_PATIENCE_MS // _LOOK_MS):
            if not self._permit.energised:
                return
            await asyncio.sleep_ms(_LOOK_MS)
        raise OSError("the charge did not pause for the handshake")

    def _end_pause(self):
        if self._pausing:
            self._pausing = False
            self._pause(False)
