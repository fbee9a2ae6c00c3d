"""The tables of the settings file, their keys, defaults and allowed values."""

from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from pilebridge.billing import Period, Tariff
from pilebridge.model import Connector

PortNumber = Annotated[int, Meta(ge=0, le=65535)]
OperatorId = Annotated[str, Meta(pattern="^[0-9A-Z]{9}$")]
# A pile's name is one level of an MQTT topic
PileName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.\-]{1,32}$")]
PlatformName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_\-]{1,32}$")]
OcppVersion = Annotated[str, Meta(pattern=r"^ocpp(1\.6|2\.0\.1)$")]
# It stands in a URL and in front of the colon of a login
Identity = Annotated[str, Meta(pattern=r"^[!-9;-~]{1,48}$")]
Text20 = Annotated[str, Meta(min_length=1, max_length=20)]
Text50 = Annotated[str, Meta(min_length=1, max_length=50)]


class _Table(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every table: unknown keys are errors, so a misspelt key is not silently ignored."""


class Http(_Table, frozen=True):
    host: str = "127.0.0.1"
    port: PortNumber = 0


class Bridge(_Table, frozen=True):
    database: str = "pilebridge.sqlite"
    update_key: str = ""
    http: Http = Http()


class CertificateListener(_Table, frozen=True):
    certificate: Annotated[str, Meta(min_length=1)]
    private_key: Annotated[str, Meta(min_length=1)]
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)] = 8884


class BrokerChild(_Table, frozen=True):
    start: bool = False
    data: str = "build/broker"
    psk_host: str = "127.0.0.1"
    psk_port: PortNumber = 8883
    certificate: CertificateListener | None = None


class Mqtt(_Table, frozen=True):
    host: str = "127.0.0.1"
    port: PortNumber = 1883
    username: str = ""
    password: str = ""
    client_id: Annotated[str, Meta(min_length=1, max_length=64)] = "pilebridge"
    broker: BrokerChild = BrokerChild()
    offline_grace_s: Annotated[int, Meta(ge=0, le=3600)] = 30
    pile_timeout_s: Annotated[int, Meta(ge=5, le=86400)] = 180
    command_timeout_ms: Annotated[int, Meta(ge=50, le=900)] = 800
    command_ttl_s: Annotated[int, Meta(ge=1, le=3600)] = 10


class Operator(_Table, frozen=True):
    id: OperatorId
    name: Text50
    service_tel: Annotated[str, Meta(min_length=1, max_length=30)]


class PileTable(_Table, frozen=True):
    """A pile and its secret; `number` counts the secrets it had since it was provisioned."""

    id: PileName
    key: Annotated[str, Meta(pattern="^[0-9a-fA-F]{64}$")]
    number: Annotated[int, Meta(ge=1, le=0xFFFF)] = 1

    def __repr__(self) -> str:
        return f"PileTable(id={self.id!r}, number={self.number})"


class ConnectorTable(_Table, frozen=True):
    connector_id: Annotated[str, Meta(min_length=1, max_length=26)]
    equipment_id: Annotated[str, Meta(min_length=1, max_length=23)]
    rated_a: Decimal
    power_kw: Decimal
    volts: Annotated[int, Meta(ge=100, le=1000)] = 220
    phases: Annotated[int, Meta(ge=1, le=3)] = 1
    kind: Annotated[str, Meta(pattern="^(cable|socket)$")] = "cable"
    pile: PileName | None = None
    number: Annotated[int, Meta(ge=1, le=4)] = 1
    name: Annotated[str, Meta(max_length=30)] = ""
    park_no: Annotated[str, Meta(max_length=10)] = ""


class Station(_Table, frozen=True):
    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.\-]{1,20}$")]
    name: Text50
    address: Text50
    area_code: Annotated[str, Meta(pattern="^[0-9]{6,20}$")]
    lng: Decimal
    lat: Decimal
    connector: Annotated[list[ConnectorTable], Meta(min_length=1)]
    tel: Annotated[str, Meta(max_length=30)] = ""
    site: str = ""
    station_type: Annotated[int, Meta(ge=1, le=255)] = 1
    station_status: Annotated[int, Meta(ge=0, le=50)] = 50
    construction: Annotated[int, Meta(ge=1, le=255)] = 255
    park_nums: Annotated[int, Meta(ge=0)] = 0
    hours: Annotated[str, Meta(max_length=100)] = ""
    park_fee: Annotated[str, Meta(max_length=100)] = ""

    def connectors(self) -> list[Connector]:
        """The station's connectors in the common model."""
        return [
            Connector(
                station_id=self.id,
                pile=row.pile or self.id,
                number=row.number,
                connector_id=row.connector_id,
                equipment_id=row.equipment_id,
                kind=row.kind,
                rated_a10=int(row.rated_a * 10),
                volts=row.volts,
                phases=row.phases,
                power_w=int(row.power_kw * 1000),
                name=row.name,
                park_no=row.park_no,
            )
            for row in self.connector
        ]


class Site(_Table, frozen=True):
    # One level of an MQTT topic, as the pile's own setting
    name: PileName
    limit_a: Decimal
    ttl_s: Annotated[int, Meta(ge=10, le=86400)] = 120


class PeriodTable(_Table, frozen=True, rename={"from_": "from"}):
    from_: Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$")]
    energy: Annotated[str, Meta(pattern=r"^\d{1,4}\.\d{4}$")]
    service: Annotated[str, Meta(pattern=r"^\d{1,4}\.\d{4}$")]


class TariffTable(_Table, frozen=True):
    name: Annotated[str, Meta(min_length=1)]
    periods: Annotated[list[PeriodTable], Meta(min_length=1, max_length=32)]
    utc_offset_minutes: Annotated[int, Meta(ge=-720, le=840)] = 480

    def tariff(self) -> Tariff:
        """The tariff in integers of 1e-4 yuan per kWh."""
        periods = [
            Period(_second(p.from_), _price(p.energy), _price(p.service)) for p in self.periods
        ]
        return Tariff(self.name, self.utc_offset_minutes * 60, tuple(periods))


class SecretSet(_Table, frozen=True):
    operator_id: OperatorId
    operator_secret: str
    data_secret: str
    data_iv: str
    sig_secret: str


class Platform(_Table, frozen=True, tag_field="kind", tag="tcec102"):
    name: PlatformName
    url: Annotated[str, Meta(pattern=r"^https?://\S+$")]
    tariff: str
    inbound: SecretSet
    outbound: SecretSet
    stations: list[str] | None = None
    status_interval_s: Annotated[float, Meta(gt=0, le=3600)] = 50
    request_timeout_s: Annotated[float, Meta(gt=0, le=120)] = 10
    retry_max_s: Annotated[float, Meta(gt=0, le=3600)] = 8


class OcppPlatformTable(_Table, frozen=True, tag_field="kind", tag="ocpp"):
    """A central system, of which each pile of its stations is a charging station."""

    name: PlatformName
    url: Annotated[str, Meta(pattern=r"^wss?://\S+$")]
    versions: Annotated[tuple[OcppVersion, ...], Meta(min_length=1)] = ("ocpp2.0.1", "ocpp1.6")
    security_profile: Annotated[int, Meta(ge=0, le=3)] = 0
    password: str = ""
    password_form: Annotated[str, Meta(pattern="^(text|hex)$")] = "text"
    ca_file: str = ""
    certificate_file: str = ""
    private_key_file: str = ""
    call_timeout_s: Annotated[float, Meta(gt=0, le=300)] = 30
    connect_per_s: Annotated[float, Meta(gt=0, le=10000)] = 300
    retry_max_s: Annotated[float, Meta(gt=0, le=3600)] = 300
    ping_interval_s: Annotated[float, Meta(ge=0, le=3600)] = 60
    stations: list[str] | None = None
    identities: dict[PileName, Identity] = {}
    vendor: Text20 = "PileLink"
    model: Text20 = "PileLink"
    accept_cards: bool = True

    @property
    def password_bytes(self) -> bytes:
        """The password as it goes into a login; ValueError when it is not what password_form says."""
        return (
            bytes.fromhex(self.password) if self.password_form == "hex" else self.password.encode()
        )

    def __repr__(self) -> str:
        return f"OcppPlatformTable(name={self.name!r}, url={self.url!r})"


class Config(_Table, frozen=True):
    operator: Operator
    station: Annotated[list[Station], Meta(min_length=1)]
    tariff: Annotated[list[TariffTable], Meta(min_length=1)]
    bridge: Bridge = Bridge()
    mqtt: Mqtt = Mqtt()
    platform: list[Platform | OcppPlatformTable] = []
    site: list[Site] = []
    pile: list[PileTable] = []

    def secrets(self) -> dict[str, tuple[int, bytes]]:
        """pile -> (number, secret) of every pile."""
        return {row.id: (row.number, bytes.fromhex(row.key)) for row in self.pile}

    @property
    def tcec102(self) -> list[Platform]:
        """The T/CEC 102 platforms."""
        return [row for row in self.platform if isinstance(row, Platform)]

    def piles_of(self, stations: list[str] | None) -> list[str]:
        """Piles of these stations, or of all; each once."""
        rows = [s for s in self.station if stations is None or s.id in stations]
        return list(dict.fromkeys(c.pile for station in rows for c in station.connectors()))

    def sites(self) -> dict[str, list[str]]:
        """pile -> sites of the stations that it serves, for every pile."""
        found: dict[str, list[str]] = {}
        for station in self.station:
            for connector in station.connectors():
                found.setdefault(connector.pile, []).append(station.site)
        return found


def _second(text: str) -> int:
    parts = [int(part) for part in text.split(":")]
    return parts[0] * 3600 + parts[1] * 60 + (parts[2] if len(parts) > 2 else 0)


def _price(text: str) -> int:
    return int(text.replace(".", ""))
