"""Charging profiles and local lists: kept, brought to the pile when it has others, and not otherwise."""

import asyncio

import pytest

from bridge.book_pile import BookPile, bridge_with_books, profile, settle
from bridge.fake_pile import FakePile
from bridge.fake_platform import until
from bridge.fakes import PILE, LocalApplication, local_bridge, running
from pilebridge import pile_books
from pilebridge.station_services import (
    DEFAULT,
    MAX,
    TX,
    ChargingProfile,
    TokenEntry,
)

T = 1763600000
BOOKS = ("profile", "clear_profiles", "tokens")


async def leave(application, pile):
    pile.publish("online", b"0", True)
    await until(lambda: not application.hub.reachable(PILE))


async def test_a_profile_is_told_at_once_and_replaces_its_like(tmp_path):
    async with bridge_with_books(tmp_path) as (bridge, pile):
        services = bridge.piles.by_name[PILE]
        assert (await services.set_profile(profile(1))).result == "accepted"
        assert (await services.set_profile(profile(2, stack=1))).reason == ""
        assert (await services.set_profile(profile(3, stack=1, a10=80))).reason == ""
        assert sorted(pile.profiles) == [1, 3]
        assert [each.id for each in services.profiles()] == [1, 3]
        assert (await services.set_profile(profile(1, connector=0, purpose=MAX))).accepted
        assert sorted(pile.profiles) == [1, 3]
        assert pile.profiles[1]["purpose"] == "max"
        assert [name for name, _ in pile.told(*BOOKS)] == ["profile"] * 4
        assert pile.revision == 4
        assert await services.clear_profiles([3, 99]) == 1
        assert await services.clear_profiles([99]) == 0
        assert (sorted(pile.profiles), pile.revision) == ([1], 5)


async def test_what_the_pile_refuses_is_not_kept(tmp_path):
    async with bridge_with_books(tmp_path) as (bridge, pile):
        services = bridge.piles.by_name[PILE]
        pile.most_profiles = 1
        await services.set_profile(profile(1))
        reply = await services.set_profile(profile(2, stack=5))
        assert (reply.result, reply.reason) == ("refused", "full")
        assert [each.id for each in services.profiles()] == [1]
        assert "clear_profiles" not in {name for name, _ in pile.asked}
        # The next one follows what the pile has
        pile.most_profiles = 2
        for number in range(1, 8):
            pile.most_profiles = 9
            assert (await services.set_profile(profile(2 + number, stack=number))).reason == ""
        before = len(pile.asked)
        assert (await services.set_profile(profile(20, stack=20))).reason == "full"
        assert (len(services.profiles()), len(pile.asked)) == (8, before)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (profile(1, connector=9), "connector"),
        (profile(1, connector=2), "connector"),
        (profile(1, purpose=TX), "ref: missing"),
        (profile(1, recur="daily"), "start_utc: missing"),
        (profile(1, recur="hourly", start_utc=T), "recur"),
        (profile(1, a10=20000), "periods"),
        (profile(-1), "id"),
        (ChargingProfile(1, 1, DEFAULT, 0, ()), "periods"),
    ],
)
async def test_a_profile_that_no_pile_would_take_is_refused_here(tmp_path, wrong, text):
    async with bridge_with_books(tmp_path) as (bridge, pile):
        services = bridge.piles.by_name[PILE]
        reply = await services.set_profile(wrong)
        assert (reply.result, text in reply.reason) == ("malformed", True)
        assert pile.told(*BOOKS) == []
        assert services.profiles() == ()


async def test_what_is_set_while_the_pile_is_away_comes_when_it_greets(tmp_path):
    async with bridge_with_books(tmp_path) as (bridge, pile):
        services = bridge.piles.by_name[PILE]
        await services.set_profile(profile(1))
        await leave(bridge, pile)
        reply = await services.set_profile(profile(2, stack=1))
        assert (reply.result, reply.reason) == ("accepted", "kept")
        assert await services.set_tokens(7, [TokenEntry("04A2"), TokenEntry("04A3", "blocked")])
        assert await services.clear_profiles([1]) == 1
        assert pile.told("tokens") == []
        pile.asked.clear()
        pile.connect()
        await until(lambda: pile.version == 7 and sorted(pile.profiles) == [2])
        assert [name for name, _ in pile.told(*BOOKS)] == ["clear_profiles", "profile", "tokens"]
        assert pile.tokens == [["04A2", "accepted", 0, ""], ["04A3", "blocked", 0, ""]]
        # It holds what is in the books now: another greeting brings nothing
        pile.asked.clear()
        pile.connect()
        await settle(bridge)
        assert pile.told(*BOOKS) == []


async def test_a_pile_that_lost_its_memory_gets_everything_anew_in_order(tmp_path):
    async with bridge_with_books(tmp_path) as (bridge, pile):
        services = bridge.piles.by_name[PILE]
        for number in range(5):
            await services.set_profile(profile(number, stack=number))
        await services.set_tokens(3, [TokenEntry("A")])
        pile.revision = pile.version = 0
        pile.profiles, pile.tokens = {}, []
        pile.asked.clear()
        pile.connect()
        await until(lambda: pile.version == 3)
        assert [args.get("id") for name, args in pile.told("profile")] == [0, 1, 2, 3, 4]
        assert pile.told("clear_profiles") == [("clear_profiles", {"revision": 0, "ids": []})]
        assert pile.revision == 5


async def test_out_of_step_is_mended_by_sending_all(tmp_path):
    async with bridge_with_books(tmp_path) as (bridge, pile):
        services = bridge.piles.by_name[PILE]
        await services.set_profile(profile(1))
        pile.revision = 40
        assert (await services.set_profile(profile(2, stack=1))).result == "accepted"
        assert (sorted(pile.profiles), pile.revision) == ([1, 2], 2)


async def test_an_answer_that_is_lost_leaves_it_unsure_until_all_is_sent(tmp_path, monkeypatch):
    monkeypatch.setattr(pile_books, "_RETRY_S", 0.05)
    changed = {"broker = { start": "command_timeout_ms = 100\nbroker = { start"}
    async with bridge_with_books(tmp_path, **changed) as (bridge, pile):
        services = bridge.piles.by_name[PILE]
        pile.silent = True
        reply = await services.set_profile(profile(1))
        assert (reply.result, reply.reason) == ("accepted", "kept")
        # It acted, and only the answer was lost
        pile.on_profile(pile.hold[0]["args"])
        pile.silent = False
        await until(lambda: pile.told("profile"))
        await settle(bridge)
        assert (sorted(pile.profiles), pile.revision) == ([1], 1)
        pile.asked.clear()
        await asyncio.sleep(0.2)
        assert pile.told(*BOOKS) == []


async def test_a_restart_of_the_bridge_sends_nothing_again(tmp_path):
    async with bridge_with_books(tmp_path) as (bridge, pile):
        services = bridge.piles.by_name[PILE]
        await services.set_profile(profile(1, until_utc=T + 9))
        await services.set_tokens(4, [TokenEntry("A", "accepted", T, "G")])
        config, remembered = bridge.config, dict(bridge.link.remembered)
        told = services.profiles(), services.tokens()
    async with running(LocalApplication(config)) as again:
        services = again.piles.by_name[PILE]
        assert services.hello["life"] == pile.life
        assert (services.profiles(), services.tokens()) == told
        assert services.token_version() == 4
        pile.send, again.link.pile = again.link.up, pile
        pile.asked.clear()
        for topic, payload in remembered.items():
            again.link.deliver(topic, payload, True)
        pile.state()
        await until(lambda: again.hub.reachable(PILE))
        await settle(again)
        # The broker remembers a greeting from before the profile was told
        assert pile.told(*BOOKS) == []
        assert (await services.set_profile(profile(2, stack=3))).reason == ""
        assert [name for name, _ in pile.told(*BOOKS)] == ["profile"]


async def test_a_profile_that_a_pile_refuses_later_holds_up_no_other(tmp_path, caplog):
    async with bridge_with_books(tmp_path) as (bridge, pile):
        services = bridge.piles.by_name[PILE]
        await leave(bridge, pile)
        for number in (1, 2, 3):
            assert (await services.set_profile(profile(number, stack=number))).reason == "kept"
        pile.most_profiles = 2
        pile.connect()
        await until(lambda: sorted(pile.profiles) == [1, 2] and pile.revision == 4)
        assert [each.id for each in services.profiles()] == [1, 2]
        assert "refused profile 3 (refused full), it is given up" in caplog.text


async def test_profiles_of_a_transaction_go_with_it(tmp_path):
    async with bridge_with_books(tmp_path) as (bridge, pile):
        services = bridge.piles.by_name[PILE]
        assert (await services.start(1, "R1", "ocpp")).accepted
        await services.set_profile(profile(1, purpose=TX, ref="R1"))
        await services.set_profile(profile(2))
        pile.stop("vehicle")
        await until(lambda: [each.id for each in services.profiles()] == [2])
        # The pile forgot it by itself, and its next change follows
        pile.profiles.pop(1)
        assert (await services.set_profile(profile(3, stack=4))).reason == ""
        pile.revision = 0
        pile.connect()
        await until(lambda: sorted(pile.profiles) == [2, 3] and pile.revision == 3)


class OldPile(FakePile):
    """Firmware from before there were books."""

    def act(self, command):
        if command["name"] in {"profile", "clear_profiles", "tokens"}:
            return {"result": "unknown", "reason": command["name"]}
        return super().act(command)


async def test_a_firmware_without_books_is_asked_once(tmp_path):
    async with local_bridge(tmp_path, pile_class=OldPile) as (bridge, pile):
        services = bridge.piles.by_name[PILE]
        assert pile.commands == []
        services.operate()
        await until(lambda: pile.commands)
        await settle(bridge)
        assert (await services.set_profile(profile(1))).result == "unknown"
        assert not await services.set_tokens(1, [TokenEntry("A")])
        assert services.profiles() == services.tokens() == ()
        assert [command["name"] for command in pile.commands] == ["clear_profiles"]


async def test_a_pile_that_was_never_operated_begins_with_a_clear(tmp_path, monkeypatch):
    monkeypatch.setattr(pile_books, "_RETRY_S", 0.05)

    class NewPile(BookPile):
        def __init__(self, *args):
            super().__init__(*args)
            self.operated = False
            self.refuse["clear_profiles"] = "busy"

    async with local_bridge(tmp_path, pile_class=NewPile) as (bridge, pile):
        services = bridge.piles.by_name[PILE]
        await asyncio.sleep(0.05)
        # Nobody operates it: it is left alone
        assert pile.asked == []
        services.operate()
        await until(lambda: len(pile.told("clear_profiles")) >= 2)
        assert (await services.set_profile(profile(1))).reason == "kept"
        pile.refuse.clear()
        await until(lambda: sorted(pile.profiles) == [1])
        assert (pile.operated, pile.revision) == (True, 1)
        await settle(bridge)
        pile.asked.clear()
        pile.connect()
        await settle(bridge)
        assert pile.told(*BOOKS) == []
