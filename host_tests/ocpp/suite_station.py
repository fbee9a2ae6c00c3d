"""The station itself: settings, meter values by the clock, passwords, files, certificates, what it does not do."""

import base64
import json

import pytest
from http_place import http_place
from issuers import Issuer
from suite_bench import CARD, LIVELY, PILE
from suite_registry import scenario
from suite_told import ended

from evse.core import messages
from sandbox.csms.link import RefusedError

BUNDLE = b"no bundle at all"
PASSWORD = "a password of 22 bytes"


@scenario(settings=LIVELY)
async def configuration_and_transaction_data(b):
    answer = await b.ask.get_configuration(PILE)
    keys = {row["key"]: row for row in answer["configurationKey"]}
    assert keys["NumberOfConnectors"] == {
        "key": "NumberOfConnectors",
        "readonly": True,
        "value": "1",
    }
    answer = await b.ask.get_configuration(PILE, ["Nothing"])
    assert answer["unknownKey"] == ["Nothing"]
    for key, value, status in (
        ("ClockAlignedDataInterval", "10", "Accepted"),
        ("MeterValuesAlignedData", "Voltage,Current.Import", "Accepted"),
        ("StopTxnSampledData", "Energy.Active.Import.Register", "Accepted"),
        ("StopTxnAlignedData", "Energy.Active.Import.Register", "Accepted"),
        ("ConnectionTimeOut", "90", "RebootRequired"),
        ("NumberOfConnectors", "2", "Rejected"),
        ("Nothing", "1", "NotSupported"),
    ):
        assert (await b.ask.change_configuration(PILE, key, value))["status"] == status, key
    await b.charge()
    await b.run(16)
    # The pile's clock is up to a second behind the bridge's, which dates what is aligned
    await b.until(lambda: 3 <= b.now() % 10 <= 5)
    await b.show(CARD)
    await ended(b, 1)
    contexts = {
        row["context"]
        for p in b.said("MeterValues")
        for v in p["meterValue"]
        for row in v["sampledValue"]
    }
    assert {"Sample.Clock", "Sample.Periodic"} <= contexts
    data = b.said("StopTransaction")[0]["transactionData"]
    contexts = [row["context"] for value in data for row in value["sampledValue"]]
    assert (contexts[0], contexts[-1]) == ("Transaction.Begin", "Transaction.End")
    assert {"Sample.Clock", "Sample.Periodic"} <= set(contexts)


@scenario(settings=LIVELY)
async def device_model_and_monitors(b):
    answer = await b.ask.get_configuration(PILE, ["OCPPCommCtrlr.HeartbeatInterval", "No.Thing"])
    rows = answer["getVariableResult"]
    assert [row["attributeStatus"] for row in rows] == ["Accepted", "UnknownComponent"]
    measurands = "Energy.Active.Import.Register,Voltage"
    answer = await b.ask.change_configuration(
        PILE, "SampledDataCtrlr.TxUpdatedMeasurands", measurands
    )
    assert answer["setVariableResult"][0]["attributeStatus"] == "Accepted"
    assert (await b.ask.base_report(PILE))["status"] == "Accepted"
    await b.heard("NotifyReport", 2, requestId=1)
    await b.until(lambda: not b.said("NotifyReport")[-1].get("tbc"))
    wanted = {"requestId": 2, "componentVariable": [{"component": {"name": "EVSE"}}]}
    assert (await b.ask.call(PILE, "GetReport", wanted))["status"] == "Accepted"
    await b.heard("NotifyReport", requestId=2)
    power = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}
    monitor = {"value": 2000, "type": "UpperThreshold", "severity": 4, **power}
    answer = await b.ask.call(PILE, "SetVariableMonitoring", {"setMonitoringData": [monitor]})
    number = answer["setMonitoringResult"][0]["id"]
    await b.ask.call(PILE, "SetMonitoringBase", {"monitoringBase": "All"})
    await b.ask.call(PILE, "SetMonitoringLevel", {"severity": 8})
    assert (await b.ask.call(PILE, "GetMonitoringReport", {"requestId": 3}))[
        "status"
    ] == "Accepted"
    await b.heard("NotifyMonitoringReport")
    await b.charge()
    await b.until(lambda: _alerts(b, number))
    token = {"idToken": CARD, "type": "ISO14443"}
    ask = {"requestId": 4, "report": True, "clear": False, "idToken": token}
    assert (await b.ask.call(PILE, "CustomerInformation", ask))["status"] == "Accepted"
    await b.heard("NotifyCustomerInformation", requestId=4)
    answer = await b.ask.call(PILE, "ClearVariableMonitoring", {"id": [number]})
    assert answer["clearMonitoringResult"][0]["status"] == "Accepted"
    await b.run(6)
    await b.show(CARD)
    await ended(b, 1)
    names = {
        row.get("measurand")
        for event in b.said("TransactionEvent")
        if event["triggerReason"] == "MeterValuePeriodic"
        for value in event["meterValue"]
        for row in value["sampledValue"]
    }
    assert names == set(measurands.split(","))
    ask.update(requestId=5, report=False, clear=True)
    assert (await b.ask.call(PILE, "CustomerInformation", ask))["status"] == "Accepted"
    await b.heard("NotifyCustomerInformation", requestId=5)


def _alerts(b, number):
    rows = [row for event in b.said("NotifyEvent") for row in event["eventData"]]
    return [row for row in rows if row.get("variableMonitoringId") == number]


@scenario(login={"security_profile": 1, "password": PASSWORD})
async def a_new_password(b):
    # 1.6 names the bytes in hex, as the form of the settings says they are text: a text of hex digits
    new = "6e657720736563726574206b65792121" if not b.new else "another password!"
    key = "SecurityCtrlr.BasicAuthPassword" if b.new else "AuthorizationKey"
    b.central.login(password=new)
    rpc = b.charger.rpc
    await b.ask.change_configuration(PILE, key, new)
    await b.until(lambda: b.charger.rpc not in {None, rpc})
    await b.until(lambda: b.central.connected)
    # A mere reconnect needs no boot notification
    answer = await b.ask.data_transfer(PILE, "anybody")
    assert answer["status"] == "UnknownVendorId"
    assert len(b.said("BootNotification")) == 1


@scenario()
async def files_and_security_events(b):
    async with http_place() as place:
        place.answers["GET", "/bundle"] = (200, BUNDLE)
        await (_files_201 if b.new else _files_16)(b, place)
        assert [method for method, _, _ in place.got].count("PUT") >= 1
    kinds = [row["type"] for row in b.said("SecurityEventNotification")]
    assert kinds


async def _files_16(b, place):
    ask = {"location": f"{place.url}/logs", "retries": 0}
    assert "fileName" in await b.ask.call(PILE, "GetDiagnostics", ask)
    await b.heard("DiagnosticsStatusNotification", status="UploadFailed")
    name = (await b.ask.call(PILE, "GetDiagnostics", ask))["fileName"]
    place.answers["PUT", f"/logs/{name}"] = (201, b"")
    await b.heard("DiagnosticsStatusNotification", status="Uploaded")
    log = {"remoteLocation": f"{place.url}/logs"}
    ask = {"log": log, "logType": "SecurityLog", "requestId": 1, "retries": 0}
    name = (await b.ask.call(PILE, "GetLog", ask))["filename"]
    place.answers["PUT", f"/logs/{name}"] = (201, b"")
    await b.heard("LogStatusNotification", status="Uploaded", requestId=1)
    when = "2026-03-04T05:06:00Z"
    ask = {"location": f"{place.url}/bundle", "retrieveDate": when, "retries": 0}
    await b.ask.call(PILE, "UpdateFirmware", ask)
    await b.heard("FirmwareStatusNotification", status="InstallationFailed")
    maker = Issuer("maker")
    root = {"certificateType": "ManufacturerRootCertificate", "certificate": maker.pem}
    await b.ask.call(PILE, "InstallCertificate", root)
    signer = Issuer("signer", by=maker, ca=False)
    firmware = {
        "location": f"{place.url}/bundle",
        "retrieveDateTime": when,
        "signingCertificate": signer.pem,
        "signature": base64.b64encode(signer.sign(BUNDLE)).decode(),
    }
    ask = {"requestId": 2, "firmware": firmware, "retries": 0}
    assert (await b.ask.call(PILE, "SignedUpdateFirmware", ask))["status"] == "Accepted"
    # The signature holds, and what it signs is no bundle of ours
    await b.heard("SignedFirmwareStatusNotification", status="SignatureVerified", requestId=2)
    await b.heard("SignedFirmwareStatusNotification", status="InstallationFailed", requestId=2)
    firmware["signature"] = "bm8="
    await b.ask.call(PILE, "SignedUpdateFirmware", {**ask, "requestId": 3})
    await b.heard("SignedFirmwareStatusNotification", status="InvalidSignature", requestId=3)
    await b.heard("SecurityEventNotification")


async def _files_201(b, place):
    log = {"remoteLocation": f"{place.url}/logs"}
    ask = {"log": log, "logType": "DiagnosticsLog", "requestId": 1, "retries": 0}
    name = (await b.ask.call(PILE, "GetLog", ask))["filename"]
    place.answers["PUT", f"/logs/{name}"] = (201, b"")
    await b.heard("LogStatusNotification", status="Uploaded", requestId=1)
    when = "2026-03-04T05:06:00Z"
    firmware = {"location": f"{place.url}/bundle", "retrieveDateTime": when}
    ask = {"requestId": 2, "firmware": firmware, "retries": 0}
    assert (await b.ask.call(PILE, "UpdateFirmware", ask))["status"] == "Accepted"
    await b.heard("FirmwareStatusNotification", status="InstallationFailed", requestId=2)
    firmware.update(signingCertificate=Issuer("nobody").pem, signature="bm8=")
    answer = await b.ask.call(PILE, "UpdateFirmware", {**ask, "requestId": 3})
    assert answer["status"] == "InvalidCertificate"
    await b.heard("SecurityEventNotification")


@scenario()
async def certificates(b):
    root = Issuer("root")
    kind = "ManufacturerRootCertificate"
    ask = {"certificateType": kind, "certificate": root.pem}
    assert (await b.ask.call(PILE, "InstallCertificate", ask))["status"] == "Accepted"
    ask = {"certificateType": [kind] if b.new else kind}
    found = await b.ask.call(PILE, "GetInstalledCertificateIds", ask)
    if b.new:
        hashes = found["certificateHashDataChain"][0]["certificateHashData"]
    else:
        hashes = found["certificateHashData"][0]
    ask = {"certificateHashData": hashes}
    for status in ("Accepted", "NotFound"):
        assert (await b.ask.call(PILE, "DeleteCertificate", ask))["status"] == status
    action = "TriggerMessage" if b.new else "ExtendedTriggerMessage"
    message = "SignChargingStationCertificate" if b.new else "SignChargePointCertificate"
    if not b.new:
        await b.ask.change_configuration(PILE, "CpoName", "An operator")
    answer = await b.ask.call(PILE, action, {"requestedMessage": message})
    assert answer["status"] == "Accepted", answer
    request = await b.heard("SignCertificate")
    assert "BEGIN CERTIFICATE REQUEST" in request["csr"]
    answer = await b.ask.call(PILE, "CertificateSigned", {"certificateChain": root.pem})
    assert answer["status"] == "Rejected"


@scenario()
async def what_is_not_done(b):
    nothing = {"transactionId": "t1"}
    calls = (
        {
            "ClearDisplayMessage": {"id": 1},
            "GetDisplayMessages": {"requestId": 1},
            "UnpublishFirmware": {"checksum": "x"},
            "PublishFirmware": {"location": "http://x", "checksum": "x", "requestId": 1},
        }
        if b.new
        else {}
    )
    for action, payload in calls.items():
        with pytest.raises(RefusedError) as caught:
            await b.ask.call(PILE, action, payload)
        assert caught.value.code in {"NotSupported", "NotImplemented"}
    if b.new:
        answer = await b.ask.call(PILE, "CostUpdated", {"totalCost": 1.5, **nothing})
        assert answer == {}
    answer = await b.ask.data_transfer(PILE, b.charger.settings.vendor)
    assert answer["status"] == ("UnknownVendorId" if b.new else "UnknownMessageId")
    if b.server == "sandbox":
        # The strict server lets nobody ask this
        assert await _refused(b, "Heartbeat") == "NotSupported"
        assert await _refused(b, "Nonsense") == "NotImplemented"


async def _refused(b, action):
    frame = json.dumps([2, action, action, {}])
    answer = await b.central.system.link(PILE).provoke(frame, action, 5)
    return answer[2]


@scenario(settings={"site": "demo", **LIVELY})
async def limit_of_the_site(b):
    def limit(a10):
        message = {"a10": a10, "utc": int(b.now()), "ttl_s": 600}
        b.place.on_down(messages.site_topic("demo"), messages.encode(message))

    limit(100)
    told = await b.heard("NotifyChargingLimit")
    assert told["chargingLimit"]["chargingLimitSource"] in {"EMS", "SO", "Other", "CSO"}
    await b.charge()
    await b.follows(100)
    limit(10000)
    await b.heard("ClearedChargingLimit")
    await b.follows(320)
    await b.show(CARD)
    await ended(b, 1)
