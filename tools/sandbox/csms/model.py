"""What the central system knows: stations, transactions of both versions in one form, complaints, exchanges."""

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Complaint:
    """A rule that a station broke; `rule` is a fixed word, `text` says what happened."""

    station: str
    rule: str
    text: str


@dataclass
class Exchange:
    """One call with what it got: `answer`, or `error` (a CALLERROR's code, or "none" without an answer)."""

    at: float
    station: str
    by: str
    action: str
    payload: Any
    answer: Json | None = None
    error: str = ""


@dataclass
class Sample:
    """The meter at one moment: register in Wh, current of the busiest phase in A, power in W."""

    utc: float
    wh: float | None = None
    amps: float | None = None
    watts: float | None = None
    context: str = ""


@dataclass
class Transaction:
    """One charge. `id` is the number of 1.6 as text, or the text of 2.0.1; `end_utc` is None while it runs."""

    station: str
    id: str
    version: str
    connector: int
    token: str = ""
    start_utc: float = 0.0
    start_wh: float | None = None
    end_utc: float | None = None
    end_wh: float | None = None
    reason: str = ""
    state: str = ""
    samples: list[Sample] = field(default_factory=list)
    # 2.0.1: numbers seen, and how often a message came again (both versions)
    numbers: list[int] = field(default_factory=list)
    gaps: list[int] = field(default_factory=list)
    resent: int = 0
    offline_events: int = 0
    remote_start_id: int | None = None
    # Digests of messages by what makes them the same, so that a second one is known
    seen: dict[str, str] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        """True until its end was told."""
        return self.end_utc is None

    def last_wh(self) -> float | None:
        """The register told last."""
        told = [sample.wh for sample in self.samples if sample.wh is not None]
        return told[-1] if told else self.start_wh

    def last_utc(self) -> float:
        """The moment told last, the end aside."""
        return self.samples[-1].utc if self.samples else self.start_utc

    def view(self) -> Json:
        """For the page: everything but the books of repetitions."""
        values = asdict(self)
        del values["seen"], values["numbers"]
        return values

    @classmethod
    def from_dict(cls, values: Json) -> "Transaction":
        """The transaction that asdict() wrote."""
        samples = [Sample(**sample) for sample in values["samples"]]
        return cls(**{**values, "samples": samples})


@dataclass
class Station:
    """One charging station as it told itself; `connectors` is {number: status} with 0 for the whole."""

    identity: str
    version: str = ""
    boot: Json = field(default_factory=dict)
    accepted: bool = False
    boots: int = 0
    connectors: dict[int, Json] = field(default_factory=dict)
    last_seen: float = 0.0
    # By number: profiles that the station took, in the form of curve.py
    profiles: dict[int, Json] = field(default_factory=dict)
    schedules: dict[int, Json] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    notices: list[Json] = field(default_factory=list)

    @classmethod
    def from_dict(cls, values: Json) -> "Station":
        """The station that asdict() wrote; JSON has made text of the numbers that are keys."""
        numbered = {
            name: {int(key): value for key, value in values[name].items()}
            for name in ("connectors", "profiles", "schedules")
        }
        return cls(**{**values, **numbered})


def seconds(text: str) -> float:
    """Unix seconds of a time that passed its schema."""
    return datetime.fromisoformat(text).timestamp()


def iso(utc: float) -> str:
    """A time as OCPP has it, in UTC with milliseconds."""
    return (
        datetime.fromtimestamp(utc, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
