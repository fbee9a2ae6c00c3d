"""The books of one pile as they stand in the store, with what the pile is known to hold of them."""

import sqlite3
from dataclasses import dataclass, field

from pilebridge import transactions
from pilebridge.profile_book import ProfileBook
from pilebridge.station_services import TX, ChargingProfile
from pilebridge.store import Effect
from pilebridge.token_book import TokenBook

PROFILES, TOKENS = "profiles", "tokens"
_TOLD = ".told"
_WRITE = "insert or replace into pile_books values (?, ?, ?, ?)"


@dataclass
class Books:
    """`told` is the revision of each book that the pile holds; `nonce` names the greeting it stands on."""

    pile: str
    profiles: ProfileBook
    tokens: TokenBook
    told: dict[str, int] = field(default_factory=lambda: {PROFILES: 0, TOKENS: 0})
    nonce: str = ""

    def revision(self, name: str) -> int:
        """The newest revision of a book."""
        return self.profiles.revision if name == PROFILES else self.tokens.version

    def in_step(self, name: str) -> bool:
        """True when the pile holds that."""
        return self.told[name] == self.revision(name)

    @property
    def all_in_step(self) -> bool:
        """True when there is nothing to bring."""
        return all(self.in_step(name) for name in self.told)

    def save(self, name: str) -> Effect:
        """Write one book, and what the pile holds."""
        book = self.profiles if name == PROFILES else self.tokens
        row = (self.pile, name, self.revision(name), book.as_text())
        save_told = self.save_told()

        def job(conn: sqlite3.Connection) -> None:
            conn.execute(_WRITE, row)
            save_told(conn)

        return job

    def save_told(self) -> Effect:
        """Write what the pile holds."""
        rows = [(self.pile, name + _TOLD, n, self.nonce) for name, n in self.told.items()]
        return lambda conn: conn.executemany(_WRITE, rows)


def load(conn: sqlite3.Connection, pile: str) -> Books:
    """The books of a pile, empty ones at first."""
    rows = conn.execute("select name, revision, body from pile_books where pile = ?", (pile,))
    found = {row["name"]: (row["revision"], row["body"]) for row in rows}
    profiles = ProfileBook.from_text(*found.get(PROFILES, (0, "[]")))
    tokens = TokenBook.from_text(*found.get(TOKENS, (0, "[]")))
    books = Books(pile, profiles, tokens)
    for name in books.told:
        books.told[name], books.nonce = found.get(name + _TOLD, (0, ""))
    return books


def running(conn: sqlite3.Connection, pile: str, book: ProfileBook) -> ProfileBook:
    """A book without the profiles of transactions that are over; the pile drops those by itself."""
    kept = tuple(each for each in book.profiles if not _is_over(conn, pile, each))
    return book if len(kept) == len(book.profiles) else ProfileBook(book.revision, kept)


def _is_over(conn: sqlite3.Connection, pile: str, profile: ChargingProfile) -> bool:
    if profile.purpose != TX:
        return False
    found = transactions.find_by_ref(conn, pile, profile.ref)
    return found is not None and found.ended
