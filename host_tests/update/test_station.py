"""An update through a whole station: ordered, fetched over a poor link, paused by a charge, proved, taken back."""

import asyncio
import json
import sys
from binascii import unhexlify

import pytest

from evse.app.modules import forget
from evse.core import chunks, messages, reports
from pilesim.chip import PWRON_RESET, SOFT_RESET, ResetRequest
from rig import rig
from update import bundles

NOW_S = 1_763_600_000
CHUNK = "pile/P001/chunk"


@pytest.fixture
def pile(monkeypatch):
    """A rig whose folder is flashed, in a build that has the key."""
    from evse.app import updates
    from evse.core import update_key

    for module in (updates, update_key):
        monkeypatch.setattr(module, "HAS_KEY", True)
    monkeypatch.setattr(update_key, "MODULUS", bundles.modulus())
    with rig() as r:
        bundles.flashed(r.folder)
        yield r


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return bundles.made(tmp_path_factory.mktemp("made") / "new")


def start(r, story, slot="a"):
    """One start of the pile from a slot, with its time known and the bridge there."""

    async def whole(r):
        r.greet(NOW_S - 1)
        r.heard = []
        await r.until(lambda: r.station.register.wh is not None)
        # The self-test of the start has no time for a stall
        await r.until(lambda: not r.station.permit.energised)
        return await story(r)

    sys.path.insert(0, "/" + slot)
    try:
        play = r.restart if (r.folder / "settings.json").exists() else r.play
        return play(whole)
    finally:
        sys.path.remove("/" + slot)


def restarted(r, story, slot="a"):
    """A start that ends in a restart by the firmware."""
    with pytest.raises(ResetRequest):
        start(r, story, slot)
    listen(r)
    forget("evse.app.update")
    r.world.replace_chip(SOFT_RESET)


def command(r, name, args, number=0):
    message = {"id": f"{name}:{number}", "name": name, "args": args, "utc": NOW_S, "ttl_s": 30}
    r.station.downlink.receive(*r.signed("command", message))
    return json.loads(r.station.downlink.replies.pop(0))


def order(r, made):
    return command(r, "update", {"bundle": made.id, "bytes": len(made.data)})


def listen(r):
    """What the pile has said since, checked by the wire's table."""
    found = []
    while r.station.downlink.updates:
        payload = r.station.downlink.updates.pop(0)
        message = messages.decode("update", payload, reports.FIELDS)
        assert message["phase"] in reports.UPDATE_PHASES
        found.append(message)
    r.heard += found
    return found


def phases(r):
    found = []
    for message in r.heard:
        if found[-1:] != [message["phase"]]:
            found.append(message["phase"])
    return found


def all_of(_at, sent):
    return sent


def the_first(at, sent):
    return sent if at == 0 else []


async def serve(r, made, until, answer=all_of, within_ms=120000):
    """Be the bridge until the condition holds."""
    end_ms = r.now_ms + within_ms
    while not until():
        assert r.now_ms < end_ms, (r.heard, r.picture())
        for message in listen(r):
            if message["phase"] != "fetch":
                continue
            at, sent = message["from"], []
            for _ in range(chunks.BURST):
                data = made.data[at : at + chunks.MOST_BYTES]
                if data:
                    sent.append(chunks.encode(unhexlify(made.id), at, data))
                at += len(data)
            for payload in answer(message["from"], sent):
                r.station.downlink.receive(CHUNK, payload)
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)


def never():
    return False


def ready(r, made):
    """The pile has unpacked the bundle and restarted into it."""

    async def story(r):
        assert order(r, made)["result"] == "accepted"
        await serve(r, made, never)

    restarted(r, story)
    state = json.loads((r.folder / "slots.json").read_text())
    assert (state["slot"], state["trial"], state["previous"]) == ("b", True, "0.1.0")
    assert not (r.folder / "update.bundle").exists()


async def proved(r):
    """The bridge answers until the pile has said something else than that it is on trial."""
    while not {"confirmed", "refused"} & set(phases(r)):
        listen(r)
        r.station.uplink.online = True
        await asyncio.sleep(0.05)


def hello(r):
    return messages.decode("hello", r.station.report.hello(), reports.FIELDS)["update"]


def test_from_the_order_to_the_confirmation_and_back(pile, made):
    ready(pile, made)
    assert phases(pile) == ["fetch", "applying"]

    async def trial(r):
        assert hello(r) == {"slot": "b", "version": "0.1.0", "trial": True, "previous": "0.1.0"}
        # No word from the bridge yet
        r.station.uplink.acknowledged = lambda _upto: None
        await r.run(5000)
        listen(r)
        assert phases(r) == ["trial"]
        await proved(r)
        assert phases(r) == ["trial", "confirmed"]
        assert not hello(r)["trial"]
        assert r.station.uplink._wants_time
        assert order(r, made) == {
            "v": 1,
            "id": "update:0",
            "result": "refused",
            "reason": "installed",
        }
        assert command(r, "rollback", {})["result"] == "accepted"
        await r.run(10000)

    restarted(pile, trial, "b")

    async def back(r):
        listen(r)
        assert [(m["phase"], m["bundle"]) for m in r.heard] == [("rolled_back", made.id)]
        assert "asked for by the bridge" in r.heard[0]["problem"]
        assert hello(r) == {"slot": "a", "version": "0.1.0", "trial": False, "previous": "0.1.0"}

    start(pile, back)


def test_refusals_are_answered_at_once(pile, made, monkeypatch):
    from evse.app import updates

    async def story(r):
        assert command(r, "rollback", {})["reason"] == "no_previous"
        r.station.permit.energise(7, True)
        assert order(r, made)["result"] == "accepted"
        other = command(r, "update", {"bundle": "0" * 64, "bytes": 5000}, 1)
        assert other["reason"] == "busy"
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


def test_ordered_while_energised_it_waits(pile, made):
    async def story(r):
        await r.charge()
        assert order(r, made)["result"] == "accepted"
        assert [message["phase"] for message in listen(r)] == ["paused"]
        await r.run(10000)
        assert r.station.downlink.updates == []
        assert "evse.app.update" not in sys.modules

    start(pile, story)


@pytest.fixture
def impatient(monkeypatch):
    """Ten minutes are one here."""
    from evse.app import trial

    assert trial._WITHIN_S == 600
    monkeypatch.setattr(trial, "_WITHIN_S", 60)


@pytest.mark.usefixtures("impatient")
def test_a_pile_that_is_not_well_in_time_comes_back(pile, made):
    ready(pile, made)
    begun = []

    async def silent(r):
        begun.append(r.now_ms)
        r.station.uplink.acknowledged = lambda _upto: None
        r.station.uplink.online = False
        await r.run(70_000)

    from update.files_pile import loader

    for tries in (1, 2, 3):
        state = loader(pile.folder).choose()
        assert (state["slot"], state["tries"]) == ("b", tries)
        restarted(pile, silent, "b")
        took_s = (pile.now_ms - begun[-1]) / 1000
        assert 55 < took_s < 65, took_s
    state = loader(pile.folder).choose()
    assert state["slot"] == "a"
    assert state["left"] == [made.id, "the bridge has not answered within 10 minutes"]

    async def back(r):
        said = listen(r)[0]
        assert (said["phase"], said["bundle"]) == ("rolled_back", made.id)
        assert said["problem"] == "the bridge has not answered within 10 minutes"

    start(pile, back)


@pytest.mark.usefixtures("impatient")
def test_a_failed_self_test_is_no_health(pile, made):
    ready(pile, made)

    async def story(r):
        test = r.station.loop.protection.test
        test.passed = False
        test.step = lambda *_values: None
        r.station.uplink.online = True
        await r.run(70_000)

    restarted(pile, story, "b")
    state = json.loads((pile.folder / "slots.json").read_text())
    assert state["problem"].startswith("the residual-current monitor has not passed")
    assert state["trial"]


def test_by_cable_it_is_applied_at_the_start(pile, made):
    (pile.folder / "update.bundle").write_bytes(made.data)

    async def story(r):
        await serve(r, made, never)

    restarted(pile, story)
    assert phases(pile) == ["applying"]
    assert pile.heard[0]["bundle"] == made.id


def test_a_torn_copy_by_cable_is_named_and_removed(pile, made):
    (pile.folder / "update.bundle").write_bytes(made.data[:2])

    async def story(r):
        await r.until(lambda: r.station.downlink.updates)
        said = listen(r)[-1]
        assert (said["phase"], said["bundle"]) == ("refused", "0" * 64)
        assert "this is no bundle" in said["problem"]
        assert r.station.updates.job == ""

    start(pile, story)
    assert not (pile.folder / "update.bundle").exists()


def test_without_slots_nobody_speaks_of_them(pile, made):
    async def story(r):
        message = messages.decode("hello", r.station.report.hello(), reports.FIELDS)
        assert "update" not in message
        assert order(r, made)["reason"] == "no_update_key"

    (pile.folder / "slots.json").unlink()
    start(pile, story)
    (pile.folder / "slots.json").write_text('{"slot": "a"}')
    pile.world.replace_chip(PWRON_RESET)

    async def damaged(r):
        assert "slots.json" in r.station.report.notes[-1]
        assert order(r, made)["reason"] == "no_update_key"

    start(pile, damaged)
