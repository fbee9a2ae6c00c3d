"""The pile's own queue against the bridge's store: restarts, lost memory, and what is freed when."""

import asyncio
import json

import pytest

from bridge.fake_platform import until
from bridge.fakes import PILE, T0, local_bridge
from bridge.outbox_pile import RESERVED, OutboxPile
from evse.core import messages
from pilebridge import greeting, journal, pile_link
from pilebridge.wire import messages as wire_messages


def bills(bridge):
    """Energy of every billed transaction by its number."""
    rows = bridge.store.read.execute("select tx, cdr from transactions order by id").fetchall()
    return {row["tx"]: json.loads(row["cdr"])["energy_wh"] for row in rows if row["cdr"]}


async def lived(bridge, boot=1, charges=1, life="a", anchored=True):
    """A pile that has reported some charges."""
    pile = OutboxPile(bridge.link, boot, life, anchored)
    pile.start()
    await pile.connect()
    for number in range(charges):
        pile.charge(number)
    await pile.drain()
    return pile


async def settled(bridge):
    await until(lambda: journal.after(bridge.store.read, bridge.assembly._cursor, 1) == [])
    await bridge.assembly.settled()


@pytest.mark.parametrize("anchored", [True, False], ids=["copied flash", "empty flash"])
async def test_the_same_boot_number_again_frees_and_drops_nothing(tmp_path, anchored):
    async with local_bridge(tmp_path) as (bridge, _):
        await lived(bridge, boot=1, charges=3)
        # More records than the bridge holds of the earlier life: its `upto` lies among them
        pile = OutboxPile(bridge.link, 1, "b", anchored)
        pile.start()
        for number in range(6):
            pile.charge(number)
        await pile.connect()
        await pile.drain()
        await settled(bridge)
        expected = [f"a-1-{n}" for n in range(3)] + [f"b-1-{n}" for n in range(6)]
        assert list(bills(bridge)) == expected
        assert set(bills(bridge).values()) == {1000}
        kinds = [r.kind for r in journal.after(bridge.store.read, 0, 100)]
        assert kinds.count("boot") == 2


@pytest.mark.parametrize("anchored", [True, False], ids=["copied flash", "empty flash"])
async def test_a_lower_boot_number_frees_and_drops_nothing(tmp_path, anchored):
    async with local_bridge(tmp_path) as (bridge, _):
        await lived(bridge, boot=7)
        pile = await lived(bridge, 1, 2, "b", anchored)
        await settled(bridge)
        assert list(bills(bridge)) == ["a-7-0", "b-1-0", "b-1-1"]
        # And later starts of the new life, past the old boot number too
        for boot in (2, 7, 8):
            pile = OutboxPile(bridge.link, boot, "b")
            pile.start()
            pile.charge(0)
            await pile.connect()
            await pile.drain()
        await settled(bridge)
        assert list(bills(bridge))[3:] == ["b-2-0", "b-7-0", "b-8-0"]
        counters = bridge.hub.link.counters[PILE]
        assert (counters.conflict, counters.gap) == (0, 0)


async def test_memory_lost_twice(tmp_path):
    async with local_bridge(tmp_path) as (bridge, _):
        for life in ("a", "b", "c"):
            await lived(bridge, boot=1, life=life)
        await settled(bridge)
        assert list(bills(bridge)) == ["a-1-0", "b-1-0", "c-1-0"]
        lives = {r.life for r in journal.after(bridge.store.read, 0, 100)}
        assert len(lives) == 3


async def test_an_ordinary_reconnect_keeps_its_numbers_and_frees_what_is_stored(tmp_path):
    async with local_bridge(tmp_path) as (bridge, _):
        pile = await lived(bridge)
        pile.charge(1)
        encoded, _ = pile.outbox.batch(900, messages.encode_record)
        # Stored, but the acknowledgement is lost with the connection
        bridge.link.pile = None
        await bridge.hub.link.on_message(
            messages.topic(PILE, "journal"), messages.encode_journal(encoded), False
        )
        bridge.link.pile = pile
        await pile.connect()
        assert len(pile.outbox) == 0
        assert pile.outbox.next_seq < 2 * RESERVED
        pile.charge(2)
        await pile.drain()
        await settled(bridge)
        assert list(bills(bridge)) == ["a-1-0", "a-1-1", "a-1-2"]


async def test_an_ordinary_restart_keeps_the_numbers_of_its_boot(tmp_path):
    async with local_bridge(tmp_path) as (bridge, _):
        await lived(bridge, boot=1)
        pile = await lived(bridge, boot=2)
        assert 2 * RESERVED < pile.outbox.next_seq < 3 * RESERVED
        await settled(bridge)
        assert list(bills(bridge)) == ["a-1-0", "a-2-0"]


@pytest.mark.parametrize("answers", [None, "stale"])
async def test_a_pile_that_says_no_state_is_asked_and_not_answered(tmp_path, monkeypatch, answers):
    monkeypatch.setattr(pile_link, "_ASK_TIMEOUT_S", 0.1)
    monkeypatch.setattr(greeting, "_STATE_WAIT_S", 0.1)
    async with local_bridge(tmp_path) as (bridge, _):
        await lived(bridge, boot=1, charges=3)
        pile = OutboxPile(bridge.link, 1, "b")
        pile.answers = answers
        pile.charge(0)
        pile.hello()
        await until(lambda: pile.asked)
        await asyncio.sleep(0.4)
        assert (pile.online, len(pile.outbox)) == (False, 3)
        await pile.connect()
        await pile.drain()
        await settled(bridge)
        assert list(bills(bridge))[-1] == "b-1-0"


@pytest.mark.parametrize("kept", [True, False], ids=["copied flash", "empty flash"])
async def test_records_that_contradict_the_stored_ones_are_kept_and_renumbered(tmp_path, kept):
    async with local_bridge(tmp_path) as (bridge, _):
        first = await lived(bridge, boot=1, charges=3)
        pile = OutboxPile(bridge.link, 1, "b", anchored=kept)
        pile.charge(0)
        # It is taken for the start that is known, as far as a clock can deceive
        pile.clock_known = pile.online = True
        with pytest.raises(AssertionError, match="3 are not taken"):
            await pile.drain()
        assert bridge.hub.link.counters[PILE].conflict >= 1
        await pile.connect()
        assert pile.outbox.next_seq > journal.OFFERS_FROM > first.outbox.next_seq
        await pile.drain()
        await settled(bridge)
        assert list(bills(bridge)) == ["a-1-0", "a-1-1", "a-1-2", "b-1-0"]


async def test_a_bridge_with_an_older_database_does_not_wait_for_ever(tmp_path):
    async with local_bridge(tmp_path) as (bridge, _):
        pile = await lived(bridge)
        # Freed on the pile, and then missing here
        pile.charge(1)
        pile.outbox.acknowledge(pile.outbox.next_seq)
        pile.charge(2)
        with pytest.raises(AssertionError, match="3 are not taken"):
            await pile.drain()
        await pile.connect()
        await pile.drain()
        await settled(bridge)
        assert list(bills(bridge)) == ["a-1-0", "a-1-2"]


async def test_times_of_an_earlier_life_do_not_date_a_new_one(tmp_path):
    async with local_bridge(tmp_path) as (bridge, _):
        await lived(bridge, boot=1)
        pile = OutboxPile(bridge.link, 1, "b")
        pile.charge(0)
        await pile.connect()
        await pile.drain()
        await settled(bridge)
        row = bridge.store.read.execute(
            "select cdr from transactions where tx = 'b-1-0'"
        ).fetchone()
        start = json.loads(row["cdr"])
        # The records of "a" say T0 for these uptimes; "b" began years later
        assert start["start_utc"] > T0 + 86400
        assert start["estimated"]


async def test_a_hello_kept_by_the_broker_is_answered_only_to_who_is_there(tmp_path):
    async with local_bridge(tmp_path) as (bridge, _):
        pile = await lived(bridge, charges=3)
        topic = messages.topic(PILE, "hello")
        for answers, said in (("accepted", [pile.outbox.next_seq - 1]), (None, [])):
            pile.answers = answers
            bridge.link.sent.clear()
            await bridge.hub.link.on_message(topic, bridge.link.remembered[topic], True)
            acks = [json.loads(body)["upto"] for t, body in bridge.link.sent if t.endswith("/ack")]
            assert acks == said


def test_both_sides_read_the_same_grammar():
    assert wire_messages is messages
    offer = journal.OFFERS_FROM
    assert messages.decode("ack", messages.encode({"upto": offer + 10**6, "utc": T0}))["upto"]
