"""Energised means quiet, with a broker and a time server by name and a name server that falls silent."""

import asyncio

import pytest
from hold_recorder import HoldRecorder
from test_quiet import Bridge, _broker_path, recorder  # noqa: F401 - fixtures

from rig import rig

SETTINGS = {
    "wifi_networks": [["gone", "12345678"], ["home", "12345678"]],
    "broker_host": "broker.example",
    "ntp_host": "ntp.example",
    "dns_server": "127.0.0.1",
}


class Lookups:
    """Names that reached a function which would wait for their addresses."""

    def __init__(self, monkeypatch):
        self.names = []
        for owner in (asyncio.SelectorEventLoop,):
            whole = owner.getaddrinfo
            monkeypatch.setattr(owner, "getaddrinfo", self._watched(whole))

    def _watched(self, whole):
        async def getaddrinfo(loop, name, *args, **options):
            self.names.append(name)
            return await whole(loop, name, *args, **options)

        return getaddrinfo


async def charge_by_name(r):
    """A charge whose link fails while the name server is silent; logins at the broker."""
    from dns_server import DnsServer

    bridge = Bridge()
    port = await bridge.start()
    world = r.world
    world.names.table = {
        "broker.example": (("127.0.0.1",), 5),
        "ntp.example": (("127.0.0.1",), 5),
    }
    server = await DnsServer(world.names).start()
    # The ports are known only here
    r.station.bearer.resolve.__self__._port = server.port
    r.station.uplink._dialer.address = ("broker.example", port)
    try:
        await r.until(lambda: bridge.accepted, 60000)
        await r.charge()
        world.set_fault("dns_silent", True)
        for _ in range(3):
            await r.run(6000)
            bridge.cut()
            await r.run(20000)
        world.set_fault("dns_lying", True)
        world.set_fault("wifi_down", True)
        await r.run(20000)
        world.set_fault("wifi_down", False)
        await r.run(60000)
        assert world.contactor.closed
        assert server.questions[-1][0] * 1000 > r.now_ms - 60000
        return bridge.accepted
    finally:
        server.stop()
        await bridge.stop()


def test_a_charge_by_name_holds_nothing_and_looks_no_name_up(recorder, monkeypatch):  # noqa: F811
    from pilesim.wifi import AccessPoint

    lookups = Lookups(monkeypatch)

    async def story(r):
        recorder.rig = r
        recorder.watch()
        return await charge_by_name(r)

    with rig() as r:
        r.world.wifi.access_points = [AccessPoint("home", "12345678")]
        accepted = r.play(story, SETTINGS)
    assert accepted >= 4
    assert lookups.names == []
    assert not recorder.loud, sorted(set(recorder.loud))
    assert not [call for _module, call in recorder.quiet if call.startswith(("socket", "asyncio"))]


@pytest.mark.parametrize("call", ["socket.getaddrinfo", "asyncio.open_connection"])
def test_a_name_that_is_looked_up_is_seen(monkeypatch, call):
    watched = HoldRecorder(monkeypatch)
    scope = {"__name__": "evse.link.planted"}
    exec("import asyncio, socket\ndef planted(host):\n    return " + call + "(host, 9)\n", scope)
    with rig():
        monkeypatch.setattr(call, lambda *_args: None)
        watched.watch()
        scope["planted"]("10.0.0.1")
        assert watched.quiet == []
        scope["planted"]("broker.example")
    assert watched.quiet == [("evse.link.planted", call)]
