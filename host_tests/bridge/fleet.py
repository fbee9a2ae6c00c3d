"""A bridge in this process with several updating piles, and short times for roll-outs."""

import contextlib
import time

from msgspec import structs

from bridge.fake_platform import until
from bridge.fakes import LocalApplication, running, settings
from bridge.updating_pile import UpdatingPile
from pilebridge import bundles, chunk_server, rollout, rollout_orders, rollout_rows, rollout_work
from pilebridge.settings import BrokerChild, PileTable
from pilebridge.store import InlineStore


class Fleet:
    """The piles by name, as the link between them and a bridge sees one pile."""

    def __init__(self, names):
        self.names = names
        self.piles = {
            name: UpdatingPile(_lost, secret_of(number), name) for number, name in enumerate(names)
        }

    def connect(self, application):
        """Everybody greets."""
        application.link.pile = self
        for pile in self.piles.values():
            pile.send = application.link.up
            pile.connect()

    def lose_link(self):
        """What they say reaches nobody."""
        for pile in self.piles.values():
            pile.send = _lost

    def on_down(self, topic, payload):
        name = topic.split("/")[1]
        if name in self.piles:
            self.piles[name].on_down(topic, payload)

    def __getitem__(self, name):
        return self.piles[name]

    @property
    def commanded(self):
        """Names of the piles that were told to update."""
        return [
            name
            for name, pile in self.piles.items()
            if any(command["name"] == "update" for command in pile.commands)
        ]


def _lost(_topic, _payload, _retained=False):
    pass


def secret_of(number):
    """Each pile has its own."""
    return bytes([number + 1]) * 32


def names_of(count):
    """P001, P002 and so on."""
    return [f"P{number + 1:03d}" for number in range(count)]


def configured(folder, names, update_key=""):
    """The example's settings with a station for each name, without a broker."""
    base = settings(folder)
    station = base.station[0]
    connector = station.connector[0]
    return structs.replace(
        base,
        bridge=structs.replace(base.bridge, update_key=update_key),
        mqtt=structs.replace(base.mqtt, broker=BrokerChild(start=False)),
        pile=[PileTable(id=name, key=secret_of(n).hex()) for n, name in enumerate(names)],
        station=[
            structs.replace(
                station,
                id=name,
                site="north" if n % 2 else "south",
                connector=[structs.replace(connector, connector_id=f"C{n}", equipment_id=f"E{n}")],
            )
            for n, name in enumerate(names)
        ],
    )


def hasten(monkeypatch):
    """Roll-outs look often and repeat soon."""
    monkeypatch.setattr(rollout_work, "_LOOK_S", 0.05)
    monkeypatch.setattr(rollout_work, "_AGAIN_S", 0.2)
    monkeypatch.setattr(rollout_work, "_BUSY_S", 0.2)
    monkeypatch.setattr(rollout_work, "_SETTLED_S", 0.05)
    monkeypatch.setattr(chunk_server, "_WINDOW_S", 0.1)


@contextlib.asynccontextmanager
async def fleet_bridge(folder, fleet, clock=time.time, passing=None):
    """A bridge whose piles are there; `passing` as InlineStore has it."""
    settled = configured(folder, fleet.names)
    store = None if passing is None else InlineStore(settled.bridge.database, passing)
    application = LocalApplication(settled, clock, store)
    async with running(application):
        fleet.connect(application)
        try:
            await until(lambda: all(application.hub.reachable(name) for name in fleet.names))
            await until(lambda: all(hello(application, name) for name in fleet.names))
            yield application
        finally:
            fleet.lose_link()


def hello(application, name):
    """What the bridge has stored of a pile's greeting."""
    return rollout_rows.hello_of(application.store.read, name)


async def added(application, stream):
    """The bundle of a stream, in the bridge's store."""
    folder = bundles.folder_of(application.config.bridge.database)
    return await application.store.submit(
        lambda conn: bundles.add(conn, folder, stream, None, int(time.time()))
    )


async def started(application, bundle, wave, **options):
    """A roll-out that begins."""
    sites = application.config.sites()
    return await application.store.submit(
        lambda conn: rollout_orders.start(
            conn, sites, bundle, rollout.parse_wave(wave.split()), 1, **options
        )
    )


def state(application, of):
    """State of a roll-out now."""
    return rollout_rows.get(application.store.read, of.id).state


def phases(application, of):
    """pile -> phase."""
    rows = rollout_rows.stations(application.store.read, of)
    return {row.pile: row.phase for row in rows}


async def ended(application, of, timeout_s=5.0):
    """Wait for the end of a roll-out; its state."""
    await until(lambda: state(application, of) != rollout.RUNNING, timeout_s)
    return state(application, of)
