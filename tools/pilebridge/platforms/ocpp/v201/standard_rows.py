"""Variables that part 2 of 2.0.1 names for the controller components, with what this station makes of them."""

from pilebridge.platforms.ocpp.v201.parts import PART_CHARACTERS, PART_ITEMS
from pilebridge.platforms.ocpp.v201.sampled_names import MEASURANDS
from pilebridge.platforms.ocpp.v201.variable_rows import (
    READ_ONLY,
    READ_WRITE,
    WRITE_ONLY,
    Fixed,
    Kept,
    Live,
    Row,
    Setting,
)

ITEMS_PER_MESSAGE = 50
BYTES_PER_MESSAGE = 65_000
MOST_LOCAL_TOKENS = 1000
MOST_STACK_LEVEL = 99
MOST_PERIODS = 24
MOST_PROFILES = 32
MOST_CERTIFICATES = 16
LONGEST_CHAIN = 10_000

_TRUE, _FALSE = Fixed("true"), Fixed("false")
_ALL = ",".join(MEASURANDS)
_ENERGY = MEASURANDS[0]


def _flag(component: str, variable: str, value: bool) -> Row:
    return Row(component, variable, "boolean", _TRUE if value else _FALSE)


def _switch(component: str, variable: str, default: bool) -> Row:
    return Row(component, variable, "boolean", Kept("true" if default else "false"), READ_WRITE)


def _number(component: str, variable: str, value: int, instance: str = "", unit: str = "") -> Row:
    return Row(
        component, variable, "integer", Fixed(str(value)), READ_ONLY, instance=instance, unit=unit
    )


def _chosen(
    component: str,
    variable: str,
    default: int,
    lowest: int,
    highest: int,
    instance: str = "",
    unit: str = "",
) -> Row:
    return Row(
        component,
        variable,
        "integer",
        Kept(str(default)),
        READ_WRITE,
        instance=instance,
        unit=unit,
        lowest=lowest,
        highest=highest,
    )


def _measurands(component: str, variable: str, default: str) -> Row:
    return Row(
        component,
        variable,
        "MemberList",
        Kept(default),
        READ_WRITE,
        choices=MEASURANDS,
        highest=1000,
    )


COMMUNICATION = (
    _chosen("OCPPCommCtrlr", "HeartbeatInterval", 300, 10, 86_400, unit="s"),
    _chosen("OCPPCommCtrlr", "OfflineThreshold", 60, 0, 86_400, unit="s"),
    _chosen("OCPPCommCtrlr", "MessageAttempts", 3, 1, 100, "TransactionEvent"),
    _chosen("OCPPCommCtrlr", "MessageAttemptInterval", 60, 1, 3600, "TransactionEvent", "s"),
    Row(
        "OCPPCommCtrlr",
        "MessageTimeout",
        "integer",
        Live(lambda shared, _evse: str(int(shared.context.settings.call_timeout_s))),
        instance="Default",
        unit="s",
    ),
    _chosen("OCPPCommCtrlr", "WebSocketPingInterval", 60, 0, 3600, unit="s"),
    _number("OCPPCommCtrlr", "NetworkProfileConnectionAttempts", 3),
    Row(
        "OCPPCommCtrlr", "NetworkConfigurationPriority", "SequenceList", Fixed("0"), choices=("0",)
    ),
    Row(
        "OCPPCommCtrlr",
        "FileTransferProtocols",
        "MemberList",
        Fixed("HTTP,HTTPS"),
        choices=("HTTP", "HTTPS"),
    ),
    _flag("OCPPCommCtrlr", "UnlockOnEVSideDisconnect", True),
    _number("OCPPCommCtrlr", "ResetRetries", 0),
    _flag("OCPPCommCtrlr", "QueueAllMessages", False),
)

AUTHORIZATION = (
    _flag("AuthCtrlr", "Enabled", True),
    _switch("AuthCtrlr", "AuthorizeRemoteStart", False),
    _flag("AuthCtrlr", "LocalAuthorizeOffline", True),
    _flag("AuthCtrlr", "LocalPreAuthorize", True),
    _flag("AuthCtrlr", "OfflineTxForUnknownIdEnabled", False),
    _flag("AuthCacheCtrlr", "Available", True),
    _flag("AuthCacheCtrlr", "Enabled", True),
    _flag("LocalAuthListCtrlr", "Available", True),
    _switch("LocalAuthListCtrlr", "Enabled", True),
    Row(
        "LocalAuthListCtrlr",
        "Entries",
        "integer",
        Live(lambda shared, _evse: str(len(shared.services.tokens()))),
        highest=MOST_LOCAL_TOKENS,
        lowest=0,
    ),
    _number("LocalAuthListCtrlr", "ItemsPerMessage", MOST_LOCAL_TOKENS),
    _number("LocalAuthListCtrlr", "BytesPerMessage", 200_000),
)

TRANSACTIONS = (
    Row(
        "TxCtrlr",
        "EVConnectionTimeOut",
        "integer",
        Setting("start_timeout_s"),
        READ_WRITE,
        unit="s",
        lowest=5,
        highest=600,
    ),
    Row("TxCtrlr", "TxStartPoint", "MemberList", Fixed("PowerPathClosed")),
    Row("TxCtrlr", "TxStopPoint", "MemberList", Fixed("PowerPathClosed")),
    _flag("TxCtrlr", "StopTxOnInvalidId", True),
    _flag("TxCtrlr", "StopTxOnEVSideDisconnect", True),
    _flag("SampledDataCtrlr", "Available", True),
    _flag("SampledDataCtrlr", "Enabled", True),
    _measurands("SampledDataCtrlr", "TxStartedMeasurands", _ENERGY),
    _measurands("SampledDataCtrlr", "TxUpdatedMeasurands", _ALL),
    _measurands("SampledDataCtrlr", "TxEndedMeasurands", _ENERGY),
    Row(
        "SampledDataCtrlr",
        "TxUpdatedInterval",
        "integer",
        Setting("sample_interval_s"),
        READ_WRITE,
        unit="s",
        lowest=5,
        highest=900,
    ),
    _number("SampledDataCtrlr", "TxEndedInterval", 0, unit="s"),
    _flag("AlignedDataCtrlr", "Available", False),
    _flag("AlignedDataCtrlr", "Enabled", False),
    _number("AlignedDataCtrlr", "Interval", 0, unit="s"),
    _number("AlignedDataCtrlr", "TxEndedInterval", 0, unit="s"),
    Row("AlignedDataCtrlr", "Measurands", "MemberList", Fixed("")),
    Row("AlignedDataCtrlr", "TxEndedMeasurands", "MemberList", Fixed("")),
)

CHARGING = (
    _flag("SmartChargingCtrlr", "Available", True),
    _flag("SmartChargingCtrlr", "Enabled", True),
    _flag("SmartChargingCtrlr", "ACPhaseSwitchingSupported", False),
    _number("SmartChargingCtrlr", "ProfileStackLevel", MOST_STACK_LEVEL),
    Row("SmartChargingCtrlr", "RateUnit", "MemberList", Fixed("A,W"), choices=("A", "W")),
    _number("SmartChargingCtrlr", "PeriodsPerSchedule", MOST_PERIODS),
    Row(
        "SmartChargingCtrlr",
        "Entries",
        "integer",
        Live(lambda shared, _evse: str(len(shared.services.profiles()))),
        instance="ChargingProfiles",
        lowest=0,
        highest=MOST_PROFILES,
    ),
    _switch("SmartChargingCtrlr", "NotifyChargingLimitWithSchedules", False),
    _flag("SmartChargingCtrlr", "ExternalControlSignalsEnabled", False),
    Row(
        "SmartChargingCtrlr",
        "LimitChangeSignificance",
        "decimal",
        Kept("1"),
        READ_WRITE,
        unit="Percent",
        lowest=0,
        highest=100,
    ),
    _flag("ReservationCtrlr", "Available", True),
    _flag("ReservationCtrlr", "Enabled", True),
    _flag("ReservationCtrlr", "NonEvseSpecific", True),
    _flag("TariffCostCtrlr", "Available", True),
    Row("TariffCostCtrlr", "Available", "boolean", _FALSE, instance="Tariff"),
    Row("TariffCostCtrlr", "Available", "boolean", _TRUE, instance="Cost"),
    Row("TariffCostCtrlr", "Enabled", "boolean", _FALSE, instance="Tariff"),
    Row("TariffCostCtrlr", "Enabled", "boolean", _TRUE, instance="Cost"),
    Row("TariffCostCtrlr", "Currency", "string", Kept("CNY"), READ_WRITE, lowest=3, highest=3),
    Row("TariffCostCtrlr", "TariffFallbackMessage", "string", Kept(""), READ_WRITE, highest=255),
    Row(
        "TariffCostCtrlr", "TotalCostFallbackMessage", "string", Kept(""), READ_WRITE, highest=255
    ),
)

SECURITY = (
    Row(
        "SecurityCtrlr", "BasicAuthPassword", "string", Kept(""), WRITE_ONLY, lowest=16, highest=40
    ),
    Row(
        "SecurityCtrlr", "Identity", "string", Live(lambda shared, _evse: shared.context.identity)
    ),
    Row(
        "SecurityCtrlr",
        "OrganizationName",
        "string",
        Kept("PileLink"),
        READ_WRITE,
        lowest=1,
        highest=64,
    ),
    Row(
        "SecurityCtrlr",
        "CertificateEntries",
        "integer",
        Live(lambda shared, _evse: str(len(shared.get("certificates", [])))),
        lowest=0,
        highest=MOST_CERTIFICATES,
    ),
    Row(
        "SecurityCtrlr",
        "SecurityProfile",
        "integer",
        Live(lambda shared, _evse: str(shared.context.settings.security_profile)),
        lowest=0,
        highest=3,
    ),
    _flag("SecurityCtrlr", "AdditionalRootCertificateCheck", False),
    _number("SecurityCtrlr", "MaxCertificateChainSize", LONGEST_CHAIN),
)

REPORTING = (
    *(
        _number("DeviceDataCtrlr", "ItemsPerMessage", ITEMS_PER_MESSAGE, name)
        for name in ("GetVariables", "SetVariables", "GetReport")
    ),
    *(
        _number("DeviceDataCtrlr", "BytesPerMessage", BYTES_PER_MESSAGE, name)
        for name in ("GetVariables", "SetVariables", "GetReport")
    ),
    _number("DeviceDataCtrlr", "ItemsPerMessage", PART_ITEMS, "NotifyReport"),
    _number("DeviceDataCtrlr", "BytesPerMessage", PART_CHARACTERS, "NotifyReport"),
    _number("DeviceDataCtrlr", "ConfigurationValueSize", 1000),
    _number("DeviceDataCtrlr", "ReportingValueSize", 2500),
    _number("DeviceDataCtrlr", "ValueSize", 2500),
    _flag("MonitoringCtrlr", "Available", True),
    _flag("MonitoringCtrlr", "Enabled", True),
    _number("MonitoringCtrlr", "ItemsPerMessage", ITEMS_PER_MESSAGE, "SetVariableMonitoring"),
    _number("MonitoringCtrlr", "ItemsPerMessage", ITEMS_PER_MESSAGE, "ClearVariableMonitoring"),
    _number("MonitoringCtrlr", "BytesPerMessage", BYTES_PER_MESSAGE, "SetVariableMonitoring"),
    _number("MonitoringCtrlr", "BytesPerMessage", BYTES_PER_MESSAGE, "ClearVariableMonitoring"),
    Row(
        "MonitoringCtrlr",
        "ActiveMonitoringBase",
        "OptionList",
        Live(lambda shared, _evse: shared.get("monitoring_base", "All")),
        choices=("All", "FactoryDefault", "HardWiredOnly"),
    ),
    Row(
        "MonitoringCtrlr",
        "ActiveMonitoringLevel",
        "integer",
        Live(lambda shared, _evse: str(shared.get("monitoring_level", 9))),
        lowest=0,
        highest=9,
    ),
    _flag("DisplayMessageCtrlr", "Available", False),
    _flag("DisplayMessageCtrlr", "Enabled", False),
    Row("ClockCtrlr", "DateTime", "dateTime", Live(lambda shared, _evse: shared.stamp())),
    Row(
        "ClockCtrlr",
        "TimeSource",
        "SequenceList",
        Fixed("Heartbeat"),
        choices=("Heartbeat", "NTP"),
    ),
)

ROWS = COMMUNICATION + AUTHORIZATION + TRANSACTIONS + CHARGING + SECURITY + REPORTING
