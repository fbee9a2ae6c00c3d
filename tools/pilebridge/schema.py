"""The tables of the bridge's database, and opening a file of it that nobody else can read."""

import os
import sqlite3
import stat
from pathlib import Path

SCHEMA_VERSION = 5

# A life's `key_set` and `key_number` name the newest secret that sealed a record of it
_SCHEMA = """
create table meta (key text primary key, value text not null) without rowid;
create table piles (
    pile text primary key, hello text, life text not null default '',
    first integer not null default 0, anchor_life text, anchor_boot integer, anchor_up integer,
    anchor_utc integer
) without rowid;
create table lives (
    pile text not null, life text not null, number integer not null, upto integer not null,
    tag blob, boot integer not null default -1, key_set integer not null default 0,
    key_number integer not null default 0, bad_seq integer, conflict_seq integer,
    first_utc integer not null, primary key (pile, life)
) without rowid;
create table journal (
    id integer primary key, pile text not null, life text not null, seq integer not null,
    kind text not null, boot integer not null, up integer not null, utc integer,
    connector integer not null, wh integer, tx text not null, received_utc integer not null,
    chain text not null, body blob not null, unique (pile, life, seq)
);
create index journal_tx on journal (pile, tx) where tx <> '';
create table holes (
    pile text not null, life text not null, first integer not null, last integer not null,
    primary key (pile, life, first)
) without rowid;
create table quarantine (
    id integer primary key, pile text not null, life text not null, why text not null,
    received_utc integer not null, body blob not null, unique (pile, life, body)
);
create table alarms (
    id integer primary key, pile text not null, life text not null, kind text not null,
    subject text not null, text text not null, first_utc integer not null,
    last_utc integer not null, count integer not null default 1, cleared_utc integer,
    unique (pile, life, kind, subject)
);
create table secrets (
    pile text not null, key_set integer not null, number integer not null, secret blob not null,
    state text not null, primary key (pile, key_set, number)
) without rowid;
create index secrets_next on secrets (pile) where state = 'next';
create table transactions (
    id integer primary key autoincrement, pile text not null, tx text not null,
    life text not null, connector integer not null, ref text not null, started_by text not null,
    start_seq integer not null, start_wh integer not null, start_utc integer not null,
    charging_utc integer, stop_seq integer, stop_wh integer, stop_utc integer,
    reason text not null default '', fault text not null default '',
    estimated integer not null default 0, tariff text not null, cdr text, basis text,
    unique (pile, tx)
);
create index transactions_ref on transactions (ref);
create index transactions_open on transactions (pile) where stop_seq is null;
create table orders (
    platform text not null, ref text not null, connector_id text not null, state text not null,
    tx text not null default '', answer text, created_utc integer not null, tariff text not null,
    primary key (platform, ref)
) without rowid;
create index orders_waiting on orders (platform, state) where tx = '';
create table outbox (
    id integer primary key autoincrement, platform text not null, kind text not null,
    ref text not null, body text not null, created_utc integer not null,
    attempts integer not null default 0, next_try real not null default 0,
    state text not null default 'due', last_error text not null default ''
);
create index outbox_due on outbox (platform, id) where state = 'due';
create index outbox_ref on outbox (ref);
create table station_digests (
    station text primary key, digest text not null, changed_utc integer not null
) without rowid;
"""

# A roll-out is one wave of a bundle. Its `why` says what stopped it, `forgiven` counts the failures that
# the operator has seen and gone on from. Of a station: `place` is
# its turn, `tries` counts the commands it was sent, `before`
# is the version it ran then, `trial_utc` when it began to leave it
_UPDATES = """
create table bundles (
    id text primary key, board text not null, version text not null, bytes integer not null,
    added_utc integer not null
) without rowid;
create table rollouts (
    id integer primary key autoincrement, bundle text not null, wave text not null,
    site text not null, at_once integer not null, stop_after integer not null,
    forgiven integer not null default 0, state text not null, why text not null default '',
    started_utc integer not null
);
create index rollouts_open on rollouts (state) where state = 'running';
create table rollout_stations (
    rollout integer not null, pile text not null, place integer not null,
    phase text not null default 'waiting', tries integer not null default 0,
    have integer not null default 0, problem text not null default '', before text not null default '', trial_utc integer,
    primary key (rollout, pile)
) without rowid;
create index rollout_stations_pile on rollout_stations (pile);
create table pile_updates (
    pile text primary key, bundle text not null, phase text not null, have integer not null,
    problem text not null, said_utc integer not null
) without rowid;
create table rollbacks (
    id integer primary key autoincrement, pile text not null, state text not null,
    problem text not null default '', asked_utc integer not null
);
create index rollbacks_waiting on rollbacks (id) where state = 'waiting';
"""
# `pile_books`: what a pile is to hold, whoever asked for it: charging profiles, the local list.
# `station_values`: what one platform's station remembers, JSON by key. A queued event waits behind
# the earlier ones of its pile; `tx` of an OCPP transaction is "" until its first record is in.
# `told_readings`: the highest register that a platform was told of a running transaction
_CENTRAL = """
create table pile_books (
    pile text not null, name text not null, revision integer not null, body text not null,
    primary key (pile, name)
) without rowid;
create table station_values (
    platform text not null, pile text not null, key text not null, value text not null,
    primary key (platform, pile, key)
) without rowid;
create table ocpp_transactions (
    platform text not null, ref text not null, pile text not null, tx text not null default '',
    connector integer not null, transaction_id text not null default '',
    id_token text not null default '', id_token_type text not null default '',
    group_id text not null default '', remote_start_id integer, reservation_id integer,
    next_seq integer not null default 0, ended integer not null default 0,
    created_utc integer not null, primary key (platform, ref)
) without rowid;
create index ocpp_transactions_open on ocpp_transactions (platform, pile) where ended = 0;
create index ocpp_transactions_tx on ocpp_transactions (platform, pile, tx);
create table ocpp_queue (
    id integer primary key autoincrement, platform text not null, pile text not null,
    tx text not null, event text not null, attempts integer not null default 0,
    state text not null default 'due', last_error text not null default ''
);
create table told_readings (
    pile text not null, tx text not null, utc integer not null, wh integer not null,
    primary key (pile, tx)
) without rowid;
create index ocpp_queue_due on ocpp_queue (platform, pile, id) where state = 'due';
"""
_SCHEMA += _UPDATES + _CENTRAL
# What makes the tables of the next version out of those of an earlier one
_STEPS = {3: _UPDATES, 4: _CENTRAL}


class StoreError(RuntimeError):
    """The database cannot be used; the text is for the operator."""


def connect(path: str, reader: bool = False, synchronous: str = "full") -> sqlite3.Connection:
    """A connection to a database file of ours, which is made if it is missing; StoreError says why not."""
    _make_private(path)
    try:
        conn = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        conn.execute("pragma journal_mode = wal")
        conn.execute(f"pragma synchronous = {synchronous}")
        conn.execute("pragma busy_timeout = 5000")
        if reader:
            conn.execute("pragma query_only = on")
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}") from None
    conn.row_factory = sqlite3.Row
    return conn


def migrate(conn: sqlite3.Connection, path: str) -> None:
    """Make the tables in an empty file, or bring those of an earlier version up to this one; StoreError."""
    try:
        tables = {row["name"] for row in conn.execute("select name from sqlite_master")}
        if "meta" not in tables:
            if tables:
                raise StoreError(f"{path}: a database of something else")
            version = f"insert into meta values ('schema', '{SCHEMA_VERSION}');"
            conn.executescript("begin;" + _SCHEMA + version + "commit;")
        found = _version(conn)
        while found in _STEPS:
            set_version = f"update meta set value = '{found + 1}' where key = 'schema';"
            conn.executescript("begin immediate;" + _STEPS[found] + set_version + "commit;")
            found = _version(conn)
    except sqlite3.Error as error:
        if conn.in_transaction:
            conn.execute("rollback")
        raise StoreError(f"{path}: {error}") from None
    if found != SCHEMA_VERSION:
        text = f"schema {found}, this bridge needs {SCHEMA_VERSION}: keep the file, name a new one"
        raise StoreError(f"{path}: {text}")


def open_database(path: str) -> sqlite3.Connection:
    """A connection for a command that works on the file alone, with the bridge up or down; StoreError."""
    conn = connect(path)
    migrate(conn, path)
    return conn


def _version(conn: sqlite3.Connection) -> int:
    row = conn.execute("select value from meta where key = 'schema'").fetchone()
    return int(row["value"]) if row is not None and row["value"].isdigit() else 0


def _make_private(path: str) -> None:
    """The file holds secrets of piles: nobody else may read it, nor the files SQLite puts beside it."""
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        # An existing file is not opened: closing it again would take away the locks of every connection
        # that this process has to it, and another process would believe to be the last and clear the log
        if not file.exists():
            os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        mode = stat.S_IMODE(file.stat().st_mode)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from None
    if mode & 0o077:
        raise StoreError(f"{path}: others can read it (mode {mode:o}): chmod 600 {path}")
