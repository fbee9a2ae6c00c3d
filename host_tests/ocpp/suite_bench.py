"""The whole chain in virtual time: the firmware on a simulated board, the bridge and a central system.

    run(scenario, version, server, folder)

One loop carries all of it. The firmware's own uplink talks to the bridge's own pile link without a broker
between them; the bridge and the central system talk over a websocket on the loopback.
"""

import asyncio
import contextlib
import json
import time

from msgspec import structs
from suite_central import CENTRALS
from suite_wire import DirectLink, Place, direct

from bridge.fakes import LocalApplication, settings
from pilebridge.settings import BrokerChild, OcppPlatformTable, PileTable
from pilebridge.store import InlineStore
from pilesim import current
from pilesim.card import Card
from pilesim.chip import PWRON_RESET
from rig import SECRET, rig

PILE = "P001"
CARD, OTHER = "04A1B2C3D4E5F6", "11223344"
# Samples come soon, and nobody waits long
LIVELY = {"sample_interval_s": 5, "authorization_patience_s": 2, "pause_min_s": 1}
# In real time: for another process on a busy machine, and for one that was told to say nothing
_PATIENCE_S, _SILENCE_S = 10.0, 0.3
_CONNECTION = "a connection"
# 2026-03-04T05:06:07Z
T0 = 1772600767


class Bench:
    """What a scenario has at hand: the simulated world, the bridge, the central system."""

    def __init__(self, r, bridge, place, central, server):
        self.server = server
        self.r = r
        self.world = r.world
        self.bridge = bridge
        self.place = place
        self.central = central
        self.ask = central.commands
        self.new = central.version == "ocpp2.0.1"
        self.shown = []

    @property
    def services(self):
        """The pile as the bridge's platforms see it."""
        return self.bridge.piles.by_name[PILE]

    @property
    def charger(self):
        """The OCPP station in the bridge."""
        return self.bridge.platforms[-1].stations[PILE].charger

    @property
    def session(self):
        """The firmware's session of connector 1."""
        return self.r.station.session

    def now(self):
        """UTC of the bridge's clock."""
        return T0 + self.world.clock.now_us / 1e6

    def said(self, action):
        """Payloads of the station's calls of one action, in order."""
        return self.central.said(action)

    async def run(self, seconds):
        """Let virtual time pass."""
        await asyncio.sleep(seconds)

    async def until(self, condition, within_s=60.0):
        """Wait for a condition in virtual time."""
        end_s = self.now() + within_s
        while not condition():
            assert self.now() < end_s, self.picture()
            await asyncio.sleep(0.05)

    async def heard(self, action, count=1, within_s=60.0, **fields):
        """The `count`-th call of an action with these fields."""

        def found():
            rows = self.said(action)
            return [row for row in rows if all(row.get(key) == fields[key] for key in fields)]

        await self.until(lambda: len(found()) >= count, within_s)
        return found()[count - 1]

    def picture(self):
        """What was said last, for a failing test."""
        frames = [json.dumps(row) for row in self.central.last(12)]
        return "\n".join([self.r.picture(), *frames])

    # What people do

    async def plug(self):
        """Plug in; the pile has seen it."""
        self.world.vehicle.plug()
        await self.until(lambda: self.r.station.loop.vehicle_seen and self.register() is not None)

    async def unplug(self):
        """Pull the plug out."""
        self.world.vehicle.unplug()
        await self.until(lambda: self.r.station.session.status() == "available")

    async def show(self, token):
        """Hold a card to the reader."""
        self.world.rfid.present(Card(bytes.fromhex(token)))
        await self.run(0.6)
        self.world.rfid.remove()
        await self.run(1.0)

    def register(self):
        """The meter's register as the pile has read it."""
        return self.r.station.register.wh

    async def follows(self, a10):
        """The duty on the pilot offers this current, within 10 s; 0 is a pause."""
        permille = round(a10 / 0.6) if a10 else 1000
        await self.until(lambda: abs(self.r.station.loop.duty_permille - permille) <= 1, 10)

    def charging(self):
        """True while current may flow."""
        return self.session.status() == "charging" and self.world.contactor.closed

    async def charge(self, token=CARD):
        """Plug in, show a card, wait for current."""
        await self.plug()
        await self.show(token)
        await self.until(self.charging)

    async def idle(self):
        """Nothing is left to be told, and no transaction runs."""
        await self.until(lambda: self.session.tx is None and not self.charger.transactions())


def configured(folder, table, others=False):
    """The example's settings with the pile of the rig at one central system."""
    base = settings(folder)
    station = base.station[0]
    return structs.replace(
        base,
        mqtt=structs.replace(base.mqtt, broker=BrokerChild(start=False)),
        pile=[PileTable(id=PILE, key=SECRET.hex())],
        station=[structs.replace(station, id=PILE, connector=station.connector[:1])],
        platform=[*(base.platform if others else ()), table],
    )


def _patient(loop, central, bridge):
    """Let the other process answer before virtual time goes on."""
    inner, begun = loop._selector.select, {}
    charger = bridge.platforms[-1].stations[PILE].charger

    def awaited():
        """What the other process owes, None for nothing."""
        if charger.rpc is None:
            return None if central.away else _CONNECTION
        if charger.rpc._waiting is not None:
            return charger.rpc._waiting[0]
        # A call of its own is owed until the bridge has it
        asks = central.asking and not charger.rpc.answers.busy
        return f"call {len(central.books.asked)}" if asks else None

    def select(timeout=None):
        is_idle = timeout is None or timeout > 0
        what = awaited() if is_idle else None
        if is_idle and what not in begun:
            begun.clear()
            begun[what] = time.monotonic()
        # A station between two tries waits in virtual time
        is_short = central.is_silent or what == _CONNECTION
        patience_s = _SILENCE_S if is_short else _PATIENCE_S
        if what and time.monotonic() - begun[what] < patience_s:
            found = loop._selector._real.select(0.02)
            if found:
                return found
        return inner(timeout)

    loop._selector.select = select


def run(scenario, version, server, folder):
    """Play a scenario; the central system afterwards.

    Between two acts the chip starts anew, and the bridge with it, on the same database.
    """
    central = CENTRALS[server](version)

    def story_of(act):
        async def story(r):
            def clock():
                return T0 + current.clock.now_us / 1e6

            async with central.serve(clock, scenario.login):
                if act is scenario.acts[0]:
                    scenario.prepare(central)
                async with bridge_of(
                    folder, central, clock, scenario.others, **scenario.login
                ) as bridge:
                    if server == "foreign":
                        _patient(asyncio.get_running_loop(), central, bridge)
                    bench = Bench(r, bridge, Place(bridge), central, server)
                    DirectLink.place = bench.place
                    # From its first order on a pile asks about cards
                    await bench.until(lambda: r.station.operator and bench.charger.boot.status)
                    try:
                        await act(bench)
                        await central.settle()
                    finally:
                        bench.place.cut()

        return story

    with rig(scenario.board) as r, direct():
        first, *others = scenario.acts
        r.play(story_of(first), scenario.settings)
        for act in others:
            r.world.replace_chip(PWRON_RESET)
            r.restart(story_of(act))
    return central


@contextlib.asynccontextmanager
async def bridge_of(folder, central, clock, others=False, **more):
    """A bridge that runs; `more` goes into its settings of the central system."""
    table = OcppPlatformTable(
        name="csms",
        url=central.url,
        versions=(central.version,),
        ping_interval_s=0,
        **{"retry_max_s": 5, **more},
    )
    config = configured(folder, table, others)
    bridge = LocalApplication(config, clock, InlineStore(config.bridge.database))
    await bridge.start()
    try:
        yield bridge
    finally:
        await bridge.stop()
