"""The configuration keys of 1.6: what may be written, what it may be, and where it lives."""

from dataclasses import dataclass

from pilebridge.platforms.ocpp.v16.meter_values import ENERGY, POWER, SUPPORTED
from pilebridge.station_services import MOST_PROFILES, MOST_TOKENS

# Where a value lives: with the pile under its own name, with the bridge, or nowhere: it never changes
PILE, BRIDGE, FIXED = "pile", "bridge", "fixed"
FLAG, NUMBER, TEXT, MEASURANDS, ROTATION, SECRET = (
    "flag",
    "number",
    "text",
    "measurands",
    "rotation",
    "secret",
)

FEATURES = (
    "Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger"
)
MAX_KEYS = 100
MAX_STACK_LEVEL = 99
MAX_PERIODS = 24
# What a pile holds
MAX_PROFILES = MOST_PROFILES
MAX_LIST = MOST_TOKENS
MAX_LIST_PART = MOST_TOKENS
MAX_CHAIN = 10000
MAX_CERTIFICATES = 8


@dataclass(frozen=True)
class Key:
    """One key: values are text as on the wire; `low` and `high` bound a number or the length of a text.

    `setting` is the pile's own name. `zero`: 0 is good too, and then the bridge alone acts on it.
    """

    name: str
    kind: str
    default: str
    place: str = BRIDGE
    low: int = 0
    high: int = 0
    setting: str = ""
    zero: bool = False

    @property
    def read_only(self) -> bool:
        """True for a key that no central system may change."""
        return self.place == FIXED

    def problem(self, value: str) -> str:
        """Why a value is refused, "" for a good one."""
        if self.kind == FLAG:
            return "" if value.lower() in {"true", "false"} else "true or false"
        if self.kind == NUMBER:
            return self._number_problem(value)
        if self.kind == MEASURANDS:
            return _measurand_problem(value)
        if self.kind == ROTATION:
            return _rotation_problem(value)
        if self.kind == SECRET:
            return _secret_problem(value, self.low, self.high)
        return "" if self.low <= len(value) <= self.high else f"{self.low}..{self.high} characters"

    def normal(self, value: str) -> str:
        """A good value in the one way it is kept."""
        if self.kind == FLAG:
            return value.lower()
        return str(int(value)) if self.kind == NUMBER else value

    def _number_problem(self, value: str) -> str:
        text = f"{self.low}..{self.high}"
        digits = value[1:] if value[:1] in {"+", "-"} else value
        if not (digits.isascii() and digits.isdigit()) or len(digits) > 10:
            return text
        number = int(value)
        return "" if self.low <= number <= self.high or (self.zero and number == 0) else text


def split(value: str) -> list[str]:
    """The entries of a list of measurands, without the blanks that some send."""
    return [entry.strip() for entry in value.split(",") if entry.strip()]


def _measurand_problem(value: str) -> str:
    entries = split(value)
    unknown = [entry for entry in entries if entry not in SUPPORTED]
    return f"{unknown[0][:40]} is not measured" if unknown else ""


_ORDERS = ("NotApplicable", "Unknown", "RST", "RTS", "SRT", "STR", "TRS", "TSR")


def _rotation_problem(value: str) -> str:
    for entry in split(value):
        number, _, order = entry.partition(".")
        if not (number.isascii() and number.isdigit()) or order not in _ORDERS:
            return "connector number, a dot, and one of " + " ".join(_ORDERS)
    return ""


def _secret_problem(value: str, low: int, high: int) -> str:
    text = f"{low}..{high} hex digits, an even number"
    if not low <= len(value) <= high or not value.isascii():
        return text
    try:
        bytes.fromhex(value)
    except ValueError:
        return text
    return text if any(c.isspace() for c in value) else ""


def _flag(name: str, default: bool, place: str = BRIDGE, setting: str = "") -> Key:
    return Key(name, FLAG, "true" if default else "false", place, setting=setting)


def _number(name: str, default: int, low: int, high: int) -> Key:
    return Key(name, NUMBER, str(default), BRIDGE, low, high)


def _fixed(name: str, value: object) -> Key:
    return Key(name, TEXT, str(value), FIXED)


_DAY_S = 86400
_LENGTH = len(SUPPORTED)
TABLE = (
    _flag("AllowOfflineTxForUnknownId", False, PILE, "allow_unknown_offline"),
    _fixed("AuthorizationCacheEnabled", "true"),
    _flag("AuthorizeRemoteTxRequests", False),
    _number("ClockAlignedDataInterval", 0, 0, _DAY_S),
    Key("ConnectionTimeOut", NUMBER, "60", PILE, 5, 600, "start_timeout_s"),
    Key("ConnectorPhaseRotation", ROTATION, "0.Unknown"),
    _fixed("GetConfigurationMaxKeys", MAX_KEYS),
    _number("HeartbeatInterval", 300, 1, _DAY_S),
    _fixed("LocalAuthorizeOffline", "true"),
    _flag("LocalPreAuthorize", False, PILE, "pre_authorize"),
    Key("MeterValuesAlignedData", MEASURANDS, ENERGY),
    _fixed("MeterValuesAlignedDataMaxLength", _LENGTH),
    Key("MeterValuesSampledData", MEASURANDS, f"{ENERGY},{POWER}"),
    _fixed("MeterValuesSampledDataMaxLength", _LENGTH),
    Key("MeterValueSampleInterval", NUMBER, "60", PILE, 5, 900, "sample_interval_s", zero=True),
    _number("MinimumStatusDuration", 0, 0, 3600),
    _fixed("NumberOfConnectors", ""),
    _number("ResetRetries", 1, 0, 5),
    _fixed("StopTransactionOnEVSideDisconnect", "true"),
    _flag("StopTransactionOnInvalidId", True),
    Key("StopTxnAlignedData", MEASURANDS, ""),
    _fixed("StopTxnAlignedDataMaxLength", _LENGTH),
    Key("StopTxnSampledData", MEASURANDS, ""),
    _fixed("StopTxnSampledDataMaxLength", _LENGTH),
    _fixed("SupportedFeatureProfiles", FEATURES),
    _fixed("SupportedFileTransferProtocols", "HTTP,HTTPS"),
    _number("TransactionMessageAttempts", 3, 1, 100),
    _number("TransactionMessageRetryInterval", 60, 0, 3600),
    _fixed("UnlockConnectorOnEVSideDisconnect", "true"),
    _number("WebSocketPingInterval", 0, 0, 3600),
    _flag("LocalAuthListEnabled", True),
    _fixed("LocalAuthListMaxLength", MAX_LIST),
    _fixed("SendLocalListMaxLength", MAX_LIST_PART),
    _fixed("ReserveConnectorZeroSupported", "true"),
    _fixed("ChargeProfileMaxStackLevel", MAX_STACK_LEVEL),
    _fixed("ChargingScheduleAllowedChargingRateUnit", "Current,Power"),
    _fixed("ChargingScheduleMaxPeriods", MAX_PERIODS),
    _fixed("ConnectorSwitch3to1PhaseSupported", "false"),
    _fixed("MaxChargingProfilesInstalled", MAX_PROFILES),
    _fixed("AdditionalRootCertificateCheck", "false"),
    Key("AuthorizationKey", SECRET, "", BRIDGE, 32, 40),
    _fixed("CertificateSignedMaxChainSize", MAX_CHAIN),
    _fixed("CertificateStoreMaxLength", MAX_CERTIFICATES),
    Key("CpoName", TEXT, "", BRIDGE, 0, 64),
    Key("SecurityProfile", NUMBER, "0", BRIDGE, 0, 3),
)
KEYS = {key.name.lower(): key for key in TABLE}
