"""Defects planted on purpose: the bench is worth something when it finds each of them.

Each gives rows (owner, name, value) for fixed.replaced(); `TABLE` names them all.
"""

import asyncio

from evse.core import messages, records, reports


def ack_before_commit(_bench):
    """The bridge acknowledges records and stores them a moment later."""
    from pilebridge.pile_link import PileLink

    take = PileLink.on_message

    async def on_message(self, topic, payload, retained):
        pile, name = messages.split_topic(topic)
        if name == "journal":
            message = messages.decode("journal", payload, reports.FIELDS)
            last = messages.decode_base64("records", message["records"][-1])
            ack = messages.encode({"life": message["life"], "upto": records.seq_of(last)})
            where = messages.topic(pile, "ack")
            key = self._keyring.known(pile)[0].command
            self._publisher.publish(where, messages.sign(where, ack, key))
            await asyncio.sleep(1)
        await take(self, topic, payload, retained)

    return ((PileLink, "on_message", on_message),)


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
    """The last reading may be one from before the contactor opened."""
    from evse.core import transaction

    return ((transaction, "_SETTLE_MS", -5000),)


def transaction_forgotten(_bench):
    """After a loss of power the pile does not look for a transaction."""
    from evse.app.ledger import Ledger

    take = Ledger.take

    def forgetful(self, data):
        take(self, data)
        self.open.clear()

    return ((Ledger, "take", forgetful),)


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
    ack_before_commit,
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
