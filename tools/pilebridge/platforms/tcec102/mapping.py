"""From the common model to the bodies of T/CEC 102 (2016 spelling), with exact decimals."""

from decimal import Decimal
from typing import Any

from pilebridge.billing import Tariff
from pilebridge.model import ChargeDetailRecord, ChargeLine, Connector, ConnectorState, Transaction
from pilebridge.platforms.tcec102.fields import format_time
from pilebridge.settings import Operator, Station
from pilebridge.status import TCEC_STOP_OTHER, TCEC_STOP_REASON, tcec_status

# StartChargeSeqStat
STARTING, CHARGING, STOPPING, ENDED, UNKNOWN = 1, 2, 3, 4, 5

EQUIPMENT_AC = 2
STANDARD_2015 = 2
# ConnectorType: 2 AC socket (case B), 3 AC plug with cable (case C)
_CONNECTOR_TYPE = {"socket": 2, "cable": 3}
_VOLTAGE_TOLERANCE_PERCENT = 15


def yuan(fen: int) -> Decimal:
    """Money with two places."""
    return Decimal(fen).scaleb(-2)


def price(value: int) -> Decimal:
    """A price of 1e-4 yuan with four places."""
    return Decimal(value).scaleb(-4)


def kwh(energy_wh: int) -> Decimal:
    """Billed energy, whole 10 Wh, with two places."""
    return Decimal(energy_wh // 10).scaleb(-2)


def tenths(milli: int) -> Decimal:
    """Volts or amperes with one place from mV or mA, rounded half up."""
    return Decimal((milli + 50) // 100).scaleb(-1)


def station_info(station: Station, operator: Operator) -> dict[str, Any]:
    """StationInfo of query_stations_info."""
    equipment: dict[str, list[Connector]] = {}
    for connector in station.connectors():
        equipment.setdefault(connector.equipment_id, []).append(connector)
    info: dict[str, Any] = {
        "StationID": station.id,
        "OperatorID": operator.id,
        "EquipmentOwnerID": operator.id,
        "StationName": station.name,
        "CountryCode": "CN",
        "AreaCode": station.area_code,
        "Address": station.address,
        "ServiceTel": operator.service_tel,
        "StationType": station.station_type,
        "StationStatus": station.station_status,
        "ParkNums": station.park_nums,
        "StationLng": _places(station.lng, 6),
        "StationLat": _places(station.lat, 6),
        "Construction": station.construction,
        "SupportOrder": 0,
        "EquipmentInfos": [_equipment(name, rows) for name, rows in equipment.items()],
    }
    optional = {
        "StationTel": station.tel,
        "BusineHours": station.hours,
        "ParkFee": station.park_fee,
    }
    info.update({key: value for key, value in optional.items() if value})
    return info


def connector_status(connector: Connector, state: ConnectorState) -> dict[str, Any]:
    """ConnectorStatusInfo; bay and ground lock are not known to a pile."""
    return {
        "ConnectorID": connector.connector_id,
        "Status": tcec_status(state),
        "ParkStatus": 0,
        "LockStatus": 0,
    }


def policy(tariff: Tariff) -> list[dict[str, Any]]:
    """PolicyInfos of query_equip_business_policy."""
    return [
        {
            "StartTime": f"{p.from_s // 3600:02d}{p.from_s // 60 % 60:02d}{p.from_s % 60:02d}",
            "ElecPrice": price(p.energy_price),
            "SevicePrice": price(p.service_price),
        }
        for p in tariff.periods
    ]


def charge_status(
    ref: str,
    stat: int,
    connector: Connector,
    state: ConnectorState,
    cost: ChargeDetailRecord,
) -> dict[str, Any]:
    """ChargeStatus, the answer to a query and the body of the push; EndTime is the sample's time."""
    # Here a charge on a pile that is away for the moment is still a charge: 0 is not allowed
    status = tcec_status(state) or (3 if stat == CHARGING else 2)
    body: dict[str, Any] = {
        "StartChargeSeq": ref,
        "StartChargeSeqStat": stat,
        "ConnectorID": connector.connector_id,
        "ConnectorStatus": status,
        **_phases("Current", state.ma if stat == CHARGING else ()),
        **_phases("Voltage", state.mv if stat == CHARGING else ()),
        "Soc": Decimal("0.0"),
        "StartTime": format_time(cost.start_utc),
        "EndTime": format_time(cost.end_utc),
        "TotalPower": kwh(cost.energy_wh),
        "ElecMoney": yuan(cost.energy_fen),
        "SeviceMoney": yuan(cost.service_fen),
        "TotalMoney": yuan(cost.total_fen),
        "SumPeriod": len(cost.lines),
        "ChargeDetails": [_detail(line) for line in cost.lines],
    }
    return body


def order_info(transaction: Transaction, connector_id: str) -> dict[str, Any]:
    """ChargeOrderInfo of a transaction that is billed."""
    cdr = transaction.cdr
    assert cdr is not None
    return {
        "StartChargeSeq": transaction.ref,
        "ConnectorID": connector_id,
        "StartTime": format_time(cdr.start_utc),
        "EndTime": format_time(cdr.end_utc),
        "TotalPower": kwh(cdr.energy_wh),
        "TotalElecMoney": yuan(cdr.energy_fen),
        "TotalSeviceMoney": yuan(cdr.service_fen),
        "TotalMoney": yuan(cdr.total_fen),
        "StopReason": TCEC_STOP_REASON.get(transaction.reason, TCEC_STOP_OTHER),
        "SumPeriod": len(cdr.lines),
        "ChargeDetails": [_detail(line) for line in cdr.lines],
    }


def _detail(line: ChargeLine) -> dict[str, Any]:
    return {
        "DetailStartTime": format_time(line.start_utc),
        "DetailEndTime": format_time(line.end_utc),
        "ElecPrice": price(line.energy_price),
        "SevicePrice": price(line.service_price),
        "DetailPower": kwh(line.energy_wh),
        "DetailElecMoney": yuan(line.energy_fen),
        "DetailSeviceMoney": yuan(line.service_fen),
    }


def _phases(name: str, milli: tuple[int, ...]) -> dict[str, Decimal]:
    values = milli[:3] or (0,)
    # A current transformer that is turned round makes the sign: what flows is the magnitude
    return {name + phase: tenths(abs(value)) for phase, value in zip("ABC", values, strict=False)}


def _equipment(equipment_id: str, connectors: list[Connector]) -> dict[str, Any]:
    return {
        "EquipmentID": equipment_id,
        "EquipmentType": EQUIPMENT_AC,
        "Power": _kilowatt(max(c.power_w for c in connectors)),
        "ConnectorInfos": [_connector(connector) for connector in connectors],
    }


def _connector(connector: Connector) -> dict[str, Any]:
    margin = connector.volts * _VOLTAGE_TOLERANCE_PERCENT // 100
    info: dict[str, Any] = {
        "ConnectorID": connector.connector_id,
        "ConnectorType": _CONNECTOR_TYPE[connector.kind],
        "VoltageUpperLimits": connector.volts + margin,
        "VoltageLowerLimits": connector.volts - margin,
        "Current": connector.rated_a10 // 10,
        "Power": _kilowatt(connector.power_w),
        "NationalStandard": STANDARD_2015,
    }
    if connector.name:
        info["ConnectorName"] = connector.name
    if connector.park_no:
        info["ParkNo"] = connector.park_no
    return info


def _kilowatt(power_w: int) -> Decimal:
    return Decimal((power_w + 50) // 100).scaleb(-1)


def _places(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places))
