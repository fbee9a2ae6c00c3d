"""Energised means quiet, in the simulated world: what the firmware calls during whole charges."""

import asyncio
import sys

import pytest
from hold_recorder import HoldRecorder

from rig import rig

BOARDS = ("devkitc", "devkitc_socket", "devkitc_uart")
PLANTED = "def planted(path):\n    with open(path) as file:\n        return file.read()\n"


class Bridge:
    """A port on which a broker accepts every login and acknowledges every publish, until told off."""

    def __init__(self):
        self.accepted = 0
        self.deaf = False
        self._writers = []
        self._server = None

    async def start(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self._server.sockets[0].getsockname()[1]

    def cut(self):
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def stop(self):
        self.cut()
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader, writer):
        from scripted_broker import Broker

        if self.deaf:
            writer.transport.abort()
            return
        self.accepted += 1
        self._writers.append(writer)
        await Broker().serve(reader, writer)


def play(recorder, story, board="devkitc", settings=None):
    """Run a story with a recorder watching."""

    async def watched(r):
        recorder.rig = r
        recorder.watch()
        return await story(r)

    with rig(board=board) as r:
        return r.play(watched, settings)


@pytest.fixture
def recorder(monkeypatch):
    yield HoldRecorder(monkeypatch)
    # What was loaded anew must not meet what stands again after this test: two classes of one name
    for name in [name for name in sys.modules if name.split(".")[0] == "evse"]:
        del sys.modules[name]


@pytest.fixture(autouse=True)
def _broker_path(monkeypatch):
    from interpreters import ROOT

    monkeypatch.syspath_prepend(str(ROOT / "host_tests" / "link"))


@pytest.mark.parametrize("board", BOARDS)
def test_nothing_holds_the_interpreter_in_a_whole_charge_with_a_link_that_fails(
    recorder, board, record_property
):
    async def story(r):
        bridge = Bridge()
        # The port is known only here, so the station is told where it would look next
        r.station.uplink._dialer.address = ("127.0.0.1", await bridge.start())
        try:
            await r.until(lambda: bridge.accepted, 30000)
            await r.charge()
            for _ in range(3):
                await r.run(3000)
                bridge.cut()
                await r.run(8000)
            bridge.deaf = True
            bridge.cut()
            r.world.set_fault("wifi_down", True)
            await r.run(20000)
            r.world.set_fault("wifi_down", False)
            bridge.deaf = False
            accepted = bridge.accepted
            await r.until(lambda: bridge.accepted > accepted, 60000)
            # A pause: opened, and closed again on the way back
            r.world.vehicle.force_s2("open")
            await r.until(lambda: not r.world.contactor.closed, 1000)
            await r.run(6000)
            r.world.vehicle.force_s2(None)
            await r.until(lambda: r.world.contactor.closed, 20000)
            await r.run(5000)
            assert r.station.stop_local() == ""
            await r.until(lambda: not r.world.contactor.closed, 8000)
            await r.run(3000)  # a socket unlocks
            r.world.vehicle.unplug()
            await r.until(lambda: r.station.session.status() == "available", 10000)
            await r.run(3000)
            return bridge.accepted
        finally:
            await bridge.stop()

    accepted = play(recorder, story, board, {"wifi_ssid": "home", "wifi_password": "secret"})
    assert 5 <= accepted <= 20, f"{accepted} logins: the link did not fail as it should"
    assert not recorder.loud, sorted(set(recorder.loud))
    called = {call for _module, call in recorder.quiet}
    assert "gc.collect" in called, "nothing was recorded where it may be called"
    record_property(
        "figure",
        f"{board}: {len(recorder.quiet)} holding calls, none energised, {accepted} logins",
    )


def test_the_start_reads_files_and_modules_and_the_recorder_sees_it(recorder):
    async def story(r):
        # The first collection comes when the self-test of the start is over
        await r.run(5000)

    with rig() as r:
        recorder.rig = r
        recorder.watch()
        r.play(story)
    called = {call for _module, call in recorder.quiet}
    assert {"builtins.open", "json.dump", "gc.collect"} <= called, called
    assert "import evse.drivers.control_pilot" in called
    assert not recorder.loud


def test_a_call_that_holds_while_energised_is_seen(recorder, tmp_path):
    (tmp_path / "x").write_text("1")
    scope = {"__name__": "evse.app.planted"}
    exec(PLANTED, scope)

    async def story(r):
        await r.charge()
        scope["planted"](tmp_path / "x")

    play(recorder, story)
    assert recorder.loud == [("evse.app.planted", "builtins.open")]


def test_a_control_task_that_starts_again_loads_nothing(recorder):
    async def story(r):
        await r.charge()
        step, calls = r.station._step, []

        def fails_once(dt_ms):
            calls.append(dt_ms)
            if len(calls) == 1:
                raise ValueError("planted")
            step(dt_ms)

        before = len(recorder.quiet)
        r.station._step = fails_once
        await r.until(lambda: len(calls) > 10, 5000)
        await r.run(2000)
        return [call for _m, call in recorder.quiet[before:] if call.startswith("import")]

    assert play(recorder, story) == []
    assert not recorder.loud


def test_permit_is_refused_during_a_whole_charge():
    async def story(r):
        from evse.control.stall_permit import StallRefusedError

        asked = 0
        await r.charge()
        while asked < 1500:
            assert r.world.contactor.closed
            with pytest.raises(StallRefusedError):
                r.station.permit.hold("test")
            asked += 1
            await r.run(20)
        assert r.station.stop_local() == ""
        while r.world.contactor.closed or r.station.tick.contactor.commanded:
            with pytest.raises(StallRefusedError):
                r.station.permit.hold("test")
            await r.run(1)
        await r.run(200)
        with r.station.permit.hold("test"):
            pass
        return asked

    with rig() as r:
        assert r.play(story) == 1500


def test_nothing_closes_while_a_permit_is_held():
    async def story(r):
        await r.until(lambda: r.station.register.wh is not None)
        r.world.vehicle.plug()
        await r.until(lambda: r.station.loop.machine.name() == "B1", 5000)
        with r.station.permit.hold("test"):
            assert r.station.authorize_local() == ""
            await r.until(lambda: r.station.loop.machine.name() == "C2", 10000)
            await r.run(10000)
            assert r.world.contactor.operations == 0
            assert not r.station.permit.energised
        await r.until(lambda: r.world.contactor.closed, 2000)

    with rig() as r:
        r.play(story)


def test_housekeeping_waits_for_the_end_of_the_charge():
    async def story(r):
        await r.charge()
        refused = r.station.permit.refused
        await r.run(10000)
        return r.station.permit.refused - refused

    with rig() as r:
        assert r.play(story) >= 4
