"""Which platform a transaction belongs to, and what it hears of it."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from pilebridge.billing import Tariff
from pilebridge.model import Fact, Record, Transaction
from pilebridge.store import Effect

# `by` of a start by a card at the pile; its reference is the token
BY_CARD = "rfid"


class Change(NamedTuple):
    """What a record means for a transaction; without `saved` the transaction is as it was."""

    kind: str
    transaction: Transaction
    fact: Fact
    saved: bool = True


class Owner(Protocol):
    """A platform as the assembly sees it; `name` is the one in the settings."""

    name: str

    def owns(self, ref: str) -> bool:
        """True when the platform ordered this reference."""
        ...

    def claims(self, transaction: Transaction) -> bool:
        """True when a transaction is its own: it ordered it, or card starts of the pile are its."""
        ...

    def tariff_of(self, ref: str) -> Tariff | None:
        """The prices that were quoted for a reference of its own; None is the bridge's own tariff."""
        ...

    def effects(self, kind: str, transaction: Transaction, fact: Fact) -> Sequence[Effect]:
        """What to commit for a record of one of its transactions, together with the record's own effect.

        `kind` is tx_start, tx_charging and tx_stop once each, tx_sample, tx_resume and tx_ending
        as they come; a sample that was lost on the way is not told later.
        """
        ...

    def after(self, kind: str, transaction: Transaction) -> None:
        """The effects are committed."""
        ...


def owner_of(owners: Sequence[Owner], transaction: Transaction) -> Owner | None:
    """The first that claims a transaction."""
    return next((owner for owner in owners if owner.claims(transaction)), None)


def fact_of(record: Record, utc: int) -> Fact:
    """What a record with a register says, at the time where it was placed."""
    fields = record.fields
    reason, fault = str(fields.get("reason", "")), str(fields.get("fault", ""))
    return Fact(utc, record.wh or 0, fields.get("w"), reason, fault)
