"""Dialers: a handshake that holds the interpreter never meets a closed contactor, and pauses a charge at last."""

import asyncio

import pytest

from pilesim import host
from pilesim.world import World

PAUSE_S = 900


class HoldingSecurity:
    """Stands for link_security = certificate: its handshake asks for the permit, and fails when told."""

    kind = "certificate"
    problem = ""

    def __init__(self):
        self.error = None
        self.permit = None
        self.handshakes = 0

    async def begin(self, streams, _host, first):
        with self.permit.hold("handshake"):
            assert not self.permit.energised
            self.handshakes += 1
            if self.error:
                raise self.error
            streams[1].write(first)
        return streams


class ShortSecurity(HoldingSecurity):
    """Stands for psk: no permit."""

    kind = "psk"

    async def begin(self, streams, _host, first):
        self.handshakes += 1
        streams[1].write(first)
        return streams


class Bench:
    """A port, a permit and a control that pauses `obeys_s` after it was asked, None for never."""

    def __init__(self, permit, obeys_s=3):
        self.permit = permit
        self.obeys_s = obeys_s
        self.paused = []
        self.accepted = self.serving = 0
        self.connections = []
        self.dialer = None

    def now_s(self):
        return asyncio.get_running_loop().time()

    def pause(self, wanted):
        self.paused.append((wanted, self.now_s()))
        if wanted and self.obeys_s is not None:
            asyncio.get_running_loop().call_later(self.obeys_s, self._energise, False)
        if not wanted:
            self._energise(True)

    def _energise(self, energised):
        self.permit.energised = energised

    async def accept(self, reader, writer):
        self.accepted += 1
        self.serving += 1
        try:
            while await reader.read(100):
                pass
        finally:
            self.serving -= 1
            writer.close()

    async def open(self):
        """Open as the uplink does; the connection, or the reason why not."""
        try:
            streams = await self.dialer.open(b"first")
        except OSError as error:
            return str(error)
        self.connections.append(streams)
        return "connected"


def play(story, security, obeys_s=3, listening=True):
    world = World(1)
    host.install(world)

    async def main():
        from evse.control.stall_permit import StallPermit
        from evse.link.bearer import Bearer
        from evse.link.dialer import build_dialer

        bench = Bench(StallPermit(), obeys_s)
        server = await asyncio.start_server(bench.accept, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()[:2]
        if not listening:
            server.close()
        settings = {
            "broker_host": address[0],
            "broker_port": address[1],
            "link_security": security.kind,
            "station_id": "P001",
            "certificate_pause_s": PAUSE_S,
        }
        bearer = Bearer(None, None, None, None, None)
        bench.dialer = build_dialer(settings, bearer, None, bench.permit, bench.pause)
        bench.dialer.security = security
        security.permit = bench.permit
        try:
            return await story(bench)
        finally:
            for _reader, writer in bench.connections:
                writer.close()
            # A connection that was closed at once may not have come to be served yet
            await asyncio.sleep(1)
            assert not bench.serving
            server.close()
            await server.wait_closed()

    try:
        return host.run(main())
    finally:
        host.uninstall()


def test_connects_at_once_while_nothing_is_energised():
    async def story(bench):
        assert await bench.open() == "connected"
        assert bench.now_s() < 2
        assert bench.paused == []
        assert bench.dialer.may_drop()
        bench.permit.energised = True
        assert not bench.dialer.may_drop()

    play(story, HoldingSecurity())


def test_a_charge_goes_on_offline_and_the_link_comes_with_its_end():
    async def story(bench):
        bench.permit.energised = True
        opening = asyncio.create_task(bench.open())
        await asyncio.sleep(PAUSE_S - 60)
        assert not opening.done()
        assert (bench.accepted, bench.paused, security.handshakes) == (0, [], 0)
        bench.permit.energised = False
        assert await opening == "connected"
        assert bench.paused == []

    security = HoldingSecurity()
    play(story, security)


def test_a_long_time_offline_pauses_the_charge_for_the_handshake_only():
    async def story(bench):
        bench.permit.energised = True
        began_s = bench.now_s()
        assert await bench.open() == "connected"
        (wanted, at_s), (over, until_s) = bench.paused
        assert (wanted, over) == (True, False)
        assert PAUSE_S <= at_s - began_s < PAUSE_S + 2
        assert 3 <= until_s - at_s < 5
        assert security.handshakes == 1
        assert not bench.permit.held

    security = HoldingSecurity()
    play(story, security)


def test_a_failed_handshake_ends_the_pause_and_the_next_one_is_as_far_away():
    async def story(bench):
        bench.permit.energised = True
        assert await bench.open() == "TLS: not trusted"
        assert [wanted for wanted, _at_s in bench.paused] == [True, False]
        assert bench.permit.energised
        assert await bench.open() == "TLS: not trusted"
        starts = [at_s for wanted, at_s in bench.paused if wanted]
        assert starts[1] - starts[0] >= PAUSE_S

    security = HoldingSecurity()
    security.error = OSError("TLS: not trusted")
    play(story, security)


def test_a_vehicle_that_does_not_pause_is_left_in_peace_after_a_minute():
    async def story(bench):
        bench.permit.energised = True
        assert await bench.open() == "the charge did not pause for the handshake"
        (wanted, at_s), (over, until_s) = bench.paused
        assert (wanted, over) == (True, False)
        assert 55 <= until_s - at_s <= 65
        assert security.handshakes == 0

    security = HoldingSecurity()
    play(story, security, obeys_s=None)


def test_no_charge_is_paused_for_a_broker_that_is_not_there():
    async def story(bench):
        bench.permit.energised = True
        for _ in range(5):
            assert await bench.open() != "connected"
        assert bench.now_s() >= PAUSE_S
        assert bench.paused == []

    play(story, HoldingSecurity(), listening=False)


def test_an_attempt_that_is_given_up_in_a_pause_ends_it():
    async def story(bench):
        bench.permit.energised = True
        opening = asyncio.create_task(bench.open())
        await asyncio.sleep(PAUSE_S + 10)
        assert bench.paused
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
        assert [wanted for wanted, _at_s in bench.paused] == [True, False]

    play(story, HoldingSecurity(), obeys_s=None)


def test_a_short_handshake_does_not_wait_for_the_end_of_a_charge():
    async def story(bench):
        bench.permit.energised = True
        assert await bench.open() == "connected"
        assert bench.now_s() < 2
        assert (bench.paused, bench.permit.refused) == ([], 0)
        assert bench.dialer.may_drop()

    play(story, ShortSecurity())


@pytest.mark.parametrize(
    ("kind", "ca", "said"),
    [
        ("psk", None, "link_security = psk needs MicroPython 1.29 or newer"),
        ("certificate", None, "link_security = certificate needs ca.der"),
        ("certificate", b"x", "link_security = certificate needs a MicroPython with TLS"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_sent(kind, ca, said):
    async def story(bench):
        security.use(1, bytes(32))
        assert (await bench.open()).startswith(said)
        assert bench.accepted == 0

    security = security_of(kind, ca)
    security.kind = kind
    assert security.problem.startswith("key = nothing")
    play(story, security)


def security_of(kind, ca=None):
    """The firmware's own for a kind."""
    from evse.link.certificate import Certificate
    from evse.link.encrypted import PreSharedKey

    return PreSharedKey("P001") if kind == "psk" else Certificate("P001", ca, None)


def test_an_old_micropython_without_psk_is_named(monkeypatch):
    import sys
    import types

    class Context:
        __slots__ = ("verify_mode",)

        def __init__(self, _protocol):
            pass

    old = types.SimpleNamespace(SSLContext=Context, PROTOCOL_TLS_CLIENT=0, CERT_NONE=0)
    monkeypatch.setitem(sys.modules, "tls", old)
    security = security_of("psk")
    security.use(1, bytes(32))
    assert security.problem == (
        "link_security = psk needs MicroPython 1.29 or newer: use certificate, or update"
    )
    assert (security.user, security.password) == (None, None)
