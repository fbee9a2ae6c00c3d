"""Every other word of an adapter to a pile: what goes over the wire, and what the answer becomes."""

import asyncio
import sys
import types

import pytest

from bridge.book_pile import bridge_with_books
from bridge.fake_pile import T0
from bridge.fake_platform import until
from bridge.fakes import EXAMPLE, PILE, LocalApplication, running, settings
from bridge.test_ownership import Central
from pilebridge.station_services import Reservation, StationServices

UNTIL = T0 + 3600
WORDS = [
    (lambda s: s.unlock(1), "unlock", {"connector": 1}),
    (lambda s: s.set_availability(0, False), "availability", {"connector": 0, "operative": 0}),
    (lambda s: s.set_availability(1, True), "availability", {"connector": 1, "operative": 1}),
    (lambda s: s.reset(False), "reset", {"kind": "soft"}),
    (lambda s: s.reset(True), "reset", {"kind": "hard"}),
    (
        lambda s: s.reserve(Reservation(5, 1, "04A2", UNTIL)),
        "reserve",
        {"connector": 1, "id": 5, "token": "04A2", "until_utc": UNTIL},
    ),
    (
        lambda s: s.reserve(Reservation(5, 0, "04A2", UNTIL, "FLEET")),
        "reserve",
        {"connector": 0, "id": 5, "token": "04A2", "until_utc": UNTIL, "group": "FLEET"},
    ),
    (lambda s: s.cancel_reservation(5), "unreserve", {"id": 5}),
    (lambda s: s.clear_cache(), "clear_cache", {}),
    (lambda s: s.write_setting("limit", 100), "configure", {"key": "limit", "value": [100]}),
]


@pytest.mark.parametrize(("word", "name", "args"), WORDS)
async def test_a_word_is_said_each_time_and_answered(tmp_path, word, name, args):
    async with bridge_with_books(tmp_path) as (bridge, pile):
        services: StationServices = bridge.piles.by_name[PILE]
        for _ in range(2):
            assert (await word(services)).accepted
        assert pile.told(name) == [(name, args)] * 2
        pile.refuse[name] = "occupied"
        reply = await word(services)
        assert (reply.result, reply.reason) == ("refused", "occupied")
        pile.publish("online", b"0", True)
        await until(lambda: not services.reachable)
        assert await word(services) is None


async def test_settings_are_read_in_parts_and_unknown_ones_left_out(tmp_path):
    async with bridge_with_books(tmp_path) as (bridge, pile):
        services = bridge.piles.by_name[PILE]
        pile.settings = {f"k{n}": n for n in range(20)}
        keys = [f"k{n}" for n in range(21)]
        assert await services.read_settings(keys) == pile.settings
        assert [len(args["keys"]) for _, args in pile.told("settings")] == [8, 8, 5]
        reply = await services.write_setting("k1", "x")
        assert reply.reason == "restart"
        assert await services.read_settings(["k1"]) == {"k1": "x"}
        assert (await services.write_setting("k1", "x" * 1100)).result == "malformed"
        pile.refuse["settings"] = "busy"
        assert await services.read_settings(["k1"]) is None


async def test_a_start_counts_once_and_its_live_state_is_told(tmp_path):
    async with bridge_with_books(tmp_path) as (bridge, pile):
        services = bridge.piles.by_name[PILE]
        assert [c.number for c in services.connectors] == [1]
        assert services.hello["board"] == "fake"
        assert (await services.start(1, "R1", "ocpp")).accepted
        assert (await services.start(1, "R1", "ocpp")).accepted
        assert len(pile.told("start")) == 1
        pile.charging()
        await until(lambda: services.state(1).status == "charging")
        await until(lambda: services.state(1).ref == "R1")
        assert (await services.report()).accepted
        assert (await services.stop(1, "R1")).accepted
        assert pile.told("stop") == [("stop", {"connector": 1, "ref": "R1"})]
        with pytest.raises(KeyError):
            services.state(2)


async def test_what_is_no_bundle_is_refused_with_the_reason(tmp_path):
    async with bridge_with_books(tmp_path) as (bridge, _):
        reply = await bridge.piles.by_name[PILE].update(b"no firmware")
        assert reply.result == "refused"
        assert "bundle" in reply.reason


async def test_a_platform_of_the_settings_gets_its_piles_and_their_cards(tmp_path, monkeypatch):
    made = []

    class Fake(Central):
        def __init__(self, wanted, piles, hub, store, clock):
            super().__init__()
            self.name = wanted.name
            made.append((wanted, piles, hub, store, clock))
            self.runs = False

        async def run(self):
            self.runs = True
            await asyncio.Event().wait()

    module = types.ModuleType("adapter")
    module.OcppPlatform = Fake
    monkeypatch.setitem(sys.modules, "pilebridge.platforms.ocpp.adapter", module)
    text = '\n[[platform]]\nkind = "ocpp"\nname = "csms"\nurl = "ws://127.0.0.1:9/ocpp"\n'
    last = EXAMPLE.read_text("utf-8").rstrip().rsplit("\n", 1)[1] + "\n"
    configured = settings(
        tmp_path,
        **{
            last: last + text,
            "start = true, psk_port = 0": "start = false",
            "port = 0\noff": "port = 9\noff",
        },
    )
    async with running(LocalApplication(configured)) as bridge:
        (wanted, piles, hub, store, _), platform = made[0], bridge.platforms[1]
        assert (wanted.name, list(piles)) == ("csms", [PILE])
        assert (hub, store) == (bridge.hub, bridge.store)
        assert piles[PILE] is bridge.piles.by_name[PILE]
        assert bridge.hub.authorizers == {PILE: platform}
        await until(lambda: platform.runs)
        assert platform in bridge.hub.platforms
        assert bridge.assembly.orderer("R9") == "csms"
