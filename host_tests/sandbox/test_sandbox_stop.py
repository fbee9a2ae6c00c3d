"""How a charge ends: refused, late and repeated stops, bills over two periods."""

from decimal import Decimal
from typing import Any

import pytest
from sandbox_world import World
from tcec_bodies import ELEC, PLUGGED, SERVICE, order

ORDER, STATUS = "notification_charge_order_info", "notification_equip_charge_status"
RESULT, STOPPED = "notification_start_charge_result", "notification_stop_charge_result"
GO, HALT, ASK = "query_start_charge", "query_stop_charge", "query_equip_charge_status"


def started(seq: str, stat: int = 2) -> dict[str, Any]:
    return {
        "StartChargeSeq": seq,
        "StartChargeSeqStat": stat,
        "ConnectorID": PLUGGED,
        "StartTime": "2026-01-02 03:04:05",
    }


@pytest.mark.parametrize(("reason", "code"), [(1, "no_device"), (2, "offline"), (9, "refused")])
async def test_stop_that_is_refused_keeps_the_charge(world: World, reason: int, code: str) -> None:
    seq = await world.started()
    world.operator.change[HALT] = lambda answer: answer.update(
        SuccStat=1, FailReason=reason, StartChargeSeqStat=2
    )
    answer = await world.driver.post(f"/api/charges/{seq}/stop")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, code)
    assert (await world.charge(seq))["status"] in ("starting", "charging")


async def test_stop_of_what_has_stopped_waits_for_the_bill(world: World) -> None:
    seq = await world.started()
    world.operator.change[HALT] = lambda answer: answer.update(
        SuccStat=1, FailReason=3, StartChargeSeqStat=4
    )
    answer = await world.driver.post(f"/api/charges/{seq}/stop")
    assert (answer.status_code, answer.json()["status"]) == (202, "ended")
    again = await world.driver.post(f"/api/charges/{seq}/stop")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "already_ended")


async def test_stop_that_failed_at_the_pile_is_said_and_can_be_tried_again(world: World) -> None:
    seq = await world.started()
    await world.operator.push(RESULT, started(seq))
    await world.driver.post(f"/api/charges/{seq}/stop")
    outcome = {"StartChargeSeqStat": 2, "SuccStat": 1, "FailReason": 5}
    named = {"StartChargeSeq": seq, "ConnectorID": PLUGGED}
    assert (await world.operator.push(STOPPED, named | outcome))[0] == 0
    charge = await world.charge(seq)
    assert charge["notice"]["code"] == "stop_failed"
    assert charge["status"] == "charging"
    assert (await world.driver.post(f"/api/charges/{seq}/stop")).status_code == 202


async def test_bill_of_two_periods_must_carry_both_prices(world: World) -> None:
    high = Decimal("0.9000")
    world.operator.policies = [
        {"StartTime": "000000", "ElecPrice": ELEC, "SevicePrice": SERVICE},
        {"StartTime": "031500", "ElecPrice": high, "SevicePrice": SERVICE},
    ]
    seq = await world.started()
    body = order(seq)
    whole = body["ChargeDetails"][0]
    assert (await world.operator.push(ORDER, body))[2]["ConfirmResult"] == 1
    assert "quoted at start for 03:04:05 to 03:34:05" in world.reasons()[0]
    body["ChargeDetails"] = [
        whole | {"DetailEndTime": "2026-01-02 03:15:00"},
        whole
        | {"DetailStartTime": "2026-01-02 03:15:00", "ElecPrice": high}
        | {"DetailElecMoney": Decimal("1.11")},
    ]
    body |= {"SumPeriod": 2, "TotalPower": Decimal("2.46"), "TotalElecMoney": Decimal("1.91")}
    body |= {"TotalSeviceMoney": Decimal("1.10"), "TotalMoney": Decimal("3.01")}
    ret, msg, answer = await world.operator.push(ORDER, body)
    assert (ret, msg, answer["ConfirmResult"]) == (0, "", 0)
    assert len((await world.charge(seq))["bill"]["lines"]) == 2
