"""What a station remembers of each transaction until its end was told: doubts about its start, its samples."""

from typing import Any

from pilebridge.platforms.ocpp.context import ChargerContext
from pilebridge.platforms.ocpp.v16.meter_values import BEGIN, CLOCK, Sample

# Beyond this every second one is dropped, the first stays
_MOST_SAMPLES = 120


class OpenBooks:
    """One value of the station for each transaction; the queue may end it long after the pile did."""

    def __init__(self, context: ChargerContext) -> None:
        self._context = context
        self._told_wh: dict[str, int] = {}

    def told(self, tx: str, wh: int) -> None:
        """A register of this transaction has been told."""
        self._told_wh[tx] = max(wh, self._told_wh.get(tx, 0))

    def not_back(self, tx: str, wh: int) -> int:
        """A live register, which may be older than a record told since: never less than what was told."""
        return max(wh, self._told_wh.get(tx, wh))

    def number(self, tx: str) -> int | None:
        """The central system's transactionId, None as long as it gave none."""
        for each in self._context.transactions():
            if each.tx == tx and each.transaction_id:
                return int(each.transaction_id)
        return None

    def doubts(self, tx: str) -> int:
        """How often the start had no answer that was believed."""
        return int(self._book(tx).get("doubts", 0))

    async def doubt(self, tx: str, count: int) -> None:
        """One more."""
        await self._keep(tx, {**self._book(tx), "doubts": count})

    async def begin(self, tx: str, first: Sample) -> None:
        """The central system has answered the start; `first` is what the meter said then."""
        await self._keep(tx, {"noted": [[BEGIN, *first.as_list()]]})

    async def note(self, tx: str, sample: Sample, context: str) -> None:
        """Keep a sample for the end; the same moment comes once."""
        book = self._book(tx)
        noted = list(book.get("noted", []))
        if any(row[0] == context and row[1] == sample.utc for row in noted):
            return
        noted.append([context, *sample.as_list()])
        if len(noted) > _MOST_SAMPLES:
            noted = noted[:1] + noted[2::2]
        await self._keep(tx, {**book, "noted": noted})

    def noted(self, tx: str) -> list[tuple[Sample, str]]:
        """The samples with their contexts, in the order of time."""
        rows = self._book(tx).get("noted", [])
        found = [(Sample.from_list(row[1:]), str(row[0])) for row in rows]
        return sorted(found, key=lambda pair: (pair[0].utc, pair[1] == CLOCK))

    async def end(self, tx: str) -> None:
        """Its end was told."""
        self._told_wh.pop(tx, None)
        if self._book(tx):
            await self._context.values.set(f"tx:{tx}", None)

    def _book(self, tx: str) -> dict[str, Any]:
        book: dict[str, Any] = self._context.values.get(f"tx:{tx}", {})
        return book

    async def _keep(self, tx: str, book: dict[str, Any]) -> None:
        await self._context.values.set(f"tx:{tx}", book)
