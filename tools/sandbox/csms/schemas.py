"""Every message of OCPP 1.6 and 2.0.1 against the schemas of the `ocpp` package, and what a fault is called."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs

V16, V201 = "ocpp1.6", "ocpp2.0.1"
VERSIONS = (V201, V16)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FOLDERS = {V16: "v16", V201: "v201"}
# Who may call what in 1.6; everything else that has a schema is the central system's
_FROM_STATION_16 = _words(
    "Authorize BootNotification DataTransfer DiagnosticsStatusNotification FirmwareStatusNotification "
    "Heartbeat LogStatusNotification MeterValues SecurityEventNotification SignCertificate "
    "SignedFirmwareStatusNotification StartTransaction StatusNotification StopTransaction"
)
_FROM_STATION_201 = _words(
    "Authorize BootNotification ClearedChargingLimit DataTransfer FirmwareStatusNotification "
    "Get15118EVCertificate GetCertificateStatus Heartbeat LogStatusNotification MeterValues "
    "NotifyChargingLimit NotifyCustomerInformation NotifyDisplayMessages NotifyEVChargingNeeds "
    "NotifyEVChargingSchedule NotifyEvent NotifyMonitoringReport NotifyReport "
    "PublishFirmwareStatusNotification ReportChargingProfiles ReservationStatusUpdate "
    "SecurityEventNotification SignCertificate StatusNotification TransactionEvent"
)
FROM_STATION = {V16: _FROM_STATION_16, V201: _FROM_STATION_201}
# The misspelling is the standard's own
_OCCURRENCE = {V16: "OccurenceConstraintViolation", V201: "OccurrenceConstraintViolation"}
FORMAT = {V16: "FormationViolation", V201: "FormatViolation"}
# What a frame gets that is no frame: 1.6 knows no better word
FRAMEWORK = {V16: "GenericError", V201: "RpcFrameworkError"}
CODES = {
    V16: _words(
        "NotImplemented NotSupported InternalError ProtocolError SecurityError FormationViolation "
        "PropertyConstraintViolation OccurenceConstraintViolation TypeConstraintViolation "
        "GenericError"
    ),
    V201: _words(
        "FormatViolation GenericError InternalError MessageTypeNotSupported NotImplemented "
        "NotSupported OccurrenceConstraintViolation PropertyConstraintViolation ProtocolError "
        "RpcFrameworkError SecurityError TypeConstraintViolation"
    ),
}
_PROPERTY = {
    "enum",
    "maxLength",
    "minLength",
    "minimum",
    "maximum",
    "multipleOf",
    "format",
    "pattern",
}
_COUNT = {"required", "minItems", "maxItems"}


class FaultError(ValueError):
    """A message that may not be: `code` is the CALLERROR's in its version."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


def known(version: str, action: str) -> bool:
    """True for an action of this version, whoever may call it."""
    return action in _actions(version)


def check_request(version: str, action: str, payload: Any) -> None:
    """FaultError unless the payload is one of this action."""
    _check(version, action, "Request" if version == V201 else "", payload)


def check_response(version: str, action: str, payload: Any) -> None:
    """FaultError unless the payload answers this action."""
    _check(version, action, "Response", payload)


def _check(version: str, action: str, kind: str, payload: Any) -> None:
    if not isinstance(payload, dict):
        raise FaultError(FORMAT[version], f"{action}: the payload is no object")
    for error in _validator(version, f"{action}{kind}").iter_errors(payload):
        keyword = str(error.schema_path[-1]) if error.schema_path else ""
        where = "/".join(str(part) for part in error.instance_path)
        raise FaultError(_code(version, keyword), f"{action}/{where}: {error.message}"[:255])


def _code(version: str, keyword: str) -> str:
    if keyword == "type":
        return "TypeConstraintViolation"
    if keyword in _PROPERTY:
        return "PropertyConstraintViolation"
    return _OCCURRENCE[version] if keyword in _COUNT else FORMAT[version]


@cache
def _actions(version: str) -> frozenset[str]:
    names = (item.name for item in (files("ocpp") / _FOLDERS[version] / "schemas").iterdir())
    return frozenset(
        name.removesuffix("Response.json") for name in names if name.endswith("Response.json")
    )


@cache
def _validator(version: str, name: str) -> Any:
    # Some of the files begin with a byte order mark
    text = (files("ocpp") / _FOLDERS[version] / "schemas" / f"{name}.json").read_text("utf-8-sig")
    return jsonschema_rs.validator_for(json.loads(text), validate_formats=True)
