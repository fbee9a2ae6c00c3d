"""The sandbox's central system, judged by the strict client of ocpp-rpc: its answers and its calls pass schemas of others."""

import pytest
from central_bench import BOOT, V16, V201, at, central_system, event, rules, start, stop, values
from foreign_process import ForeignProcess, foreign_process
from test_csms_commands import ORDERS

from sandbox.csms.behaviour import Verdict
from sandbox.csms.commands import Commands

TOKEN = {"idToken": "CARD1", "type": "ISO14443"}
CHARGE = {
    V16: (
        ("BootNotification", BOOT[V16]),
        ("Heartbeat", {}),
        ("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"}),
        ("Authorize", {"idTag": "CARD1"}),
        ("StartTransaction", start(0)),
        ("MeterValues", values(1, 5, 1100, 16)),
        ("StopTransaction", stop(1, 6, 1200, idTag="CARD1")),
        ("DataTransfer", {"vendorId": "PileLink"}),
        ("FirmwareStatusNotification", {"status": "Idle"}),
        ("DiagnosticsStatusNotification", {"status": "Idle"}),
        ("SecurityEventNotification", {"type": "StartupOfTheDevice", "timestamp": at(0)}),
        ("SignCertificate", {"csr": "text"}),
        ("LogStatusNotification", {"status": "Idle"}),
        ("SignedFirmwareStatusNotification", {"status": "Idle"}),
    ),
    V201: (
        ("BootNotification", BOOT[V201]),
        ("Heartbeat", {}),
        ("Authorize", {"idToken": TOKEN}),
        ("TransactionEvent", event("Started", 0, 0, 1000, idToken=TOKEN)),
        ("TransactionEvent", event("Updated", 1, 5, 1100)),
        ("TransactionEvent", event("Ended", 2, 6, 1200)),
        (
            "StatusNotification",
            {"timestamp": at(7), "evseId": 1, "connectorId": 1, "connectorStatus": "Available"},
        ),
        ("NotifyReport", {"requestId": 1, "generatedAt": at(0), "seqNo": 0}),
        ("SecurityEventNotification", {"type": "StartupOfTheDevice", "timestamp": at(0)}),
        ("SignCertificate", {"csr": "text"}),
        ("FirmwareStatusNotification", {"status": "Idle"}),
        ("LogStatusNotification", {"status": "Idle"}),
        ("DataTransfer", {"vendorId": "PileLink"}),
        (
            "Get15118EVCertificate",
            {"iso15118SchemaVersion": "2", "action": "Install", "exiRequest": "x"},
        ),
        (
            "GetCertificateStatus",
            {
                "ocspRequestData": {
                    "hashAlgorithm": "SHA256",
                    "issuerNameHash": "1",
                    "issuerKeyHash": "2",
                    "serialNumber": "3",
                    "responderURL": "http://x",
                }
            },
        ),
        ("ReservationStatusUpdate", {"reservationId": 1, "reservationUpdateStatus": "Expired"}),
    ),
}


@pytest.mark.parametrize(("version", "place"), [(V16, 2), (V201, 3)])
async def test_answers_and_calls_pass_the_schemas_of_others(version: str, place: int) -> None:
    async with central_system() as system:
        system.books.behaviour.others = Verdict("Accepted", at(59), "FAMILY")
        system.books.behaviour.cost_per_kwh = 1.5
        words = (system.url, "P1", version)
        async with foreign_process(ForeignProcess, "client.js", *words) as client:
            await client.wait("connected")
            for action, payload in CHARGE[version]:
                brought = await client.ask(action=action, payload=payload)
                assert brought["event"] == "answer", brought
            for order in ORDERS:
                assert await getattr(Commands(system), order[0])("P1", **order[1])
            said = [(call["action"], call["payload"]) for call in client.of("call")]
            assert said == [order[place] for order in ORDERS]
            assert client.violations == []
        assert rules(system) == []


async def test_a_wrong_frame_of_the_central_system_is_caught() -> None:
    async with central_system() as system:
        words = (system.url, "P1", V16)
        async with foreign_process(ForeignProcess, "client.js", *words) as client:
            await client.wait("connected")
            link = await system.wait_connected("P1")
            answer = await link.provoke('[2, "x", "Reset", {"type": "Gently"}]', "x", 5)
            assert answer[0] == 4
            (caught,) = client.violations
            assert (caught["where"], caught["action"]) == ("call", "Reset")
            system.books.behaviour.others = Verdict("Perhaps")
            await client.ask(action="BootNotification", payload=BOOT[V16])
            assert (await client.ask(action="Authorize", payload={"idTag": "X"}))[
                "event"
            ] == "error"
            assert [event["where"] for event in client.violations] == ["call", "answer"]
