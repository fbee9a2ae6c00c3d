"""Hundreds of invalid frames on a live connection: each gets its answer, or the close it deserves."""

import asyncio
import itertools
import json

import pytest
from linked import linked
from scripted_central import Central

V16, V201 = "ocpp1.6", "ocpp2.0.1"
# Spelt out here, not taken from what is tested
MISSING = {V16: "OccurenceConstraintViolation", V201: "OccurrenceConstraintViolation"}
FORM = {V16: "FormationViolation", V201: "FormatViolation"}
FRAME = {V16: "FormationViolation", V201: "RpcFrameworkError"}
TYPE = {V16: "GenericError", V201: "MessageTypeNotSupported"}
WRONG, VALUE, UNKNOWN = "TypeConstraintViolation", "PropertyConstraintViolation", "NotImplemented"

PROFILE = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}],
    },
}
TOKEN = {"idToken": "04A2B3C4", "type": "ISO14443"}
WHEN = "2026-01-01T00:00:00Z"
# action: (a payload that is right, {enumeration field: ...}, {field with a length: longest})
RIGHT = {
    V16: {
        "ChangeConfiguration": ({"key": "k", "value": "v"}, (), {"key": 50, "value": 500}),
        "ChangeAvailability": ({"connectorId": 1, "type": "Operative"}, ("type",), {}),
        "RemoteStartTransaction": ({"idTag": "a"}, (), {"idTag": 20}),
        "RemoteStopTransaction": ({"transactionId": 1}, (), {}),
        "ReserveNow": (
            {"connectorId": 1, "expiryDate": WHEN, "idTag": "a", "reservationId": 1},
            (),
            {"idTag": 20},
        ),
        "Reset": ({"type": "Soft"}, ("type",), {}),
        "SendLocalList": ({"listVersion": 1, "updateType": "Full"}, ("updateType",), {}),
        "SetChargingProfile": ({"connectorId": 1, "csChargingProfiles": PROFILE}, (), {}),
        "TriggerMessage": ({"requestedMessage": "Heartbeat"}, ("requestedMessage",), {}),
        "UnlockConnector": ({"connectorId": 1}, (), {}),
        "UpdateFirmware": ({"location": "http://a/b", "retrieveDate": WHEN}, (), {}),
    },
    V201: {
        "Reset": ({"type": "OnIdle"}, ("type",), {}),
        "RequestStartTransaction": ({"idToken": TOKEN, "remoteStartId": 1}, (), {}),
        "RequestStopTransaction": ({"transactionId": "a"}, (), {"transactionId": 36}),
        "GetBaseReport": ({"requestId": 1, "reportBase": "FullInventory"}, ("reportBase",), {}),
        "TriggerMessage": ({"requestedMessage": "Heartbeat"}, ("requestedMessage",), {}),
        "UnlockConnector": ({"evseId": 1, "connectorId": 1}, (), {}),
        "ChangeAvailability": ({"operationalStatus": "Operative"}, ("operationalStatus",), {}),
        "ReserveNow": ({"id": 1, "expiryDateTime": WHEN, "idToken": TOKEN}, (), {}),
        "DataTransfer": ({"vendorId": "v"}, (), {"vendorId": 255, "messageId": 50}),
        "SetMonitoringBase": ({"monitoringBase": "All"}, ("monitoringBase",), {}),
        "SetMonitoringLevel": ({"severity": 1}, (), {}),
        "CancelReservation": ({"reservationId": 1}, (), {}),
        "CertificateSigned": ({"certificateChain": "x"}, (), {"certificateChain": 10000}),
    },
}


def bad_payloads(version):
    """(action, payload, code) for what breaks one rule of a schema at a time."""
    for action, (right, enumerations, lengths) in RIGHT[version].items():
        for key, value in right.items():
            yield action, {k: v for k, v in right.items() if k != key}, MISSING[version]
            for other in ([], 1.5, None, True, {"a": 1} if isinstance(value, str) else "text"):
                if type(other) is not type(value):
                    yield action, {**right, key: other}, WRONG
        for key in enumerations:
            yield action, {**right, key: "Perhaps"}, VALUE
            yield action, {**right, key: right[key].lower()}, VALUE
        for key, longest in lengths.items():
            yield action, {**right, key: "x" * (longest + 1)}, VALUE
        yield action, {**right, "surprise": 1}, FORM[version]
        yield action, {**right, "customdata": {}}, FORM[version]


def bad_calls(version, frame_id):
    """(frame, code) for calls that are none."""
    for action in ("Explode", "reset", "", "ResetResponse", "Reset\x00", "../Reset", "é" * 300):
        code = UNKNOWN if action else FRAME[version]
        yield [2, frame_id(), action, {}], code
    for kind in (0, 1, 5, 6, 7, 9, 100, -2, 2.0, "2", True, None, [], {}):
        yield [kind, frame_id(), "Reset", {"type": "Soft"}], TYPE[version]
    for payload in ([], "x", 7, None, True, ""):
        yield [2, frame_id(), "Reset", payload], FRAME[version]
    for action in (7, None, [], {}, True):
        yield [2, frame_id(), action, {}], FRAME[version]
    yield [2, frame_id()], FRAME[version]
    yield [2, frame_id(), "Reset"], FRAME[version]
    yield [2, frame_id(), "Reset", {}, {}], FRAME[version]


def unreadable(whole):
    """Texts whose id cannot be read: whatever was cut off, and ids that are none."""
    yield from (whole[:cut] for cut in range(0, len(whole) - 1, 2))
    yield from (whole + "]", "{}", "null", "7", "[]", "[2]", '"x"', "\x00", "[" * 50_000)
    for bad in ("", "x" * 37, 7, None, [], {"a": 1}, True):
        yield json.dumps([2, bad, "Reset", {"type": "Soft"}])


@pytest.mark.parametrize("version", [V16, V201])
async def test_every_invalid_frame_gets_what_it_deserves(version, record_property):
    asked = []

    async def answer(action, _payload):
        asked.append(action)
        return {"status": "Accepted"}

    count = 0
    ids = itertools.count()
    central = Central()
    async with central.serve(), linked(central, version, answer) as (rpc, counters):

        async def expect(frame, code):
            answered = await central.ask("P1", json.dumps(frame), frame[1])
            assert answered[:3] == [4, frame[1], code], (frame, answered)
            assert isinstance(answered[3], str)
            assert len(answered[3]) <= 255
            assert answered[4] == {}

        for action, payload, code in bad_payloads(version):
            await expect([2, f"p{next(ids)}", action, payload], code)
            count += 1
        for frame, code in bad_calls(version, lambda: f"f{next(ids)}"):
            await expect(frame, code)
            count += 1
        before = len(central.frames)
        for text in unreadable('[2,"abcdef","Reset",{"type":"Soft"}]'):
            if version == V201:
                answered = await central.ask("P1", text, "-1")
                assert answered[:3] == [4, "-1", "RpcFrameworkError"], text
            else:
                # 1.6 has no answer to it: the next good call shows that none came
                await central.links["P1"].send(text)
            count += 1
        assert not asked, "nothing invalid reached the handler"
        assert (await central.call("P1", "ClearCache", {}))[0] == 3
        if version == V16:
            assert len(central.frames) == before + 1
        # The other direction works on as well
        await rpc.call("Heartbeat", {})
        assert counters.malformed >= 30
    record_property("figure", f"OCPP: {count} invalid frames of {version} answered as it says")
    assert count >= 200


@pytest.mark.parametrize("version", [V16, V201])
@pytest.mark.parametrize(
    ("message", "close_code"),
    [("x" * 10_000_000, 1009), (b'[2,"a","Reset",{}]', 1003), ("[" + " " * (1 << 20) + "]", 1009)],
    ids=["10 MB", "binary", "a mebibyte and two"],
)
async def test_what_is_too_large_or_binary_closes_and_the_successor_goes_on(
    version, message, close_code
):
    central = Central()
    async with central.serve():
        async with linked(central, version) as (rpc, _):
            link = central.links["P1"]
            sending = asyncio.create_task(link.send(message))
            await asyncio.wait_for(link.wait_closed(), 5)
            await asyncio.wait([sending])
            sending.exception()
            assert link.close_code == close_code
            await central.until(lambda: not rpc.alive)
        central.links.clear()
        async with linked(central, version) as (rpc, _):
            await rpc.call("Heartbeat", {})
