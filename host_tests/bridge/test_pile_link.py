"""What piles may send: everything malformed is counted and dropped, nothing else stops."""

import asyncio
import json
import sqlite3

import pytest

from bridge.fake_platform import until
from bridge.fakes import PILE, local_bridge, record, seq
from evse.core import messages
from pilebridge import journal

STATE = {"boot": 7, "up": 1, "utc": None, "notes": [], "counts": {}}
CONNECTOR = {
    "id": 1,
    "status": "available",
    "cp": "A1",
    "cp_mv": 12000,
    "duty": 1000,
    "faults": [],
    "limit_a10": 320,
    "limit_by": "rated",
    "tx": None,
    "ref": None,
    "w": 0,
    "wh": None,
}


def state(**changes):
    return messages.encode({**STATE, "connectors": [{**CONNECTOR, **changes}]})


def records(*rows):
    return messages.encode({"records": list(rows)})


STOP = {"tx": "7-1", "ref": "", "reason": "local", "fault": ""}

MALFORMED = [
    ("state", b""),
    ("state", b"{"),
    ("state", b"\xff\xfe"),
    ("state", b"[]"),
    ("state", b'{"v":2}'),
    ("state", b'{"v":1}'),
    ("state", b'{"v":1,"x":"' + b"x" * 1024 + b'"}'),
    ("state", b"[" * 900),
    ("state", state(status="exploding")),
    ("state", state(status=1)),
    ("state", state(id=0)),
    ("state", state(id="1")),
    ("state", state(w=1 << 40)),
    ("state", state(faults="none")),
    ("state", state(tx="x" * 33)),
    ("state", messages.encode({**STATE, "connectors": [1]})),
    ("state", messages.encode({**STATE, "connectors": [], "boot": True})),
    ("online", b"yes"),
    ("online", b""),
    ("hello", b'{"v":1,"boot":"7"}'),
    ("meter", messages.encode({"c": 1})),
    ("journal", messages.encode({"records": []})),
    ("journal", messages.encode({"records": [7]})),
    ("journal", records({"seq": 1})),
    ("journal", records(record(1, "tx_start"))),
    ("journal", records(record(1, "tx_stop", **{**STOP, "reason": "boredom"}))),
    ("journal", records(record(1, "tx_stop", wh=None, **STOP))),
    ("journal", records(record(1, "tx_sample", tx=7))),
    ("journal", records(record(1, "novelty", tx=[]))),
    ("journal", records(record(1, "boot", wh=-1))),
    ("journal", records(record(1, "boot", utc=1.5))),
    ("journal", records(record(0, "boot"))),
    ("journal", records(record(2, "boot"), record(1, "boot"))),
    ("reply", messages.encode({"id": "x", "result": "perhaps", "reason": ""})),
]


@pytest.mark.parametrize(("name", "payload"), MALFORMED)
async def test_malformed_messages_are_counted_and_dropped(tmp_path, name, payload):
    async with local_bridge(tmp_path) as (bridge, pile):
        link = bridge.hub.link
        before = link.counters[PILE].malformed
        await link.on_message(f"pile/{PILE}/{name}", payload, False)
        assert link.counters[PILE].malformed == before + 1
        assert bridge.hub.reachable(PILE)
        assert journal.committed(bridge.store.read, PILE)[0] == 0
        pile.journal("boot")
        await until(lambda: pile.acked == 1)


async def test_unknown_topics_and_piles_are_counted(tmp_path):
    async with local_bridge(tmp_path) as (bridge, _):
        link = bridge.hub.link
        await link.on_message(f"pile/{PILE}/gossip", b"{}", False)
        assert link.counters[PILE].unknown_topic == 1
        for topic in ("pile/nobody/state", "pile/x", "other/CP0001/state", f"pile/{PILE}/a/b"):
            await link.on_message(topic, state(), False)
        assert link.unknown_piles == 4
        assert set(link.counters) == {PILE}


async def test_unknown_fields_and_kinds_pass(tmp_path):
    async with local_bridge(tmp_path) as (bridge, pile):
        link = bridge.hub.link
        await link.on_message(f"pile/{PILE}/state", state(colour="red"), False)
        await link.on_message(f"pile/{PILE}/journal", records(record(1, "novelty", x=1)), False)
        assert link.counters[PILE].malformed == 0
        await until(lambda: pile.acked == 1)


async def test_acknowledgement_follows_the_commit(tmp_path):
    async with local_bridge(tmp_path) as (bridge, pile):
        bridge.link.pile = None
        bridge.link.sent.clear()
        work = bridge.hub.link.on_message(
            f"pile/{PILE}/journal", records(record(1, "boot"), record(2, "boot")), False
        )
        task = asyncio.ensure_future(work)
        await task
        acks = [json.loads(body) for topic, body in bridge.link.sent if topic.endswith("/ack")]
        # The answer to the pile's hello may come among them, with what was committed by then
        assert acks[-1]["upto"] == 2
        assert {ack["upto"] for ack in acks} <= {0, 2}
        assert journal.committed(bridge.store.read, PILE) == (2, 7)
        assert pile.acked == 0


async def test_nothing_is_acknowledged_when_the_disk_fails(tmp_path, monkeypatch):
    def broken(*_):
        raise sqlite3.OperationalError("disk I/O error")

    async with local_bridge(tmp_path) as (bridge, pile):
        with monkeypatch.context() as patch:
            patch.setattr(journal, "append", broken)
            with pytest.raises(sqlite3.OperationalError):
                await bridge.hub.link.on_message(
                    f"pile/{PILE}/journal", records(record(1, "boot")), False
                )
        assert pile.acked == 0
        assert bridge.hub.reachable(PILE)


async def test_gap_and_conflict_are_counted(tmp_path):
    async with local_bridge(tmp_path) as (bridge, pile):
        link = bridge.hub.link
        await link.on_message(f"pile/{PILE}/journal", records(record(1, "boot")), False)
        await link.on_message(f"pile/{PILE}/journal", records(record(3, "boot")), False)
        await link.on_message(f"pile/{PILE}/journal", records(record(1, "boot", wh=9)), False)
        assert (link.counters[PILE].gap, link.counters[PILE].conflict) == (1, 1)
        assert pile.acked == 1


async def test_hello_is_answered_with_what_is_committed(tmp_path):
    async with local_bridge(tmp_path) as (bridge, pile):
        pile.journal("boot")
        await until(lambda: pile.acked == 1)
        bridge.link.sent.clear()
        pile.connect()
        await until(lambda: any(topic.endswith("/ack") for topic, _ in bridge.link.sent))
        assert json.loads(bridge.link.sent[-1][1])["upto"] == 1


async def test_the_same_command_id_gets_the_first_answer(tmp_path):
    async with local_bridge(tmp_path) as (bridge, pile):
        args = {"connector": 1, "ref": seq(), "by": "tcec102"}
        link = bridge.hub.link
        both = await asyncio.gather(
            link.command(PILE, "start:x", "start", args, 10, 1),
            link.command(PILE, "start:x", "start", args, 10, 1),
        )
        third = await link.command(PILE, "start:x", "start", args, 10, 1)
        assert both == [third, third]
        assert third.result == "accepted"
        assert len(pile.commands) == 1


async def test_a_stale_answer_is_not_kept(tmp_path):
    async with local_bridge(tmp_path) as (bridge, pile):
        link = bridge.hub.link
        pile.answer = {"result": "stale", "reason": ""}
        first = await link.command(PILE, "report:1", "report", {}, 10, 1)
        pile.answer, pile.answers = {"result": "accepted", "reason": ""}, {}
        second = await link.command(PILE, "report:1", "report", {}, 10, 1)
        assert (first.result, second.result) == ("stale", "accepted")


async def test_late_and_unsolicited_replies_are_counted(tmp_path):
    async with local_bridge(tmp_path) as (bridge, pile):
        link = bridge.hub.link
        pile.silent = True
        assert await link.command(PILE, "report:1", "report", {}, 10, 0.05) is None
        pile.reply(pile.hold.pop())
        reply = {"id": "never asked", "result": "accepted", "reason": ""}
        pile.publish("reply", messages.encode(reply))
        counters = link.counters[PILE]
        await until(lambda: (counters.late_reply, counters.unsolicited_reply) == (1, 1))


async def test_no_command_without_a_broker(tmp_path):
    async with local_bridge(tmp_path) as (bridge, pile):
        bridge.link.connected = False
        assert await bridge.hub.link.command(PILE, "r", "report", {}, 10, 5) is None
        assert pile.commands == []


async def test_refused_settings_are_shown_to_the_operator(tmp_path, caplog):
    note = "sample_interval_s = 99999: allowed 5..900 s"
    body = {**STATE, "connectors": [CONNECTOR], "notes": [note], "counts": {"malformed": 3}}
    async with local_bridge(tmp_path) as (bridge, _pile):
        await bridge.hub.link.on_message(f"pile/{PILE}/state", messages.encode(body), False)
        assert bridge.hub.notes[PILE] == [note]
        assert bridge.hub.counts[PILE] == {"malformed": 3}
        assert note in caplog.text
