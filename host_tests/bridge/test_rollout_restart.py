"""Roll-outs and the end of the bridge: killed at any commit, and as a program with a real broker."""

import asyncio
import contextlib
import random
import signal

import pytest

from bridge.fake_platform import until
from bridge.fakes import PILE, SECRET
from bridge.fleet import (
    Fleet,
    added,
    ended,
    fleet_bridge,
    hasten,
    names_of,
    phases,
    started,
    state,
)
from bridge.test_bridge_process import end_program, program_settings, start_program
from bridge.updating_pile import MqttUpdatingPile, bundle, id_of
from pilebridge import alarms, cli, rollout_rows
from pilebridge.broker import Broker
from pilebridge.schema import connect

STREAM = bundle(files={"evse/pile.mpy": bytes(range(256)) * 80})


class CutError(BaseException):
    """The process ends here."""


class Cut:
    """Ends everything at the store's `left`-th passage from now on; -1 never."""

    def __init__(self):
        self.left = -1
        self.done = asyncio.Event()

    def __call__(self, _point):
        if self.left == 0:
            self.done.set()
            raise CutError
        if self.left > 0:
            self.left -= 1


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_bridge_killed_again_and_again_rolls_out_once(tmp_path, monkeypatch, seed):
    hasten(monkeypatch)
    chance = random.Random(seed)
    fleet, kills = Fleet(names_of(4)), 0
    async with fleet_bridge(tmp_path, fleet) as bridge:
        made = await added(bridge, STREAM)
        of = await started(bridge, made, "all", skip_waves=True, at_once=2)
        # Begun, and stopped in order
    for _ in range(60):
        cut = Cut()
        try:
            async with fleet_bridge(tmp_path, fleet, passing=cut) as bridge:
                cut.left = chance.randrange(1, 12)
                over = asyncio.ensure_future(ended(bridge, of, 10))
                await asyncio.wait(
                    [over, asyncio.ensure_future(cut.done.wait())],
                    return_when=asyncio.FIRST_COMPLETED,
                )
                over.cancel()
                finished = state(bridge, of) != "running"
                fleet.lose_link()
                bridge.link.pile = None
        except CutError:
            finished = False
        kills += cut.done.is_set()
        if finished:
            break
    async with fleet_bridge(tmp_path, fleet) as bridge:
        assert await ended(bridge, of) == "done"
        assert set(phases(bridge, of).values()) == {"confirmed"}
        assert alarms.standing(bridge.store.read) == []
    assert kills >= 3, kills
    for pile in fleet.piles.values():
        assert (pile.version, pile.previous, pile.begun) == ("1.1.0", "1.0.0", 1)


async def test_a_station_that_is_away_waits_and_counts_as_neither(tmp_path, monkeypatch):
    hasten(monkeypatch)
    fleet = Fleet(names_of(3))
    async with fleet_bridge(tmp_path, fleet) as bridge:
        made = await added(bridge, STREAM)
        away = fleet["P002"]
        away.publish("online", b"0", True)
        await until(lambda: not bridge.hub.reachable("P002"))
        of = await started(bridge, made, "all", skip_waves=True)
        await until(lambda: sorted(phases(bridge, of).values())[:2] == ["confirmed"] * 2)
        await asyncio.sleep(0.2)
        assert phases(bridge, of)["P002"] == "waiting"
        assert (state(bridge, of), away.commands) == ("running", [])
    async with fleet_bridge(tmp_path, fleet) as bridge:
        assert await ended(bridge, of) == "done"
        assert away.version == "1.1.0"


async def test_a_station_that_leaves_while_it_fetches_gives_its_turn_away(tmp_path, monkeypatch):
    hasten(monkeypatch)
    fleet = Fleet(names_of(2))
    async with fleet_bridge(tmp_path, fleet) as bridge:
        made = await added(bridge, STREAM)
        for pile in fleet.piles.values():
            pile.lose, pile.again_s = {6000}, 60
        of = await started(bridge, made, "all", skip_waves=True)
        await until(lambda: any(len(pile.data) == 6000 for pile in fleet.piles.values()))
        (first,) = fleet.commanded
        other = next(name for name in fleet.names if name != first)
        fleet[other].lose = set()
        fleet[first].publish("online", b"0", True)
        await until(lambda: phases(bridge, of)[other] == "confirmed")
        assert phases(bridge, of)[first] == "waiting"
        fleet[first].again_s = 0.2
        fleet[first].connect()
        fleet[first].fetch()
        assert await ended(bridge, of) == "done"
        assert min(offset for offset in fleet[first].got if offset > 6000) == 7000
        assert fleet[first].data == STREAM


async def test_a_confirmation_that_was_lost_is_taken_from_the_next_hello(tmp_path, monkeypatch):
    hasten(monkeypatch)
    fleet = Fleet(names_of(1))
    pile = fleet["P001"]
    async with fleet_bridge(tmp_path, fleet) as bridge:
        made = await added(bridge, STREAM)
        pile.stop_at = "trial"
        of = await started(bridge, made, "one P001")
        await until(lambda: phases(bridge, of) == {"P001": "trial"})
        pile.connect()
        await asyncio.sleep(0.2)
        # On trial it proves nothing
        assert phases(bridge, of) == {"P001": "trial"}
        fleet.lose_link()
        pile.end("confirmed")
        fleet.connect(bridge)
        assert await ended(bridge, of) == "done"


@pytest.mark.processes
async def test_a_killed_program_goes_on_where_the_pile_is(tmp_path):
    async with contextlib.AsyncExitStack() as stack:
        broker = Broker(tmp_path / "broker", keys=[(PILE, 1, SECRET)])
        await broker.start()
        stack.push_async_callback(broker.stop)
        config = program_settings(tmp_path, 9, broker)
        text = config.read_text("utf-8").replace("build/pilebridge.sqlite", "x/bridge.sqlite")
        config.write_text(text, "utf-8")
        large = bundle(files={"evse/pile.mpy": bytes(range(256)) * 1500})
        (tmp_path / "new.bundle").write_bytes(large)
        assert cli.run(["bundle", "add", str(config), str(tmp_path / "new.bundle")]) == 0
        program, _ = await start_program(config)
        stack.push_async_callback(end_program, program)
        pile = MqttUpdatingPile(broker.port, SECRET)
        pile.lose = {100000}
        pile.again_s = 0.5
        await pile.open()
        stack.push_async_callback(pile.close)
        await until(lambda: pile.time_utc)
        words = ["rollout", str(config), "start", id_of(large)[:10], "--to", "one", PILE]
        assert cli.run(words) == 0
        await until(lambda: len(pile.data) >= 100000)
        program.send_signal(signal.SIGKILL)
        await program.wait()
        had = len(pile.data)
        assert had < len(large)
        program, _ = await start_program(config)
        stack.push_async_callback(end_program, program)
        await until(lambda: pile.said[-1] == "confirmed", 15)
        assert pile.data == large
        assert (pile.version, pile.begun) == ("1.1.0", 1)
        # Nothing was sent from the beginning again
        assert pile.got.count(0) == 1
        conn = connect(str(tmp_path / "x" / "bridge.sqlite"), reader=True)
        await until(lambda: rollout_rows.get(conn, 1).state == "done")
        conn.close()
