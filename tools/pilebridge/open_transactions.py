"""The transactions that have not ended, found by pile without a look at those of all others."""

from collections.abc import Iterable, Iterator

from pilebridge.model import Transaction


class OpenTransactions:
    """By pile and transaction, in the order in which they were added."""

    def __init__(self, transactions: Iterable[Transaction] = ()) -> None:
        self._by_pile: dict[str, dict[str, Transaction]] = {}
        for transaction in transactions:
            self.add(transaction)

    def add(self, transaction: Transaction) -> None:
        """It has begun."""
        self._by_pile.setdefault(transaction.pile, {})[transaction.tx] = transaction

    def remove(self, transaction: Transaction) -> None:
        """It has ended; KeyError when it is not here."""
        del self._by_pile[transaction.pile][transaction.tx]
        if not self._by_pile[transaction.pile]:
            del self._by_pile[transaction.pile]

    def get(self, pile: str, tx: str) -> Transaction | None:
        """One of them, None when it is not open."""
        return self._by_pile.get(pile, {}).get(tx)

    def of_pile(self, pile: str) -> list[Transaction]:
        """Those of a pile."""
        return list(self._by_pile.get(pile, {}).values())

    def on_connector(self, pile: str, connector: int) -> list[Transaction]:
        """Those of a connector; two while it is not decided what became of the earlier one."""
        return [each for each in self.of_pile(pile) if each.connector == connector]

    def __iter__(self) -> Iterator[Transaction]:
        """All of them, those of a pile one after the other."""
        for rows in self._by_pile.values():
            yield from rows.values()
