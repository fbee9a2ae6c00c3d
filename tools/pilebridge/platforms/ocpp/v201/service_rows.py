"""Variables that part 2 of 2.0.1 names for charging, reservation, cost, security, reports and monitors."""

from pilebridge.platforms.ocpp.v201.bounds import (
    BYTES_PER_MESSAGE,
    ITEMS_PER_MESSAGE,
    LONGEST_CHAIN,
    MOST_CERTIFICATES,
    MOST_PERIODS,
    MOST_PROFILES,
    MOST_STACK_LEVEL,
)
from pilebridge.platforms.ocpp.v201.parts import PART_CHARACTERS, PART_ITEMS
from pilebridge.platforms.ocpp.v201.row_forms import FALSE, TRUE, flag, number, switch
from pilebridge.platforms.ocpp.v201.variable_rows import (
    READ_WRITE,
    WRITE_ONLY,
    Fixed,
    Kept,
    Live,
    Row,
)

CHARGING = (
    flag("SmartChargingCtrlr", "Available", True),
    flag("SmartChargingCtrlr", "Enabled", True),
    flag("SmartChargingCtrlr", "ACPhaseSwitchingSupported", False),
    number("SmartChargingCtrlr", "ProfileStackLevel", MOST_STACK_LEVEL),
    Row("SmartChargingCtrlr", "RateUnit", "MemberList", Fixed("A,W"), choices=("A", "W")),
    number("SmartChargingCtrlr", "PeriodsPerSchedule", MOST_PERIODS),
    Row(
        "SmartChargingCtrlr",
        "Entries",
        "integer",
        Live(lambda shared, _evse: str(len(shared.services.profiles()))),
        instance="ChargingProfiles",
        lowest=0,
        highest=MOST_PROFILES,
    ),
    switch("SmartChargingCtrlr", "NotifyChargingLimitWithSchedules", False),
    flag("SmartChargingCtrlr", "ExternalControlSignalsEnabled", False),
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
    flag("ReservationCtrlr", "Available", True),
    flag("ReservationCtrlr", "Enabled", True),
    flag("ReservationCtrlr", "NonEvseSpecific", True),
    flag("TariffCostCtrlr", "Available", True),
    Row("TariffCostCtrlr", "Available", "boolean", FALSE, instance="Tariff"),
    Row("TariffCostCtrlr", "Available", "boolean", TRUE, instance="Cost"),
    Row("TariffCostCtrlr", "Enabled", "boolean", FALSE, instance="Tariff"),
    Row("TariffCostCtrlr", "Enabled", "boolean", TRUE, instance="Cost"),
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
    flag("SecurityCtrlr", "AdditionalRootCertificateCheck", False),
    number("SecurityCtrlr", "MaxCertificateChainSize", LONGEST_CHAIN),
)

REPORTING = (
    *(
        number("DeviceDataCtrlr", "ItemsPerMessage", ITEMS_PER_MESSAGE, name)
        for name in ("GetVariables", "SetVariables", "GetReport")
    ),
    *(
        number("DeviceDataCtrlr", "BytesPerMessage", BYTES_PER_MESSAGE, name)
        for name in ("GetVariables", "SetVariables", "GetReport")
    ),
    number("DeviceDataCtrlr", "ItemsPerMessage", PART_ITEMS, "NotifyReport"),
    number("DeviceDataCtrlr", "BytesPerMessage", PART_CHARACTERS, "NotifyReport"),
    number("DeviceDataCtrlr", "ConfigurationValueSize", 1000),
    number("DeviceDataCtrlr", "ReportingValueSize", 2500),
    number("DeviceDataCtrlr", "ValueSize", 2500),
    flag("MonitoringCtrlr", "Available", True),
    flag("MonitoringCtrlr", "Enabled", True),
    number("MonitoringCtrlr", "ItemsPerMessage", ITEMS_PER_MESSAGE, "SetVariableMonitoring"),
    number("MonitoringCtrlr", "ItemsPerMessage", ITEMS_PER_MESSAGE, "ClearVariableMonitoring"),
    number("MonitoringCtrlr", "BytesPerMessage", BYTES_PER_MESSAGE, "SetVariableMonitoring"),
    number("MonitoringCtrlr", "BytesPerMessage", BYTES_PER_MESSAGE, "ClearVariableMonitoring"),
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
    flag("DisplayMessageCtrlr", "Available", False),
    flag("DisplayMessageCtrlr", "Enabled", False),
    Row("ClockCtrlr", "DateTime", "dateTime", Live(lambda shared, _evse: shared.stamp())),
    Row(
        "ClockCtrlr",
        "TimeSource",
        "SequenceList",
        Fixed("Heartbeat"),
        choices=("Heartbeat", "NTP"),
    ),
)

ROWS = CHARGING + SECURITY + REPORTING
