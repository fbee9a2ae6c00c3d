"""The bytes of a bundle on their way to piles: windows, resuming, losses, two at once."""

import asyncio

import pytest

from bridge.fake_platform import until
from bridge.fleet import Fleet, added, ended, fleet_bridge, hasten, names_of, started, state
from bridge.updating_pile import bundle, id_of
from evse.core import chunks, messages
from pilebridge import bundles, rollout_orders
from pilebridge.bundles import Bundle
from pilebridge.chunk_server import ChunkServer

STREAM = bundle(files={"evse/pile.mpy": bytes(range(256)) * 100})
ID = id_of(STREAM)


class Topics:
    """A publisher that keeps what it was given; `room` messages fit."""

    def __init__(self, room=1000):
        self.sent = []
        self.room = room

    def publish(self, topic, payload, retain=False):
        assert not retain
        if len(self.sent) >= self.room:
            return False
        self.sent.append((topic, payload))
        return True

    def offsets(self):
        """Where the chunks begin; their bytes are those of the stream."""
        found = []
        for topic, payload in self.sent:
            assert topic == "pile/P001/chunk"
            offset, data = chunks.decode(bytes.fromhex(ID), payload)
            assert data == STREAM[offset : offset + 1000]
            found.append(offset)
        self.sent.clear()
        return found


@pytest.fixture
def kept(tmp_path):
    """The folder that has the bundle."""
    bundles._write(tmp_path, ID, STREAM)
    return tmp_path


def served(folder, publisher):
    server = ChunkServer(folder, publisher)
    made = Bundle(ID, "devkitc", "1.1.0", len(STREAM))
    return server, lambda offset: server.serve("P001", made, offset)


async def test_a_window_is_eight_chunks_from_where_it_was_asked_for(kept, monkeypatch):
    monkeypatch.setattr("pilebridge.chunk_server._WINDOW_S", 0)
    topics = Topics()
    _server, serve = served(kept, topics)
    serve(0)
    assert topics.offsets() == [0, 1000, 2000, 3000, 4000, 5000, 6000, 7000]
    serve(8000)
    assert topics.offsets() == list(range(8000, 16000, 1000))
    last = len(STREAM) - 1500
    serve(last)
    assert topics.offsets() == [last, last + 1000]
    serve(len(STREAM))
    serve(len(STREAM) + 5000)
    assert topics.offsets() == []


async def test_one_window_is_on_its_way_at_a_time(kept, monkeypatch):
    monkeypatch.setattr("pilebridge.chunk_server._WINDOW_S", 0.1)
    topics = Topics()
    server, serve = served(kept, topics)
    serve(0)
    topics.offsets()
    # Said twice, and then what is missing: one answer, when the first window cannot come any more
    serve(0)
    serve(0)
    serve(3000)
    await asyncio.sleep(0.05)
    assert topics.offsets() == []
    await asyncio.sleep(0.1)
    assert topics.offsets() == list(range(3000, 11000, 1000))
    # What follows was asked for by somebody who has the one before
    serve(11000)
    assert topics.offsets()[0] == 11000
    # Who jumps about gets no more than who does not
    for offset in (0, 23000, 11000):
        serve(offset)
    assert topics.offsets() == []
    server.close()
    await asyncio.sleep(0.15)
    assert topics.offsets() == []


async def test_what_the_link_does_not_take_is_asked_for_again(kept, tmp_path):
    topics = Topics(room=3)
    _server, serve = served(kept, topics)
    serve(0)
    assert topics.offsets() == [0, 1000, 2000]
    topics.room = 1000
    serve(3000)
    assert topics.offsets()[0] == 3000
    (kept / ID).unlink()
    serve(11000)
    serve(11000)
    assert topics.sent == []


async def test_two_piles_fetch_at_once_and_lost_chunks_come_again(tmp_path, monkeypatch):
    hasten(monkeypatch)
    fleet = Fleet(names_of(2))
    async with fleet_bridge(tmp_path, fleet) as bridge:
        fleet["P001"].lose = {0, 3000, 15000, 25000}
        fleet["P002"].lose = {7000, 8000}
        of = await started(bridge, await added(bridge, STREAM), "all", skip_waves=True, at_once=2)
        assert await ended(bridge, of, 10) == "done"
        for pile in fleet.piles.values():
            assert pile.data == STREAM
            assert pile.version == "1.1.0"
        # A loss is asked for again where it is
        assert {15000, 25000} <= set(fleet["P001"].asked)
        assert 7000 in fleet["P002"].asked


async def test_a_pile_goes_on_from_what_it_has(tmp_path, monkeypatch):
    hasten(monkeypatch)
    fleet = Fleet(names_of(1))
    pile = fleet["P001"]
    async with fleet_bridge(tmp_path, fleet) as bridge:
        made = await added(bridge, STREAM)
        pile.wanted, pile.data = (ID, len(STREAM)), bytearray(STREAM[:12345])
        of = await started(bridge, made, "all", skip_waves=True)
        # It is busy with this very bundle: its first answer was lost
        pile.fetch()
        assert await ended(bridge, of) == "done"
        assert min(pile.got) == 12345
        assert pile.data == STREAM


async def test_a_bundle_that_is_not_here_is_not_answered(tmp_path, monkeypatch, caplog):
    hasten(monkeypatch)
    fleet = Fleet(names_of(1))
    pile = fleet["P001"]
    async with fleet_bridge(tmp_path, fleet) as bridge:
        pile.wanted, pile.again_s = ("ef" * 32, 5000), 60
        for _ in range(5):
            pile.fetch()
        await asyncio.sleep(0.2)
        assert pile.got == []
        assert caplog.text.count("which is not here") < 4
        link = bridge.hub.link
        for body in (
            {"phase": "asleep"},
            {"bundle": "short"},
            {"from": -1},
            {"problem": "x" * 121},
        ):
            good = {"bundle": ID, "phase": "fetch", "from": 0, "problem": ""}
            payload = messages.encode({**good, **body})
            await link.on_message("pile/P001/update", payload, False)
        assert link.counters["P001"].malformed == 4


async def test_nobody_is_served_while_the_roll_out_stands_still(tmp_path, monkeypatch, caplog):
    hasten(monkeypatch)
    fleet = Fleet(names_of(1))
    pile = fleet["P001"]
    async with fleet_bridge(tmp_path, fleet) as bridge:
        made = await added(bridge, STREAM)
        pile.lose = {4000}
        of = await started(bridge, made, "one P001")
        await until(lambda: len(pile.data) == 4000)
        await bridge.store.submit(rollout_orders.stop)
        await asyncio.sleep(0.5)
        assert len(pile.data) == 4000
        assert state(bridge, of) == "stopped"
        await bridge.store.submit(rollout_orders.go_on)
        assert await ended(bridge, of) == "done"
        assert pile.data == STREAM
        # A few lines for each phase, none for each chunk
        assert len([line for line in caplog.messages if line.startswith("update:")]) < 12
