"""Charging profiles, the composite schedule, and limits of others (K01 to K14)."""

import pytest
from fakes201 import T0, Bench

from pilebridge.commands import Reply
from pilebridge.platforms.ocpp.v201.profile_checks import a10_of
from pilebridge.platforms.ocpp.v201.words import stamp
from pilebridge.station_services import ChargingProfile, Period


def profile(number=1, purpose="TxDefaultProfile", kind="Absolute", **more):
    schedule = {
        "id": number, "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}],
    }  # fmt: skip
    if kind != "Relative":
        schedule["startSchedule"] = stamp(T0)
    schedule.update(more.pop("schedule", {}))
    return {
        "id": number, "stackLevel": 0, "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind, "chargingSchedule": [schedule], **more,
    }  # fmt: skip


async def install(bench, evse_id, wanted):
    answer = await bench.ask("SetChargingProfile", {"evseId": evse_id, "chargingProfile": wanted})
    return answer["statusInfo"]["reasonCode"] if "statusInfo" in answer else answer["status"]


def periods(*pairs):
    return {"chargingSchedulePeriod": [{"startPeriod": s, "limit": a} for s, a in pairs]}


async def test_k01_a_profile_reaches_the_pile_in_its_own_words():
    bench = Bench()
    wanted = profile(
        7, kind="Recurring", recurrencyKind="Daily", stackLevel=3, validFrom=stamp(T0),
        validTo=stamp(T0 + 86_400),
        schedule={"duration": 3600, **periods((0, 16), (600, 7.5))},
    )  # fmt: skip
    assert await install(bench, 1, wanted) == "Accepted"
    assert bench.services.installed[7] == ChargingProfile(
        7, 1, "default", 3, (Period(0, 160), Period(600, 75)), T0, T0, T0 + 86_400, 3600, "daily"
    )
    assert await install(bench, 0, profile(8, "ChargingStationMaxProfile")) == "Accepted"
    assert bench.services.installed[8].purpose == "max"


async def test_k01_a_profile_of_a_transaction_needs_it():
    bench = Bench()
    wanted = profile(9, "TxProfile", "Relative")
    assert await install(bench, 1, wanted) == "MissingParam"
    wanted["transactionId"] = "another"
    assert await install(bench, 1, wanted) == "TxNotFound"
    wanted["transactionId"] = bench.runs(ref="ocpp-1")
    assert await install(bench, 2, wanted) == "TxNotFound"
    assert await install(bench, 0, wanted) == "InvalidProfile"
    assert await install(bench, 1, wanted) == "Accepted"
    assert bench.services.installed[9].ref == "ocpp-1"


@pytest.mark.parametrize(
    ("evse_id", "wanted", "code"),
    [
        (9, profile(), "UnknownEvse"),
        (1, profile(purpose="ChargingStationExternalConstraints"), "InvalidProfile"),
        (1, profile(purpose="ChargingStationMaxProfile"), "InvalidProfile"),
        (0, profile(purpose="ChargingStationMaxProfile", kind="Relative"), "InvalidProfile"),
        (1, profile(number=-1), "InvalidProfile"),
        (1, profile(stackLevel=100), "InvalidStackLevel"),
        (1, profile(kind="Recurring"), "InvalidProfile"),
        (1, profile(kind="Relative", schedule={"startSchedule": stamp(T0)}), "InvalidSchedule"),
        (1, profile(schedule=periods((1, 16))), "InvalidSchedule"),
        (1, profile(schedule=periods((0, 16), (600, 8), (600, 7))), "InvalidSchedule"),
        (1, profile(schedule=periods((0, -1))), "InvalidSchedule"),
        (1, profile(schedule=periods((0, 16), (2**31, 8))), "ValueTooHigh"),
        (1, profile(schedule={"duration": -1}), "ValueOutOfRange"),
        (1, profile(schedule=periods(*((n, 10) for n in range(25)))), "TooManyElements"),
        (1, {**profile(), "chargingSchedule": profile()["chargingSchedule"] * 2}, "InvalidSchedule"),
        (
            1,
            profile(schedule={"chargingSchedulePeriod": [
                {"startPeriod": 0, "limit": 6, "numberPhases": 1, "phaseToUse": 2}]}),
            "UnsupportedParam",
        ),
    ],
)  # fmt: skip
async def test_k01_what_cannot_hold_is_refused_by_name(evse_id, wanted, code):
    bench = Bench()
    assert await install(bench, evse_id, wanted) == code
    assert not bench.services.installed


async def test_k01_without_a_start_an_absolute_schedule_is_refused():
    wanted = profile()
    del wanted["chargingSchedule"][0]["startSchedule"]
    assert await install(Bench(), 1, wanted) == "InvalidSchedule"


async def test_k01_the_same_level_twice_is_refused():
    bench = Bench()
    assert await install(bench, 1, profile(1, validTo=stamp(T0 + 100))) == "Accepted"
    assert await install(bench, 1, profile(2)) == "DuplicateProfile"
    assert await install(bench, 2, profile(2)) == "Accepted"
    assert await install(bench, 1, profile(3, stackLevel=1)) == "Accepted"
    # A pile would drop the first, though the two never hold together
    later = profile(4, validFrom=stamp(T0 + 100))
    assert await install(bench, 1, later) == "DuplicateProfile"
    # The same id replaces
    assert await install(bench, 1, profile(1, schedule=periods((0, 8)))) == "Accepted"
    assert bench.services.installed[1].periods == (Period(0, 80),)


async def test_k01_the_pile_may_refuse():
    bench = Bench()
    bench.services.replies["set_profile"] = Reply("refused", "full")
    assert await install(bench, 1, profile()) == "TooManyElements"
    assert (await bench.ask("GetChargingProfiles", {"requestId": 1, "chargingProfile": {}}))[
        "status"
    ] == "NoProfiles"


@pytest.mark.parametrize(
    ("limit", "unit", "volts", "phases", "a10"),
    [
        (16.1, "A", 220, 1, 161), (0.3, "A", 220, 1, 3), (7040, "W", 220, 1, 32),
        (11_000, "W", 220, 3, 16), (0, "W", 220, 3, 0),
    ],
)  # fmt: skip
def test_a_limit_in_tenths_of_amperes(limit, unit, volts, phases, a10):
    wanted = a10 if unit == "A" else int(limit * 10 // (volts * phases))
    assert a10_of(limit, unit, volts, phases) == wanted


async def test_k01_watts_of_three_phases():
    bench = Bench(phases=3, volts=380)
    wanted = profile(schedule={"chargingRateUnit": "W", **periods((0, 11_000))})
    assert await install(bench, 1, wanted) == "Accepted"
    # 11 kW over three phases of 219 V
    assert bench.services.installed[1].periods == (Period(0, 167),)


async def test_k01_what_is_beyond_a_pile_is_brought_into_its_range():
    bench = Bench()
    wanted = profile(validTo="9999-12-31T23:59:59Z", schedule=periods((0, 1e308)))
    assert await install(bench, 1, wanted) == "Accepted"
    assert bench.services.installed[1].periods == (Period(0, 10_000),)
    assert bench.services.installed[1].until_utc == 4_102_444_800


async def test_k09_installed_profiles_are_reported_as_they_came():
    bench = Bench()
    first = profile(1, stackLevel=2)
    second = profile(2, "ChargingStationMaxProfile", schedule={"chargingRateUnit": "W"})
    await install(bench, 1, first)
    await install(bench, 0, second)
    await install(bench, 2, profile(3))
    ask = {"requestId": 4, "chargingProfile": {"chargingProfilePurpose": "TxDefaultProfile"}}
    assert (await bench.ask("GetChargingProfiles", ask))["status"] == "Accepted"
    told = bench.sent("ReportChargingProfiles")
    assert [(each["evseId"], each["tbc"]) for each in told] == [(1, True), (2, False)]
    assert told[0]["chargingProfile"] == [first]
    assert {(each["requestId"], each["chargingLimitSource"]) for each in told} == {(4, "CSO")}
    for criteria, evse, count in [
        ({"chargingProfileId": [2]}, {}, 1),
        ({"stackLevel": 2}, {}, 1),
        ({}, {"evseId": 0}, 1),
        ({"chargingLimitSource": ["EMS"]}, {}, 0),
        ({}, {}, 3),
    ]:
        before = len(bench.sent("ReportChargingProfiles"))
        ask = {"requestId": 5, "chargingProfile": criteria, **evse}
        answer = await bench.ask("GetChargingProfiles", ask)
        assert answer["status"] == ("Accepted" if count else "NoProfiles")
        assert len(bench.sent("ReportChargingProfiles")) - before == count


async def test_k10_profiles_are_cleared_by_id_or_criteria():
    bench = Bench()
    await install(bench, 1, profile(1))
    await install(bench, 2, profile(2))
    await install(bench, 1, profile(3, stackLevel=1))
    ask = {"chargingProfileId": 1}
    assert await bench.ask("ClearChargingProfile", ask) == {"status": "Accepted"}
    assert await bench.ask("ClearChargingProfile", ask) == {"status": "Unknown"}
    ask = {"chargingProfileCriteria": {"evseId": 1, "stackLevel": 1}}
    assert await bench.ask("ClearChargingProfile", ask) == {"status": "Accepted"}
    assert list(bench.services.installed) == [2]
    assert await bench.ask("ClearChargingProfile") == {"status": "Accepted"}
    assert not bench.services.installed


async def test_a_profile_that_ended_with_its_transaction_is_not_reported():
    bench = Bench()
    await install(bench, 1, profile(9, "TxProfile", "Relative", transactionId=bench.runs()))
    # The pile dropped it
    bench.services.installed.clear()
    ask = {"requestId": 1, "chargingProfile": {}}
    assert await bench.ask("GetChargingProfiles", ask) == {"status": "NoProfiles"}


async def test_k08_composite_schedule():
    bench = Bench()
    bench.services.curve = [Period(0, 165), Period(600, 0)]
    answer = await bench.ask("GetCompositeSchedule", {"evseId": 1, "duration": 900})
    assert answer["schedule"] == {
        "evseId": 1, "duration": 900, "scheduleStart": stamp(T0), "chargingRateUnit": "A",
        "chargingSchedulePeriod": [
            {"startPeriod": 0, "limit": 16.5, "numberPhases": 1},
            {"startPeriod": 600, "limit": 0, "numberPhases": 1},
        ],
    }  # fmt: skip
    assert bench.services.of("composite") == [(1, T0, 900)]
    ask = {"evseId": 0, "duration": 900, "chargingRateUnit": "W"}
    answer = await bench.ask("GetCompositeSchedule", ask)
    assert answer["schedule"]["chargingSchedulePeriod"][0]["limit"] == 3630
    unknown = await bench.ask("GetCompositeSchedule", {"evseId": 5, "duration": 900})
    assert unknown["status"] == "Rejected"
    endless = await bench.ask("GetCompositeSchedule", {"evseId": 1, "duration": 10**9})
    assert endless["status"] == "Rejected"


async def test_k12_a_site_limit_is_told_when_it_comes_changes_and_goes():
    bench = Bench()
    one, state = bench.services.connectors[0], bench.services.states[1]
    state.limit_a10, state.limit_by = 160, "site"
    await bench.station.status(one, T0)
    await bench.station.status(one, T0)
    assert bench.sent("NotifyChargingLimit") == [
        {"evseId": 1, "chargingLimit": {"chargingLimitSource": "EMS", "isGridCritical": False}}
    ]
    await bench.set("SmartChargingCtrlr", "LimitChangeSignificance", "10")
    state.limit_a10 = 150
    await bench.station.status(one, T0)
    assert len(bench.sent("NotifyChargingLimit")) == 1
    await bench.set("SmartChargingCtrlr", "NotifyChargingLimitWithSchedules", "true")
    state.limit_a10 = 80
    bench.again()
    await bench.station.status(one, T0)
    (schedule,) = bench.sent("NotifyChargingLimit")[1]["chargingSchedule"]
    assert schedule["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 8}]
    # K13: it no longer holds the current
    state.limit_by = "schedule"
    await bench.station.status(one, T0)
    await bench.station.status(one, T0)
    assert bench.sent("ClearedChargingLimit") == [{"chargingLimitSource": "EMS", "evseId": 1}]
