"""Facts of a transaction as they wait for a central system: of no OCPP version until they are sent."""

from dataclasses import dataclass, replace

import msgspec

# `kind` of an event, in the order of a charge
STARTED, CHARGING, STATE, SAMPLE, ENDED = "started", "charging", "state", "sample", "ended"
# A sample that the central system asked for
TRIGGERED = "triggered"


@dataclass(frozen=True)
class TxEvent:
    """One fact. `seq` counts the events of its transaction from 0; `wh` is the meter register.

    `state` is the connector status then; `reason` and `fault` are those of the journal, for ENDED.
    `offline`: it happened while the central system could not be told.
    """

    kind: str
    pile: str
    tx: str
    connector: int
    seq: int
    utc: int
    wh: int
    w: int | None = None
    mv: tuple[int, ...] = ()
    ma: tuple[int, ...] = ()
    state: str = ""
    reason: str = ""
    fault: str = ""
    id_token: str = ""
    id_token_type: str = ""
    remote_start_id: int | None = None
    reservation_id: int | None = None
    start_wh: int = 0
    offline: bool = False

    def as_text(self, seq: int) -> str:
        """JSON for the store, with the number that it got there."""
        return _encode(replace(self, seq=seq)).decode()

    @classmethod
    def from_text(cls, text: str) -> "TxEvent":
        """The event that as_text() wrote."""
        return _decode(text)


_encode, _decode = msgspec.json.Encoder().encode, msgspec.json.Decoder(TxEvent).decode
