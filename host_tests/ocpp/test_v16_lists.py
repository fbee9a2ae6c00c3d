"""Local list and reservations of 1.6."""

import pytest
from fakes16 import TAG, UTC, UTC_TEXT, YES, Bench, event, refused

from pilebridge.platforms.ocpp.context import CallError
from pilebridge.platforms.ocpp.events import STARTED
from pilebridge.station_services import Reservation, TokenEntry

LATER = "2026-03-04T06:06:07Z"
LATER_UTC = UTC + 3600


def row(tag, status="Accepted", **info):
    return {"idTag": tag, "idTagInfo": {"status": status, **info}}


async def send(bench, version, kind, *rows):
    return await bench.status_of(
        "SendLocalList", listVersion=version, updateType=kind, localAuthorizationList=list(rows)
    )


async def version(bench):
    return (await bench.ask("GetLocalListVersion"))["listVersion"]


async def test_a_whole_list_takes_the_place_of_the_one_before():
    bench = Bench()
    assert await version(bench) == 0
    rows = [row("aa01"), row("AA02", "Blocked"), row("AA03", expiryDate=UTC_TEXT, parentIdTag="g")]
    assert await send(bench, 3, "Full", *rows) == "Accepted"
    assert bench.pile.list == (
        3,
        [
            TokenEntry("AA01"),
            TokenEntry("AA02", "blocked"),
            TokenEntry("AA03", "accepted", UTC, "G"),
        ],
    )
    assert await version(bench) == 3
    assert await send(bench, 2, "Full", row("BB01")) == "Accepted"
    assert bench.pile.list == (2, [TokenEntry("BB01")])
    status = await bench.status_of("SendLocalList", listVersion=4, updateType="Full")
    assert status == "Accepted"
    assert bench.pile.list == (4, [])
    assert await version(bench) == 0


async def test_a_difference_is_merged():
    bench = Bench()
    await send(bench, 1, "Full", row("AA01"), row("AA02"))
    changed = (row("AA01", "Blocked"), {"idTag": "aa02"}, row("AA03"))
    assert await send(bench, 2, "Differential", *changed) == "Accepted"
    assert bench.pile.list == (2, [TokenEntry("AA01", "blocked"), TokenEntry("AA03")])


@pytest.mark.parametrize("stale", [1, 2])
async def test_an_old_difference_is_a_mismatch(stale):
    bench = Bench()
    await send(bench, 2, "Full", row("AA01"))
    assert await send(bench, stale, "Differential", row("AA02")) == "VersionMismatch"
    assert bench.pile.list == (2, [TokenEntry("AA01")])


@pytest.mark.parametrize(
    ("number", "rows"),
    [
        (0, [row("AA01")]),
        (-1, [row("AA01")]),
        (5, [row("AA01"), row("aa01")]),
        (5, [{"idTag": "AA01"}]),
        (5, [row("")]),
        (5, [row("Käse")]),
    ],
)
async def test_a_list_that_makes_no_sense_fails(number, rows):
    bench = Bench()
    await send(bench, 1, "Full", row("AA09"))
    assert await send(bench, number, "Full", *rows) == "Failed"
    assert bench.pile.list == (1, [TokenEntry("AA09")])


async def test_a_list_that_no_pile_can_hold_fails():
    bench = Bench()
    bench.pile.fits = False
    assert await send(bench, 1, "Full", row("AA01")) == "Failed"
    bench.pile.fits = True
    await send(bench, 1, "Full", *(row(f"A{n}") for n in range(32)))
    await send(bench, 2, "Differential", *(row(f"B{n}") for n in range(32)))
    assert len(bench.pile.list[1]) == int(await bench.value_of("LocalAuthListMaxLength")) == 64
    assert await send(bench, 3, "Differential", row("C")) == "Failed"


async def test_a_part_that_is_too_long_is_refused():
    with pytest.raises(CallError) as caught:
        await send(Bench(), 1, "Full", *(row(f"A{n}") for n in range(65)))
    assert caught.value.code == "OccurenceConstraintViolation"


async def test_without_the_list_nothing_of_it_is_supported():
    bench = Bench()
    await send(bench, 3, "Full", row("AA01", expiryDate=UTC_TEXT, parentIdTag="g"))
    await bench.configure(LocalAuthListEnabled="false")
    assert await version(bench) == -1
    assert await send(bench, 4, "Full", row("AA02")) == "NotSupported"
    assert bench.pile.list == (0, [])
    await bench.configure(LocalAuthListEnabled="true")
    assert await version(bench) == 3
    assert bench.pile.list == (3, [TokenEntry("AA01", "accepted", UTC, "G")])


async def test_a_card_until_the_year_9999_is_good_for_ever():
    bench = Bench()
    info = {"expiryDate": "9999-12-31T23:59:59Z"}
    assert await send(bench, 1, "Full", row("AA01", **info)) == "Accepted"
    assert bench.pile.list == (1, [TokenEntry("AA01")])


async def reserve(bench, **changes):
    asked = {"connectorId": 1, "expiryDate": LATER, "idTag": TAG, "reservationId": 12, **changes}
    return await bench.status_of("ReserveNow", **asked)


async def test_reserve_and_cancel():
    bench = Bench()
    assert await reserve(bench, parentIdTag="fleet") == "Accepted"
    wanted = Reservation(12, 1, TAG, LATER_UTC, "FLEET")
    assert bench.pile.asked == [("reserve", wanted)]
    assert await bench.status_of("CancelReservation", reservationId=12) == "Accepted"
    assert bench.pile.asked[1] == ("unreserve", 12)
    bench.pile.replies["unreserve"] = refused("no_reservation")
    assert await bench.status_of("CancelReservation", reservationId=12) == "Rejected"
    bench.pile.replies["unreserve"] = None
    assert await bench.status_of("CancelReservation", reservationId=12) == "Rejected"
    assert await bench.status_of("CancelReservation", reservationId=-1) == "Rejected"


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (YES, "Accepted"),
        (refused("occupied"), "Occupied"),
        (refused("busy"), "Occupied"),
        (refused("reserved"), "Occupied"),
        (refused("fault"), "Faulted"),
        (refused("unavailable"), "Unavailable"),
        (refused("no_connector"), "Rejected"),
        (None, "Rejected"),
    ],
)
async def test_reserve_says_why_not(reply, status):
    bench = Bench()
    bench.pile.replies["reserve"] = reply
    assert await reserve(bench) == status


@pytest.mark.parametrize(
    "changes",
    [
        {"connectorId": 2},
        {"connectorId": -1},
        {"expiryDate": "2026-03-04T05:06:07Z"},
        {"idTag": ""},
        {"idTag": "Käse"},
        {"reservationId": -1},
        {"reservationId": 2147483648},
        {"parentIdTag": "Käse"},
    ],
)
async def test_a_reservation_that_makes_no_sense_is_rejected(changes):
    bench = Bench()
    assert await reserve(bench, **changes) == "Rejected"
    assert bench.pile.asked == []


async def test_a_moment_that_is_none_is_a_wrong_type():
    with pytest.raises(CallError) as caught:
        await Bench().station.answer(
            "ReserveNow",
            {"connectorId": 0, "expiryDate": "soon", "idTag": TAG, "reservationId": 1},
        )
    assert caught.value.code == "TypeConstraintViolation"


@pytest.mark.parametrize("number", [0, 1])
async def test_a_start_uses_its_reservation(number):
    bench = Bench()
    await reserve(bench, connectorId=number)
    status = await bench.status_of("RemoteStartTransaction", idTag=TAG.lower(), connectorId=1)
    assert status == "Accepted"
    assert bench.context.expected[0][3] == 12
    bench.running(transaction_id="")
    await bench.station.deliver(event(STARTED, id_token=TAG))
    assert bench.context.named("StartTransaction")[0]["reservationId"] == 12
    # Once
    await bench.station.deliver(event(STARTED, id_token=TAG))
    assert "reservationId" not in bench.context.named("StartTransaction")[1]


async def test_a_start_of_the_group_uses_the_reservation():
    bench = Bench()
    await reserve(bench, idTag="OTHER", parentIdTag="fleet")
    await send(bench, 1, "Full", row(TAG, parentIdTag="fleet"))
    bench.running(transaction_id="")
    await bench.station.deliver(event(STARTED, id_token=TAG))
    assert bench.context.named("StartTransaction")[0]["reservationId"] == 12


async def test_a_start_of_somebody_else_or_too_late_uses_none():
    bench = Bench()
    await reserve(bench)
    bench.running(transaction_id="")
    await bench.station.deliver(event(STARTED, id_token="FFFF"))
    await bench.station.deliver(event(STARTED, id_token=TAG, utc=LATER_UTC))
    assert all("reservationId" not in each for each in bench.context.named("StartTransaction"))
