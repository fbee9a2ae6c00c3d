"""Bodies of T/CEC 102 as an honest operator writes them: stations, statuses, orders."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.config import BRIDGE_SECRETS

OPERATOR = BRIDGE_SECRETS.operator_id
PLUGGED, UNPLUGGED, BROKEN, AWAY = (
    "31010100010101",
    "31010100010102",
    "31010100010201",
    "31010100010301",
)
CLOSED_BOX = "31010100010302"
STATUSES = {PLUGGED: 2, UNPLUGGED: 1, BROKEN: 255, AWAY: 0, CLOSED_BOX: 4}
ELEC, SERVICE = Decimal("0.6500"), Decimal("0.4500")
START = "2026-01-02 03:04:05"
FEN = Decimal("0.01")


def station(number: int, name: str, lng: str, lat: str, connectors: list[str]) -> dict[str, Any]:
    """A StationInfo with every mandatory field and one pile per connector."""
    return {
        "StationID": f"3101010001{number:02d}",
        "OperatorID": OPERATOR,
        "EquipmentOwnerID": OPERATOR,
        "StationName": name,
        "CountryCode": "CN",
        "AreaCode": "310101",
        "Address": f"{number} Test Road, 上海市黄浦区测试路",
        "ServiceTel": "400-000-0000",
        "StationType": 1,
        "StationStatus": 50,
        "ParkNums": 2,
        "StationLng": Decimal(lng),
        "StationLat": Decimal(lat),
        "Construction": 5,
        "BusineHours": "00:00-24:00",
        "EquipmentInfos": [
            {
                "EquipmentID": connector[:12],
                "EquipmentType": 2,
                "Power": Decimal("7.0"),
                "EquipmentName": f"Pile {connector[-4:]}",
                "ConnectorInfos": [
                    {
                        "ConnectorID": connector,
                        "ConnectorName": "A",
                        "ConnectorType": 3,
                        "VoltageUpperLimits": 220,
                        "VoltageLowerLimits": 220,
                        "Current": 32,
                        "Power": Decimal("7.0"),
                        "NationalStandard": 2,
                    }
                ],
            }
            for connector in connectors
        ],
    }


def order(
    seq: str, connector: str = PLUGGED, energy: str = "1.23", reason: int = 1
) -> dict[str, Any]:
    """A ChargeOrderInfo of one line whose arithmetic is right."""
    kwh = Decimal(energy)
    elec = (kwh * ELEC).quantize(FEN, ROUND_HALF_UP)
    service = (kwh * SERVICE).quantize(FEN, ROUND_HALF_UP)
    return {
        "StartChargeSeq": seq,
        "ConnectorID": connector,
        "StartTime": START,
        "EndTime": "2026-01-02 03:34:05",
        "TotalPower": kwh,
        "TotalElecMoney": elec,
        "TotalSeviceMoney": service,
        "TotalMoney": elec + service,
        "StopReason": reason,
        "SumPeriod": 1,
        "ChargeDetails": [
            {
                "DetailStartTime": START,
                "DetailEndTime": "2026-01-02 03:34:05",
                "ElecPrice": ELEC,
                "SevicePrice": SERVICE,
                "DetailPower": kwh,
                "DetailElecMoney": elec,
                "DetailSeviceMoney": service,
            }
        ],
    }


def charge_status(
    seq: str, energy: str = "0.50", end: str = "2026-01-02 03:10:05", stat: int = 2
) -> dict[str, Any]:
    """A ChargeStatus of the plugged connector at 7 kW."""
    kwh = Decimal(energy)
    elec = (kwh * ELEC).quantize(FEN, ROUND_HALF_UP)
    service = (kwh * SERVICE).quantize(FEN, ROUND_HALF_UP)
    return {
        "StartChargeSeq": seq,
        "StartChargeSeqStat": stat,
        "ConnectorID": PLUGGED,
        "ConnectorStatus": 3 if stat == 2 else 2,
        "CurrentA": Decimal("31.8"),
        "VoltageA": Decimal("220.1"),
        "Soc": 0,
        "StartTime": START,
        "EndTime": end,
        "TotalPower": kwh,
        "ElecMoney": elec,
        "SeviceMoney": service,
        "TotalMoney": elec + service,
    }
