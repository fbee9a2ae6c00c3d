"""Who goes by names: dialer and time server; and no call of a look-up holds the interpreter."""

import asyncio
import socket
import time

import pytest
from dns_server import DnsServer
from ntp_server import NtpServer, answer

from pilesim import host
from pilesim.world import World

NOW_S = 1_763_600_000
MOST_MS = 10


class Carrier:
    """A bearer that is up."""

    dns_server = "127.0.0.1"
    resolve = None

    async def wait_up(self):
        return None


class TimedSocket:
    """A socket or the module: `calls` gets each call with its time in ms; `waits` makes sockets block."""

    def __init__(self, wrapped, calls, waits):
        self._wrapped = wrapped
        self._calls = calls
        self._waits = waits

    def __getattr__(self, name):
        found = getattr(self._wrapped, name)
        return self._timed(name, found) if callable(found) and name.islower() else found

    def _timed(self, name, function):
        def call(*args):
            if name == "setblocking" and self._waits:
                self._wrapped.settimeout(0.03)
                return None
            began = time.perf_counter()
            try:
                result = function(*args)
            finally:
                self._calls.append((name, args, (time.perf_counter() - began) * 1000))
            return TimedSocket(result, self._calls, self._waits) if name == "socket" else result

        return call


def play(story):
    """Run story(carrier, server, world), the carrier resolving by the world's name server."""
    world = World(1)
    host.install(world)
    world.names.table = {
        "broker.example": (("127.0.0.1",), 60),
        "ntp.example": (("127.0.0.1",), 60),
    }

    async def main():
        from evse.link.dns import Dns

        server = await DnsServer(world.names).start()
        carrier = Carrier()
        carrier.resolve = Dns(carrier, "", server.port).resolve
        try:
            return await story(carrier, server, world)
        finally:
            server.stop()

    try:
        return host.run(main())
    finally:
        host.uninstall()


def calls_of_look_ups(waits=False):
    """Calls of one look-up that succeeds and of one that nobody answers, from its start if they wait."""
    calls = []

    async def story(carrier, _server, world):
        from evse.link import dns

        whole, dns.socket = dns.socket, TimedSocket(socket, calls, waits)
        try:
            assert await carrier.resolve("broker.example") == "127.0.0.1"
            world.set_fault("dns_silent", True)
            with pytest.raises(TimeoutError if waits else OSError):
                await asyncio.wait_for(carrier.resolve("ntp.example"), 0.1 if waits else 10)
        finally:
            dns.socket = whole

    play(story)
    return calls


def test_no_call_of_a_look_up_holds_the_interpreter(record_property):
    # The best of three: a busy host holds us too
    runs = [calls_of_look_ups() for _ in range(3)]
    longest_ms = min(max(ms for _name, _args, ms in calls) for calls in runs)
    record_property("figure", f"longest call of a DNS look-up: {longest_ms:.2f} ms")
    assert longest_ms < MOST_MS
    names = [name for name, _args, _ms in runs[0]]
    assert {"socket", "setblocking", "bind", "sendto", "recvfrom", "close"} <= set(names)
    hosts = {args[0] for name, args, _ms in runs[0] if name == "getaddrinfo"}
    assert hosts == {"0.0.0.0", "127.0.0.1"}


def test_a_socket_that_waits_would_be_seen():
    assert max(ms for _name, _args, ms in calls_of_look_ups(waits=True)) > MOST_MS


class Security:
    """Keeps the name that the other side must prove."""

    problem = ""

    def __init__(self):
        self.hosts = []

    async def begin(self, streams, name, _first):
        self.hosts.append(name)
        return streams


def test_the_dialer_connects_to_the_address_and_checks_the_name():
    async def story(carrier, server, world):
        from evse.link.dialer import Dialer

        accepted = []
        listening = await asyncio.start_server(
            lambda _reader, writer: accepted.append(writer), "127.0.0.1", 0
        )
        port = listening.sockets[0].getsockname()[1]
        security = Security()
        dialer = Dialer(("broker.example", port), carrier, security)
        for _ in range(2):
            _reader, writer = await dialer.open(b"first")
            writer.close()
        assert security.hosts == ["broker.example"] * 2
        await asyncio.sleep(0.1)
        assert len(accepted) == 2
        assert len(server.questions) == 1
        # The name server went; the broker did not
        world.set_fault("dns_silent", True)
        await asyncio.sleep(100)
        _reader, writer = await dialer.open(b"first")
        writer.close()
        dialer.address = ("nobody.example", port)
        with pytest.raises(OSError, match=r"^DNS: nobody\.example: no answer from 127\.0\.0\.1$"):
            await dialer.open(b"first")
        for accepted_writer in accepted:
            accepted_writer.close()
        listening.close()
        await listening.wait_closed()

    play(story)


def test_the_time_server_goes_by_a_name_too():
    async def story(carrier, _server, world):
        from evse.link.ntp import Ntp

        times = await NtpServer(lambda question: [answer(question, NOW_S)]).start()
        ntp = Ntp("ntp.example", None, carrier, times.port)
        assert await ntp.ask() == NOW_S
        nobody = Ntp("nobody.example", None, carrier, times.port)
        assert await nobody.ask() is None
        assert nobody.last_error == "DNS: nobody.example: no such name"
        times.stop()

    play(story)


@pytest.mark.parametrize("name", ["dns_silent", "dns_lying"])
def test_a_fault_of_the_name_server_stops_answers_that_count(name):
    async def story(carrier, server, world):
        world.set_fault(name, True)
        with pytest.raises(OSError, match="no answer"):
            await carrier.resolve("broker.example")
        world.set_fault(name, False)
        assert await carrier.resolve("broker.example") == "127.0.0.1"
        assert len(server.questions) == 4

    play(story)
