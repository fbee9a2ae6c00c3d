"""What the books are compared on, read from where it is kept: meter, flash, database, platform.

Nothing here comes from the program whose figures it checks, but the registers and bills themselves.
"""

import hashlib
import hmac
import json
from typing import Any, NamedTuple

from evse.core import records
from evse.core.ring import Ring
from pilebridge import alarms, evidence, orders, transactions, verify
from pilebridge.keys import PreparedKey
from pilebridge.platforms.tcec102.pushes import ORDER
from pilebridge.schema import connect
from pilesim.memory import FILE
from pilesim.nor_flash import NorFlash
from pilesim.pile import FLASH_FILE
from sandbox.bench_settings import SECRET, STATION

_WH_PER_UNIT = 10
FIRST_UNITS = 123_456
JOURNAL_KEY = hmac.digest(bytes.fromhex(SECRET), b"pilelink journal 1", hashlib.sha256)


class Flash(NamedTuple):
    """What a pile's flash holds: life, number of the next record, {seq: bytes}."""

    life: str
    next_seq: int
    held: dict[int, bytes]


class Facts(NamedTuple):
    """All books of one run; energy in Wh, money in fen."""

    first_wh: int
    last_wh: int
    flash: Flash
    journals: dict[str, int]  # life: number up to which the bridge has committed
    unequal: list[int]  # numbers that flash and bridge hold with other bytes
    transactions: list[Any]  # pilebridge.model.Transaction, oldest first
    orders: list[orders.Order]
    order_pushes: dict[str, int]  # reference: orders that the bridge put into its outbox
    bills: dict[str, dict[str, Any]]  # reference: the bill at the platform
    taken: dict[str, int]  # reference: how often the platform took a bill
    violations: list[str]
    alarms: list[str]
    evidence: dict[str, list[str]]  # transaction: what does not hold


def set_meter(folder):
    """Put the meter where every run begins; before the pile's first start."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(json.dumps({"register_units": FIRST_UNITS}))


def meter_wh(folder):
    """The meter's register now, in Wh."""
    return json.loads((folder / FILE).read_text())["register_units"] * _WH_PER_UNIT


def read_flash(folder):
    """Flash of a pile, read with the firmware's own ring from a copy in memory."""
    content = (folder / FLASH_FILE).read_bytes()
    flash = NorFlash(len(content))
    flash.content[:] = content
    key = PreparedKey(JOURNAL_KEY)
    ring = Ring(flash, lambda data, life: records.proven(data, life, key))
    held = {}
    ring.mount(lambda data: held.update({records.seq_of(data): bytes(data)}))
    return Flash(ring.life, ring.next_seq, held)


def journals(conn):
    """{life: number up to which it is committed} of the pile."""
    return dict(conn.execute("select life, upto from lives where pile = ?", (STATION,)).fetchall())


def platform_bills(bench, refs):
    """{reference: bill} of those that the platform has a bill for."""
    found = {ref: bench.get(f"api/charges/{ref}")["bill"] for ref in refs}
    return {ref: bill for ref, bill in found.items() if bill is not None}


def order_list(conn):
    """Every order of the platform."""
    return [orders.Order(**dict(row)) for row in conn.execute("select * from orders")]


def read(folder, bills, taken, violations):
    """Facts of a bench whose bridge and pile have ended; the rest is of the platform."""
    conn = connect(str(folder / "bridge.sqlite"), reader=True)
    flash = read_flash(folder / "pile")
    rows = conn.execute("select count(*) from transactions").fetchone()[0]
    found = [transaction for _row, transaction in reversed(transactions.latest(conn, rows))]
    pushes = "select ref, count(*) from outbox where kind = ? group by ref"
    stored = "select seq, body from journal where pile = ? and life = ?"
    bodies = dict(conn.execute(stored, (STATION, flash.life)).fetchall())
    facts = Facts(
        FIRST_UNITS * _WH_PER_UNIT,
        meter_wh(folder / "pile"),
        flash,
        journals(conn),
        [seq for seq, data in flash.held.items() if bodies.get(seq) != data],
        found,
        order_list(conn),
        dict(conn.execute(pushes, (ORDER,)).fetchall()),
        bills,
        taken,
        violations,
        [f"{alarm.kind}: {alarm.text}" for alarm in alarms.latest(conn, 1000)],
        {item.tx: _verified(conn, item.tx) for item in found},
    )
    conn.close()
    return facts


def _verified(conn, tx):
    """Sentences about what does not hold of a transaction's evidence, as its file would show."""
    names = conn.execute("select key_set, number from secrets where pile = ?", (STATION,))
    keys = [verify.JournalKey(STATION, tuple(row), JOURNAL_KEY) for row in names]
    try:
        return verify.verify(json.loads(json.dumps(evidence.collect(conn, tx, STATION))), keys)
    except evidence.EvidenceError as error:
        return [str(error)]
