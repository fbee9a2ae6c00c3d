"""A driver's charge through the API: refusals with sentences, live figures, stop, bill."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
import pytest
from sandbox_world import World
from tcec_bodies import (
    AWAY,
    BROKEN,
    CLOSED_BOX,
    PLUGGED,
    SERVICE,
    UNPLUGGED,
    charge_status,
    order,
)

ORDER, STATUS = "notification_charge_order_info", "notification_equip_charge_status"
RESULT, STOPPED = "notification_start_charge_result", "notification_stop_charge_result"
GO, HALT, ASK = "query_start_charge", "query_stop_charge", "query_equip_charge_status"


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to pass")


def started(seq: str, stat: int = 2) -> dict[str, Any]:
    return {
        "StartChargeSeq": seq,
        "StartChargeSeqStat": stat,
        "ConnectorID": PLUGGED,
        "StartTime": "2026-01-02 03:04:05",
    }


async def test_piles_show_place_state_and_price(world: World) -> None:
    piles = {item["connector_id"]: item for item in (await world.driver.get("/api/piles")).json()}
    assert {key: item["state"] for key, item in piles.items()} == {
        PLUGGED: "occupied",
        UNPLUGGED: "idle",
        BROKEN: "fault",
        AWAY: "offline",
        CLOSED_BOX: "reserved",
    }
    pile = piles[PLUGGED]
    assert (pile["lng"], pile["lat"]) == (121.49, 31.236)
    assert pile["state_text"] == {"zh": "已插枪", "en": "Plugged in"}
    assert pile["price_now"] == {
        "start": "00:00",
        "end": "24:00",
        "elec": "0.6500",
        "service": "0.4500",
        "total": "1.1000",
    }


async def test_price_now_follows_the_clock_in_china(world: World) -> None:
    world.operator.policies = [
        {"StartTime": start, "ElecPrice": Decimal(price), "SevicePrice": SERVICE}
        for start, price in (("000000", "0.3000"), ("080000", "0.9000"), ("220000", "0.3000"))
    ]
    await world.platform.discover()
    for hours, elec in ((0, "0.3000"), (5, "0.9000"), (18.92, "0.9000"), (18.94, "0.3000")):
        begin = world.clock.now
        world.clock.now += hours * 3600
        assert world.platform.piles()[0]["price_now"]["elec"] == elec
        world.clock.now = begin


async def test_pushed_state_shows_at_once(world: World) -> None:
    body = {"ConnectorStatusInfo": {"ConnectorID": UNPLUGGED, "Status": 2, "LockStatus": 50}}
    await world.operator.push("notification_stationStatus", body)
    pile = world.platform.piles()[1]
    assert (pile["state"], pile["lock"]) == ("occupied", 50)


async def test_whole_charge_from_start_to_bill(world: World) -> None:
    seq = await world.started()
    assert re.fullmatch(r"MA5TEST0120260102030405\d{4}", seq)
    calls = [name for name, _ in world.operator.asked[-3:]]
    assert calls == ["query_equip_auth", "query_equip_business_policy", GO]
    assert (await world.charge(seq))["status"] == "starting"

    await world.operator.push(RESULT, started(seq))
    world.clock.now += 360
    await world.operator.push(STATUS, charge_status(seq, "0.70", "2026-01-02 03:10:05"))
    charge = await world.charge(seq)
    assert charge["status"] == "charging"
    assert (charge["energy_kwh"], charge["cost_yuan"]) == ("0.70", "0.78")
    # 31.8 A x 220.1 V
    assert (charge["power_w"], charge["elapsed_s"]) == (6999, 360)
    world.clock.now += 7
    assert (await world.charge(seq))["elapsed_s"] == 367
    assert world.platform.piles()[0]["power_w"] == 6999

    answer = await world.driver.post(f"/api/charges/{seq}/stop")
    assert (answer.status_code, answer.json()["status"]) == (202, "stopping")
    outcome = {"StartChargeSeqStat": 4, "SuccStat": 0, "FailReason": 0}
    named = {"StartChargeSeq": seq, "ConnectorID": PLUGGED}
    await world.operator.push(STOPPED, named | outcome)
    charge = await world.charge(seq)
    assert (charge["status"], charge["power_w"], charge["bill"]) == ("ended", 0, None)
    # The time of an ended charge stands still at its last sample
    assert charge["elapsed_s"] == 360

    await world.operator.push(ORDER, order(seq))
    charge = await world.charge(seq)
    assert (charge["status"], charge["elapsed_s"]) == ("billed", 1800)
    bill = charge["bill"]
    assert (bill["elec_yuan"], bill["service_yuan"], bill["total_yuan"]) == (
        "0.80",
        "0.55",
        "1.35",
    )
    assert bill["stop_text"]["en"] == "Stopped by you, from this page"
    (line,) = bill["lines"]
    assert (line["energy_kwh"], line["elec_price"], line["total_yuan"]) == (
        "1.23",
        "0.6500",
        "1.35",
    )
    assert world.reasons() == []


async def test_figures_are_asked_for_while_charging(world: World) -> None:
    world.platform.config = replace(world.platform.config, charge_poll_s=0.02)
    seq = await world.started()
    world.operator.live[seq] = charge_status(seq, "0.31")
    await until(
        lambda: world.platform.charging.find(seq).status.get("TotalPower") == Decimal("0.31")
    )
    assert (await world.charge(seq))["status"] == "charging"
    world.operator.live[seq] = charge_status(seq, "0.32", "2026-01-02 03:11:05", 4)
    await until(lambda: not world.platform.charging.find(seq).live)
    # Nothing more to learn by asking: the order is pushed
    count = sum(name == ASK for name, _ in world.operator.asked)
    await asyncio.sleep(0.1)
    assert sum(name == ASK for name, _ in world.operator.asked) == count


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"TotalPower": Decimal("0.311")}, "more than 2 decimal places"),
        ({"TotalPower": Decimal("0.31"), "ConnectorID": UNPLUGGED}, "not the one of this charge"),
        ({"TotalPower": Decimal("0.31"), "TotalMoney": Decimal("9.99")}, "but ElecMoney"),
    ],
)
async def test_bad_figures_asked_for_are_a_violation_and_not_shown(
    world: World, fields: dict[str, Any], reason: str
) -> None:
    world.platform.config = replace(world.platform.config, charge_poll_s=0.02)
    world.operator.change[ASK] = lambda answer: answer.update(fields)
    seq = await world.started()
    await until(lambda: bool(world.reasons()))
    assert reason in world.reasons()[0]
    assert (await world.charge(seq))["energy_kwh"] == "0.00"


@pytest.mark.parametrize(
    ("connector", "status", "code", "asks"),
    [
        (UNPLUGGED, 409, "not_plugged", True),
        (BROKEN, 409, "fault", False),
        (AWAY, 409, "offline", False),
        (CLOSED_BOX, 409, "reserved", False),
        ("31010100019999", 404, "unknown_connector", False),
    ],
)
async def test_start_that_cannot_be_says_why_in_both_languages(
    world: World, connector: str, status: int, code: str, asks: bool
) -> None:
    before = len(world.operator.asked)
    answer = await world.start(connector)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert re.search("[一-鿿]", error["zh"])
    assert re.search("[a-z]", error["en"])
    assert (len(world.operator.asked) > before) == asks
    assert (error["fail_reason"] == 1) == asks


@pytest.mark.parametrize(
    ("interface", "reason", "code"),
    [
        ("query_equip_auth", 2, "device_check"),
        ("query_equip_auth", 3, "no_device"),
        ("query_equip_auth", 4, "busy"),
        ("query_equip_auth", 7, "refused"),
        ("query_equip_business_policy", 1, "no_price"),
        (GO, 1, "no_device"),
        (GO, 2, "offline"),
        (GO, 3, "not_plugged"),
        (GO, 4, "busy"),
        (GO, 5, "fault"),
        (GO, 44, "refused"),
    ],
)
async def test_each_fail_reason_reaches_the_driver(
    world: World, interface: str, reason: int, code: str
) -> None:
    world.operator.change[interface] = lambda answer: answer.update(SuccStat=1, FailReason=reason)
    error = (await world.start()).json()["error"]
    assert (error["code"], error["fail_reason"]) == (code, reason)
    assert error["interface"] == interface
    assert (str(reason) in error["detail"]) == (code == "refused")
    assert world.reasons() == []
    # A refused start leaves the pile free for another try
    del world.operator.change[interface]
    assert (await world.start()).status_code == 201


async def test_second_start_on_a_taken_pile_is_busy_even_at_the_same_moment(world: World) -> None:
    real = world.operator.query_equip_auth

    async def slow(body: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(0.02)
        return await real(body)

    world.operator.query_equip_auth = slow  # type: ignore[method-assign]
    answers = await asyncio.gather(world.start(), world.start())
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert (await world.start()).json()["error"]["code"] == "busy"
    assert sum(name == GO for name, _ in world.operator.asked) == 1


async def test_lost_answer_to_start_is_asked_again_with_the_same_seq(world: World) -> None:
    real, lost = world.platform.bridge._http.post, []

    async def post(url: str, **options: Any) -> Any:
        answer = await real(url, **options)
        if url.endswith(GO) and not lost:
            lost.append(answer)
            raise httpx.ReadTimeout("late")
        return answer

    world.platform.bridge._http.post = post  # type: ignore[method-assign,assignment]
    seq = await world.started()
    seqs = [body["StartChargeSeq"] for name, body in world.operator.asked if name == GO]
    assert seqs == [seq, seq]


async def test_result_that_comes_before_the_answer_is_not_lost(world: World) -> None:
    pushed: list[Any] = []

    async def early(body: dict[str, Any]) -> dict[str, Any]:
        pushed.append(await world.operator.push(RESULT, started(body["StartChargeSeq"])))
        return world.operator.started(body, 1)

    world.operator.query_start_charge = early  # type: ignore[method-assign]
    seq = await world.started()
    assert pushed[0][0] == 0
    assert (await world.charge(seq))["status"] == "charging"


async def test_start_that_failed_at_the_pile_says_so(world: World) -> None:
    seq = await world.started()
    await world.operator.push(RESULT, started(seq, 4))
    charge = await world.charge(seq)
    assert (charge["status"], charge["failure"]["code"]) == ("failed", "start_failed")
    # Some operators close it with an order of nothing
    empty = order(seq, energy="0.00") | {"ChargeDetails": [], "SumPeriod": 0}
    assert (await world.operator.push(ORDER, empty))[2]["ConfirmResult"] == 0
    assert (await world.charge(seq))["bill"]["total_yuan"] == "0.00"


async def test_silent_start_is_given_up_but_late_news_revives_it(world: World) -> None:
    world.platform.config = replace(world.platform.config, charge_poll_s=0.02)
    world.operator.ret[ASK] = -1
    seq = await world.started()
    world.clock.now += 61
    await until(lambda: world.platform.charging.find(seq).phase == "failed")
    assert (await world.charge(seq))["failure"]["code"] == "no_result"
    await world.operator.push(RESULT, started(seq))
    charge = await world.charge(seq)
    assert (charge["status"], charge["failure"]) == ("charging", None)


async def test_late_news_never_moves_a_charge_back(world: World) -> None:
    seq = await world.started()
    await world.operator.push(ORDER, order(seq))
    await world.operator.push(RESULT, started(seq))
    await world.operator.push(STATUS, charge_status(seq, "1.00"))
    charge = await world.charge(seq)
    assert (charge["status"], charge["stat"], charge["power_w"]) == ("billed", 4, 0)
