"""Time from an SNTP server (RFC 4330) beside the bridge's; it never waits with the interpreter held.

A server proves nothing but that it saw the question: whoever sits on the wire can forge the time.
"""

import asyncio
import os
import socket
import struct

from micropython import const

PORT = const(123)
PACKET_BYTES = const(48)

_EVERY_S = const(21600)
# A silent server is asked after 2, 4, 8 .. 64 s
_AGAIN_MOST_S = const(64)
_ANSWER_MS = const(1000)
_LOOK_MS = const(20)
# Version 4, client
_QUESTION = const(0x23)
_SERVER = const(4)
_NOT_SYNCHRONISED = const(3)
_STRATUM_MOST = const(15)
_FROM_1900_S = 2208988800
_ERA_S = 1 << 32
# 2024 to 2100, as everywhere on the wire
_EARLIEST_S = 1704067200
_LATEST_S = 4102444800


class Ntp:
    """Asks `host`, a name if `bearer` has a way to resolve it; `on_time(utc_s)` gets each answer.

    `last_error` says what failed.
    """

    def __init__(self, host, on_time, bearer=None, port=PORT):
        self.last_error = ""
        self._host = host
        self._port = port
        self._bearer = bearer
        self._on_time = on_time

    async def run(self):
        """Ask soon, then every 6 h, and sooner while nobody answers; never ends."""
        wait_s = 1
        while True:
            utc_s = await self.ask()
            if utc_s is None:
                wait_s = min(wait_s * 2, _AGAIN_MOST_S)
                await asyncio.sleep_ms(wait_s * 1000)
            else:
                wait_s = 1
                self._on_time(utc_s)
                await asyncio.sleep_ms(_EVERY_S * 1000)

    async def ask(self):
        """UTC in s since 1970 of one question, None when no good answer came within a second."""
        udp = None
        try:
            number = self._host
            if self._bearer and self._bearer.resolve:
                number = await self._bearer.resolve(number)
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            udp.setblocking(False)
            # The answer must show this number: only who saw the question can give it
            nonce = os.urandom(8)
            address = socket.getaddrinfo(number, self._port)[0][-1]
            udp.sendto(bytes((_QUESTION,)) + bytes(39) + nonce, address)
            return await self._answer(udp, nonce)
        except OSError as error:
            self.last_error = str(error)
            return None
        finally:
            if udp:
                udp.close()

    async def _answer(self, udp, nonce):
        for _ in range(_ANSWER_MS // _LOOK_MS):
            await asyncio.sleep_ms(_LOOK_MS)
            try:
                packet = udp.recvfrom(PACKET_BYTES)[0]
            except OSError:
                # Nothing yet, or a router's word that nobody listens
                continue
            utc_s = decode(packet, nonce)
            if utc_s is not None:
                return utc_s
        self.last_error = "no answer from %s" % self._host
        return None


def decode(packet, nonce):
    """UTC in s since 1970 of a server's packet, None when it is no good answer to `nonce`."""
    if len(packet) < PACKET_BYTES or packet[24:32] != nonce:
        return None
    if packet[0] & 7 != _SERVER or packet[0] >> 6 == _NOT_SYNCHRONISED:
        return None
    if not 1 <= packet[1] <= _STRATUM_MOST:
        return None
    seconds, fraction = struct.unpack_from(">II", packet, 40)
    if not seconds:
        return None
    utc_s = seconds - _FROM_1900_S + (fraction >> 31)
    if seconds < _ERA_S >> 1:
        # Its seconds begin anew in 2036
        utc_s += _ERA_S
    return utc_s if _EARLIEST_S <= utc_s <= _LATEST_S else None
