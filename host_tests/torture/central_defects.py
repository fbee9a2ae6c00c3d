"""Defects of the OCPP side planted on purpose, as those in defects.py.

`TABLE` has each with the version it shows in, and where: what dies when in central_cuts, or seeds of whole runs.
"""

from dataclasses import replace

OLD, NEW = "ocpp1.6", "ocpp2.0.1"


def fact_dropped_when_refused(_bench):
    """A fact that the central system answers with an error counts as delivered."""
    from pilebridge.platforms.ocpp.delivery import Delivery
    from pilebridge.platforms.ocpp.queue import delivered

    async def failed(self, waiting, _text):
        await self._store.submit(lambda conn: delivered(conn, [waiting.id]))
        self._over(waiting)

    return ((Delivery, "_failed", failed),)


def fact_marked_before_it_is_answered(_bench):
    """A fact leaves the queue when it is sent."""
    from pilebridge.platforms.ocpp import queue

    due = queue.due
    gone = set()

    def eager(conn, platform, pile, limit=queue.BATCH):
        return [row for row in due(conn, platform, pile, limit) if not _seen(gone, row.id)]

    return ((queue, "due", eager),)


def _seen(gone, name):
    known = name in gone
    gone.add(name)
    return known


def transaction_id_forgotten(_bench):
    """The central system's number of a transaction is kept in memory only."""
    from pilebridge.platforms.ocpp.book import Book

    async def bind(self, pile, tx, transaction_id):
        found = self.find(pile, tx)
        if found is not None:
            found[1].transaction_id = transaction_id

    return ((Book, "bind", bind),)


def number_used_again(_bench):
    """The numbers of a transaction's events are counted in the bridge's memory."""
    from pilebridge.platforms.ocpp import queue

    push = queue.push
    counts = {}

    def counted(conn, platform, ref, event):
        before = conn.total_changes
        push(conn, platform, ref, event)
        if conn.total_changes > before:
            process = id(conn), event.tx
            body = replace(event, seq=counts.get(process, 0)).as_dict()
            counts[process] = counts.get(process, 0) + 1
            conn.execute(
                "update ocpp_queue set event = ? where id = (select max(id) from ocpp_queue)",
                (queue._encode(body).decode(),),
            )

    return ((queue, "push", counted),)


def newest_fact_first(_bench):
    """Facts that waited are told in the wrong order."""
    from pilebridge.platforms.ocpp import queue

    due = queue.due

    def reverse(*values):
        return due(*values)[::-1]

    return ((queue, "due", reverse),)


def fact_not_with_the_cursor(_bench):
    """A fact is queued by a commit of its own, after that of the record."""
    from pilebridge.platforms.ocpp.adapter import OcppPlatform

    effects, after = OcppPlatform.effects, OcppPlatform.after
    late = []

    def later(self, kind, transaction, fact):
        late.extend(effects(self, kind, transaction, fact))
        return []

    def then(self, kind, transaction):
        store, jobs = self._store, late[:]
        late.clear()

        async def queue():
            for job in jobs:
                await store.submit(job)
            after(self, kind, transaction)

        self._common.spawn(queue())

    return ((OcppPlatform, "effects", later), (OcppPlatform, "after", then))


def others_are_told(_bench):
    """Starts of others are claimed when nobody else does."""
    from pilebridge.platforms.ocpp.adapter import OcppPlatform

    claims = OcppPlatform.claims

    def claim(self, transaction):
        return transaction.by == "local" or claims(self, transaction)

    return ((OcppPlatform, "claims", claim),)


def early_answer_believed(_bench):
    """The first answer to a start is the transaction's number, whatever it is."""
    from pilebridge.platforms.ocpp.v16.transactions import Transactions

    async def doubt(_self, _event, _number, _status):
        return None

    return ((Transactions, "_doubt", doubt),)


def answered_fact_sent_again(_bench):
    """The queue keeps the first of every four facts that were delivered."""
    from pilebridge.platforms.ocpp import queue
    from pilebridge.platforms.ocpp.delivery import Delivery

    delivered, over = queue.delivered, Delivery._over
    kept = set()

    def forgetful(conn, ids):
        delivered(conn, [each for each in ids if each % 4 or _seen(kept, each)])

    def again(self, waiting):
        over(self, waiting)
        if waiting.id in kept:
            self._batch.clear()
            self._charger.facts_wait = True

    return ((queue, "delivered", forgetful), (Delivery, "_over", again))


def told_at_the_wrong_time(_bench):
    """What happened is told with the time at which it was queued."""
    from pilebridge.platforms.ocpp.telling import Telling

    of_record = Telling.of_record

    def now(self, *values):
        return replace(of_record(self, *values), utc=int(self._clock()))

    return ((Telling, "of_record", now),)


def end_read_from_the_live_state(_bench):
    """The end is told with the register that the pile said last, not with that of its record."""
    from pilebridge.platforms.ocpp import events
    from pilebridge.platforms.ocpp.telling import Telling

    of_record = Telling.of_record

    def live(self, kind, transaction, row, fact, services, since_utc):
        event = of_record(self, kind, transaction, row, fact, services, since_utc)
        wh = services.state(transaction.connector).wh
        return replace(event, wh=wh) if event.kind == events.ENDED and wh else event

    return ((Telling, "of_record", live),)


def start_forgotten(_bench):
    """A start that was asked for is not written down before the pile hears of it."""
    from pilebridge.platforms.ocpp.book import Book

    async def expect(self, row, _now_utc):
        self._rows.setdefault(row.pile, {})[row.ref] = row

    def owns(self, ref):
        return any(ref in rows for rows in self._rows.values())

    return ((Book, "expect", expect), (Book, "owns", owns))


TABLE = (
    (fact_dropped_when_refused, NEW, ("untaken", (3, 9))),
    (fact_marked_before_it_is_answered, OLD, ("bridge", (49, 61, 73))),
    (transaction_id_forgotten, OLD, ("bridge", (49, 61, 73))),
    (number_used_again, NEW, ("bridge", (49, 61, 73))),
    (newest_fact_first, NEW, ("untaken", (3, 9))),
    (fact_not_with_the_cursor, OLD, ("bridge", range(22, 35, 3))),
    (others_are_told, OLD, (2, 4, 6)),
    (early_answer_believed, OLD, (2, 6, 10)),
    (answered_fact_sent_again, NEW, ("taken", (3, 9))),
    (told_at_the_wrong_time, NEW, ("taken", (3, 9))),
    (end_read_from_the_live_state, OLD, ("taken", (3, 9))),
    (start_forgotten, OLD, ("bridge", range(7, 14, 3))),
)
