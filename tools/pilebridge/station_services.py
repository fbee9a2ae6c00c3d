"""What a platform adapter may ask of one pile, in the common model: plain values, currents in 0.1 A."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pilebridge.commands import Reply
from pilebridge.model import Connector, ConnectorState

# What a pile holds at most, see docs/wire.md
MOST_TOKENS = 64
MOST_PROFILES = 8
# Purposes of a charging profile, as the wire has them
MAX, DEFAULT, TX = "max", "default", "tx"
# Verdicts on an id token
ACCEPTED, BLOCKED, EXPIRED, INVALID, CONCURRENT = (
    "accepted",
    "blocked",
    "expired",
    "invalid",
    "concurrent",
)


@dataclass(frozen=True)
class Period:
    """From `start_s` after the schedule's start: at most `a10`, on `phases` (0: as wired)."""

    start_s: int
    a10: int
    phases: int = 0


@dataclass(frozen=True)
class ChargingProfile:
    """One charging profile; without `start_utc` it is relative to the start of the transaction.

    `recur` is "", "daily" or "weekly"; `ref` names the transaction of a `tx` profile; `connector` 0 is all.
    """

    id: int
    connector: int
    purpose: str
    stack: int
    periods: tuple[Period, ...]
    start_utc: int | None = None
    from_utc: int | None = None
    until_utc: int | None = None
    duration_s: int | None = None
    recur: str = ""
    ref: str = ""


@dataclass(frozen=True)
class TokenEntry:
    """One entry of the local list; `until_utc` 0 is for ever, `group` "" is none."""

    token: str
    status: str = ACCEPTED
    until_utc: int = 0
    group: str = ""


@dataclass(frozen=True)
class Authorization:
    """A verdict on an id token, `until_utc` 0 is for ever."""

    status: str
    until_utc: int = 0
    group: str = ""


@dataclass(frozen=True)
class Reservation:
    """A connector (0: any) kept for a token until `until_utc`."""

    id: int
    connector: int
    token: str
    until_utc: int
    group: str = ""


class StationServices(Protocol):
    """One pile. An answer of None means that the pile did not answer or cannot be reached."""

    pile: str
    connectors: Sequence[Connector]

    @property
    def hello(self) -> dict[str, Any] | None:
        """What the pile greeted with last: firmware, board, life, boot, connectors; None before."""
        ...

    @property
    def reachable(self) -> bool:
        """True while the pile is online."""
        ...

    def state(self, number: int) -> ConnectorState:
        """Live state of a connector; KeyError for one that is not configured."""
        ...

    def holder(self, number: int) -> str:
        """Name of the platform whose transaction has a connector, "" when it is nobody's."""
        ...

    async def start(self, number: int, ref: str, by: str, token: str = "") -> Reply | None:
        """Begin a transaction; `ref` is the idempotency key."""
        ...

    async def stop(self, number: int, ref: str, reason: str = "remote") -> Reply | None:
        """End the transaction with this reference."""
        ...

    async def unlock(self, number: int) -> Reply | None:
        """End a transaction there and open the lock."""
        ...

    async def set_availability(self, number: int, operative: bool) -> Reply | None:
        """0 is the whole pile; reason `scheduled` when a transaction has to end first."""
        ...

    async def reset(self, hard: bool) -> Reply | None:
        """Start the pile anew."""
        ...

    async def reserve(self, reservation: Reservation) -> Reply | None:
        """Keep a connector for a token."""
        ...

    async def cancel_reservation(self, reservation_id: int) -> Reply | None:
        """Give up a reservation."""
        ...

    async def set_profile(self, profile: ChargingProfile) -> Reply | None:
        """Install a profile durably; it replaces the one of the same id, or of the same
        connector, purpose, stack and reference. The pile gets it as soon as it can be reached:
        `accepted` with reason `kept` when it could not be asked yet."""
        ...

    async def clear_profiles(self, ids: Sequence[int]) -> int:
        """Remove these profiles; how many there were."""
        ...

    def profiles(self) -> Sequence[ChargingProfile]:
        """Every installed profile, also those a pile has yet to be told."""
        ...

    def composite(self, number: int, start_utc: int, duration_s: int) -> Sequence[Period]:
        """What the profiles allow on a connector (0: the whole pile) from `start_utc` on."""
        ...

    def token_version(self) -> int:
        """Version of the local list, 0 for an empty one."""
        ...

    def tokens(self) -> Sequence[TokenEntry]:
        """The local list."""
        ...

    async def set_tokens(self, version: int, entries: Sequence[TokenEntry]) -> bool:
        """Replace the local list; False when it is longer than a pile can hold."""
        ...

    async def clear_cache(self) -> Reply | None:
        """Forget the tokens that a central system once accepted."""
        ...

    async def read_settings(self, keys: Sequence[str]) -> dict[str, Any] | None:
        """Settings of the pile by its own names."""
        ...

    async def write_setting(self, key: str, value: Any) -> Reply | None:
        """Change a setting; reason `restart` when it holds from the next start on."""
        ...

    async def report(self) -> Reply | None:
        """Have the pile say its state now."""
        ...

    async def update(self, bundle: bytes) -> Reply | None:
        """Hand over new firmware that was fetched from a platform; refused with a reason when it is none."""
        ...
