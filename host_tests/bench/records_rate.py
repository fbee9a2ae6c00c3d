"""Journal records committed per second by the bridge, beside raw inserts of the same rows.

The bridge's way is the real one: PileLink.on_message() with signed-for messages of eight sealed records
from many piles, every tag and link checked, group commit in SQLite, acknowledgements signed and sent after
the commit. Raw is the same insert statement on the same tables in commits of as many rows, without
reading, checking or acknowledging anything.
"""

import asyncio
import hashlib
import tempfile
import time
from pathlib import Path

from evse.core import mac, messages, records
from pilebridge import collector
from pilebridge.journal import INSERT
from pilebridge.keys import Keyring
from pilebridge.pile_link import PileLink
from pilebridge.schema import connect, migrate
from pilebridge.store import Store

LIFE = "a55a41c3"
T0 = 1763600000
PER_MESSAGE = 8
ROUNDS = 5
REQUIRED_PERCENT = 30


def secret_of(pile):
    """A secret of its own for each pile."""
    return hashlib.sha256(pile.encode()).digest()


def sample(seq):
    """A record as a charging pile writes most of."""
    head = {"seq": seq, "kind": "tx_sample", "boot": 7, "up": seq, "utc": T0 + seq, "c": 1}
    return {
        **head,
        "wh": 1000 + seq,
        "tx": LIFE + "-7-1",
        "w": 7034,
        "mv": [220000],
        "ma": [31900],
    }


def journal_of(pile, messages_each):
    """(topic, payload) of every message of one pile, in order."""
    key = mac.Mac(mac.derive(secret_of(pile), mac.JOURNAL))
    link, made = records.NO_LINK, []
    for first in range(1, messages_each * PER_MESSAGE, PER_MESSAGE):
        sealed = []
        for seq in range(first, first + PER_MESSAGE):
            sealed.append(records.encode(sample(seq), LIFE, link, key))
            link = records.tag_of(sealed[-1])[: records.LINK_BYTES]
        made.append(
            (messages.topic(pile, "journal"), messages.encode_journal(LIFE, first, sealed))
        )
    return made


class Broker:
    """Takes what the bridge publishes and counts it."""

    connected = True

    def __init__(self):
        self.acks = 0

    def publish(self, topic, _payload, retain=False):
        """As the MQTT client."""
        self.acks += topic.endswith("/ack") and not retain
        return True


class Listener:
    """Hears nothing but that records are there."""

    def __init__(self):
        self.news = 0

    def on_journal(self, _pile):
        """New records are stored."""
        self.news += 1


async def bridge_rate(path, journals):
    """(records per second, rows per commit) of the bridge's own way."""
    store, broker, listener = Store(str(path)), Broker(), Listener()
    keyring = Keyring({pile: (1, secret_of(pile)) for pile in journals})
    store.open()
    await store.submit(keyring.enrol)
    keyring.load(store.read)
    link = PileLink(journals, store, broker, listener, keyring)
    commits = store.commits

    async def pile(sent):
        # The next message follows the acknowledgement of the one before it
        for topic, payload in sent:
            await link.on_message(topic, payload, False)

    count = sum(len(sent) for sent in journals.values())
    began = time.perf_counter()
    await asyncio.gather(*(pile(sent) for sent in journals.values()))
    took_s = time.perf_counter() - began
    rows = store.read.execute("select count(*) from journal where chain = 'linked'").fetchone()[0]
    if (broker.acks, listener.news, rows) != (count, count, count * PER_MESSAGE):
        raise RuntimeError(f"of {count} messages {broker.acks} acknowledged, {rows} rows linked")
    per_commit = rows / (store.commits - commits)
    await store.close()
    return rows / took_s, per_commit


def _row(pile, seq, data):
    what = (pile, LIFE, seq, "tx_sample", 7, seq, T0 + seq, 1, 1000 + seq)
    return (*what, LIFE + "-7-1", T0, "linked", data)


def raw_rate(path, journals, rows_per_commit):
    """Records per second of the insert alone, a message's rows at once, as many rows in a commit."""
    conn = connect(str(path))
    migrate(conn, str(path))
    data = b"x" * len(records.encode(sample(1), LIFE, records.NO_LINK, mac.Mac(bytes(32))))
    longest = max(len(sent) for sent in journals.values())
    batches = [
        [_row(pile, seq, data) for seq in range(first, first + PER_MESSAGE)]
        for first in range(1, longest * PER_MESSAGE, PER_MESSAGE)
        for pile in journals
    ]
    each = max(1, round(rows_per_commit / PER_MESSAGE))
    began = time.perf_counter()
    for at in range(0, len(batches), each):
        conn.execute("begin immediate")
        for rows in batches[at : at + each]:
            conn.executemany(INSERT, rows)
        conn.execute("commit")
    took_s = time.perf_counter() - began
    conn.close()
    return len(batches) * PER_MESSAGE / took_s


def measure(folder, piles=500, messages_each=10):
    """Figures of both ways in turn on the disk of `folder`; of the rounds the one in the middle by share."""
    journals = {f"P{n:04d}": journal_of(f"P{n:04d}", messages_each) for n in range(piles)}
    # As the bridge does when it is ready
    collector.settle()
    rounds = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory(dir=folder) as name:
            bridge, per_commit = asyncio.run(bridge_rate(Path(name) / "bridge", journals))
            raw = raw_rate(Path(name) / "raw", journals, per_commit)
            rounds.append((bridge / raw, bridge, raw, per_commit))
    share, bridge, raw, per_commit = sorted(rounds)[len(rounds) // 2]
    return {
        "piles": piles,
        "records": piles * messages_each * PER_MESSAGE,
        "rows_per_commit": round(per_commit),
        "bridge_per_s": round(bridge),
        "raw_per_s": round(raw),
        "share_percent": round(100 * share),
    }
