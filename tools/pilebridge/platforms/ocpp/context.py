"""Between the part that all OCPP versions share and each of them: what one offers the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pilebridge.model import Connector
from pilebridge.platforms.ocpp.events import TxEvent
from pilebridge.platforms.ocpp.waiting_starts import WaitingStarts
from pilebridge.station_services import Authorization, StationServices


class CallError(Exception):
    """A CALLERROR, ours to send or theirs: `code` is one of the version's error codes."""

    def __init__(self, code: str, text: str = "", details: dict[str, Any] | None = None) -> None:
        super().__init__(f"{code}: {text}" if text else code)
        self.code = code
        self.text = text
        self.details = details or {}


class NotDeliveredError(Exception):
    """A call got no answer: the link is down, or the answer did not come in time."""


@dataclass
class OpenTransaction:
    """A transaction of this platform as the store has it; `transaction_id` is the central system's
    in 1.6 ("" until it has answered the start) and ours in 2.0.1."""

    pile: str
    tx: str
    connector: int
    ref: str
    transaction_id: str = ""
    id_token: str = ""
    id_token_type: str = ""
    group: str = ""
    remote_start_id: int | None = None
    reservation_id: int | None = None
    ended: bool = False


@dataclass(frozen=True)
class Boot:
    """The answer to a boot notification; `status` is Accepted, Pending or Rejected."""

    status: str
    interval_s: int
    utc: int | None


class Values(Protocol):
    """What a station keeps for one platform over restarts of the bridge: JSON values by key."""

    def get(self, key: str, default: Any = None) -> Any:
        """The value, from memory."""
        ...

    async def set(self, key: str, value: Any) -> None:
        """Keep a value; None removes it. Done when it is committed."""
        ...


class ChargerContext(Protocol):
    """One charging station as a version handler sees it."""

    identity: str
    services: StationServices
    values: Values
    settings: "Settings"
    clock: Callable[[], float]
    waiting_starts: WaitingStarts

    @property
    def boot_status(self) -> str:
        """Accepted, Pending, Rejected, or "" before the first answer."""
        ...

    async def call(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """The central system's answer, checked. CallError or NotDeliveredError."""
        ...

    def later(self, work: Any) -> None:
        """Run a coroutine after the answer to the call in hand has been sent."""
        ...

    def transactions(self) -> Sequence[OpenTransaction]:
        """Those that the central system was not told wholly, the newest last; `ended` at the pile or not."""
        ...

    def transaction_of(self, transaction_id: str) -> OpenTransaction | None:
        """The open transaction that the central system knows by this id."""
        ...

    def queued(self, transaction_id: str) -> bool:
        """True while transaction messages wait to be sent: of this one, also after its end, or of any ("")."""
        ...

    async def trigger_event(self, tx: str) -> None:
        """Queue an event of kind TRIGGERED of a running transaction, with what its meter says now."""
        ...

    async def expect_start(
        self,
        ref: str,
        connector: int,
        id_token: str,
        id_token_type: str = "",
        remote_start_id: int | None = None,
        reservation_id: int | None = None,
        group: str = "",
    ) -> None:
        """Write down a remote start before it is acted on: its transaction belongs to this platform."""
        ...

    async def bind(self, pile: str, tx: str, transaction_id: str) -> None:
        """The central system's id of a transaction; calls that wait for it may go."""
        ...

    async def deauthorized(self, tx: str, status: str) -> None:
        """The central system took back the right to a transaction that runs, or may run."""
        ...

    def interval_changed(self, seconds: int) -> None:
        """Heartbeats come every `seconds` from now on."""
        ...

    def ping_interval_changed(self, seconds: int) -> None:
        """WebSocket pings come every `seconds` from now on; 0 never."""
        ...

    def delivery_rules(self, attempts: int, interval_s: int) -> None:
        """How often a transaction message is sent, and how long to wait between (D.4)."""
        ...

    def reconnect(self) -> None:
        """Leave this connection, once what is in hand is answered, and make a new one."""
        ...

    def security_event(self, kind: str, text: str = "") -> None:
        """Note a security event; told to the central system when it may be."""
        ...


class VersionHandler(Protocol):
    """One OCPP version of one station, made anew for each connection."""

    subprotocol: str

    async def boot(self, reason: str) -> Boot:
        """Send BootNotification; `reason` is a BootReasonEnumType of 2.0.1."""
        ...

    async def heartbeat(self) -> int | None:
        """Send Heartbeat; the central system's clock."""
        ...

    async def status(self, connector: Connector, changed_utc: int) -> None:
        """Tell a connector's status if it differs from what was told last on this station."""
        ...

    async def announce(self) -> None:
        """After Accepted or a reconnect: what the central system must know (statuses, security events)."""
        ...

    async def answer(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Answer a call of the central system; its payload passed the schema. CallError refuses it."""
        ...

    async def deliver(self, event: TxEvent) -> None:
        """Send what an event means in this version; CallError or NotDeliveredError when it must come again."""
        ...

    async def authorize(self, token: str) -> Authorization | None:
        """The central system's verdict on a card; None when there was none."""
        ...

    async def security(self, kind: str, utc: int, text: str) -> None:
        """Tell a security event."""
        ...


@dataclass
class Settings:
    """One OCPP platform of the settings file, as the stations use it."""

    name: str
    url: str
    versions: tuple[str, ...] = ("ocpp2.0.1", "ocpp1.6")
    security_profile: int = 0
    password: str = ""
    # "text": as it stands; "hex": the bytes that its hex digits name (protocols.md D.7)
    password_form: str = "text"
    ca_file: str = ""
    certificate_file: str = ""
    private_key_file: str = ""
    call_timeout_s: float = 30.0
    connect_per_s: float = 300.0
    retry_max_s: float = 300.0
    ping_interval_s: float = 60.0
    identities: dict[str, str] = field(default_factory=dict)
    vendor: str = "PileLink"
    model: str = "PileLink"
    # Card starts at its piles are its own
    accept_cards: bool = True
