"""Payloads against the schemas of both versions: which violation gets which code, and what is none."""

import subprocess
import sys
import time

import pytest

from pilebridge.platforms.ocpp.codes import V16, V201
from pilebridge.platforms.ocpp.context import CallError
from pilebridge.platforms.ocpp.schemas import Schemas

START = {"connectorId": 1, "idTag": "04A2", "meterStart": 0, "timestamp": "2026-01-01T00:00:00Z"}


def refused(version, action, payload):
    with pytest.raises(CallError) as raised:
        Schemas.of(version).check_request(action, payload)
    return raised.value.code, raised.value.text


def profile(limit):
    period = {"startPeriod": 0, "limit": limit}
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [period]}
    return {
        "connectorId": 1,
        "csChargingProfiles": {
            "chargingProfileId": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": schedule,
        },
    }


def test_both_versions_are_there_whole():
    assert len(Schemas.of(V16).actions()) == 39
    assert len(Schemas.of(V201).actions()) == 64
    assert Schemas.of(V16) is Schemas.of(V16)
    assert Schemas.of(V16).knows("StartTransaction")
    assert not Schemas.of(V201).knows("StartTransaction")
    for no_action in ("", "BootNotificationResponse", "../v201/schemas/Reset", "bootnotification"):
        assert not Schemas.of(V16).knows(no_action)
        assert not Schemas.of(V201).knows(no_action)


@pytest.mark.parametrize(
    ("change", "code", "named"),
    [
        ({"idTag": None}, "OccurenceConstraintViolation", "idTag is missing"),
        ({"idTag": 7}, "TypeConstraintViolation", "idTag: not string"),
        ({"idTag": "x" * 21}, "PropertyConstraintViolation", "idTag: longer than 20"),
        ({"connectorId": "1"}, "TypeConstraintViolation", "connectorId: not integer"),
        ({"timestamp": "yesterday"}, "TypeConstraintViolation", "timestamp: not a date-time"),
        ({"more": 1}, "FormationViolation", "more is not known"),
    ],
)
def test_a_violation_has_its_code_and_names_the_field(change, code, named):
    payload = {key: value for key, value in {**START, **change}.items() if value is not None}
    assert refused(V16, "StartTransaction", payload) == (code, named)


def test_the_same_in_the_words_of_the_later_version():
    assert refused(V201, "Reset", {})[0] == "OccurrenceConstraintViolation"
    assert refused(V201, "Reset", {"type": "Never"}) == (
        "PropertyConstraintViolation",
        "type: not one of the allowed values",
    )
    assert refused(V201, "Reset", {"type": "OnIdle", "x": 1})[0] == "FormatViolation"
    code, text = refused(V201, "GetVariables", {"getVariableData": []})
    assert (code, text) == (
        "OccurrenceConstraintViolation",
        "getVariableData: fewer than 1 of them",
    )


def test_a_field_deep_inside_is_named_by_its_path():
    where = "csChargingProfiles.chargingSchedule.chargingSchedulePeriod.0.limit"
    assert refused(V16, "SetChargingProfile", profile("6")) == (
        "TypeConstraintViolation",
        f"{where}: not number",
    )


def test_the_text_never_repeats_a_value():
    code, text = refused(
        V16, "ChangeConfiguration", {"key": "AuthorizationKey", "value": "k" * 501}
    )
    assert code == "PropertyConstraintViolation"
    assert "kkk" not in text


def test_a_limit_has_one_decimal_whatever_binary_makes_of_it():
    check = Schemas.of(V16).check_request
    for tenths in range(10_000):
        check("SetChargingProfile", profile(tenths / 10))
    for bad in (6.05, 16.01, 0.33):
        code, text = refused(V16, "SetChargingProfile", profile(bad))
        assert code == "PropertyConstraintViolation"
        assert text.endswith("limit: not a multiple of 0.1")


def test_a_sloppy_clock_in_an_answer_to_us_is_let_through():
    answer = {"currentTime": "2026-01-01T00:00:00"}
    Schemas.of(V16).check_response("Heartbeat", answer, False)
    with pytest.raises(CallError):
        Schemas.of(V16).check_response("Heartbeat", answer, True)


def test_nesting_without_end_is_a_violation_and_no_crash():
    payload = inner = {"vendorId": "x"}
    for _ in range(900):
        inner["data"] = inner = {}
    assert refused(V16, "DataTransfer", payload)[0] in {
        "FormationViolation",
        "TypeConstraintViolation",
    }
    payload["data"], payload["x"] = "", {}
    assert refused(V16, "DataTransfer", payload)[0] == "FormationViolation"


def test_the_package_of_the_schemas_is_not_imported():
    code = (
        "import sys; from pilebridge.platforms.ocpp.schemas import Schemas;"
        "Schemas.of('ocpp1.6').check_request('Heartbeat', {});"
        "assert 'ocpp' not in sys.modules, 'imported'"
    )
    env = {"PYTHONPATH": ":".join(sys.path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=env, timeout=60)


def test_a_meter_value_is_checked_in_microseconds(record_property):
    sampled = [{"value": "1234.5", "measurand": "Energy.Active.Import.Register", "unit": "Wh"}]
    payload = {
        "connectorId": 1,
        "transactionId": 7,
        "meterValue": [{"timestamp": "2026-01-01T00:00:00Z", "sampledValue": sampled * 4}],
    }
    check = Schemas.of(V16).check_request
    check("MeterValues", payload)
    rounds = 2000
    begin = time.process_time()
    for _ in range(rounds):
        check("MeterValues", payload)
    micros = (time.process_time() - begin) / rounds * 1e6
    record_property("figure", f"OCPP: a MeterValues checked in {micros:.1f} us")
    # jsonschema takes more than 200
    assert micros < 60
