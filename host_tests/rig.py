"""The whole firmware on a simulated board in virtual time, for tests.

    with rig(seed=1) as r:
        r.play(story)          # async def story(r): ...

The station's link finds no broker here: loopback port 9 refuses. Settings go to a fresh folder.
"""

import asyncio
import contextlib
import importlib.util
import json
import os
import sys
import tempfile
from pathlib import Path

from evse.core.ring import Ring
from pilesim import host
from pilesim.chip import PWRON_RESET
from pilesim.world import World

ROOT = Path(__file__).resolve().parent.parent
SECRET = bytes(range(32))
LIFE = "a55a41c3"


# TLS-PSK is not in every Python
SETTINGS = {
    "station_id": "P001",
    "broker_port": 9,
    "link_security": "password",
    "key": SECRET.hex(),
}


# Two meters on one pair
TWO_METERS = {"meter_address": "210012345678", "meter_address_2": "210012345679"}


def load_board(name):
    """BOARD of boards/{name}/board.py, whose module is also importable as `board`."""
    path = ROOT / "boards" / name / "board.py"
    spec = importlib.util.spec_from_file_location("board", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules["board"] = module
    return module.BOARD


class Rig:
    """A world, a board and, while a story plays, a running station."""

    def __init__(self, world, board, folder):
        self.world = world
        self.board = board
        self.folder = folder
        self.station = None
        self.lines = []

    def play(self, story, settings=None):
        """Start the station, run `await story(self)`, return its result. The meters are as `settings` say."""
        path = self.folder / "settings.json"
        model = (settings or {}).get("meter_model", "dlt645")
        # Others than DL/T 645 are found at units 1 and 2
        meters = TWO_METERS if self.board.SECOND and model == "dlt645" else {}
        path.write_text(json.dumps({**SETTINGS, **meters, **(settings or {})}))
        if model != self.world.meter_model:
            self.world.meter_model = model
            self.world.replace_chip(PWRON_RESET)
        return self.restart(story)

    def restart(self, story):
        """Start the station on the files as they are, run the story."""
        from evse.app.station import Station

        async def main():
            self.station = Station(self.board)
            self.station.console.say = self.station.console.remark = self._say
            running = asyncio.create_task(self.station.run())
            try:
                return await story(self)
            finally:
                running.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await running

        here = os.getcwd()
        os.chdir(self.folder)
        try:
            self.board.safe_outputs()
            return host.run(main())
        finally:
            os.chdir(here)

    def _say(self, text, *values):
        line = text % values if values else text
        self.lines.append((self.world.clock.now_us, line))

    @property
    def now_ms(self):
        return self.world.clock.now_us // 1000

    async def run(self, ms):
        """Let virtual time pass."""
        await asyncio.sleep(ms / 1000)

    async def until(self, condition, within_ms=60000, step_ms=20):
        """Wait for a condition; AssertionError when it does not come."""
        end_ms = self.now_ms + within_ms
        while not condition():
            assert self.now_ms < end_ms, self.picture()
            await asyncio.sleep(step_ms / 1000)

    def records(self, *kinds):
        """Records that the journal holds, of these kinds or all, in order."""
        from evse.core import records

        found = [records.decode(data) for data in self.station.journal.held()]
        return [record for record in found if not kinds or record["kind"] in kinds]

    def signed(self, name, message):
        """(topic, payload) of a message down as the bridge signs it."""
        from evse.core import mac, messages

        topic = messages.topic("P001", name)
        key = mac.Mac(mac.derive(SECRET, mac.COMMAND))
        return topic, messages.sign(topic, messages.encode(message), key)

    def greet(self, utc_s, upto=0):
        """Answer a hello of the station as the bridge does: it has committed up to `upto`."""
        self.station.report.hello()
        nonce, life = self.station.report.nonce, self.station.journal.life
        message = {"life": life, "upto": upto, "utc": utc_s, "nonce": nonce}
        self.station.downlink.receive(*self.signed("ack", message))

    def picture(self):
        """What stands, for a failing test."""
        from evse.core import faults

        s = self.station
        return "%d ms: %s %s faults %s mirror %s\n%s" % (
            self.now_ms,
            s.session.status(),
            s.loop.machine.name(),
            faults.names(s.loop.faults.active),
            s.loop.closed,
            "\n".join("%9.3f %s" % (us / 1e6, line) for us, line in self.lines[-20:]),
        )

    async def charge(self):
        """Plug in, authorise locally, wait for current."""
        self.world.vehicle.plug()
        await self.until(lambda: self.station.loop.machine.name() == "B1")
        await self.until(lambda: self.station.register.wh is not None)
        refusal = self.station.authorize_local()
        assert refusal == "", refusal + " " + self.picture()
        await self.until(lambda: self.station.session.status() == "charging")


@contextlib.contextmanager
def rig(board="devkitc", seed=1, ticks_offset_us=0):
    """A fresh world with a board wired to it."""
    world = World(seed, ticks_offset_us)
    host.install(world)
    with tempfile.TemporaryDirectory() as folder:
        try:
            board_module = load_board(board)
            world.wire(board_module)
            # As the first start leaves it: that one takes seconds
            ring = Ring(world.flash, None)
            ring.format(LIFE)
            while ring.prepare():
                pass
            yield Rig(world, board_module, Path(folder))
        finally:
            host.uninstall()
