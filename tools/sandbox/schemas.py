"""Field tables of T/CEC 102.2 and 102.3, 2016 spelling: what the bridge may answer and push.

Read from the facts of the standard on its own, never from the bridge's tables: two readings that
agree are evidence, one reading used twice is not.
"""

import re

from sandbox.strict import (
    Table,
    date_time,
    decimal,
    identifier,
    integer,
    listing,
    one_of,
    operator_id,
    record,
    sequence,
    text,
)

M, O = True, False  # noqa: E741  mandatory and optional, as the standard's tables write them

SEQ_STAT = one_of(1, 2, 3, 4, 5)
CONNECTOR_STATUS = one_of(0, 1, 2, 3, 4, 255)
SUCC_STAT = one_of(0, 1)
FAIL_REASON = integer(0, 99)
ENERGY = decimal(2, 0, 10**6)
MONEY = decimal(2, 0, 10**6)
PRICE = decimal(4, 0, 1000)
AMPERE = decimal(1, 0, 1000)
VOLT = decimal(1, 0, 2000)
PERIODS = integer(0, 32)

_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_CLOCK = re.compile(r"([01]\d|2[0-3])[0-5]\d[0-5]\d")

CONNECTOR_INFO: Table = (
    ("ConnectorID", M, identifier(26)),
    ("ConnectorName", O, text(0, 30)),
    ("ConnectorType", M, one_of(1, 2, 3, 4, 5, 6)),
    ("VoltageUpperLimits", M, integer(0, 2000)),
    ("VoltageLowerLimits", M, integer(0, 2000)),
    ("Current", M, integer(0, 1000)),
    ("Power", M, decimal(1, 0, 10**4)),
    ("ParkNo", O, text(0, 10)),
    ("NationalStandard", M, one_of(1, 2, 3, 4)),
)
EQUIPMENT_INFO: Table = (
    ("EquipmentID", M, identifier(23)),
    ("ManufacturerID", O, operator_id()),
    ("ManufacturerName", O, text(0, 30)),
    ("EquipmentModel", O, text(0, 20)),
    ("ProductionDate", O, text(10, 10, _DATE)),
    ("EquipmentType", M, one_of(1, 2, 3, 4, 5)),
    ("ConnectorInfos", M, listing(record(CONNECTOR_INFO), 1)),
    ("EquipmentLng", O, decimal(6, -180, 180)),
    ("EquipmentLat", O, decimal(6, -90, 90)),
    ("Power", M, decimal(1, 0, 10**4)),
    ("EquipmentName", O, text(0, 30)),
)
STATION_INFO: Table = (
    ("StationID", M, identifier(20)),
    ("OperatorID", M, operator_id()),
    ("EquipmentOwnerID", M, operator_id()),
    ("StationName", M, text(1, 50)),
    ("CountryCode", M, text(2, 2, re.compile("[A-Z]{2}"))),
    ("AreaCode", M, text(6, 20, re.compile(r"\d+"))),
    ("Address", M, text(1, 50)),
    ("StationTel", O, text(0, 30)),
    ("ServiceTel", M, text(1, 30)),
    ("StationType", M, one_of(1, 50, 100, 101, 102, 103, 255)),
    ("StationStatus", M, one_of(0, 1, 5, 6, 50)),
    ("ParkNums", M, integer(0, 10**5)),
    ("StationLng", M, decimal(6, -180, 180)),
    ("StationLat", M, decimal(6, -90, 90)),
    ("SiteGuide", O, text(0, 100)),
    ("Construction", M, one_of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255)),
    ("Pictures", O, listing(text(1, 1000))),
    ("MatchCars", O, text(0, 100)),
    ("ParkInfo", O, text(0, 100)),
    ("BusineHours", O, text(0, 100)),
    ("ElectricityFee", O, text(0, 256)),
    ("ServiceFee", O, text(0, 100)),
    ("ParkFee", O, text(0, 100)),
    ("Payment", O, text(0, 20)),
    ("SupportOrder", O, one_of(0, 1)),
    ("Remark", O, text(0, 100)),
    ("EquipmentInfos", M, listing(record(EQUIPMENT_INFO), 1)),
)
CONNECTOR_STATUS_INFO: Table = (
    ("ConnectorID", M, identifier(26)),
    ("Status", M, CONNECTOR_STATUS),
    ("ParkStatus", O, one_of(0, 10, 50)),
    ("LockStatus", O, one_of(0, 10, 50)),
)
POLICY_INFO: Table = (
    ("StartTime", M, text(6, 6, _CLOCK)),
    ("ElecPrice", M, PRICE),
    ("SevicePrice", M, PRICE),
)
CHARGE_DETAIL: Table = (
    ("DetailStartTime", M, date_time()),
    ("DetailEndTime", M, date_time()),
    ("ElecPrice", M, PRICE),
    ("SevicePrice", M, PRICE),
    ("DetailPower", M, ENERGY),
    ("DetailElecMoney", M, MONEY),
    ("DetailSeviceMoney", M, MONEY),
)
CHARGE_STATUS: Table = (
    ("StartChargeSeq", M, sequence()),
    ("StartChargeSeqStat", M, SEQ_STAT),
    ("ConnectorID", M, identifier(26)),
    ("ConnectorStatus", M, one_of(1, 2, 3, 4, 255)),
    ("CurrentA", M, AMPERE),
    ("CurrentB", O, AMPERE),
    ("CurrentC", O, AMPERE),
    ("VoltageA", M, VOLT),
    ("VoltageB", O, VOLT),
    ("VoltageC", O, VOLT),
    ("Soc", M, decimal(1, 0, 100)),
    ("StartTime", M, date_time()),
    ("EndTime", M, date_time()),
    ("TotalPower", M, ENERGY),
    ("ElecMoney", O, MONEY),
    ("SeviceMoney", O, MONEY),
    ("TotalMoney", O, MONEY),
    ("SumPeriod", O, PERIODS),
    ("ChargeDetails", O, listing(record(CHARGE_DETAIL), 0, 32)),
)
# The money fields carry no M in the standard; a platform that bills from the order needs them
CHARGE_ORDER: Table = (
    ("StartChargeSeq", M, sequence()),
    ("ConnectorID", M, identifier(26)),
    ("StartTime", M, date_time()),
    ("EndTime", M, date_time()),
    ("TotalPower", M, ENERGY),
    ("TotalElecMoney", M, MONEY),
    ("TotalSeviceMoney", M, MONEY),
    ("TotalMoney", M, MONEY),
    ("StopReason", M, integer(0, 99)),
    ("SumPeriod", M, PERIODS),
    ("ChargeDetails", M, listing(record(CHARGE_DETAIL), 0, 32)),
)
_TOKEN_REQUEST: Table = (
    ("OperatorID", M, operator_id()),
    ("OperatorSecret", M, text(1, 200)),
)
_START_STOP: Table = (
    ("StartChargeSeq", M, sequence()),
    ("StartChargeSeqStat", M, SEQ_STAT),
    ("ConnectorID", M, identifier(26)),
    ("SuccStat", M, SUCC_STAT),
    ("FailReason", M, FAIL_REASON),
)

# What the bridge pushes to us
REQUESTS: dict[str, Table] = {
    "query_token": _TOKEN_REQUEST,
    "notification_stationStatus": (("ConnectorStatusInfo", M, record(CONNECTOR_STATUS_INFO)),),
    "notification_start_charge_result": (
        ("StartChargeSeq", M, sequence()),
        ("StartChargeSeqStat", M, one_of(2, 4, 5)),
        ("ConnectorID", M, identifier(26)),
        ("StartTime", M, date_time()),
        ("IdentCode", O, text(0, 20)),
    ),
    "notification_equip_charge_status": CHARGE_STATUS,
    "notification_stop_charge_result": _START_STOP,
    "notification_charge_order_info": CHARGE_ORDER,
}

# What the bridge answers to our calls
ANSWERS: dict[str, Table] = {
    "query_token": (
        ("OperatorID", M, operator_id()),
        ("SuccStat", M, SUCC_STAT),
        ("AccessToken", M, text(0, 256)),
        ("TokenAvailableTime", M, integer(0, 10**8)),
        ("FailReason", M, FAIL_REASON),
    ),
    "query_stations_info": (
        ("PageNo", M, integer(1, 10**6)),
        ("PageCount", M, integer(0, 10**6)),
        ("ItemSize", M, integer(0, 10**6)),
        ("StationInfos", M, listing(record(STATION_INFO))),
    ),
    "query_station_status": (
        ("Total", M, integer(0, 10**6)),
        (
            "StationStatusInfos",
            M,
            listing(
                record(
                    (
                        ("StationID", M, identifier(20)),
                        ("ConnectorStatusInfos", M, listing(record(CONNECTOR_STATUS_INFO))),
                    )
                )
            ),
        ),
    ),
    "query_equip_auth": (
        ("EquipAuthSeq", M, sequence()),
        ("ConnectorID", M, identifier(26)),
        ("SuccStat", M, SUCC_STAT),
        ("FailReason", M, FAIL_REASON),
        ("FailReasonMsg", O, text(0, 200)),
    ),
    "query_equip_business_policy": (
        ("EquipBizSeq", M, sequence()),
        ("ConnectorID", M, identifier(26)),
        ("SuccStat", M, SUCC_STAT),
        ("FailReason", M, FAIL_REASON),
        ("SumPeriod", M, PERIODS),
        ("PolicyInfos", M, listing(record(POLICY_INFO), 0, 32)),
    ),
    "query_start_charge": _START_STOP,
    "query_equip_charge_status": CHARGE_STATUS,
    "query_stop_charge": tuple(row for row in _START_STOP if row[0] != "ConnectorID"),
}
