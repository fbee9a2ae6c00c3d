"""The piles' secrets: who may read them, where they never show, and rotation without loss."""

import asyncio
import contextlib
import os

import pytest

from bridge.fake_pile import Sealer, acks
from bridge.fake_platform import until
from bridge.fakes import EXAMPLE, LIFE, PILE, SECRET, local_bridge, record
from evse.core import mac, messages
from pilebridge import alarms, cli, config, intake, rotation
from pilebridge.config import ConfigError
from pilebridge.keys import Keyring, PreparedKey, RotationError, begin_rotation
from pilebridge.store import InlineStore

TEXT = EXAMPLE.read_text("utf-8")
KEY = SECRET.hex()


def config_file(folder, text=TEXT):
    file = folder / "bridge.toml"
    file.write_text(text.replace("build/pilebridge.sqlite", "bridge.sqlite"), "utf-8")
    return str(file)


def test_a_prepared_key_is_the_key_that_piles_have():
    for key in (b"", b"k", SECRET, bytes(64)):
        prepared, plain = PreparedKey(key), mac.Mac(key)
        for data in (b"", b"pile", bytes(300)):
            assert prepared.digest(data) == plain.digest(data)
            tag = plain.tag(data)
            assert prepared.tag(data) == tag
            assert prepared.proves(data, tag)
            assert not prepared.proves(data + b"x", tag)
            assert not prepared.proves(data, tag[:-1])


def test_the_short_check_of_records_agrees_with_the_tables():
    sealer = Sealer(SECRET)
    rows = [
        record(1, "boot", cause="x" * 32),
        record(1, "boot", cause="x" * 33),
        record(1, "boot", boot=0xFFFFFFFF),
        record(1, "boot", c=5),
        record(0, "boot"),
        record(1, "tx_sample", tx=1),
        record(1, "tx_sample", tx=1, c=0),
        record(1, "tx_sample", tx=0),
        record(1, "tx_sample", tx=-1),
        record(1, "tx_sample", tx=1 << 33),
        record(1, "tx_start", tx=1, ref="", by=""),
        record(1, "tx_start", tx=1, ref="", by="", meter=""),
        record(1, "tx_resume", tx=1, lost_wh=-1),
        record(1, "tx_resume", tx=1, lost_wh=1),
        record(1, "clock", step_s=-5),
        record(1, "key", number=0x10000),
        record(1, "boot", wh=None, utc=None),
    ]
    for row in rows:
        decoded = intake.records.decode(sealer.seal(row))
        try:
            intake._check(decoded)
            holds = True
        except messages.ProtocolError:
            holds = False
        # It may leave a good one to the tables, never pass a bad one
        assert holds or not intake._is_plain(decoded), row
    plain = record(1, "tx_sample", tx=1, w=1)
    assert intake._is_plain(intake.records.decode(sealer.seal(plain)))


REFUSED = [
    (f'key = "{KEY}"', f'key = "{KEY[:-1]}"', "pile[0].key: "),
    (f'key = "{KEY}"', f'key = "{KEY[:-1]}g"', "pile[0].key: "),
    (f'key = "{KEY}"', "", "pile[0]: Object missing required field `key`"),
    (f'key = "{KEY}"', 'key_file = "none"', "pile[0].key_file: "),
    ('id = "CP0001"\nkey', 'id = "CP0002"\nkey', "no [[pile]] with id = 'CP0001'"),
    (
        f'key = "{KEY}"',
        f'key = "{KEY}"\n[[pile]]\nid = "P2"\nkey = "{KEY.upper()}"',
        "CP0001 and P2 have the same key",
    ),
    (f'key = "{KEY}"', f'key = "{KEY}"\n[[pile]]\nid = "CP0001"\nkey = "{KEY}"', "stands twice"),
]


@pytest.mark.parametrize(("old", "new", "message"), REFUSED)
def test_a_pile_without_a_good_key_of_its_own_is_refused(tmp_path, old, new, message):
    assert old in TEXT
    with pytest.raises(ConfigError) as refused:
        config.parse(TEXT.replace(old, new), tmp_path)
    assert message in str(refused.value)
    assert KEY[:20] not in str(refused.value)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_secret_file_that_others_can_read_is_refused(tmp_path, mode):
    file = tmp_path / "key"
    file.write_text(KEY + "\n")
    text = TEXT.replace(f'key = "{KEY}"', 'key_file = "key"')
    file.chmod(mode)
    with pytest.raises(ConfigError, match=f"others can read it .*chmod 600 {file}"):
        config.parse(text, tmp_path)
    file.chmod(0o600)
    assert config.parse(text, tmp_path).pile[0].key == KEY


def test_a_secret_is_in_no_repr(tmp_path):
    parsed = config.parse(TEXT, tmp_path)
    store = InlineStore(str(tmp_path / "x"))
    store.open()
    keyring = Keyring(parsed.secrets())
    keyring.enrol(store._writer)
    keyring.load(store.read)
    shown = repr((parsed, parsed.pile, keyring, keyring.known(PILE)))
    assert KEY not in shown
    assert repr(SECRET) not in shown
    assert repr(keyring.active(PILE).journal_key) not in shown
    store.kill()


def test_another_secret_in_the_settings_begins_another_set_and_the_old_one_returns(tmp_path):
    store = InlineStore(str(tmp_path / "x"))
    store.open()
    for secret, expected in ((SECRET, 1), (bytes(32), 2), (SECRET, 1)):
        keyring = Keyring({PILE: (1, secret)})
        told = []
        keyring.changed.append(lambda told=told: told.append(1))
        keyring.enrol(store._writer)
        keyring.load(store.read)
        assert keyring.active(PILE).key_set == expected
        assert keyring.logins() == [(PILE, 1, secret)]
        assert told == [1]
    assert len(keyring.known(PILE)) == 2
    assert begin_rotation(store._writer, keyring.active(PILE)) == 2
    with pytest.raises(RotationError, match="secret 2 is still on its way"):
        begin_rotation(store._writer, keyring.active(PILE))
    store.kill()


@contextlib.asynccontextmanager
async def rotating(folder, monkeypatch):
    """A bridge and a pile to which a new secret is on its way, as `pilebridge rotate` leaves it."""
    monkeypatch.setattr(rotation, "_LOOK_S", 0.05)
    monkeypatch.setattr(rotation, "_AGAIN_S", 0.3)
    async with local_bridge(folder) as (bridge, pile):
        pile.journal("boot")
        await until(lambda: pile.acked == 1)
        pile.silent = True
        active = bridge.keyring.active(PILE)
        await bridge.store.submit(lambda conn: begin_rotation(conn, active))
        await until(lambda: pile.hold)
        yield bridge, pile


async def test_rotation_loses_nothing(tmp_path, monkeypatch, caplog):
    async with rotating(tmp_path, monkeypatch) as (bridge, pile):
        # Said again while there is no answer, never again once it is taken
        await until(lambda: len(pile.hold) > 1)
        # Stored and said, not taken yet: both may log in, and the old one goes on
        assert [number for _, number, _ in bridge.keyring.logins()] == [1, 2]
        pile.journal("boot")
        await until(lambda: pile.acked == 2)
        pile.write("fault", fault="pe_lost")
        pile.silent = False
        await until(lambda: pile.key == 2)
        pile.tell_held()
        await until(lambda: pile.acked == 4)
        taken = len(pile.commands)
        await asyncio.sleep(0.5)
        assert len(pile.commands) == taken
        pile.connect()
        await until(lambda: [n for _, n, _ in bridge.keyring.logins()] == [2])
        states = [(s.number, s.state) for s in bridge.keyring.known(PILE)]
        assert states == [(2, "active"), (1, "old")]
        pile.journal("boot")
        await until(lambda: pile.acked == 5)
        reply = await bridge.hub.link.command(PILE, "r", "report", {}, 10, 1)
        assert reply.result == "accepted"
        assert alarms.standing(bridge.store.read) == []
        chains = bridge.store.read.execute("select distinct chain from journal").fetchall()
        assert [row[0] for row in chains] == ["linked"]
        secrets = [s.secret.hex() for s in bridge.keyring.known(PILE)]
        assert not any(secret in caplog.text for secret in secrets)


async def test_a_rotation_survives_a_restart_of_the_bridge_and_a_lost_answer(
    tmp_path, monkeypatch
):
    async with rotating(tmp_path, monkeypatch) as (bridge, pile):
        pile.rotate(pile.hold[-1]["args"])
        await until(lambda: pile.acked == 2)
        before = pile
    async with local_bridge(tmp_path) as (bridge, pile):
        pile.adopt(before)
        pile.connect()
        await until(lambda: [n for _, n, _ in bridge.keyring.logins()] == [2])
        pile.journal("boot")
        await until(lambda: pile.acked == 3)


async def test_a_pile_with_an_unknown_secret_is_alarmed_and_not_answered(tmp_path):
    async with local_bridge(tmp_path) as (bridge, pile):
        await until(lambda: pile.time_utc)
        bridge.link.sent.clear()
        pile.key = 5
        pile.connect()
        await until(lambda: alarms.standing(bridge.store.read))
        await asyncio.sleep(0.05)
        assert acks(bridge.link.sent) == []
        assert [alarm.kind for alarm in alarms.standing(bridge.store.read)] == ["key"]
        pile.key = 1
        pile.connect()
        await until(lambda: alarms.standing(bridge.store.read) == [])


async def test_what_goes_down_is_signed_for_one_pile_and_one_topic(tmp_path):
    async with local_bridge(tmp_path) as (bridge, _):
        await bridge.hub.link.command(PILE, "r", "report", {}, 10, 1)
        key = mac.Mac(mac.derive(SECRET, mac.COMMAND))
        sent = [(topic, body) for topic, body in bridge.link.sent if topic.startswith("pile/")]
        assert {topic.split("/")[2] for topic, _ in sent} == {"ack", "command"}
        for topic, body in sent:
            messages.check_signature(topic, body, key)
            for other in ("pile/CP0002/ack", "pile/CP0001/other"):
                with pytest.raises(messages.ProtocolError, match="mac: wrong"):
                    messages.check_signature(other, body, key)


def test_commands_make_private_files_and_rotate(tmp_path, capsys):
    file = config_file(tmp_path)
    assert cli.run(["new-key", str(tmp_path / "k")]) == 0
    made = (tmp_path / "k").read_text().strip()
    assert len(bytes.fromhex(made)) == 32
    out = str(tmp_path / "j")
    assert cli.run(["journal-key", file, PILE, "--out", out]) == 0
    journal_key = mac.derive(SECRET, mac.JOURNAL).hex()
    assert (tmp_path / "j").read_text() == f"{PILE} 1 1 {journal_key}\n"
    assert [os.stat(tmp_path / name).st_mode & 0o777 for name in "kj"] == [0o600, 0o600]
    # Neither overwrites what is there
    assert cli.run(["new-key", str(tmp_path / "k")]) == 2
    assert cli.run(["rotate", file, PILE]) == 0
    assert cli.run(["rotate", file, PILE]) == 2
    assert cli.run(["rotate", file, "nobody"]) == 2
    assert cli.run(["alarms", file]) == 0
    said = "".join(capsys.readouterr())
    assert "secret 2 is stored" in said
    assert "still on its way" in said
    assert not any(text in said for text in (KEY, made, journal_key))
    assert LIFE not in said
