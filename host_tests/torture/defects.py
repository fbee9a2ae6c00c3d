"""Defects planted on purpose: the bench is worth something when it finds each of them.

Each gives rows (owner, name, value) for fixed.replaced(); `TABLE` names them all.
"""

import asyncio

from evse.core import records


def acked_and_not_stored(_bench):
    """The bridge counts every seventh record as committed and does not store it."""
    from pilebridge import journal

    linked = journal._linked_rows

    def lossy(life, batch, now_utc):
        rows = linked(life, batch, now_utc)
        return [row for row in rows if records.seq_of(row[-1]) % 7]

    return ((journal, "_linked_rows", lossy),)


def nothing_in_one_commit(_bench):
    """What a job of the bridge writes is committed statement by statement."""
    from pilebridge.store import InlineStore

    def submit(self, job):
        future = asyncio.get_running_loop().create_future()
        try:
            future.set_result(job(_Dribble(self._writer, self._passing)))
        except Exception as error:
            future.set_exception(error)
        return future

    return ((InlineStore, "submit", submit),)


class _Dribble:
    """A connection whose every statement is a commit, before each of which the process may end."""

    def __init__(self, conn, passing):
        self._conn = conn
        self._passing = passing

    def execute(self, *values):
        self._passing("statement")
        return self._conn.execute(*values)

    def executemany(self, statement, rows):
        for row in rows:
            self.execute(statement, row)


def record_dropped(_bench):
    """The ring counts a record that it has not written."""
    from evse.core.ring import Ring

    write = Ring.append

    def append(self, data):
        if records.seq_of(data) % 7:
            write(self, data)
        else:
            self.last_tag = records.tag_of(data)
            self.next_seq = records.seq_of(data) + 1

    return ((Ring, "append", append),)


def order_sent_twice(_bench):
    """The bridge forgets the first confirmation of an order."""
    from pilebridge import orders

    note = orders.confirmed
    seen = set()

    def confirmed(conn, push_id):
        if push_id in seen:
            note(conn, push_id)
        seen.add(push_id)

    return ((orders, "confirmed", confirmed),)


def order_dropped(_bench):
    """The bridge gives up an order that the platform disputes."""
    from pilebridge import orders
    from pilebridge.platforms.tcec102.pushes import Pushes

    async def refused(self, push, text):
        await self._store.submit(lambda conn: orders.dropped(conn, push.id, text))

    return ((Pushes, "_refused", refused),)


def order_never_pushed(_bench):
    """The bridge puts every third message for the platform into no outbox."""
    from pilebridge import orders

    push = orders.push
    count = [0]

    def lossy(conn, **values):
        count[0] += 1
        if count[0] % 3:
            push(conn, **values)

    return ((orders, "push", lossy),)


def energy_doubled_at_resume(_bench):
    """What was charged before a loss of power is added once more behind it."""
    from evse.core.transaction import Transaction

    resumed, finish = Transaction.resumed.__func__, Transaction.finish

    def resume(cls, was, connector, timeout_ms):
        tx = resumed(cls, was, connector, timeout_ms)
        tx.before_wh = was["last_wh"] - was["start_wh"]
        return tx

    def end(self, register_wh, age_ms):
        done = finish(self, register_wh, age_ms)
        if done:
            self.stop_wh += getattr(self, "before_wh", 0)
        return done

    return ((Transaction, "resumed", classmethod(resume)), (Transaction, "finish", end))


def stop_read_too_early(_bench):
    """The bill ends at the register of the moment in which the stop was asked for."""
    from evse.app.session import Session
    from evse.core.transaction import Transaction

    end, finish = Session._end, Transaction.finish

    def ask(self, *values):
        self.tx.asked_wh = self._loop.register.wh
        end(self, *values)

    def done(self, register_wh, age_ms):
        return finish(self, getattr(self, "asked_wh", register_wh), age_ms)

    return ((Session, "_end", ask), (Transaction, "finish", done))


def transaction_forgotten(_bench):
    """After a loss of power the pile does not look for a transaction."""
    from evse.app.journal import Journal

    mount = Journal._mount

    def forgetful(self):
        mount(self)
        self.open.clear()

    return ((Journal, "_mount", forgetful),)


def money_rounded_down(_bench):
    """A line's money loses its fraction of a fen."""
    from pilebridge import billing

    return ((billing, "price_fen", lambda energy_wh, price: energy_wh * price // 100_000),)


def start_acted_on_twice(_bench):
    """The pile does not remember what it answered, and starts while it charges."""
    from evse.app.commands import Commands
    from evse.app.session import Session

    handle, start = Commands.handle, Session.start

    def forgetful(self, message):
        self._answers.clear()
        return handle(self, message)

    def eager(self, ref, by):
        self.tx = None
        return start(self, ref, by)

    return ((Commands, "handle", forgetful), (Session, "start", eager))


TABLE = (
    acked_and_not_stored,
    nothing_in_one_commit,
    record_dropped,
    order_sent_twice,
    order_dropped,
    order_never_pushed,
    energy_doubled_at_resume,
    stop_read_too_early,
    transaction_forgotten,
    money_rounded_down,
    start_acted_on_twice,
)
