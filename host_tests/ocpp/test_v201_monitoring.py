"""Monitors, their events and reports, and what stands here about drivers (N02 to N10)."""

import pytest
from fakes201 import LOST, T0, Bench, event

from pilebridge.commands import Reply
from pilebridge.platforms.ocpp import events

POWER = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}


async def watch(bench, **more):
    data = {"value": 8000, "type": "UpperThreshold", "severity": 4, **POWER, **more}
    answer = await bench.ask("SetVariableMonitoring", {"setMonitoringData": [data]})
    return answer["setMonitoringResult"][0]


async def look(bench, **state):
    """The state changes; the events that were sent of it."""
    for name, value in state.items():
        setattr(bench.services.states[1], name, value)
    before = len(bench.sent("NotifyEvent"))
    await bench.station.status(bench.services.connectors[0], T0)
    return [each for part in bench.sent("NotifyEvent")[before:] for each in part["eventData"]]


async def test_n04_a_threshold_alerts_when_passed_and_clears():
    bench = Bench()
    identity = bench.runs()
    monitor = await watch(bench)
    assert monitor["status"] == "Accepted"
    assert await look(bench, w=7000) == []
    (alert,) = await look(bench, w=9000)
    assert alert["variableMonitoringId"] == monitor["id"]
    assert (alert["trigger"], alert["actualValue"], alert["cleared"]) == (
        "Alerting",
        "9000",
        False,
    )
    assert alert["eventNotificationType"] == "CustomMonitor"
    assert alert["transactionId"] == identity
    assert await look(bench, w=9500) == []
    bench.again()
    assert await look(bench, w=9500) == []
    (gone,) = await look(bench, w=8000)
    assert gone["cleared"] is True
    assert gone["eventId"] == alert["eventId"] + 1


async def test_n04_lower_and_delta():
    bench = Bench()
    await watch(bench, type="LowerThreshold", value=100)
    await watch(bench, type="Delta", value=1000)
    (low,) = await look(bench, w=50)
    assert low["trigger"] == "Alerting"
    found = await look(bench, w=1040)
    assert [(each["trigger"], each.get("cleared")) for each in found] == [("Alerting", True)]
    (delta,) = await look(bench, w=1050)
    assert delta["trigger"] == "Delta"
    assert await look(bench, w=1500) == []


async def test_n04_only_while_a_transaction_runs():
    bench = Bench()
    await watch(bench, transaction=True)
    assert await look(bench, w=9000) == []
    bench.runs()
    assert len(await look(bench)) == 1


async def test_n07_samples_are_looked_at_too_and_lost_events_come_again():
    bench = Bench()
    bench.runs()
    await watch(bench)
    bench.services.states[1].w = 9000
    bench.context.answers["NotifyEvent"] = LOST
    await bench.station.deliver(event(events.SAMPLE, 1))
    del bench.context.answers["NotifyEvent"]
    assert len(await look(bench)) == 1


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"component": {"name": "Nothing"}}, "UnknownComponent"),
        ({"variable": {"name": "Nothing"}}, "UnknownVariable"),
        ({"variable": {"name": "AllowReset"}}, "UnsupportedMonitorType"),
        ({"type": "Periodic"}, "UnsupportedMonitorType"),
        ({"type": "Delta", "value": -1}, "Rejected"),
        ({"severity": 10}, "Rejected"),
        ({"id": 77}, "Rejected"),
    ],
)
async def test_n04_what_cannot_be_watched_is_refused(changed, status):
    bench = Bench()
    assert (await watch(bench, **changed))["status"] == status
    assert await look(bench, w=9000) == []


async def test_n04_a_monitor_is_replaced_by_its_id_and_not_doubled():
    bench = Bench()
    first = await watch(bench)
    assert (await watch(bench, value=5000))["status"] == "Duplicate"
    assert (await watch(bench, value=5000, id=first["id"]))["status"] == "Accepted"
    assert (await watch(bench, id=first["id"], variable={"name": "ACCurrent"}))[
        "status"
    ] == "Rejected"
    assert len(await look(bench, w=6000)) == 1


async def test_n06_monitors_are_cleared():
    bench = Bench()
    first = await watch(bench)
    answer = await bench.ask("ClearVariableMonitoring", {"id": [first["id"], 99]})
    assert answer["clearMonitoringResult"] == [
        {"id": first["id"], "status": "Accepted"},
        {"id": 99, "status": "NotFound"},
    ]
    assert await look(bench, w=9000) == []
    # An id is not given twice
    assert (await watch(bench))["id"] > first["id"]


async def test_n02_monitors_are_reported():
    bench = Bench()
    assert await bench.ask("GetMonitoringReport", {"requestId": 1}) == {"status": "EmptyResultSet"}
    await watch(bench)
    await watch(bench, type="Delta", severity=5)
    await watch(bench, variable={"name": "ACCurrent"})
    assert await bench.ask("GetMonitoringReport", {"requestId": 2}) == {"status": "Accepted"}
    (told,) = bench.sent("NotifyMonitoringReport")
    assert (told["requestId"], told["seqNo"], told["tbc"]) == (2, 0, False)
    assert [len(each["variableMonitoring"]) for each in told["monitor"]] == [2, 1]
    ask = {"requestId": 3, "monitoringCriteria": ["DeltaMonitoring"]}
    await bench.ask("GetMonitoringReport", ask)
    (only,) = bench.sent("NotifyMonitoringReport")[1]["monitor"]
    assert [each["type"] for each in only["variableMonitoring"]] == ["Delta"]
    ask = {"requestId": 4, "componentVariable": [{"component": {"name": "Connector"}}]}
    assert await bench.ask("GetMonitoringReport", ask) == {"status": "EmptyResultSet"}
    ask = {"requestId": 5, "monitoringCriteria": ["PeriodicMonitoring"]}
    assert await bench.ask("GetMonitoringReport", ask) == {"status": "NotSupported"}


async def test_n03_the_base_and_n05_the_level():
    bench = Bench()
    await watch(bench)
    assert await bench.ask("SetMonitoringLevel", {"severity": 3}) == {"status": "Accepted"}
    assert await look(bench, w=9000) == []
    assert (await bench.ask("SetMonitoringLevel", {"severity": 10}))["status"] == "Rejected"
    assert await bench.value("MonitoringCtrlr", "ActiveMonitoringLevel") == "3"
    ask = {"monitoringBase": "HardWiredOnly"}
    assert await bench.ask("SetMonitoringBase", ask) == {"status": "Accepted"}
    assert await bench.ask("GetMonitoringReport", {"requestId": 1}) == {"status": "EmptyResultSet"}
    assert await bench.value("MonitoringCtrlr", "ActiveMonitoringBase") == "HardWiredOnly"


async def test_n07_faults_come_and_go_as_events():
    bench = Bench()
    (came,) = await look(bench, faults=("contactor_welded",), status="faulted")
    assert came["component"] == {"name": "EVSE", "evse": {"id": 1}}
    assert came["variable"] == {"name": "Problem", "instance": "ContactorWelded"}
    assert (came["techCode"], came["actualValue"], came["cleared"]) == (
        "contactor_welded", "true", False,
    )  # fmt: skip
    assert came["eventNotificationType"] == "HardWiredNotification"
    assert "isolate" in came["techInfo"]
    bench.again()
    assert await look(bench) == []
    # Nobody knows the faults of a pile that is away
    assert await look(bench, faults=(), status="offline") == []
    (gone,) = await look(bench, status="available")
    assert (gone["actualValue"], gone["cleared"]) == ("false", True)


async def test_n05_warnings_are_below_the_level_of_failures():
    bench = Bench()
    await bench.ask("SetMonitoringLevel", {"severity": 5})
    found = await look(bench, faults=("reader_failed", "over_voltage"))
    assert [each["techCode"] for each in found] == ["over_voltage"]


async def customer(bench, **payload):
    ask = {"requestId": 8, "report": True, "clear": False, **payload}
    return (await bench.ask("CustomerInformation", ask))["status"]


async def test_n09_what_is_known_of_a_driver_is_told():
    bench = Bench()
    token = {"idToken": "04A2B3C4", "type": "ISO14443"}
    bench.runs(id_token="04A2B3C4")
    item = {"idToken": token, "idTokenInfo": {"status": "Blocked"}}
    ask = {"versionNumber": 1, "updateType": "Full", "localAuthorizationList": [item]}
    await bench.ask("SendLocalList", ask)
    assert await customer(bench, idToken=token) == "Accepted"
    (told,) = bench.sent("NotifyCustomerInformation")
    assert "local list: blocked" in told["data"]
    assert "EVSE 1" in told["data"]
    assert (told["seqNo"], told["tbc"], told["requestId"]) == (0, False, 8)
    assert await customer(bench) == "Invalid"
    assert await customer(bench, idToken=token, customerIdentifier="x") == "Invalid"
    assert await customer(bench, idToken=token, report=False) == "Rejected"


async def test_n09_a_long_report_comes_in_parts():
    bench = Bench()
    for number in range(20):
        bench.runs(tx=f"a55a41c3-{number}", id_token="04A2B3C4")
    assert await customer(bench, idToken={"idToken": "04A2B3C4", "type": "ISO14443"}) == "Accepted"
    told = bench.sent("NotifyCustomerInformation")
    assert len(told) > 1
    assert [each["seqNo"] for each in told] == list(range(len(told)))
    assert "".join(each["data"] for each in told).count("transaction ") == 20


async def test_n10_a_driver_is_forgotten():
    bench = Bench()
    token = {"idToken": "04A2B3C4", "type": "ISO14443"}
    assert await customer(bench, idToken=token, report=False, clear=True) == "Accepted"
    assert bench.services.of("clear_cache") == [()]
    assert bench.sent("NotifyCustomerInformation")[0]["data"] == ""
    bench.services.replies["clear_cache"] = Reply("refused", "busy")
    assert await customer(bench, idToken=token, clear=True) == "Rejected"
