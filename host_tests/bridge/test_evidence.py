"""The evidence of a bill: recomputed from its file alone, and whatever is altered is named."""

import copy
import json

import pytest

from bridge.fake_pile import LIFE, T0
from bridge.fake_platform import until
from bridge.fakes import CONNECTOR, EXAMPLE, PILE, SECRET, charging_station, local_bridge, seq
from pilebridge import cli, evidence, orders, verify
from pilebridge.platforms.tcec102 import pushes

START = {"StartChargeSeq": seq(), "ConnectorID": CONNECTOR}
# 2025-11-20 08:00 in China: another price begins
EIGHT = 1763596800


def journal_keys(bridge):
    return [
        verify.JournalKey(PILE, secret.name, secret.journal_key)
        for secret in bridge.keyring.known(PILE)
    ]


async def evidence_of(bridge, tx):
    """The evidence as it is read from a file."""
    await until(lambda: bridge.assembly.open_transactions == [])
    await bridge.assembly.settled()
    return json.loads(json.dumps(evidence.collect(bridge.store.read, tx)))


@pytest.fixture
async def ordered(tmp_path):
    """(evidence, keys) of a charge over an edge of the tariff, interrupted and ordered by a platform."""
    async with charging_station(tmp_path) as (peer, bridge, pile, client):
        pile.journal("boot", c=0, wh=None, cause="power_on")
        await client.call("query_start_charge", START)
        tx = pile.tx
        pile.charging(EIGHT - 600)
        for minutes, wh in ((-5, 1700), (0, 2310), (5, 2900)):
            pile.wh = wh
            pile.journal("tx_sample", EIGHT + minutes * 60, tx=tx, w=7000, mv=[220000], ma=[31800])
        pile.boot += 1
        pile.journal("boot", c=0, wh=None, cause="brown_out", utc=EIGHT + 400)
        pile.wh = 2950
        pile.journal("tx_resume", EIGHT + 410, tx=tx, lost_wh=50)
        pile.journal("fault", EIGHT + 420, fault="over_temperature", detail="81 C")
        pile.wh = 4321
        pile.stop("vehicle", EIGHT + 1200)
        await until(lambda: peer.of(pushes.ORDER))
        await until(lambda: orders.waiting(bridge.store.read, "sandbox") == 0)
        yield await evidence_of(bridge, tx), journal_keys(bridge)


async def test_a_bill_holds_and_is_marked_where_the_pile_had_no_power(ordered):
    found, keys = ordered
    assert verify.verify(found, keys) == []
    figures = found["figures"]
    assert figures["estimated"][0] == "the meter moved while the pile had no power"
    assert (figures["start_wh"], figures["stop_wh"]) == (1000, 4321)
    # Once, through the register
    assert figures["totals"]["energy_wh"] == 3320
    assert "ChargeDetails" in found["order"]["text"]
    chains = [entry["chain"] for entry in found["records"]]
    assert chains[1:] == ["linked"] * (len(chains) - 1)
    shown = evidence.printed(found)
    for entry in found["records"]:
        assert entry["sealed"] in shown


async def test_every_altered_byte_of_every_record_is_named(ordered):
    found, keys = ordered
    for place, entry in enumerate(found["records"]):
        for at in range(len(entry["sealed"]) // 2):
            altered = copy.deepcopy(found)
            data = bytearray.fromhex(entry["sealed"])
            data[at] ^= 1
            altered["records"][place]["sealed"] = data.hex()
            problems = verify.verify(altered, keys)
            assert len(problems) == 1
            assert problems[0].startswith(f"record {entry['seq']} ({entry['kind']}),"), problems


def places(value, path=()):
    """Paths of every leaf of a JSON value."""
    if isinstance(value, dict):
        return [p for key, item in value.items() for p in places(item, (*path, key))]
    if isinstance(value, list):
        return [p for at, item in enumerate(value) for p in places(item, (*path, at))]
    return [path]


def altered_at(found, path):
    altered = copy.deepcopy(found)
    inner = altered
    for step in path[:-1]:
        inner = inner[step]
    old = inner[path[-1]]
    inner[path[-1]] = old + 1 if isinstance(old, int) else "0" + (old or "")
    return altered


def words_for(path, found):
    """A word that the sentence about an altered leaf must have."""
    if path[0] == "records":
        return (
            f"record {found['records'][path[1]]['seq']} ",
            f"({found['records'][path[1]]['kind']})",
        )
    if path[0] == "figures":
        return (".".join(str(p + 1) if isinstance(p, int) else p for p in path),)
    return {
        "anchors": ("clock anchor",),
        "order": ("order",),
        "tariff": ("tariff",),
        "tx": ("transaction",),
        "life": ("tag does not hold",),
        "pile": ("pile: ",),
        "journal_key": ("format",),
    }.get(path[0], (path[0],))


async def test_every_altered_figure_is_named(ordered):
    found, keys = ordered
    leaves = places(found)
    assert len(leaves) > 150
    for path in leaves:
        problems = verify.verify(altered_at(found, path), keys)
        assert problems, path
        if path[-1] not in {"seq", "kind"} or path[0] != "records":
            assert any(word in problems[0] for word in words_for(path, found)), (path, problems)


async def test_every_altered_figure_of_an_order_is_named(ordered):
    found, keys = ordered
    body = json.loads(found["order"]["text"])
    for path in places(body):
        altered = copy.deepcopy(found)
        inner = changed = json.loads(found["order"]["text"])
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = inner[path[-1]] + 1 if not isinstance(inner[path[-1]], str) else "x"
        altered["order"]["text"] = json.dumps(changed)
        problems = verify.verify(altered, keys)
        name = ".".join(str(p + 1) if isinstance(p, int) else p for p in path)
        assert f"order.{name}: says" in problems[0], (path, problems)


async def test_a_record_taken_out_put_in_or_moved_is_named(ordered):
    found, keys = ordered
    for place in range(1, len(found["records"]) - 1):
        without = copy.deepcopy(found)
        del without["records"][place]
        assert any("record " in text for text in verify.verify(without, keys)), place
        twice = copy.deepcopy(found)
        twice["records"].insert(place, twice["records"][place])
        assert "stands behind" in " ".join(verify.verify(twice, keys))
        moved = copy.deepcopy(found)
        rows = moved["records"]
        rows[place], rows[place + 1] = rows[place + 1], rows[place]
        assert verify.verify(moved, keys), place


@pytest.mark.parametrize("text", ["{}", "[]", "7", '{"format": 1}', '{"records": [[]]}', "null"])
async def test_what_is_no_evidence_is_said_to_be_none(ordered, text):
    _, keys = ordered
    assert verify.verify(json.loads(text), keys)


async def test_unknown_times_are_placed_by_anchors_that_are_in_the_evidence(tmp_path):
    async with local_bridge(tmp_path) as (bridge, pile):
        pile.state()
        for known in (True, False):
            # The live state of boot 7 places the first charge, only the receipt the second
            pile.boot = 7 if known else 8
            tx = f"{pile.life}-{pile.boot}"
            # A record with no time says 0
            pile.write("tx_start", 0, tx=tx, ref="", by="local")
            pile.wh += 1500
            pile.write("tx_stop", 0, up=pile.seq + 61, **stopped(tx))
            pile.tell_held()
            await until(lambda: pile.acked == pile.seq)
            found = await evidence_of(bridge, tx)
            keys = journal_keys(bridge)
            assert verify.verify(found, keys) == []
            (anchor,) = found["anchors"]
            assert anchor["source"] == ("state" if known else "receipt")
            assert bool(found["figures"]["estimated"]) is not known
            for name in ("boot", "up", "utc", "source"):
                path = ("anchors", 0, name)
                assert verify.verify(altered_at(found, path), keys), path
            assert bridge.store.read.execute("select count(*) from alarms").fetchone()[0] == 0


def stopped(tx):
    return {"tx": tx, "reason": "local", "fault": ""}


async def test_a_bill_with_lost_records_is_marked_and_holds(tmp_path):
    async with local_bridge(tmp_path) as (bridge, pile):
        pile.write("tx_start", T0, tx=1, ref="", by="local")
        for number in range(3):
            pile.write("tx_sample", T0 + number, tx=1, w=1)
        pile.wh = 2000
        pile.write("tx_stop", T0 + 60, tx=1, reason="local", fault="")
        del pile.held[3]
        pile.tell_held()
        await until(lambda: pile.acked == 5)
        found = await evidence_of(bridge, f"{LIFE}-1")
        assert verify.verify(found, journal_keys(bridge)) == []
        reasons = found["figures"]["estimated"]
        assert reasons == ["records between start and stop are lost or cannot be used"]
        row = bridge.store.read.execute("select estimated from transactions").fetchone()
        assert row["estimated"] == 1
        # Also when it is the evidence that lacks a record
        del found["records"][2]
        assert "record 5 (tx_stop)" in " ".join(verify.verify(found, journal_keys(bridge)))


async def test_the_commands_say_ok_or_what_is_wrong(tmp_path, capsys):
    async with local_bridge(tmp_path) as (bridge, pile):
        pile.journal("tx_start", tx=1, ref="", by="local")
        await until(lambda: bridge.assembly.open_transactions)
        with pytest.raises(evidence.EvidenceError, match="still runs"):
            evidence.collect(bridge.store.read, f"{LIFE}-1")
        with pytest.raises(evidence.EvidenceError, match="no such transaction"):
            evidence.collect(bridge.store.read, "u")
        pile.wh = 5000
        pile.journal("tx_stop", tx=1, reason="local", fault="")
        await until(lambda: bridge.assembly.open_transactions == [])
        await bridge.assembly.settled()
        database = bridge.config.bridge.database
    file, keys, config = (str(tmp_path / name) for name in ("e.json", "keys", "b.toml"))
    text = EXAMPLE.read_text("utf-8").replace("build/pilebridge.sqlite", database)
    (tmp_path / "b.toml").write_text(text, "utf-8")
    assert cli.run(["journal-key", config, PILE, "--out", keys]) == 0
    assert cli.run(["evidence", config, f"{LIFE}-1", "--json", file]) == 0
    assert cli.run(["evidence", config, f"{LIFE}-1", "--pile", PILE]) == 0
    assert cli.run(["verify", file, "--key-file", keys]) == 0
    said = capsys.readouterr().out
    assert "energy_wh 4000" in said
    assert said.endswith("OK\n")
    assert SECRET.hex() not in said
    found = json.loads((tmp_path / "e.json").read_text())
    found["figures"]["totals"]["total_fen"] += 1
    (tmp_path / "e.json").write_text(json.dumps(found))
    assert cli.run(["verify", file, "--key-file", keys]) == 1
    assert "figures.totals.total_fen: says" in capsys.readouterr().out
    assert cli.run(["verify", file, "--key-file", file]) == 2
    assert cli.run(["evidence", config, "u"]) == 2
