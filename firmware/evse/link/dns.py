"""Addresses of host names, asked over UDP without waiting: getaddrinfo() would hold the interpreter for seconds."""

import asyncio
import os
import socket
from time import ticks_diff, ticks_ms

from micropython import const

from ..core import dns_message

_LOOK_MS = const(20)
_WAITS_MS = (1000, 2000, 4000)
# A name is asked for again at the latest after
_KEEP_MOST_S = const(3600)
# Source ports are from here on, at random as the numbers are: only who saw the question can answer
_FIRST_PORT = const(49152)
_PORT_MASK = const(0x3FFF)


class Dns:
    """Asks `server`, or with "" the one that `bearer` knows; `resolve` is for as many tasks as like."""

    def __init__(self, bearer, server="", port=dns_message.PORT):
        self._bearer = bearer
        self._server = server
        self._port = port
        self._known = {}  # name: (addresses, since, time to live in ms)

    async def resolve(self, host):
        """An address of `host`, which may be one itself; OSError says why there is none.

        Each call gives the next address of a name with several; the last known ones outlive a server
        that is silent.
        """
        if host.split(".")[-1].isdigit():
            return host
        known = self._known.get(host)
        if not known or not 0 <= ticks_diff(ticks_ms(), known[1]) < known[2]:
            addresses, ttl_s, problem = await self._ask(host)
            if problem in (dns_message.NO_NAME, dns_message.NO_ADDRESS) or not (
                known or addresses
            ):
                raise OSError("DNS: %s: %s" % (host, problem))
            if addresses:
                known = addresses, ticks_ms(), min(ttl_s, _KEEP_MOST_S) * 1000
                self._known[host] = known
        addresses = known[0]
        addresses.append(addresses.pop(0))
        return addresses[-1]

    async def _ask(self, host):
        server = self._server or self._bearer.dns_server
        if not server:
            return (), 0, "no server known, set dns_server"
        last = "no answer from " + server
        for wait_ms in _WAITS_MS:
            try:
                answer = await self._ask_once(host, server, wait_ms)
            except OSError as error:
                return (), 0, "%s: %s" % (server, error)
            if answer:
                if answer[0] or answer[2] in (dns_message.NO_NAME, dns_message.NO_ADDRESS):
                    return answer
                last = answer[2]
        return (), 0, last

    async def _ask_once(self, host, server, wait_ms):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            udp.setblocking(False)
            chance = os.urandom(4)
            number = chance[0] << 8 | chance[1]
            port = _FIRST_PORT + ((chance[2] << 8 | chance[3]) & _PORT_MASK)
            udp.bind(_address("0.0.0.0", port))
            address = _address(server, self._port)
            udp.sendto(dns_message.encode_question(number, host), address)
            for _ in range(wait_ms // _LOOK_MS):
                await asyncio.sleep_ms(_LOOK_MS)
                try:
                    data, sender = udp.recvfrom(dns_message.MOST_BYTES)
                except OSError:
                    # Nothing yet, or a router's word that nobody listens
                    continue
                answer = sender == address and dns_message.decode_answer(data, number, host)
                if answer:
                    return answer
            return None
        finally:
            udp.close()


def _address(number, port):
    # Of a number: no name is looked up
    return socket.getaddrinfo(number, port)[0][-1]
