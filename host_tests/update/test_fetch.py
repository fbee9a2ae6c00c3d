"""A bundle on its way to a whole station: ordered, fetched over a poor link, paused by a charge."""

import sys
from binascii import unhexlify

from evse.core import chunks
from pilesim.chip import PWRON_RESET
from update.station_bench import (
    CHUNK,
    command,
    listen,
    never,
    order,
    phases,
    restarted,
    serve,
    start,
    the_first,
)


def test_refusals_are_answered_at_once(pile, made, monkeypatch):
    from evse.app import updates

    async def story(r):
        assert command(r, "rollback", {})["reason"] == "no_previous"
        r.station.permit.energise(7, True)
        assert order(r, made)["result"] == "accepted"
        again = command(r, "update", {"bundle": made.id, "bytes": len(made.data)}, 2)
        assert again["result"] == "accepted"
        assert command(r, "update", {"bundle": made.id, "bytes": 399}, 3)["result"] == "malformed"
        assert command(r, "update", {"bundle": made.id[1:], "bytes": 400}, 4)["result"] == (
            "malformed"
        )
        monkeypatch.setattr(updates, "HAS_KEY", False)
        assert command(r, "update", {"bundle": "1" * 64, "bytes": 5000}, 5)["reason"] == (
            "no_update_key"
        )

    start(pile, story)


def test_a_bundle_whose_id_is_no_hash_is_refused_later(pile, made):
    async def story(r):
        command(r, "update", {"bundle": "x" * 64, "bytes": 5000})
        await r.until(lambda: r.station.downlink.updates)
        assert listen(r)[0]["problem"].startswith("the bundle's id is no SHA-256 in hex: ")
        assert r.station.updates.job == ""
        assert order(r, made)["result"] == "accepted"

    start(pile, story)


def test_loss_repetition_and_what_nobody_asked_for(pile, made):
    rounds = []

    def poor(_at, sent):
        rounds.append(_at)
        number = len(rounds)
        if number == 1:
            return []
        if number == 2:
            # The third is lost: what follows it comes too early
            return [*sent[:2], *sent[3:]]
        other = chunks.encode(bytes(32), _at, b"of another bundle")
        junk = [b"", b"x", other, CHUNK.encode(), bytes(1100), sent[0][:12]]
        return [*junk, sent[0], sent[0], *sent[1:], *sent]

    async def story(r):
        order(r, made)
        # Asked for by nobody
        r.station.downlink.receive(CHUNK, chunks.encode(unhexlify(made.id), 0, b"early"))
        await serve(r, made, never, poor)

    restarted(pile, story)
    assert rounds[:4] == [0, 0, 2000, 10000]
    assert phases(pile) == ["fetch", "applying"]


def test_a_fetch_goes_on_after_a_loss_of_power(pile, made):
    async def first(r):
        order(r, made)
        await serve(r, made, lambda: r.heard and r.heard[-1]["from"] >= 8000, the_first)

    start(pile, first)
    assert (pile.folder / "update.bundle").stat().st_size == 8000
    pile.world.replace_chip(PWRON_RESET)

    async def second(r):
        await serve(r, made, never)

    restarted(pile, second)
    assert pile.heard[0]["from"] == 8000
    assert phases(pile) == ["fetch", "applying"]


def test_while_energised_nothing_is_fetched_or_kept_in_the_heap(pile, made):
    async def story(r):
        order(r, made)
        await serve(r, made, lambda: r.heard and r.heard[-1]["from"] >= 8000, the_first)
        r.world.vehicle.plug()
        await r.until(lambda: r.station.loop.machine.name() == "B1")
        assert r.station.authorize_local() == ""
        await r.until(lambda: r.station.session.status() == "charging")
        await r.run(1000)
        listen(r)
        assert phases(r) == ["fetch", "paused"]
        have = r.heard[-1]["from"]
        assert (r.folder / "update.bundle").stat().st_size == have == 8000
        assert "evse.app.update" not in sys.modules
        assert r.station.updates.worker is None
        # Chunks on their way go nowhere
        r.station.downlink.receive(CHUNK, chunks.encode(unhexlify(made.id), have, b"late"))
        await r.run(30000)
        assert listen(r) == []
        assert (r.folder / "update.bundle").stat().st_size == have
        assert r.station.stop_local() == ""
        r.world.vehicle.unplug()
        await serve(r, made, never)

    restarted(pile, story)
    assert phases(pile) == ["fetch", "paused", "fetch", "applying"]


def test_another_order_takes_the_place_of_one_that_is_not_here_whole(pile, made):
    async def story(r):
        given_up = command(r, "update", {"bundle": "0" * 64, "bytes": 50000}, 1)
        assert given_up["result"] == "accepted"
        await r.until(lambda: r.station.updates.worker)
        payload = chunks.encode(bytes(32), 0, bytes(1000))
        r.station.downlink.receive(CHUNK, payload)
        await r.until(lambda: (r.folder / "update.bundle").stat().st_size == 1000)
        assert order(r, made)["result"] == "accepted"
        await serve(r, made, never)

    restarted(pile, story)
    assert pile.heard[-1]["bundle"] == made.id
    assert phases(pile) == ["fetch", "paused", "fetch", "applying"]


def test_what_is_being_unpacked_gives_way_to_nobody(pile, made):
    async def story(r):
        assert order(r, made)["result"] == "accepted"
        await serve(r, made, lambda: phases(r)[-1:] == ["applying"])
        other = command(r, "update", {"bundle": "0" * 64, "bytes": 5000}, 1)
        assert other["reason"] == "busy"
        await serve(r, made, never)

    restarted(pile, story)


def test_ordered_while_energised_it_waits(pile, made):
    async def story(r):
        await r.charge()
        assert order(r, made)["result"] == "accepted"
        assert [message["phase"] for message in listen(r)] == ["paused"]
        await r.run(10000)
        assert r.station.downlink.updates == []
        assert "evse.app.update" not in sys.modules

    start(pile, story)


def test_who_does_not_answer_is_asked_every_ten_seconds(pile, made):
    async def story(r):
        order(r, made)
        end_ms = r.now_ms + 35_000
        while r.now_ms < end_ms:
            listen(r)
            await r.run(500)
        assert [(m["phase"], m["from"]) for m in r.heard] == [("fetch", 0)] * 4
        # Where nobody takes them they do not pile up either
        await r.run(60_000)
        assert len(listen(r)) == 1

    start(pile, story)
