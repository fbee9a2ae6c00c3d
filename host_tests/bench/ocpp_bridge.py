"""A whole bridge in a process of its own, with piles that stand where the MQTT client stands.

Everything behind that is as in use: the application's composition, messages of the wire with sealed records, the
store on disk, the adapter with its handlers, the websockets. The argument is the order as JSON, see ocpp_load.py. Words come on
stdin, one a line: `figures`, and `feed FILE` (journal messages, each pile's one after the other, until all of them are
stored and their facts queued); each is answered by one line of JSON.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

import msgspec
from ocpp_charges import LIFE, secret_of
from process_figures import resident_bytes

from evse.core import messages
from pilebridge import collector
from pilebridge.application import Application
from pilebridge.pile_link import PileLink
from pilebridge.settings import (
    Bridge,
    Config,
    ConnectorTable,
    Mqtt,
    OcppPlatformTable,
    Operator,
    PeriodTable,
    PileTable,
    Station,
    TariffTable,
)

_DAY_S = 86400
_PRICE = PeriodTable(from_="00:00", energy="0.5000", service="0.4000")


class Fleet:
    """Piles that greet when the link is up, say that they charge, and answer `report`."""

    connected = True

    def __init__(self, application, piles, again):
        self._application = application
        self._piles = piles
        # A broker gives a bridge that was started again what it kept of them
        self._kept = again
        self.acks = 0

    async def run(self):
        """Bring everybody up; until cancelled."""
        self._application.hub.on_link(True)
        for number, pile in enumerate(self._piles):
            await self._up(pile, "online", b"1")
            await self._up(pile, "hello", messages.encode(hello(number)))
            await self._up(pile, "state", state())
        await asyncio.Event().wait()

    def publish(self, topic, payload, retain=False):
        """As the MQTT client: what the bridge says to a pile."""
        _, pile, name = topic.split("/")
        if name == "ack":
            self.acks += 1
        elif name == "command":
            asyncio.get_running_loop().create_task(self._obey(pile, json.loads(payload)))
        return True

    async def feed(self, pile, payloads):
        """The next message follows the acknowledgement of the one before it."""
        for payload in payloads:
            await self._application.hub.link.on_message(f"pile/{pile}/journal", payload, False)

    async def _obey(self, pile, command):
        reply = {"id": command["id"], "result": "accepted"}
        await self._up(pile, "reply", messages.encode(reply), False)
        if command["name"] == "report":
            await self._up(pile, "state", state(), False)

    async def _up(self, pile, name, payload, kept=True):
        topic = messages.topic(pile, name)
        await self._application.hub.link.on_message(topic, payload, kept and self._kept)


class FleetBridge(Application):
    """The application without a broker."""

    def __init__(self, config, again):
        super().__init__(config)
        self._again = again

    def _make_link(self):
        piles = [connector.pile for connector in self.hub.connectors]
        self.fleet = Fleet(self, piles, self._again)
        self.hub.link = PileLink(piles, self.store, self.fleet, self.hub, self.keyring)
        return self.fleet


def hello(number):
    """What a pile greets with, the same after a restart of the bridge."""
    return {
        "boot": 7,
        "firmware": "1.0.0",
        "python": "bench",
        "board": "bench",
        "profile": "gbt_18487_1_2015",
        "site": "bench",
        "connectors": [{"id": 1, "kind": "cable", "rated_a10": 320}],
        "life": LIFE,
        "first": 1,
        "next": 2,
        "key": 1,
        "nonce": f"{number:016x}",
        "holds": {"profiles": 0, "tokens": 0},
    }


def state():
    """A pile that charges; its transaction is the first record of its journal."""
    connector = {
        "id": 1,
        "status": "charging",
        "cp": "C2",
        "tx": f"{LIFE}-1",
        "wh": 5000,
        "w": 7012,
    }
    rest = {"utc": int(time.time()), "boot": 7, "up": 84, "journal": {"waiting": 0}}
    return messages.encode({"connectors": [connector], **rest})


def config_of(order):
    """Settings with one station for each pile."""
    common = {"name": "bench", "address": "bench", "area_code": "310101", "lng": 121, "lat": 31}
    platform = OcppPlatformTable(name="bench", versions=("ocpp1.6",), **order["platform"])
    rows = {"rated_a": 32, "power_kw": 7, "volts": 220}
    return Config(
        operator=Operator(id="MA5PILE01", name="bench", service_tel="0"),
        bridge=Bridge(database=order["database"]),
        mqtt=Mqtt(pile_timeout_s=_DAY_S),
        tariff=[TariffTable(name="flat", periods=[_PRICE])],
        pile=[PileTable(id=pile, key=secret_of(pile).hex()) for pile in order["piles"]],
        station=[
            Station(
                id=pile,
                connector=[ConnectorTable(connector_id=f"C{n}", equipment_id=f"E{n}", **rows)],
                **common,
            )
            for n, pile in enumerate(order["piles"])
        ],
        platform=[platform],
    )


def figures(application):
    """CPU time since the start of the process, memory, and what the platform counts."""
    return {
        "cpu_s": time.process_time(),
        "resident_bytes": resident_bytes(),
        "acks": application.fleet.acks,
        **application.platforms[0].counts(),
    }


def rows_of(file):
    """[pile, journal messages] as ocpp_charges.py wrote them."""
    return msgspec.msgpack.decode(Path(file).read_bytes())


async def main(order):
    """Serve words until stdin ends."""
    application = FleetBridge(config_of(order), order["again"])
    await application.start()
    collector.settle()
    say({"ready": True})
    while line := await asyncio.to_thread(sys.stdin.readline):
        word, *rest = line.split()
        if word == "feed":
            work = (application.fleet.feed(*row) for row in rows_of(rest[0]))
            await asyncio.gather(*work)
            await application.assembly.settled()
        say(figures(application))
    await application.stop()


def say(message):
    """One line for the bench."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
