"""How the link to the broker is secured, and who the pile is there.

psk: TLS with a pre-shared key, short enough for a pile that charges. certificate: TLS with the broker's
certificate; its handshake holds the interpreter for a second. password: no encryption. In the last two
the pile logs in with its identity and the hex of the same key.
"""

import asyncio
from binascii import hexlify

from micropython import const

from ..core import mac

_HANDSHAKE_MS = const(10000)
_LOOK_MS = const(10)
_CLOSE_MS = const(500)
# Without a key exchange, which would hold the interpreter as a certificate does
_PSK_CIPHERS = ("TLS-PSK-WITH-AES-128-GCM-SHA256", "TLS-PSK-WITH-AES-256-GCM-SHA384")
_NO_KEY = "key = nothing: without one the broker knows no pile, set the one that the bridge has"
_NO_PSK = "link_security = psk needs MicroPython 1.29 or newer: use certificate, or update"
_NO_TLS = "link_security = certificate needs a MicroPython with TLS"
_NO_CA = "link_security = certificate needs ca.der, the certificate of the broker's authority"
_BAD_CA = "ca.der is no certificate in DER: %s"


class Security:
    """One of the settings' link_security; `problem` is "" or why there can be no link.

    `user` and `password` are bytes, or None where TLS-PSK has said who we are. `holds` is true when
    begin() needs the stall permit.
    """

    def __init__(self, kind, station_id, ca=None):
        self.problem = _NO_KEY
        self.user = self.password = None
        self.holds = kind == "certificate"
        self._kind = kind
        self._station_id = station_id
        self._ca = ca
        self._context = None

    def use(self, number, secret):
        """Log in with this secret from the next connection on; b"" for none."""
        self.problem = "" if secret else _NO_KEY
        if not secret:
            return
        identity = mac.identity(self._station_id, number).encode()
        key = mac.derive(secret, mac.PSK)
        if self._kind == "psk":
            self._psk(identity, key)
            return
        self.user, self.password = identity, hexlify(key)
        if self._kind == "certificate":
            self._certificate()

    def _psk(self, identity, key):
        try:
            import tls

            context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
        except ImportError:
            context = None
        if not hasattr(context, "psk_key"):
            self.problem = _NO_PSK
            return
        # The key shows who the other side is
        context.verify_mode = tls.CERT_NONE
        context.set_ciphers(_PSK_CIPHERS)
        context.psk_identity = identity
        context.psk_key = key
        self._context = context

    def _certificate(self):
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

    async def begin(self, streams, host, first, permit):
        """(reader, writer) on which the bytes `first` have gone, over an open connection to `host`.

        OSError when the other side is not who it should be, takes too long, or the permit is refused;
        the connection is then closed.
        """
        reader, writer = streams
        begun = None
        try:
            if self._kind != "password":
                reader = writer = await self._encrypted(reader.s, host, first, permit)
            else:
                writer.write(first)
                await writer.drain()
            begun = reader, writer
        finally:
            if begun is None:
                await close(writer)
        return begun

    async def _encrypted(self, plain_socket, host, first, permit):
        tls_socket = self._context.wrap_socket(
            plain_socket, server_hostname=host, do_handshake_on_connect=False
        )
        stream = None
        try:
            if self.holds:
                shaking = _quiet_handshake(tls_socket, first, permit)
            else:
                shaking = _handshake(tls_socket, first)
            sent = await asyncio.wait_for_ms(shaking, _HANDSHAKE_MS)
            stream = asyncio.StreamReader(tls_socket)
        except asyncio.TimeoutError:
            raise OSError("no TLS handshake with %s" % host)
        except ValueError as error:
            # What is wrong with a certificate, each point on a line
            raise OSError("TLS: " + " ".join(str(error).split()))
        finally:
            if stream is None:
                # Gives its buffers back at once; a collection may be far off
                tls_socket.close()
        if sent < len(first):
            stream.write(first[sent:])
            await stream.drain()
        return stream


async def close(writer):
    """Close a connection without a word; waits for a moment at most."""
    writer.close()
    try:
        # On MicroPython this is what closes the socket
        await asyncio.wait_for_ms(writer.wait_closed(), _CLOSE_MS)
    except (OSError, asyncio.TimeoutError):
        pass


# The first bytes go out when the handshake is over; until then each call makes the step for which the
# other side has sent what it needs, and returns None


async def _handshake(tls_socket, first):
    while True:
        sent = tls_socket.write(first)
        if sent:
            return sent
        await asyncio.sleep_ms(_LOOK_MS)


async def _quiet_handshake(tls_socket, first, permit):
    while True:
        with permit.hold("handshake"):
            sent = tls_socket.write(first)
        if sent:
            return sent
        await asyncio.sleep_ms(_LOOK_MS)
