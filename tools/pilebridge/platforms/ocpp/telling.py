"""From journal records and live states to the facts that a central system is told."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pilebridge.model import OFFLINE, Transaction
from pilebridge.platforms.ocpp import events
from pilebridge.platforms.ocpp.context import OpenTransaction
from pilebridge.platforms.ocpp.events import TxEvent
from pilebridge.station_services import StationServices

KINDS = {
    "tx_start": events.STARTED,
    "tx_charging": events.CHARGING,
    "tx_sample": events.SAMPLE,
    "tx_resume": events.SAMPLE,
    "tx_ending": events.SAMPLE,
    "tx_stop": events.ENDED,
}
# What comes later than this from a pile was told late, whatever the central system's link did
_LATE_S = 60
# Live values this near to a record go with it
_NEAR_S = 15


class Fact(Protocol):
    """What a record says, as the assembly has placed it."""

    @property
    def utc(self) -> int: ...
    @property
    def wh(self) -> int: ...
    @property
    def w(self) -> int | None: ...
    @property
    def reason(self) -> str: ...
    @property
    def fault(self) -> str: ...


@dataclass(frozen=True, slots=True)
class _Told:
    """What was queued last of the transaction on a connector; `began` when its first charging was."""

    tx: str
    state: str
    wh: int
    start_wh: int
    began: bool = True


class Telling:
    """Makes facts, and remembers what was queued last so that a state is told once.

    `since_utc` is when the central system could be told at once, None while it cannot.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._told: dict[tuple[str, int], _Told] = {}

    def of_record(
        self,
        kind: str,
        transaction: Transaction,
        row: OpenTransaction,
        fact: Fact,
        services: StationServices,
        since_utc: int | None,
    ) -> TxEvent:
        """The fact in a journal record; `kind` is one of those in KINDS."""
        kind = KINDS[kind]
        state, mv, ma = _live(services, transaction, fact.utc)
        # Whatever the pile says by now: this is what it was then
        state = {events.STARTED: "preparing", events.CHARGING: "charging"}.get(kind, state)
        began = kind == events.CHARGING or transaction.charging_utc is not None
        told = _Told(transaction.tx, state, fact.wh, transaction.start_wh, began)
        self._told[transaction.pile, transaction.connector] = told
        ended = kind == events.ENDED
        return TxEvent(
            kind=kind,
            pile=transaction.pile,
            tx=transaction.tx,
            connector=transaction.connector,
            seq=0,
            utc=fact.utc,
            wh=fact.wh,
            w=fact.w,
            mv=mv,
            ma=ma,
            state=state,
            reason=fact.reason if ended else "",
            fault=fact.fault if ended else "",
            id_token=row.id_token,
            id_token_type=row.id_token_type,
            remote_start_id=row.remote_start_id,
            reservation_id=row.reservation_id,
            start_wh=transaction.start_wh,
            offline=self._offline(since_utc, fact.utc),
        )

    def of_state(
        self,
        row: OpenTransaction,
        services: StationServices,
        since_utc: int | None,
        kind: str = events.STATE,
    ) -> TxEvent | None:
        """The fact in the live state of a transaction's connector.

        None when another one runs there, and for STATE when it is known already.
        """
        try:
            live = services.state(row.connector)
        except KeyError:
            return None
        address = (row.pile, row.connector)
        told = self._told.get(address)
        if told is None or told.tx != live.tx:
            told = _Told(live.tx, "", -1, -1)
        wh = told.wh if live.wh is None else max(live.wh, told.wh)
        # The first charging has a record of its own, which is on its way
        known = live.status == told.state or (live.status == "charging" and not told.began)
        # Only before it nothing was offered: a state on its way when the record came is over
        known = known or (live.status == "preparing" and told.began and told.state != "")
        # The record of an ending is on its way, and has the moment of it
        known = known or live.status == "finishing"
        known = known and kind == events.STATE
        if live.tx != row.tx or live.status in {"", OFFLINE} or known or wh < 0:
            return None
        start_wh = wh if told.start_wh < 0 else told.start_wh
        self._told[address] = _Told(live.tx, live.status, wh, start_wh, told.began)
        now_utc = int(self._clock())
        # A state has the clock that dates the records around it
        by_pile = kind == events.STATE and abs(now_utc - live.said_utc) <= _NEAR_S
        return TxEvent(
            kind=kind,
            pile=row.pile,
            tx=row.tx,
            connector=row.connector,
            seq=0,
            utc=live.said_utc if by_pile else now_utc,
            wh=wh,
            w=live.w,
            mv=live.mv,
            ma=live.ma,
            state=live.status,
            id_token=row.id_token,
            id_token_type=row.id_token_type,
            remote_start_id=row.remote_start_id,
            reservation_id=row.reservation_id,
            start_wh=start_wh,
            offline=self._offline(since_utc, now_utc),
        )

    def _offline(self, since_utc: int | None, utc: int) -> bool:
        late = self._clock() - utc > _LATE_S
        return since_utc is None or utc < since_utc or late


def _live(
    services: StationServices, transaction: Transaction, utc: int
) -> tuple[str, tuple[int, ...], tuple[int, ...]]:
    """State, voltages and currents that belong to a record, as far as the pile still says them."""
    try:
        live = services.state(transaction.connector)
    except KeyError:
        return "", (), ()
    if live.tx != transaction.tx or live.status == OFFLINE:
        return "", (), ()
    near = abs(live.sampled_utc - utc) <= _NEAR_S
    return live.status, live.mv if near else (), live.ma if near else ()
