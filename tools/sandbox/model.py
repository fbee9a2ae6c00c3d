"""What the platform knows: stations, connectors, charges. Plain values, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from pilebridge.platforms.tcec102.envelope import CHINA
from sandbox.rules import Price
from sandbox.strict import DATE_TIME

STARTING, CHARGING, STOPPING, ENDED, UNKNOWN = 1, 2, 3, 4, 5


@dataclass(frozen=True)
class Station:
    """A site as query_stations_info told it; GCJ-02 degrees."""

    station_id: str
    name: str
    address: str
    lng: Decimal
    lat: Decimal
    tel: str
    hours: str
    in_service: bool


@dataclass(frozen=True)
class Connector:
    """One plug of one pile."""

    connector_id: str
    name: str
    kind: int
    rated_kw: Decimal
    rated_a: int
    park_no: str
    equipment: str
    station: Station


@dataclass
class Charge:
    """One session from the driver's press of start to the accepted bill."""

    seq: str
    connector: Connector
    quoted: tuple[Price, ...]
    requested_at: float
    stat: int = STARTING
    confirmed: bool = False
    stop_requested: bool = False
    start_time: str = ""
    status: dict[str, Any] = field(default_factory=dict)
    status_at: float = 0.0
    bill: dict[str, Any] | None = None
    failure: "RefusalError | None" = None
    notice: "RefusalError | None" = None
    disputes: list[str] = field(default_factory=list)

    @property
    def phase(self) -> str:
        """starting, charging, stopping, ended (bill not here yet), billed or failed."""
        if self.bill is not None:
            return "billed"
        if self.failure is not None:
            return "failed"
        if self.stat == CHARGING and self.stop_requested:
            return "stopping"
        return {STARTING: "starting", CHARGING: "charging", STOPPING: "stopping"}.get(
            self.stat, "ended"
        )

    @property
    def live(self) -> bool:
        """True while the pile may still deliver energy."""
        return self.phase in ("starting", "charging", "stopping")

    def advance(self, stat: int) -> None:
        """Move to a later StartChargeSeqStat; late news of an earlier one changes nothing."""
        if stat != UNKNOWN:
            self.stat = max(self.stat, stat)
        if stat in (CHARGING, STOPPING):
            self.confirmed = True
            # The pile did start after all, whatever was concluded from its silence
            if self.failure is not None and self.failure.code == "no_result":
                self.failure = None


class RefusalError(Exception):
    """Why the driver's wish was not met: a code, a sentence in both languages, the FailReason."""

    def __init__(
        self,
        code: str,
        zh: str,
        en: str,
        *,
        http_status: int = 409,
        interface: str = "",
        fail_reason: int | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(en)
        self.code = code
        self.zh = zh
        self.en = en
        self.http_status = http_status
        self.interface = interface
        self.fail_reason = fail_reason
        self.detail = detail

    def view(self) -> dict[str, Any]:
        """The JSON object of the driver API."""
        return {
            "code": self.code,
            "zh": self.zh,
            "en": self.en,
            "interface": self.interface,
            "fail_reason": self.fail_reason,
            "detail": self.detail,
        }


def connectors_of(info: Mapping[str, Any]) -> list[Connector]:
    """The connectors of one checked StationInfo."""
    station = Station(
        info["StationID"],
        info["StationName"],
        info["Address"],
        Decimal(info["StationLng"]),
        Decimal(info["StationLat"]),
        info["ServiceTel"],
        info.get("BusineHours", ""),
        info["StationStatus"] == 50,
    )
    return [
        Connector(
            plug["ConnectorID"],
            plug.get("ConnectorName", ""),
            plug["ConnectorType"],
            Decimal(plug["Power"]),
            plug["Current"],
            plug.get("ParkNo", ""),
            equipment.get("EquipmentName", "") or equipment["EquipmentID"],
            station,
        )
        for equipment in info["EquipmentInfos"]
        for plug in equipment["ConnectorInfos"]
    ]


def local_time(clock_s: float) -> datetime:
    """China local time of a clock reading, without a zone, as the standard writes it."""
    return datetime.fromtimestamp(clock_s, CHINA).replace(tzinfo=None)


def seconds(text: str) -> float:
    """Seconds since 1970 of a checked `yyyy-MM-dd HH:mm:ss` in China local time."""
    return datetime.strptime(text, DATE_TIME).replace(tzinfo=CHINA).timestamp()
