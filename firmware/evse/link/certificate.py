"""TLS with the broker's certificate, whose handshake holds the interpreter for a second; loaded where it is set."""

import asyncio

from micropython import const

from .encrypted import encrypted
from .secure import Security

_LOOK_MS = const(10)
_NO_TLS = "link_security = certificate needs a MicroPython with TLS"
_NO_CA = "link_security = certificate needs ca.der, the certificate of the broker's authority"
_BAD_CA = "ca.der is no certificate in DER: %s"


class Certificate(Security):
    """link_security = certificate: the authority's `ca` in DER proves the broker, the password us."""

    def __init__(self, station_id, ca, permit):
        super().__init__(station_id)
        self._ca = ca
        self._permit = permit
        self._context = None

    def _take(self, identity, key):
        super()._take(identity, key)
        if self._context:
            return
        if not self._ca:
            self.problem = _NO_CA
            return
        try:
            import tls

            context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
            context.verify_mode = tls.CERT_REQUIRED
            context.load_verify_locations(self._ca)
        except ImportError:
            self.problem = _NO_TLS
        except (OSError, ValueError) as error:
            self.problem = _BAD_CA % error
        else:
            self._context = context
            self._ca = None

    async def begin(self, streams, host, first):
        """As Security's, over TLS."""
        return await encrypted(self._context, streams, host, first, self._quiet_handshake)

    async def _quiet_handshake(self, tls_socket, first):
        while True:
            with self._permit.hold("handshake"):
                sent = tls_socket.write(first)
            if sent:
                return sent
            await asyncio.sleep_ms(_LOOK_MS)
