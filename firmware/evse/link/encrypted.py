"""TLS, and its usual kind here: by a pre-shared key, short enough for a pile that charges."""

import asyncio

from micropython import const

from .secure import Security

_HANDSHAKE_MS = const(10000)
_LOOK_MS = const(10)
# Without a key exchange, which would hold the interpreter as a certificate does
_PSK_CIPHERS = ("TLS-PSK-WITH-AES-128-GCM-SHA256", "TLS-PSK-WITH-AES-256-GCM-SHA384")
_NO_PSK = "link_security = psk needs MicroPython 1.29 or newer: use certificate, or update"


class PreSharedKey(Security):
    """link_security = psk: the key shows who the other side is, and who we are."""

    def __init__(self, station_id):
        super().__init__(station_id)
        self._context = None

    def _take(self, identity, key):
        try:
            import tls

            context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
        except ImportError:
            context = None
        if not hasattr(context, "psk_key"):
            self.problem = _NO_PSK
            return
        context.verify_mode = tls.CERT_NONE
        context.set_ciphers(_PSK_CIPHERS)
        context.psk_identity = identity
        context.psk_key = key
        self._context = context

    async def begin(self, streams, host, first):
        """As Security's, over TLS."""
        return await encrypted(self._context, streams, host, first, _handshake)


async def encrypted(context, streams, host, first, handshake):
    """(reader, writer) over TLS; `handshake(tls_socket, first)` ends when bytes of `first` have gone."""
    tls_socket = context.wrap_socket(
        streams[0].s, server_hostname=host, do_handshake_on_connect=False
    )
    stream = None
    try:
        sent = await asyncio.wait_for_ms(handshake(tls_socket, first), _HANDSHAKE_MS)
        stream = asyncio.StreamReader(tls_socket)
    except asyncio.TimeoutError:
        raise OSError("no TLS handshake with %s" % host)
    except OSError as error:
        if isinstance(error.args[0], int):
            raise OSError("TLS handshake broken off (%s): check key and port" % error)
        raise
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
    return stream, stream


async def _handshake(tls_socket, first):
    # The first bytes go out when it is over; until then each call makes the step for which the other
    # side has sent what it needs, and returns None
    while True:
        sent = tls_socket.write(first)
        if sent:
            return sent
        await asyncio.sleep_ms(_LOOK_MS)
