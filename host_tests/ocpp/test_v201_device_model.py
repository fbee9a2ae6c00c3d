"""The device model: read, changed and reported in parts (B05 to B08, A01)."""

import pytest
from fakes201 import Bench, check, event

from pilebridge.commands import Reply
from pilebridge.platforms.ocpp import events
from pilebridge.platforms.ocpp.v201.firmware_tables import fault_codes, settings
from pilebridge.platforms.ocpp.v201.parts import PART_CHARACTERS, PART_ITEMS, in_parts
from pilebridge.platforms.ocpp.v201.pile_rows import WRITABLE

COMPONENTS = {
    "ChargingStation", "EVSE", "Connector", "OCPPCommCtrlr", "AuthCtrlr", "AuthCacheCtrlr",
    "LocalAuthListCtrlr", "TxCtrlr", "SampledDataCtrlr", "AlignedDataCtrlr", "SmartChargingCtrlr",
    "ReservationCtrlr", "SecurityCtrlr", "ClockCtrlr", "DeviceDataCtrlr", "MonitoringCtrlr",
    "TariffCostCtrlr", "DisplayMessageCtrlr", "Controller",
}  # fmt: skip


async def report(bench, action="GetBaseReport", **payload):
    before = len(bench.sent("NotifyReport"))
    answer = await bench.ask(action, {"requestId": 5, **payload})
    parts = bench.sent("NotifyReport")[before:]
    return answer["status"], parts, [each for part in parts for each in part["reportData"]]


def names(data):
    return {(each["component"]["name"], each["variable"]["name"]) for each in data}


async def test_b07_the_full_inventory_comes_in_parts():
    bench = Bench()
    status, parts, data = await report(bench, reportBase="FullInventory")
    assert status == "Accepted"
    assert len(parts) > 5
    assert [part["seqNo"] for part in parts] == list(range(len(parts)))
    assert [part["tbc"] for part in parts] == [True] * (len(parts) - 1) + [False]
    assert {part["requestId"] for part in parts} == {5}
    assert all(len(part["reportData"]) <= PART_ITEMS for part in parts)
    assert {each["component"]["name"] for each in data} == COMPONENTS
    keys = [(str(each["component"]).lower(), str(each["variable"]).lower()) for each in data]
    assert len(set(keys)) == len(keys)


async def test_every_setting_stands_there_once_but_for_secrets():
    bench = Bench()
    _status, _parts, data = await report(bench, reportBase="FullInventory")
    shown = {
        each["variable"]["name"] for each in data if each["component"]["name"] == "Controller"
    }
    secret = {
        row[0] for row in settings.TABLE if row[1] in (*settings.HIDDEN, "networks", "tokens")
    }
    standard = {"start_timeout_s", "sample_interval_s", "pre_authorize", "allow_unknown_offline"}
    assert shown == {"Model"} | {row[0] for row in settings.TABLE} - secret - standard
    assert {"wifi_password", "key", "service_code", "id_tokens", "wifi_networks"} <= secret


async def test_every_fault_is_a_problem_of_each_evse():
    bench = Bench()
    bench.services.states[2].faults = ("residual_current",)
    _status, _parts, data = await report(bench, reportBase="FullInventory")
    problems = {
        (each["component"]["evse"]["id"], each["variable"]["instance"]):
            each["variableAttribute"][0]["value"]
        for each in data
        if each["variable"]["name"] == "Problem" and "instance" in each["variable"]
    }  # fmt: skip
    assert len(problems) == 2 * len(fault_codes.TABLE)
    assert [place for place, value in problems.items() if value == "true"] == [
        (2, "ResidualCurrent")
    ]


async def test_b07_the_configuration_is_what_can_be_set_and_the_summary_is_short():
    bench = Bench()
    _status, _parts, data = await report(bench, reportBase="ConfigurationInventory")
    assert {each["variableAttribute"][0]["mutability"] for each in data} == {
        "ReadWrite", "WriteOnly",
    }  # fmt: skip
    assert ("SecurityCtrlr", "BasicAuthPassword") in names(data)
    _status, _parts, data = await report(bench, reportBase="SummaryInventory")
    assert names(data) >= {("ChargingStation", "AvailabilityState"), ("EVSE", "Problem")}
    assert {name for _component, name in names(data)} == {
        "AvailabilityState",
        "Problem",
        "Available",
    }


async def test_b08_a_report_of_what_was_asked():
    bench = Bench()
    wanted = [{"component": {"name": "evse"}, "variable": {"name": "availabilitystate"}}]
    _status, _parts, data = await report(bench, "GetReport", componentVariable=wanted)
    assert [each["component"]["evse"]["id"] for each in data] == [1, 2]
    wanted = [{"component": {"name": "EVSE", "evse": {"id": 2}}, "variable": {"name": "Power"}}]
    _status, _parts, data = await report(bench, "GetReport", componentVariable=wanted)
    assert [each["component"]["evse"]["id"] for each in data] == [2]
    wanted = [{"component": {"name": "EVSE", "evse": {"id": 9}}}]
    status, parts, _data = await report(bench, "GetReport", componentVariable=wanted)
    assert (status, parts) == ("EmptyResultSet", [])


async def test_b08_criteria():
    bench = Bench()
    status, parts, _data = await report(bench, "GetReport", componentCriteria=["Problem"])
    assert (status, parts) == ("EmptyResultSet", [])
    bench.services.states[1].faults = ("over_voltage",)
    _status, _parts, data = await report(bench, "GetReport", componentCriteria=["Problem"])
    assert {each["component"].get("evse", {}).get("id") for each in data} == {1, None}
    assert {each["component"]["name"] for each in data} == {"EVSE", "ChargingStation"}
    _status, _parts, data = await report(bench, "GetReport", componentCriteria=["Enabled"])
    shown = {each["component"]["name"] for each in data}
    assert "AlignedDataCtrlr" not in shown
    assert {"EVSE", "AuthCtrlr"} <= shown


async def test_b06_values_from_the_pile_and_from_the_bridge():
    bench = Bench()
    assert await bench.value("TxCtrlr", "EVConnectionTimeOut") == "60"
    assert await bench.value("controller", "RESUME") == "true"
    assert await bench.value("AuthCtrlr", "LocalPreAuthorize") == "false"
    assert await bench.value("TxCtrlr", "TxStartPoint") == "PowerPathClosed"
    assert await bench.value("OCPPCommCtrlr", "MessageAttempts", "TransactionEvent") == "3"
    assert await bench.value("SecurityCtrlr", "Identity") == "CS-1"
    assert await bench.value("OCPPCommCtrlr", "RetryBackOffRepeatTimes") == "9"
    assert await bench.value("SecurityCtrlr", "BasicAuthPassword") == "Rejected"
    assert await bench.value("NoSuch", "Thing") == "UnknownComponent"
    assert await bench.value("TxCtrlr", "Thing") == "UnknownVariable"
    bench.services.reachable = False
    assert await bench.value("TxCtrlr", "EVConnectionTimeOut") == "Rejected"


async def test_b06_other_attributes_are_not_there():
    bench = Bench()
    item = {
        "component": {"name": "TxCtrlr"}, "variable": {"name": "TxStartPoint"},
        "attributeType": "MaxSet",
    }  # fmt: skip
    answer = await bench.ask("GetVariables", {"getVariableData": [item]})
    assert answer["getVariableResult"] == [
        {**item, "attributeStatus": "NotSupportedAttributeType"}
    ]
    change = {**item, "attributeValue": "x"}
    answer = await bench.ask("SetVariables", {"setVariableData": [change]})
    assert answer["setVariableResult"][0]["attributeStatus"] == "NotSupportedAttributeType"


@pytest.mark.parametrize(
    ("component", "variable", "value", "status"),
    [
        ("OCPPCommCtrlr", "HeartbeatInterval", "600", "Accepted"),
        ("OCPPCommCtrlr", "HeartbeatInterval", "1", "Rejected"),
        ("OCPPCommCtrlr", "HeartbeatInterval", "ten", "Rejected"),
        ("OCPPCommCtrlr", "HeartbeatInterval", "90000", "Rejected"),
        ("SmartChargingCtrlr", "LimitChangeSignificance", "nan", "Rejected"),
        ("AuthCtrlr", "AuthorizeRemoteStart", "true", "Accepted"),
        ("AuthCtrlr", "AuthorizeRemoteStart", "yes", "Rejected"),
        ("TxCtrlr", "TxStartPoint", "Authorized", "Rejected"),
        ("TxCtrlr", "EVConnectionTimeOut", "90", "Accepted"),
        ("TxCtrlr", "EVConnectionTimeOut", "4", "Rejected"),
        ("Controller", "language", "zh", "Accepted"),
        ("Controller", "language", "fr", "Rejected"),
        ("Controller", "broker_host", "elsewhere", "Rejected"),
        ("TariffCostCtrlr", "Currency", "EURO", "Rejected"),
        ("TxCtrlr", "Nothing", "1", "UnknownVariable"),
        ("Nothing", "Nothing", "1", "UnknownComponent"),
    ],
)
async def test_b05_a_change_is_checked(component, variable, value, status):
    bench = Bench()
    before = await bench.value(component, variable)
    assert await bench.set(component, variable, value) == status
    after = await bench.value(component, variable)
    assert after == (value if status == "Accepted" else before)


async def test_b05_the_pile_has_the_last_word_on_its_settings():
    bench = Bench()
    bench.services.replies["write_setting"] = Reply("accepted", "restart")
    assert await bench.set("Controller", "pause_min_s", "20") == "RebootRequired"
    assert bench.services.of("write_setting") == [("pause_min_s", 20)]
    bench.services.replies["write_setting"] = Reply("refused", "bad_value")
    assert await bench.set("Controller", "resume", "false") == "Rejected"
    bench.services.replies["write_setting"] = None
    assert await bench.set("Controller", "resume", "false") == "Rejected"


def test_what_may_be_changed_is_known_to_the_pile_or_will_be():
    assert set(WRITABLE) - {row[0] for row in settings.TABLE} <= {"authorization_patience_s"}


async def test_b05_changes_have_their_effects():
    bench = Bench()
    await bench.set("OCPPCommCtrlr", "HeartbeatInterval", "600")
    assert bench.context.interval == 600
    await bench.set("OCPPCommCtrlr", "MessageAttempts", "5", "TransactionEvent")
    await bench.set("OCPPCommCtrlr", "MessageAttemptInterval", "30", "TransactionEvent")
    assert bench.context.rules == (5, 30)
    await bench.set("OCPPCommCtrlr", "WebSocketPingInterval", "0")
    assert bench.context.ping == 0
    bench.again()
    assert await bench.value("OCPPCommCtrlr", "HeartbeatInterval") == "600"
    bench.context.ping, bench.context.rules = None, None
    await bench.station.announce()
    assert (bench.context.ping, bench.context.rules) == (0, (5, 30))


async def test_b06_too_much_at_once_is_refused():
    bench = Bench()
    item = {"component": {"name": "TxCtrlr"}, "variable": {"name": "TxStartPoint"}}
    many = {"getVariableData": [item] * 51}
    assert await bench.refuses("GetVariables", many) == "OccurrenceConstraintViolation"
    long = {**item, "component": {"name": "TxCtrlr", "customData": {"vendorId": "x" * 70_000}}}
    assert await bench.refuses("GetVariables", {"getVariableData": [long]}) == "FormatViolation"


async def test_a01_a_new_password_is_kept_and_used_on_a_new_connection():
    bench = Bench()
    assert await bench.set("SecurityCtrlr", "BasicAuthPassword", "short") == "Rejected"
    assert bench.context.reconnects == 0
    assert await bench.set("SecurityCtrlr", "BasicAuthPassword", "0123456789abcdef") == "Accepted"
    assert bench.context.values.get("password") == "0123456789abcdef"
    assert bench.context.reconnects == 1


def test_parts_are_bounded_in_items_and_characters():
    small = [{"n": number} for number in range(2 * PART_ITEMS + 1)]
    assert [len(part) for _number, _more, part in in_parts(small)] == [PART_ITEMS, PART_ITEMS, 1]
    large = [{"n": "x" * (PART_CHARACTERS - 50)}] * 3
    assert [len(part) for _number, _more, part in in_parts(large)] == [1, 1, 1]
    assert list(in_parts([])) == [(0, False, [])]


async def test_the_checks_of_the_fake_can_fail():
    bench = Bench()
    with pytest.raises(Exception, match="'seqNo' is a required property"):
        check("NotifyReport", "Request", {"requestId": 1, "generatedAt": "2026-01-01T00:00:00Z"})
    with pytest.raises(Exception, match="too long"):
        await bench.station.deliver(
            event(events.STARTED, id_token="x" * 37, id_token_type="Central")
        )
