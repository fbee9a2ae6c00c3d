"""Journal messages against the store: what is taken, acknowledged, kept apart, alarmed."""

import contextlib

import pytest

from bridge.fake_pile import Sealer, record
from bridge.fakes import LIFE, SECRET
from evse.core import mac, messages
from pilebridge import alarms, intake, journal, lives
from pilebridge.keys import Keyring, finish_rotation
from pilebridge.store import InlineStore

PILE = "CP"
NOW = 1763600100


class Journal:
    """One store and the pile that sends to it, without a link."""

    def __init__(self, store, secret=SECRET):
        self.store = store
        self.sealer = Sealer(secret)
        self.sealed = {}
        self.keyring = Keyring({PILE: (1, secret)})
        store.submit(self.keyring.enrol)
        self.keyring.load(store.read)

    def write(self, count, kind="boot", **fields):
        for _ in range(count):
            number = max(self.sealed, default=0) + 1
            self.sealed[number] = self.sealer.seal(record(number, kind, **fields))
        return self

    def take(self, first, records, life=LIFE):
        payload = messages.encode_journal(life, first, records)
        batch = intake.read(PILE, payload, self.keyring.known(PILE))
        return self.store.submit(lambda conn: journal.append(conn, batch, NOW)).result()

    def send(self, *numbers, first=None):
        first = numbers[0] if first is None else first
        return self.take(first, [self.sealed[number] for number in numbers])

    def greet(self, first, following, life=LIFE):
        hello = {"first": first, "next": following, "life": life}
        return self.store.submit(lambda conn: lives.greet(conn, PILE, hello, NOW)).result()

    @property
    def stored(self):
        rows = self.store.read.execute("select seq, chain from journal order by life, seq")
        return [tuple(row) for row in rows]

    @property
    def alarms(self):
        return [(alarm.kind, alarm.subject) for alarm in alarms.standing(self.store.read)]


@contextlib.contextmanager
def opened(folder):
    store = InlineStore(str(folder / "test.sqlite"))
    store.open()
    try:
        yield store
    finally:
        store.kill()


@pytest.fixture
async def pile(tmp_path):
    with opened(tmp_path) as store:
        yield Journal(store)


LINKED = "linked"


def linked(*numbers):
    return [(number, LINKED) for number in numbers]


async def test_records_are_stored_once_with_their_bytes(pile):
    pile.write(5)
    assert pile.send(1, 2, 3).upto == 3
    again = pile.send(1, 2, 3, 4)
    assert (again.upto, again.new) == (4, 1)
    assert pile.send(2, 3).upto == 4
    assert pile.stored == linked(1, 2, 3, 4)
    rows = journal.after(pile.store.read, 0, 10)
    assert [row.data for row in rows] == [pile.sealed[n] for n in (1, 2, 3, 4)]
    assert pile.alarms == []


async def test_a_message_behind_what_is_committed_asks_for_what_is_missing(pile):
    pile.write(6)
    pile.send(1, 2)
    outcome = pile.send(5, 6)
    assert (outcome.upto, outcome.new, outcome.gap) == (2, 0, True)
    assert pile.send(3, 4, 5, 6).upto == 6
    assert pile.stored == linked(1, 2, 3, 4, 5, 6)
    assert pile.alarms == []


async def test_a_hole_is_alarmed_by_its_numbers_and_what_follows_is_stored(pile):
    pile.write(7)
    pile.send(1)
    outcome = pile.send(5, 6, 7, first=2)
    assert outcome.upto == 7
    assert pile.stored == [(1, LINKED), (5, "after_hole"), (6, LINKED), (7, LINKED)]
    assert pile.alarms == [("hole", "2..4")]
    assert "records 2 to 4 are lost" in outcome.raised[0].text
    # It is raised once, and what comes after all is kept
    assert pile.send(5, 6, 7, first=2).raised == []
    assert (pile.send(3).new, pile.send(3).new) == (1, 0)
    assert (3, "late") in pile.stored


async def test_a_hello_that_no_longer_has_records_is_alarmed_and_frees_nothing(pile):
    pile.write(9)
    pile.send(1, 2)
    upto, raised = pile.greet(6, 10)
    assert (upto, raised.subject) == (2, "3..5")
    # Whatever `from` says then, the pile has no more than it greeted with
    assert pile.send(6, 7).upto == 7
    assert pile.alarms == [("hole", "3..5")]
    assert pile.greet(0, 12)[1].subject == "8..11"


async def test_every_life_has_numbers_of_its_own(pile):
    pile.write(3)
    pile.send(1, 2, 3)
    assert pile.greet(1, 4, "00000002")[0] == 0
    other = Sealer(SECRET, "00000002")
    outcome = pile.take(
        1, [other.seal(record(1, "boot")), other.seal(record(2, "boot"))], other.life
    )
    assert outcome.upto == 2
    known = [(life.life, life.number, life.upto) for life in lives.of_pile(pile.store.read, PILE)]
    assert known == [("00000002", 2, 2), (LIFE, 1, 3)]
    assert pile.alarms == []
    # A record belongs to the life that it was sealed for
    assert pile.take(3, [pile.sealed[3]], other.life).forged


async def test_a_life_that_begins_late_here_is_taken_and_said(pile):
    assert pile.greet(37, 43)[0] == 36
    assert pile.greet(0, 43)[0] == 42
    pile.write(40)
    assert pile.send(37, 38).upto == 38
    assert pile.stored == [(37, "begins"), (38, LINKED)]
    assert pile.alarms == [("begins", "")]


def with_other(data, at):
    wrong = bytearray(data)
    wrong[at] ^= 1
    return bytes(wrong)


@pytest.mark.parametrize("at", [0, 1, 3, 20, 26, 30, -20, -5, -1])
async def test_a_record_that_no_key_seals_is_kept_apart_and_blocks_what_follows(pile, at):
    pile.write(4)
    outcome = pile.take(1, [pile.sealed[1], with_other(pile.sealed[2], at), pile.sealed[3]])
    assert (outcome.upto, outcome.new, outcome.forged) == (1, 1, True)
    assert pile.stored == linked(1)
    assert [kind for kind, _ in pile.alarms] == ["tag"]
    row = pile.store.read.execute("select body from quarantine").fetchone()
    assert row["body"] == with_other(pile.sealed[2], at)
    assert pile.take(2, [with_other(pile.sealed[2], at)]).raised == []
    # The pile's own record takes its place, and the alarm is over
    assert pile.send(2, 3, 4).upto == 4
    assert at == 3 or pile.alarms == []


async def test_a_record_cut_short_is_kept_apart(pile):
    pile.write(2)
    for size in (0, 1, 20, 47, len(pile.sealed[1]) - 1):
        assert pile.take(1, [pile.sealed[1][:size]]).upto is None
    assert pile.stored == []
    assert pile.send(1, 2).upto == 2
    assert pile.alarms == []


async def test_records_of_another_pile_or_a_wrong_key_wait_until_the_key_is_mended(tmp_path):
    with opened(tmp_path) as store:
        wrong = Journal(store, bytes(32))
        right = Journal.__new__(Journal)
        right.store, right.sealer, right.sealed = store, Sealer(SECRET), {}
        right.keyring = wrong.keyring
        right.write(3)
        assert right.send(1, 2).upto is None
        assert right.alarms == [("tag", "")]
        mended = Keyring({PILE: (1, SECRET)})
        store.submit(mended.enrol)
        mended.load(store.read)
        right.keyring = mended
        assert right.send(1, 2, 3).upto == 3
        assert right.alarms == []


async def test_the_quarantine_is_bounded(pile):
    forger = Sealer(bytes(32))
    for number in range(1, 250):
        pile.take(number, [forger.seal(record(number, "boot"))])
    count = pile.store.read.execute("select count(*) from quarantine").fetchone()[0]
    assert count == 100
    (alarm,) = alarms.standing(pile.store.read)
    assert alarm.count == 249
    assert lives.of_pile(pile.store.read, PILE) == []


async def test_a_record_that_does_not_follow_is_stored_and_alarmed(pile):
    pile.write(4)
    pile.send(1, 2)
    fork = Sealer(SECRET, link=b"fork")
    outcome = pile.take(3, [fork.seal(record(3, "boot")), fork.seal(record(4, "boot"))])
    assert outcome.upto == 4
    assert pile.stored == [*linked(1, 2), (3, "fork"), (4, LINKED)]
    assert pile.alarms == [("chain", "3")]
    assert "does not follow record 2" in outcome.raised[0].text


async def test_the_same_number_with_other_content_is_alarmed_and_never_freed(pile):
    pile.write(3)
    pile.send(1, 2, 3)
    copied = Sealer(SECRET)
    other = [copied.seal(record(number, "boot", wh=9)) for number in (1, 2, 3, 4)]
    outcome = pile.take(2, other[1:])
    assert (outcome.upto, outcome.new, outcome.conflict) == (None, 0, True)
    assert pile.stored == linked(1, 2, 3)
    assert pile.alarms == [("conflict", "")]
    assert pile.greet(1, 5)[0] == 1
    assert pile.send(1, 2, 3).upto == 1


async def test_a_sealed_record_that_breaks_the_tables_holds_up_nothing(pile):
    pile.write(1)
    pile.sealed[2] = pile.sealer.seal(record(2, "tx_sample"))
    pile.sealed[3] = pile.sealer.seal(record(3, "tx_start", tx=1, ref="", by="x", wh=None))
    pile.write(1)
    assert pile.send(1, 2, 3, 4).upto == 4
    assert pile.alarms == [("content", "2"), ("content", "3")]
    kinds = [row.kind for row in journal.after(pile.store.read, 0, 9)]
    assert kinds == ["boot", "unreadable", "unreadable", "boot"]
    assert journal.missing(pile.store.read, PILE, LIFE, 1, 4) == 2


async def test_a_replaced_secret_seals_nothing_new(pile):
    pile.write(2)
    pile.send(1, 2)
    first, second = pile.keyring.active(PILE), bytes(range(32))

    def rotate(conn):
        row = (PILE, first.key_set, 2, second, "next")
        conn.execute("insert into secrets values (?, ?, ?, ?, ?)", row)

    pile.store.submit(rotate)
    pile.keyring.load(pile.store.read)
    # Both are taken while nobody knows which one the pile has
    pile.write(1)
    pile.sealer.use(second)
    pile.write(2)
    assert pile.send(3, 4).upto == 4
    pile.store.submit(lambda conn: finish_rotation(conn, pile.keyring.coming(PILE)))
    pile.keyring.load(pile.store.read)
    assert pile.send(3, 4, 5).upto == 5
    pile.sealer.use(SECRET)
    pile.write(1)
    assert pile.send(6).forged
    assert pile.keyring.logins() == [(PILE, 2, second)]
    assert mac.derive(second, mac.JOURNAL) == pile.keyring.active(PILE).journal_key


async def test_alarms_survive_a_restart_and_are_cleared_by_a_person(tmp_path):
    with opened(tmp_path) as store:
        pile = Journal(store).write(5)
        pile.send(5, first=1)
    with opened(tmp_path) as store:
        alarm, *_ = alarms.standing(store.read)
        assert (alarm.kind, alarm.subject) == ("hole", "1..4")
        assert store.submit(lambda conn: alarms.clear(conn, alarm.id, NOW)).result()
        assert not store.submit(lambda conn: alarms.clear(conn, alarm.id, NOW)).result()
        assert [a.cleared_utc for a in alarms.latest(store.read, 9)] == [NOW]
