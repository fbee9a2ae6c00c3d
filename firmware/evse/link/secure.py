"""How the link to the broker is secured, and who the pile is there: by password alone, without encryption.

The other kinds inherit from this one, and are loaded where the settings ask for them.
"""

import asyncio
from binascii import hexlify

from micropython import const

from ..core import mac

_CLOSE_MS = const(500)
_NO_KEY = "key = nothing: without one the broker knows no pile, set the one that the bridge has"


class Security:
    """link_security = password: the pile logs in with its identity and the hex of its key.

    `problem` is "" or why there can be no link. `user` and `password` are bytes, or None where the
    encryption has said who we are.
    """

    def __init__(self, station_id):
        self.problem = _NO_KEY
        self.user = self.password = None
        self._station_id = station_id

    def use(self, number, secret):
        """Log in with this secret from the next connection on; b"" for none."""
        self.problem = "" if secret else _NO_KEY
        if secret:
            identity = mac.identity(self._station_id, number).encode()
            self._take(identity, mac.derive(secret, mac.PSK))

    def _take(self, identity, key):
        self.user, self.password = identity, hexlify(key)

    async def begin(self, streams, _host, first):
        """(reader, writer) on which the bytes `first` have gone, over an open connection to `host`.

        OSError when the other side is not who it should be, takes too long, or the permit is refused;
        the caller then closes the connection.
        """
        streams[1].write(first)
        await streams[1].drain()
        return streams


async def close(writer):
    """Close a connection without a word; waits for a moment at most."""
    writer.close()
    try:
        # On MicroPython this is what closes the socket
        await asyncio.wait_for_ms(writer.wait_closed(), _CLOSE_MS)
    except (OSError, asyncio.TimeoutError):
        pass
