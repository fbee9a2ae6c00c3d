"""SetChargingProfile, ClearChargingProfile and GetCompositeSchedule of 1.6."""

import pytest
from fakes16 import UTC, UTC_TEXT, Bench, refused

from pilebridge.commands import Reply
from pilebridge.platforms.ocpp.v16.transactions import HOLD_PROFILE
from pilebridge.station_services import DEFAULT, MAX, TX, ChargingProfile, Period


def wanted(purpose="TxDefaultProfile", kind="Absolute", *, schedule=None, **changes):
    return {
        "chargingProfileId": 5,
        "stackLevel": 2,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "startSchedule": UTC_TEXT,
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}],
            **(schedule or {}),
        },
        **changes,
    }


async def set_profile(bench, profile, number=1):
    return await bench.status_of(
        "SetChargingProfile", connectorId=number, csChargingProfiles=profile
    )


async def test_a_profile_is_put_into_the_piles_terms():
    bench = Bench(phases=3)
    profile = wanted(
        kind="Recurring",
        recurrencyKind="Weekly",
        validFrom="2026-03-04T05:06:08Z",
        validTo="2026-03-04T05:06:09Z",
        schedule={
            "duration": 3600,
            "chargingSchedulePeriod": [
                {"startPeriod": 0, "limit": 16.1},
                {"startPeriod": 60, "limit": 0.3, "numberPhases": 1},
                {"startPeriod": 120, "limit": 32, "numberPhases": 3},
            ],
        },
    )
    assert await set_profile(bench, profile) == "Accepted"
    assert bench.pile.held == [
        ChargingProfile(
            id=5,
            connector=1,
            purpose=DEFAULT,
            stack=2,
            periods=(Period(0, 161), Period(60, 3, 1), Period(120, 320)),
            start_utc=UTC,
            from_utc=UTC + 1,
            until_utc=UTC + 2,
            duration_s=3600,
            recur="weekly",
        )
    ]


@pytest.mark.parametrize(
    ("phases", "number_phases", "watts", "a10"),
    [
        (1, None, 3680, 160),
        (3, None, 11040, 160),
        (3, 1, 3680, 160),
        (1, 3, 3680, 160),
        (3, 3, 11000, 159),
    ],
)
async def test_watts_become_amperes_by_the_wiring(phases, number_phases, watts, a10):
    bench = Bench(phases=phases)
    period = {"startPeriod": 0, "limit": watts}
    if number_phases:
        period["numberPhases"] = number_phases
    schedule = {"chargingRateUnit": "W", "chargingSchedulePeriod": [period]}
    assert await set_profile(bench, wanted(schedule=schedule)) == "Accepted"
    assert bench.pile.held[0].periods[0].a10 == a10


async def test_every_tenth_of_an_ampere_arrives_as_it_is():
    bench = Bench()
    for a10 in range(321):
        period = {"startPeriod": 0, "limit": a10 / 10}
        await set_profile(bench, wanted(schedule={"chargingSchedulePeriod": [period]}))
        assert bench.pile.held[0].periods == (Period(0, a10),)


@pytest.mark.parametrize(
    ("purpose", "number", "kind", "start_utc"),
    [
        ("ChargePointMaxProfile", 0, "Absolute", UTC),
        ("TxDefaultProfile", 0, "Relative", None),
        ("TxDefaultProfile", 1, "Absolute", UTC),
    ],
)
async def test_where_each_purpose_may_stand(purpose, number, kind, start_utc):
    bench = Bench()
    assert await set_profile(bench, wanted(purpose, kind), number) == "Accepted"
    (held,) = bench.pile.held
    assert held.purpose == {"ChargePointMaxProfile": MAX, "TxDefaultProfile": DEFAULT}[purpose]
    assert (held.connector, held.start_utc) == (number, start_utc)


async def test_absolute_without_a_start():
    bench = Bench()
    for purpose, number, start_utc in (
        ("ChargePointMaxProfile", 0, UTC),
        ("TxDefaultProfile", 1, None),
    ):
        profile = wanted(purpose)
        del profile["chargingSchedule"]["startSchedule"]
        assert await set_profile(bench, profile, number) == "Accepted"
        assert bench.pile.held[0].start_utc == start_utc


NO_START = wanted(kind="Recurring", recurrencyKind="Daily")
del NO_START["chargingSchedule"]["startSchedule"]


@pytest.mark.parametrize(
    ("number", "profile"),
    [
        (1, wanted("ChargePointMaxProfile")),
        (0, wanted("ChargePointMaxProfile", "Relative")),
        (0, wanted("TxProfile")),
        (2, wanted()),
        (-1, wanted()),
        (1, wanted(stackLevel=-1)),
        (1, wanted(stackLevel=100)),
        (1, wanted(chargingProfileId=-1)),
        (1, wanted(chargingProfileId=2147483647)),
        (1, wanted(kind="Recurring")),
        (1, NO_START),
        (1, wanted(validFrom="2026-03-04T05:06:08Z", validTo=UTC_TEXT)),
        (1, wanted(schedule={"duration": -1})),
        (1, wanted(schedule={"chargingSchedulePeriod": []})),
        (1, wanted(schedule={"chargingSchedulePeriod": [{"startPeriod": 5, "limit": 6}]})),
        (1, wanted(schedule={"chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}] * 2})),
        (1, wanted(schedule={"chargingSchedulePeriod": [{"startPeriod": 0, "limit": -0.1}]})),
        (
            1,
            wanted(
                schedule={
                    "chargingSchedulePeriod": [{"startPeriod": n, "limit": 6} for n in range(25)]
                }
            ),
        ),
        (
            1,
            wanted(
                schedule={
                    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6, "numberPhases": 4}]
                }
            ),
        ),
    ],
)
async def test_what_does_not_go_together_is_rejected(number, profile):
    bench = Bench()
    assert await set_profile(bench, profile, number) == "Rejected"
    assert bench.pile.held == []


async def test_a_profile_of_a_transaction_needs_it():
    bench = Bench()
    assert await set_profile(bench, wanted("TxProfile")) == "Rejected"
    bench.running()
    assert await set_profile(bench, wanted("TxProfile", transactionId=8)) == "Rejected"
    assert await set_profile(bench, wanted("TxProfile", transactionId=7)) == "Accepted"
    assert await set_profile(bench, wanted("TxProfile", chargingProfileId=6)) == "Accepted"
    assert {(each.purpose, each.ref) for each in bench.pile.held} == {(TX, "ocpp-1")}
    bench.context.open[0].ended = True
    assert await set_profile(bench, wanted("TxProfile")) == "Rejected"


@pytest.mark.parametrize(
    ("reply", "status"),
    [(Reply("accepted", "kept"), "Accepted"), (refused("full"), "Rejected"), (None, "Rejected")],
)
async def test_the_pile_has_the_last_word(reply, status):
    bench = Bench()
    bench.pile.replies["profile"] = reply
    assert await set_profile(bench, wanted()) == status


async def test_no_more_profiles_than_told():
    bench = Bench()
    most = int(await bench.value_of("MaxChargingProfilesInstalled"))
    for number in range(most):
        profile = wanted(chargingProfileId=number, stackLevel=number)
        assert await set_profile(bench, profile) == "Accepted"
    assert await set_profile(bench, wanted(chargingProfileId=90, stackLevel=90)) == "Rejected"
    # One that takes the place of another needs no room
    assert await set_profile(bench, wanted(chargingProfileId=90, stackLevel=1)) == "Accepted"
    assert await set_profile(bench, wanted(chargingProfileId=2, stackLevel=90)) == "Accepted"


def held(identity, number, purpose, stack):
    return ChargingProfile(identity, number, purpose, stack, (Period(0, 60),))


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ({}, []),
        ({"id": 2}, [1, 3, 4]),
        ({"id": 2, "connectorId": 9}, [1, 3, 4]),
        ({"connectorId": 0}, [3, 4]),
        ({"connectorId": 1}, [1, 2, 4]),
        ({"chargingProfilePurpose": "TxDefaultProfile"}, [1, 4]),
        ({"stackLevel": 1}, [1, 2]),
        ({"stackLevel": 1, "chargingProfilePurpose": "TxProfile"}, [1, 2, 3]),
    ],
)
async def test_clear_by_every_filter(filters, left):
    bench = Bench(connectors=2)
    hold = held(HOLD_PROFILE, 1, TX, 99)
    bench.pile.held = [
        held(1, 0, MAX, 0),
        held(2, 0, DEFAULT, 0),
        held(3, 1, DEFAULT, 1),
        held(4, 2, TX, 1),
        hold,
    ]
    assert await bench.status_of("ClearChargingProfile", **filters) == "Accepted"
    assert [each.id for each in bench.pile.held] == [*left, HOLD_PROFILE]


@pytest.mark.parametrize("filters", [{"id": 9}, {"connectorId": 2}, {"id": HOLD_PROFILE}])
async def test_clear_of_nothing_is_unknown(filters):
    bench = Bench()
    bench.pile.held = [held(1, 1, DEFAULT, 0), held(HOLD_PROFILE, 1, TX, 99)]
    assert await bench.status_of("ClearChargingProfile", **filters) == "Unknown"
    assert len(bench.pile.held) == 2


async def test_the_composite_schedule_in_amperes_and_in_watts():
    bench = Bench(phases=3)
    bench.pile.schedule = [Period(0, 161), Period(60, 3, 1), Period(90, 0)]
    answer = await bench.ask("GetCompositeSchedule", connectorId=1, duration=600)
    assert answer == {
        "status": "Accepted",
        "connectorId": 1,
        "scheduleStart": UTC_TEXT,
        "chargingSchedule": {
            "duration": 600,
            "startSchedule": UTC_TEXT,
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [
                {"startPeriod": 0, "limit": 16.1, "numberPhases": 3},
                {"startPeriod": 60, "limit": 0.3, "numberPhases": 1},
                {"startPeriod": 90, "limit": 0.0, "numberPhases": 3},
            ],
        },
    }
    asked = {"connectorId": 0, "duration": 600, "chargingRateUnit": "W"}
    answer = await bench.ask("GetCompositeSchedule", **asked)
    periods = answer["chargingSchedule"]["chargingSchedulePeriod"]
    assert [row["limit"] for row in periods] == [11109, 69, 0]
    assert [each[1:] for each in bench.pile.asked] == [(1, UTC, 600), (0, UTC, 600)]


@pytest.mark.parametrize(
    "asked", [{"connectorId": 4, "duration": 9}, {"connectorId": 1, "duration": 0}]
)
async def test_no_schedule_of_nothing(asked):
    assert await Bench().status_of("GetCompositeSchedule", **asked) == "Rejected"


async def test_no_more_than_a_week_is_counted_out():
    bench = Bench()
    answer = await bench.ask("GetCompositeSchedule", connectorId=1, duration=2147483647)
    assert answer["chargingSchedule"]["duration"] == 604800
    assert bench.pile.asked == [("composite", 1, UTC, 604800)]


async def test_a_profile_until_the_year_9999_is_for_ever():
    bench = Bench()
    assert await set_profile(bench, wanted(validTo="9999-12-31T23:59:59Z")) == "Accepted"
    assert bench.pile.held[0].until_utc is None


async def test_every_limit_told_is_a_multiple_of_a_tenth():
    bench = Bench()
    bench.pile.schedule = [Period(n, n) for n in range(321)]
    answer = await bench.ask("GetCompositeSchedule", connectorId=1, duration=600)
    rows = answer["chargingSchedule"]["chargingSchedulePeriod"]
    assert [round(row["limit"] * 10) for row in rows] == list(range(321))
