"""The secrets of piles and the keys derived from them: which may log in, sign and seal.

A pile has one secret from the settings and, after rotations, others with higher numbers in the store;
together they are a key set. Another secret in the settings begins another set, and the old one stays
to check records with. No secret is in a repr, a log line or an error.
"""

import hashlib
import hmac
import secrets as random
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pilebridge.wire import mac

ACTIVE, NEXT, OLD = "active", "next", "old"


class RotationError(ValueError):
    """A rotation that cannot begin; the text says why."""


class PreparedKey:
    """The face of evse.core.mac.Mac, with both halves of the HMAC begun once."""

    def __init__(self, key: bytes) -> None:
        padded = key + bytes(64 - len(key))
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))

    def digest(self, data: bytes) -> bytes:
        """The 32 bytes over `data`."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(data)
        outer.update(inner.digest())
        return outer.digest()

    def tag(self, data: bytes) -> bytes:
        """The first 16 bytes of the digest."""
        return self.digest(data)[:16]

    def proves(self, data: bytes, tag: bytes) -> bool:
        """True when `tag` is that of `data`."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(data)
        outer.update(inner.digest())
        return hmac.compare_digest(outer.digest()[:16], tag)


@dataclass(frozen=True)
class Secret:
    """One secret of a pile; `key_set` and `number` name it, `state` is active, next or old."""

    pile: str
    key_set: int
    number: int
    state: str
    secret: bytes = field(repr=False)
    command: PreparedKey = field(init=False, repr=False, compare=False)
    journal: PreparedKey = field(init=False, repr=False, compare=False)

    name: tuple[int, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", (self.key_set, self.number))
        command, journal = mac.derive(self.secret, mac.COMMAND), self.journal_key
        object.__setattr__(self, "command", PreparedKey(command))
        object.__setattr__(self, "journal", PreparedKey(journal))

    @property
    def journal_key(self) -> bytes:
        """What a third party needs to check this pile's records, and can do nothing else with."""
        return bytes(mac.derive(self.secret, mac.JOURNAL))


class Keyring:
    """The secrets of every configured pile: `configured` is pile -> (number, secret).

    `changed` is called whenever what logins() says may have changed.
    """

    def __init__(self, configured: Mapping[str, tuple[int, bytes]]) -> None:
        self.changed: list[Callable[[], None]] = []
        self._configured = configured
        self._secrets: dict[str, list[Secret]] = {}
        # The set that a pile's secret in the settings belongs to
        self._sets: dict[str, int] = {}
        self._in_use: dict[str, Sequence[Secret]] = {}

    def enrol(self, conn: sqlite3.Connection) -> None:
        """Write down the secrets of the settings, in a job; load() follows its commit."""
        for pile, (number, secret) in self._configured.items():
            rows = conn.execute("select * from secrets where pile = ?", (pile,)).fetchall()
            if any((row["number"], row["secret"]) == (number, secret) for row in rows):
                continue
            key_set = max((row["key_set"] for row in rows), default=0) + 1
            _insert(conn, pile, key_set, number, secret, ACTIVE)

    def load(self, conn: sqlite3.Connection) -> None:
        """Read everything from the store, and tell who listens."""
        found: dict[str, list[Secret]] = {}
        for row in conn.execute("select * from secrets order by pile, key_set desc, number desc"):
            pile = row["pile"]
            if pile not in self._configured:
                continue
            secret = Secret(pile, row["key_set"], row["number"], row["state"], row["secret"])
            found.setdefault(pile, []).append(secret)
            if (secret.number, secret.secret) == self._configured[pile]:
                self._sets[pile] = secret.key_set
        for pile, known in found.items():
            # What is tried first is what is most likely in use
            known.sort(key=lambda s: (s.key_set != self._sets[pile], s.state != ACTIVE))
            in_use = [s for s in known if s.key_set == self._sets[pile] and s.state != OLD]
            self._in_use[pile] = in_use
        self._secrets = found
        for tell in self.changed:
            tell()

    def logins(self) -> list[tuple[str, int, bytes]]:
        """(pile, number, secret) of everything that may log in at the broker now."""
        return [
            (pile, secret.number, secret.secret)
            for pile in self._configured
            for secret in self._current(pile)
        ]

    def known(self, pile: str) -> Sequence[Secret]:
        """Every secret a pile ever had here; the one in use comes first."""
        return self._secrets.get(pile, ())

    def active(self, pile: str) -> Secret:
        """The secret that is in use as far as the pile has said."""
        return next(s for s in self._current(pile) if s.state == ACTIVE)

    def coming(self, pile: str) -> Secret | None:
        """The secret that the pile is to use next, None when none is under way."""
        return next((s for s in self._current(pile) if s.state == NEXT), None)

    def signers(self, pile: str, number: int | None = None) -> Sequence[Secret]:
        """Secrets to sign with: that of a number, or every one the pile may use at this moment."""
        current = self._current(pile)
        return current if number is None else [s for s in current if s.number == number]

    def _current(self, pile: str) -> Sequence[Secret]:
        return self._in_use.get(pile, ())


def begin_rotation(conn: sqlite3.Connection, current: Secret) -> int:
    """Store a new random secret behind `current`, in a job; its number. RotationError if one waits already."""
    where = (current.pile, current.key_set)
    row = conn.execute(
        "select max(number), sum(state = 'next') from secrets where pile = ? and key_set = ?",
        where,
    ).fetchone()
    if row[1]:
        raise RotationError(f"{current.pile}: secret {row[0]} is still on its way to the pile")
    number = int(row[0]) + 1
    _insert(conn, *where, number, random.token_bytes(32), NEXT)
    return number


def finish_rotation(conn: sqlite3.Connection, taken: Secret) -> None:
    """The pile uses a new secret, in a job: what was before it only checks old records now."""
    where = (taken.pile, taken.key_set)
    conn.execute("update secrets set state = 'old' where pile = ? and key_set = ?", where)
    conn.execute(
        "update secrets set state = 'active' where pile = ? and key_set = ? and number = ?",
        (*where, taken.number),
    )


def waiting_rotations(conn: sqlite3.Connection) -> list[tuple[str, int]]:
    """(pile, number) of every secret that is on its way."""
    rows = conn.execute("select pile, number from secrets where state = 'next'")
    return [(row["pile"], row["number"]) for row in rows]


def _insert(
    conn: sqlite3.Connection, pile: str, key_set: int, number: int, secret: bytes, state: str
) -> None:
    conn.execute(
        "insert into secrets values (?, ?, ?, ?, ?)", (pile, key_set, number, secret, state)
    )
