"""The common model between pile and platforms: plain values, energy in Wh, money in fen."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

# The bridge's own word for a pile that is away, beside the wire's statuses
OFFLINE = "offline"


@dataclass(frozen=True)
class Connector:
    """One connector as configured; `pile` and `number` address it on the wire."""

    station_id: str
    pile: str
    number: int
    connector_id: str
    equipment_id: str
    kind: str
    rated_a10: int
    volts: int
    phases: int
    power_w: int
    name: str = ""
    park_no: str = ""


def by_pile(connectors: Iterable[Connector]) -> dict[str, list[Connector]]:
    """Connectors by the pile that they are of."""
    found: dict[str, list[Connector]] = {}
    for connector in connectors:
        found.setdefault(connector.pile, []).append(connector)
    return found


@dataclass
class ConnectorState:
    """What a pile last said about one connector; `status` is `offline` while it is away."""

    status: str = OFFLINE
    cp: str = ""
    faults: tuple[str, ...] = ()
    limit_a10: int = 0
    limit_by: str = ""
    tx: str = ""
    ref: str = ""
    w: int = 0
    wh: int | None = None
    mv: tuple[int, ...] = ()
    ma: tuple[int, ...] = ()
    sampled_utc: int = 0
    # By the pile's clock, as its records are
    said_utc: int = 0


@dataclass(frozen=True)
class Record:
    """One journal record as stored; `received_utc` is the bridge's clock at receipt.

    `data` are its sealed bytes, `chain` says how it stands to the record before it.
    """

    id: int
    pile: str
    seq: int
    kind: str
    boot: int
    up: int
    utc: int | None
    connector: int
    wh: int | None
    received_utc: int
    fields: dict[str, Any]
    life: str = ""
    chain: str = ""
    data: bytes = b""


@dataclass
class Transaction:
    """One charge on one connector, assembled from its journal records.

    `tariff` is the text of the tariff it began under; a changed setting does not change its price.
    `basis` is what it was billed on beside its records, see settlement.py.
    """

    pile: str
    tx: str
    life: str
    connector: int
    ref: str
    by: str
    start_seq: int
    start_wh: int
    start_utc: int
    tariff: str
    charging_utc: int | None = None
    stop_seq: int | None = None
    stop_wh: int | None = None
    stop_utc: int | None = None
    reason: str = ""
    fault: str = ""
    estimated: bool = False
    cdr: "ChargeDetailRecord | None" = None
    basis: str | None = None

    @property
    def ended(self) -> bool:
        """True once the stop record is in."""
        return self.stop_seq is not None


@dataclass(frozen=True)
class Reading:
    """Meter register at a moment: seconds since 1970, Wh."""

    utc: int
    wh: int


@dataclass(frozen=True)
class Fact:
    """What one journal record of a transaction says: when, the register, and what goes with its kind.

    `w` is the power then, None where the record has none. `reason` and `fault` are why it ends or ended.
    """

    utc: int
    wh: int
    w: int | None = None
    reason: str = ""
    fault: str = ""


@dataclass(frozen=True)
class ChargeLine:
    """The share of one tariff period; prices are 1e-4 yuan per kWh, money is fen."""

    start_utc: int
    end_utc: int
    energy_wh: int
    energy_price: int
    service_price: int
    energy_fen: int
    service_fen: int


@dataclass(frozen=True)
class ChargeDetailRecord:
    """A bill: totals are the sums of the lines; `estimated` when a time or register was inferred."""

    start_utc: int
    end_utc: int
    energy_wh: int
    energy_fen: int
    service_fen: int
    lines: tuple[ChargeLine, ...]
    estimated: bool = False

    @property
    def total_fen(self) -> int:
        """Energy and service money together."""
        return self.energy_fen + self.service_fen


@dataclass
class Counters:
    """What was dropped of one pile's messages, by cause."""

    malformed: int = 0
    unknown_topic: int = 0
    gap: int = 0
    conflict: int = 0
    forged: int = 0
    unsolicited_reply: int = 0
    late_reply: int = 0
    extra: dict[str, int] = field(default_factory=dict)
