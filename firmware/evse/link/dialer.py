"""Opens connections to the broker, secured as the settings ask."""

import asyncio

from micropython import const

from .secure import Security, close

_CONNECT_MS = const(10000)


class Dialer:
    """`address` is (host, port), the host a name if `bearer` has a way to resolve it."""

    def __init__(self, address, bearer, security):
        self.address = address
        self.security = security
        self._bearer = bearer

    def may_drop(self):
        """True when a connection that is closed now can be opened again at once."""
        return True

    async def open(self, first):
        """(reader, writer) on which the bytes `first` have gone; OSError says why there is no connection."""
        await self._bearer.wait_up()
        if self.security.problem:
            raise OSError(self.security.problem)
        return await self._begin(first)

    async def _begin(self, first):
        streams = await self._connect()
        begun = None
        try:
            begun = await self.security.begin(streams, self.address[0], first)
        finally:
            if begun is None:
                await close(streams[1])
        return begun

    async def _connect(self):
        number, port = self.address
        if self._bearer.resolve:
            # The certificate is for the name all the same
            number = await self._bearer.resolve(number)
        try:
            return await asyncio.wait_for_ms(asyncio.open_connection(number, port), _CONNECT_MS)
        except asyncio.TimeoutError:
            raise OSError("no connection to %s:%d" % self.address)


def build_dialer(settings, bearer, ca, permit, pause):
    """The Dialer for the settings' link_security; the code of another kind is not loaded.

    `ca` is the authority's certificate in DER or None, `pause(wanted)` asks the control.
    """
    address = settings["broker_host"], settings["broker_port"]
    kind, station_id = settings["link_security"], settings["station_id"]
    if kind == "psk":
        from .encrypted import PreSharedKey

        return Dialer(address, bearer, PreSharedKey(station_id))
    if kind == "certificate":
        from .certificate import Certificate
        from .pausing_dialer import PausingDialer

        security = Certificate(station_id, ca, permit)
        pause_s = settings["certificate_pause_s"]
        return PausingDialer(address, bearer, security, permit, pause, pause_s)
    return Dialer(address, bearer, Security(station_id))
