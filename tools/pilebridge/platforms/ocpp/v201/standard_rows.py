"""Variables that part 2 of 2.0.1 names for communication, authorization and transactions."""

from pilebridge.platforms.ocpp.v201.bounds import MOST_LOCAL_TOKENS
from pilebridge.platforms.ocpp.v201.row_forms import chosen, flag, number, switch
from pilebridge.platforms.ocpp.v201.sampled_names import MEASURANDS
from pilebridge.platforms.ocpp.v201.variable_rows import (
    READ_WRITE,
    Fixed,
    Kept,
    Live,
    Row,
    Setting,
)

_ALL = ",".join(MEASURANDS)
_ENERGY = MEASURANDS[0]


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
    chosen("OCPPCommCtrlr", "HeartbeatInterval", 300, 10, 86_400, unit="s"),
    chosen("OCPPCommCtrlr", "OfflineThreshold", 60, 0, 86_400, unit="s"),
    chosen("OCPPCommCtrlr", "MessageAttempts", 3, 1, 100, "TransactionEvent"),
    chosen("OCPPCommCtrlr", "MessageAttemptInterval", 60, 1, 3600, "TransactionEvent", "s"),
    Row(
        "OCPPCommCtrlr",
        "MessageTimeout",
        "integer",
        Live(lambda shared, _evse: str(int(shared.context.settings.call_timeout_s))),
        instance="Default",
        unit="s",
    ),
    chosen("OCPPCommCtrlr", "WebSocketPingInterval", 60, 0, 3600, unit="s"),
    number("OCPPCommCtrlr", "NetworkProfileConnectionAttempts", 3),
    # Any pause up to a bound, which begins at a second and doubles up to that of the settings
    number("OCPPCommCtrlr", "RetryBackOffWaitMinimum", 0, unit="s"),
    number("OCPPCommCtrlr", "RetryBackOffRandomRange", 1, unit="s"),
    Row(
        "OCPPCommCtrlr",
        "RetryBackOffRepeatTimes",
        "integer",
        Live(lambda shared, _evse: str(int(shared.context.settings.retry_max_s).bit_length())),
    ),
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
    flag("OCPPCommCtrlr", "UnlockOnEVSideDisconnect", True),
    number("OCPPCommCtrlr", "ResetRetries", 0),
    flag("OCPPCommCtrlr", "QueueAllMessages", False),
)

AUTHORIZATION = (
    flag("AuthCtrlr", "Enabled", True),
    switch("AuthCtrlr", "AuthorizeRemoteStart", False),
    flag("AuthCtrlr", "LocalAuthorizeOffline", True),
    Row("AuthCtrlr", "LocalPreAuthorize", "boolean", Setting("pre_authorize"), READ_WRITE),
    Row(
        "AuthCtrlr",
        "OfflineTxForUnknownIdEnabled",
        "boolean",
        Setting("allow_unknown_offline"),
        READ_WRITE,
    ),
    flag("AuthCacheCtrlr", "Available", True),
    flag("AuthCacheCtrlr", "Enabled", True),
    flag("LocalAuthListCtrlr", "Available", True),
    switch("LocalAuthListCtrlr", "Enabled", True),
    Row(
        "LocalAuthListCtrlr",
        "Entries",
        "integer",
        Live(lambda shared, _evse: str(len(shared.services.tokens()))),
        highest=MOST_LOCAL_TOKENS,
        lowest=0,
    ),
    number("LocalAuthListCtrlr", "ItemsPerMessage", MOST_LOCAL_TOKENS),
    number("LocalAuthListCtrlr", "BytesPerMessage", 200_000),
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
    flag("TxCtrlr", "StopTxOnInvalidId", True),
    flag("TxCtrlr", "StopTxOnEVSideDisconnect", True),
    flag("SampledDataCtrlr", "Available", True),
    flag("SampledDataCtrlr", "Enabled", True),
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
    number("SampledDataCtrlr", "TxEndedInterval", 0, unit="s"),
    flag("AlignedDataCtrlr", "Available", False),
    flag("AlignedDataCtrlr", "Enabled", False),
    number("AlignedDataCtrlr", "Interval", 0, unit="s"),
    number("AlignedDataCtrlr", "TxEndedInterval", 0, unit="s"),
    Row("AlignedDataCtrlr", "Measurands", "MemberList", Fixed("")),
    Row("AlignedDataCtrlr", "TxEndedMeasurands", "MemberList", Fixed("")),
)

ROWS = COMMUNICATION + AUTHORIZATION + TRANSACTIONS
