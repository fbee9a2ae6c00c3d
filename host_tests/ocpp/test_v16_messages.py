"""The table of the messages of OCPP 1.6 against the schemas, the tests and the station."""

import ast
from pathlib import Path

import pytest
from fakes16 import UTC_TEXT, Bench
from messages_v16 import CENTRAL, STATION, TABLE, THE_OTHER_WAY, UNKNOWN
from schemas16 import SCHEMAS, actions

from pilebridge.platforms.ocpp import v16
from pilebridge.platforms.ocpp.v16.station import OURS

HERE = Path(__file__).parent
TESTS = sorted({(row[4], row[5]) for row in TABLE} | {THE_OTHER_WAY, UNKNOWN})


def functions(name):
    """Tests of a file and whether each asserts something."""
    tree = ast.parse((HERE / f"test_v16_{name}.py").read_text("utf-8"))
    return {
        node.name: any(isinstance(each, ast.Assert) for each in ast.walk(node))
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_the_table_has_every_message_of_the_schemas_once_for_each_sender():
    assert {row[0] for row in TABLE} == set(actions())
    assert len({row[:2] for row in TABLE}) == len(TABLE)
    assert {row[0] for row in TABLE if row[1] == STATION} == {*OURS, "DataTransfer"}
    # A request and an answer each
    assert len(list(SCHEMAS.glob("*.json"))) == 2 * len(actions())


@pytest.mark.parametrize(("file", "test"), TESTS)
def test_each_named_test_is_there_and_asserts(file, test):
    assert functions(file)[test]


HASHES = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "0",
    "issuerKeyHash": "0",
    "serialNumber": "0",
}
FILE = {
    "location": "http://127.0.0.1:1/x",
    "retrieveDateTime": UTC_TEXT,
    "signingCertificate": "none",
    "signature": "none",
}
SCHEDULE = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}]}
PROFILE = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": SCHEDULE,
}
RESERVATION = {"expiryDate": "2026-03-05T00:00:00Z", "idTag": "A1", "reservationId": 1}
# One right call of each kind
CALLS = {
    "CancelReservation": {"reservationId": 1},
    "CertificateSigned": {"certificateChain": "none"},
    "ChangeAvailability": {"connectorId": 0, "type": "Operative"},
    "ChangeConfiguration": {"key": "HeartbeatInterval", "value": "60"},
    "ClearCache": {},
    "ClearChargingProfile": {},
    "DataTransfer": {"vendorId": "x"},
    "DeleteCertificate": {"certificateHashData": HASHES},
    "ExtendedTriggerMessage": {"requestedMessage": "Heartbeat"},
    "GetCompositeSchedule": {"connectorId": 1, "duration": 60},
    "GetConfiguration": {},
    "GetDiagnostics": {"location": "http://127.0.0.1:1/x"},
    "GetInstalledCertificateIds": {"certificateType": "ManufacturerRootCertificate"},
    "GetLocalListVersion": {},
    "GetLog": {
        "log": {"remoteLocation": "http://127.0.0.1:1/x"},
        "logType": "SecurityLog",
        "requestId": 1,
    },
    "InstallCertificate": {
        "certificateType": "ManufacturerRootCertificate",
        "certificate": "none",
    },
    "RemoteStartTransaction": {"idTag": "A1", "connectorId": 1},
    "RemoteStopTransaction": {"transactionId": 7},
    "ReserveNow": {"connectorId": 1, **RESERVATION},
    "Reset": {"type": "Soft"},
    "SendLocalList": {"listVersion": 1, "updateType": "Full"},
    "SetChargingProfile": {"connectorId": 1, "csChargingProfiles": PROFILE},
    "SignedUpdateFirmware": {"requestId": 1, "firmware": FILE},
    "TriggerMessage": {"requestedMessage": "Heartbeat"},
    "UnlockConnector": {"connectorId": 1},
    "UpdateFirmware": {"location": "http://127.0.0.1:1/x", "retrieveDate": UTC_TEXT},
}


def test_there_is_a_call_for_every_message_of_a_central_system():
    assert set(CALLS) == {row[0] for row in TABLE if row[1] == CENTRAL}


@pytest.mark.parametrize("action", CALLS)
@pytest.mark.parametrize("silent", [False, True], ids=["pile answers", "pile is silent"])
async def test_every_call_gets_an_answer_of_its_schema(action, silent):
    bench = Bench()
    bench.running()
    if silent:
        bench.pile.replies = dict.fromkeys(
            [
                "start",
                "stop",
                "unlock",
                "availability",
                "reset",
                "reserve",
                "unreserve",
                "profile",
                "clear_cache",
                "configure",
                "report",
                "update",
            ]
        )
    answer = await bench.ask(action, **CALLS[action])
    # Nothing goes out before the answer has
    assert bench.context.sent == []
    if silent and action in {"Reset", "ReserveNow", "RemoteStopTransaction", "ClearCache"}:
        assert answer == {"status": "Rejected"}
    bench.drop()


def test_a_station_never_sends_private_messages():
    sources = "".join(path.read_text("utf-8") for path in Path(v16.__file__).parent.glob("*.py"))
    assert 'call("StartTransaction"' in sources
    assert 'call("DataTransfer"' not in sources
