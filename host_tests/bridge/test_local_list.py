"""The local list of a pile: in parts that fit, no longer than it can be, and when the pile takes it."""

from bridge.book_pile import bridge_with_books, settle
from bridge.fake_platform import until
from bridge.fakes import PILE
from evse.core import messages
from pilebridge.station_services import TokenEntry
from pilebridge.token_book import TokenBook

T = 1763600000


async def test_a_local_list_goes_in_parts_that_fit(tmp_path):
    entries = [TokenEntry(f"{n:036d}", "concurrent", T, "g" * 36) for n in range(40)]
    for part in TokenBook(2147483647, tuple(entries)).parts():
        command = {"id": "tokens:" + "f" * 16, "name": "tokens", "args": part}
        payload = messages.encode({**command, "utc": T, "ttl_s": 3600})
        assert len(payload) + 34 <= messages.MAX_BYTES
    async with bridge_with_books(tmp_path) as (bridge, pile):
        services = bridge.piles.by_name[PILE]
        assert await services.set_tokens(1, entries)
        assert [row[0] for row in pile.tokens] == [entry.token for entry in entries]
        short = [TokenEntry(f"{n:x}") for n in range(40)]
        pile.asked.clear()
        assert await services.set_tokens(2, short)
        assert [len(args["entries"]) for _, args in pile.told("tokens")] == [16, 16, 8]
        assert await services.set_tokens(2, short)
        assert len(pile.told("tokens")) == 3
        # The same version with other content is another list
        assert await services.set_tokens(2, short[1:])
        assert len(pile.tokens) == 39
        assert await services.set_tokens(0, [])
        assert (pile.tokens, pile.version) == ([], 0)


async def test_a_local_list_that_is_too_long_leaves_the_old_one(tmp_path):
    async with bridge_with_books(tmp_path) as (bridge, pile):
        services = bridge.piles.by_name[PILE]
        assert await services.set_tokens(1, [TokenEntry("A")])
        pile.most_tokens = 2
        assert not await services.set_tokens(2, [TokenEntry(str(n)) for n in range(3)])
        assert not await services.set_tokens(2, [TokenEntry(str(n)) for n in range(65)])
        assert not await services.set_tokens(2, [TokenEntry("x" * 37)])
        assert not await services.set_tokens(2, [TokenEntry("A"), TokenEntry("A", "blocked")])
        assert (services.token_version(), pile.version) == (1, 1)
        assert [entry.token for entry in services.tokens()] == ["A"]


async def test_a_pile_that_is_busy_takes_the_list_when_its_charge_has_ended(tmp_path):
    async with bridge_with_books(tmp_path) as (bridge, pile):
        services = bridge.piles.by_name[PILE]
        await services.start(1, "R1", "ocpp")
        pile.charging()
        pile.refuse["tokens"] = "busy"
        assert await services.set_tokens(5, [TokenEntry("A")])
        assert (services.token_version(), pile.version) == (5, 0)
        await settle(bridge)
        asked = len(pile.told("tokens"))
        pile.refuse.clear()
        pile.stop("vehicle")
        await until(lambda: pile.version == 5)
        assert len(pile.told("tokens")) - asked == 1
