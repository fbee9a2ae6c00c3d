"""What piles may send: everything malformed is counted and dropped, nothing else stops."""

import asyncio
import sqlite3
import struct
import time
from binascii import crc32

import pytest

from bridge.fake_pile import FakePile, Sealer, acks
from bridge.fake_platform import until
from bridge.fakes import LIFE, PILE, SECRET, local_bridge, record, seq
from evse.core import messages
from pilebridge import journal, lives

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

HELLO = FakePile(None, SECRET).hello()


def state(**changes):
    return messages.encode({**STATE, "connectors": [{**CONNECTOR, **changes}]})


def sealed(*rows):
    """A journal message of some records of a life of their own."""
    sealer = Sealer(SECRET, "00000001")
    return messages.encode_journal("00000001", 1, [sealer.seal(row) for row in rows])


def journal_of(texts, first=1, life="00000001"):
    return messages.encode({"life": life, "from": first, "records": texts})


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
    ("hello", messages.encode({**HELLO, "holds": {"profiles": 1}})),
    ("hello", messages.encode({**HELLO, "holds": {"profiles": -1, "tokens": 0}})),
    ("authorize", messages.encode({"ask": 0, "token": "04A2", "connector": 0})),
    ("authorize", messages.encode({"ask": 1, "token": "", "connector": 0})),
    ("authorize", messages.encode({"ask": 1, "token": "0" * 37, "connector": 0})),
    ("authorize", messages.encode({"ask": 1, "token": "04A2"})),
    ("online", b"yes"),
    ("online", b""),
    ("hello", b'{"v":1,"boot":"7"}'),
    ("meter", messages.encode({"c": 1})),
    ("journal", journal_of([])),
    ("journal", journal_of([7])),
    ("journal", journal_of(["AAA"])),
    ("journal", journal_of(["AAAA"] * 17)),
    ("journal", journal_of(["AAAA"], 0)),
    ("journal", journal_of(["AAAA"], 1, "short")),
    ("journal", messages.encode({"records": ["AAAA"]})),
    ("journal", sealed(record(2, "boot"), record(1, "boot"))),
    ("journal", sealed(record(1, "boot"), record(1, "boot"))),
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
        assert lives.of_pile(bridge.store.read, PILE) == []
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
        bare = {key: CONNECTOR[key] for key in ("id", "status", "cp", "limit_a10", "limit_by")}
        body = {"boot": 7, "up": 1, "utc": None, "connectors": [bare]}
        await link.on_message(f"pile/{PILE}/state", messages.encode(body), False)
        newer = bytearray(pile.sealer.seal(record(1, "boot"))[:-20])
        newer[1] = 60
        tag = pile.sealer.key.tag(LIFE.encode() + newer)
        body = bytes(newer) + tag
        pile.tell([body + struct.pack("<I", crc32(body))], 1)
        await until(lambda: pile.acked == 1)
        assert link.counters[PILE].malformed == 0
        assert journal.after(bridge.store.read, 0, 9)[0].kind == "kind60"


async def test_acknowledgement_follows_the_commit_and_is_signed(tmp_path):
    async with local_bridge(tmp_path) as (bridge, pile):
        await until(lambda: pile.time_utc)
        bridge.link.sent.clear()
        pile.write("boot")
        pile.write("boot")
        payload = messages.encode_journal(LIFE, 1, list(pile.held.values()))
        committed = []
        publish = bridge.link.publish

        def look(topic, payload, retain=False):
            rows = bridge.store.read.execute("select count(*) from journal").fetchone()
            committed.append(rows[0])
            return publish(topic, payload, retain)

        bridge.link.publish = look
        await bridge.hub.link.on_message(f"pile/{PILE}/journal", payload, False)
        assert acks(bridge.link.sent) == [
            {"v": 1, "life": LIFE, "upto": 2, "mac": acks(bridge.link.sent)[0]["mac"]}
        ]
        assert committed == [2]
        await until(lambda: pile.acked == 2)
        assert pile.forged == 0


async def test_nothing_is_acknowledged_when_the_disk_fails(tmp_path, monkeypatch):
    def broken(*_):
        raise sqlite3.OperationalError("disk I/O error")

    async with local_bridge(tmp_path) as (bridge, pile):
        pile.write("boot")
        payload = messages.encode_journal(LIFE, 1, list(pile.held.values()))
        with monkeypatch.context() as patch:
            patch.setattr(journal, "append", broken)
            with pytest.raises(sqlite3.OperationalError):
                await bridge.hub.link.on_message(f"pile/{PILE}/journal", payload, False)
        assert pile.acked == 0
        assert bridge.hub.reachable(PILE)
        pile.tell_held()
        await until(lambda: pile.acked == 1)


async def test_hello_is_answered_with_its_nonce_the_time_and_what_is_committed(tmp_path):
    async with local_bridge(tmp_path) as (bridge, pile):
        pile.journal("boot")
        await until(lambda: pile.acked == 1)
        bridge.link.sent.clear()
        pile.connect()
        await until(lambda: acks(bridge.link.sent))
        (ack,) = acks(bridge.link.sent)
        assert (ack["life"], ack["upto"], ack["nonce"]) == (LIFE, 1, pile.nonce)
        assert abs(ack["utc"] - time.time()) < 5
        # What the broker kept is answered too; a pile that said another hello since ignores it
        bridge.link.sent.clear()
        topic = f"pile/{PILE}/hello"
        bridge.link.deliver(topic, bridge.link.remembered[topic], True)
        await until(lambda: acks(bridge.link.sent))
        assert acks(bridge.link.sent)[0]["nonce"] == pile.nonce


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
