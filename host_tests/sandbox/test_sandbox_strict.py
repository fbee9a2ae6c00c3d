"""Every strictness rule on what the bridge pushes: one field broken at a time, Ret 4004 each time."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sandbox_world import World
from tcec_bodies import PLUGGED, UNPLUGGED, charge_status, order

from sandbox.schemas import REQUESTS

Edit = Callable[[dict[str, Any]], object]
ORDER, STATUS = "notification_charge_order_info", "notification_equip_charge_status"
START, STOP = "notification_start_charge_result", "notification_stop_charge_result"
PLUG = "notification_stationStatus"


def body_of(interface: str, seq: str) -> dict[str, Any]:
    """A push of this interface that is right."""
    named = {"StartChargeSeq": seq, "ConnectorID": PLUGGED}
    return {
        ORDER: lambda: order(seq),
        STATUS: lambda: charge_status(seq),
        START: lambda: named | {"StartChargeSeqStat": 2, "StartTime": "2026-01-02 03:04:05"},
        STOP: lambda: named | {"StartChargeSeqStat": 4, "SuccStat": 0, "FailReason": 0},
        PLUG: lambda: {"ConnectorStatusInfo": {"ConnectorID": PLUGGED, "Status": 2}},
    }[interface]()


def put(*path: str | int, value: Any) -> Edit:
    """Set one field deep inside."""

    def edit(body: dict[str, Any]) -> None:
        target: Any = body
        for name in path[:-1]:
            target = target[name]
        target[path[-1]] = value

    return edit


@pytest.mark.parametrize(
    ("interface", "answered"),
    [
        (ORDER, {"ConnectorID": PLUGGED, "ConfirmResult": 0}),
        (STATUS, {"SuccStat": 0}),
        (START, {"SuccStat": 0, "FailReason": 0}),
        (STOP, {"SuccStat": 0, "FailReason": 0}),
        (PLUG, {"Status": 0}),
    ],
)
async def test_right_push_is_taken_without_a_violation(
    world: World, interface: str, answered: dict[str, Any]
) -> None:
    seq = await world.started()
    ret, msg, answer = await world.operator.push(interface, body_of(interface, seq))
    named = {} if interface == PLUG else {"StartChargeSeq": seq}
    assert (ret, msg, answer) == (0, "", named | answered)
    assert world.reasons() == []


@pytest.mark.parametrize(
    ("interface", "name"),
    [
        (interface, name)
        for interface in (ORDER, STATUS, START, STOP, PLUG)
        for name, mandatory, _ in REQUESTS[interface]
        if mandatory
    ],
)
async def test_missing_mandatory_field_is_4004(world: World, interface: str, name: str) -> None:
    seq = await world.started()
    body = body_of(interface, seq)
    del body[name]
    ret, msg, _ = await world.operator.push(interface, body)
    assert ret == 4004
    assert f"{name}: missing" in msg
    assert f"{name}: missing" in world.reasons()


BROKEN: list[tuple[str, Edit, str]] = [
    (PLUG, put("ConnectorStatusInfo", value=[]), "is not an object"),
    (PLUG, put("ConnectorStatusInfo", "Status", value=5), "allowed 0, 1, 2, 3, 4, 255"),
    (PLUG, put("ConnectorStatusInfo", "Status", value="1"), "is not a whole number"),
    (PLUG, put("ConnectorStatusInfo", "Status", value=True), "is not a whole number"),
    (PLUG, put("ConnectorStatusInfo", "Status", value=Decimal("1.0")), "is not a whole number"),
    (PLUG, put("ConnectorStatusInfo", "ParkStatus", value=1), "allowed 0, 10, 50"),
    (PLUG, put("ConnectorStatusInfo", "LockStatus", value=20), "allowed 0, 10, 50"),
    (PLUG, put("ConnectorStatusInfo", "ConnectorID", value="3" * 27), "allowed 1 to 26"),
    (PLUG, put("ConnectorStatusInfo", "ConnectorID", value=""), "allowed 1 to 26"),
    (PLUG, put("ConnectorStatusInfo", "ConnectorID", value="a b"), "wrong form"),
    (START, put("StartChargeSeq", value="MA5TEST0120260102030405000"), "allowed 27 to 27"),
    (START, put("StartChargeSeq", value="MA5OTHER1202601020304050001"), "does not begin with"),
    (START, put("StartChargeSeq", value="MA5TEST01999901020304059999"), "no charge"),
    (START, put("StartChargeSeqStat", value=1), "allowed 2, 4, 5"),
    (START, put("ConnectorID", value=UNPLUGGED), "not the one of this charge"),
    (START, put("StartTime", value="2026-01-02T03:04:05"), "is not yyyy-MM-dd HH:mm:ss"),
    (START, put("StartTime", value="2026-02-30 03:04:05"), "is not yyyy-MM-dd HH:mm:ss"),
    (START, put("StartTime", value=1767294245), "is not text"),
    (START, put("IdentCode", value="1" * 21), "allowed 0 to 20"),
    (STOP, put("SuccStat", value=2), "allowed 0, 1"),
    (STOP, put("SuccStat", value=1), "FailReason: 0 beside SuccStat 1"),
    (STOP, put("FailReason", value=3), "FailReason: 3 beside SuccStat 0"),
    (STOP, put("FailReason", value=100), "allowed 0 to 99"),
    (STOP, put("StartChargeSeqStat", value=3), "a stop that worked says 4"),
    (STATUS, put("StartChargeSeqStat", value=6), "allowed 1, 2, 3, 4, 5"),
    (STATUS, put("ConnectorStatus", value=0), "allowed 1, 2, 3, 4, 255"),
    (STATUS, put("TotalPower", value=Decimal("0.501")), "more than 2 decimal places"),
    (STATUS, put("TotalPower", value="0.50"), "is not a number"),
    (STATUS, put("TotalPower", value=Decimal("-0.01")), "allowed 0 to"),
    (STATUS, put("CurrentA", value=Decimal("31.85")), "more than 1 decimal places"),
    (STATUS, put("CurrentB", value="0"), "is not a number"),
    (STATUS, put("VoltageA", value=None), "is not a number"),
    (STATUS, put("Soc", value=101), "allowed 0 to 100"),
    (STATUS, put("TotalMoney", value=Decimal("9.99")), "but ElecMoney"),
    (STATUS, put("ServiceMoney", value=1), "which writes SeviceMoney"),
    (STATUS, put("EndTime", value="2026-01-02 03:00:00"), "before StartTime"),
    (STATUS, put("SumPeriod", value=33), "allowed 0 to 32"),
    (STATUS, put("ChargeDetails", value={}), "is not an array"),
    (STATUS, put("ChargeDetails", value=[]), "add up to 0"),
    (ORDER, put("TotalPower", value=Decimal("1.230")), "more than 2 decimal places"),
    (ORDER, put("TotalMoney", value="1.35"), "is not a number"),
    (ORDER, put("StopReason", value=-1), "allowed 0 to 99"),
    (ORDER, put("StopReason", value=True), "is not a whole number"),
    (ORDER, put("ChargeDetails", 0, "ElecPrice", value=Decimal("0.65001")), "more than 4"),
    (ORDER, put("ChargeDetails", 0, "DetailPower", value=None), "DetailPower: None is not"),
    (ORDER, put("ChargeDetails", 0, value="line"), "is not an object"),
    (ORDER, put("ChargeDetails", value=[{}] * 33), "33 items, allowed 0 to 32"),
    (ORDER, put("ChargeDetails", 0, "ServicePrice", value=1), "which writes SevicePrice"),
    (ORDER, put("StartChargeSeq", value="MA5OTHER1202601020304050001"), "does not begin with"),
]


@pytest.mark.parametrize(("interface", "edit", "reason"), BROKEN)
async def test_broken_field_is_4004_with_its_reason(
    world: World, interface: str, edit: Edit, reason: str
) -> None:
    seq = await world.started()
    before = dict(world.platform.statuses)
    body = body_of(interface, seq)
    edit(body)
    ret, msg, _ = await world.operator.push(interface, body)
    assert ret == 4004
    assert reason in msg
    assert any(reason in item for item in world.reasons())
    assert world.platform.statuses == before
    charge = await world.charge(seq)
    assert (charge["status"], charge["energy_kwh"], charge["bill"]) == ("starting", "0.00", None)


DISPUTED: list[tuple[Edit, str]] = [
    (put("TotalPower", value=Decimal("1.24")), "add up to 1.23"),
    (put("TotalElecMoney", value=Decimal("0.81")), "add up to 0.80"),
    (put("TotalSeviceMoney", value=Decimal("0.56")), "add up to 0.55"),
    (put("TotalMoney", value=Decimal("1.36")), "its parts are 0.80 + 0.55"),
    # 1.23 kWh x 0.65 is 0.7995 and 1.23 kWh x 0.45 is 0.5535
    (
        put("ChargeDetails", 0, "DetailElecMoney", value=Decimal("0.79")),
        "1.23 kWh x 0.6500 is 0.80",
    ),
    (put("ChargeDetails", 0, "DetailSeviceMoney", value=Decimal("0.56")), "is 0.55"),
    (put("ChargeDetails", 0, "ElecPrice", value=Decimal("0.6600")), "quoted at start"),
    (put("ChargeDetails", 0, "SevicePrice", value=Decimal("0.4501")), "quoted at start"),
    (put("SumPeriod", value=2), "but ChargeDetails has 1"),
    (put("ChargeDetails", value=[]), "but ChargeDetails has 0"),
    (put("EndTime", value="2026-01-02 03:00:00"), "EndTime: before StartTime"),
    (put("ChargeDetails", 0, "DetailEndTime", value="2026-01-02 03:40:00"), "outside the session"),
    (
        put("ChargeDetails", 0, "DetailStartTime", value="2026-01-02 03:00:00"),
        "outside the session",
    ),
    (put("ConnectorID", value=UNPLUGGED), "not the one of this charge"),
    (put("StartChargeSeq", value="MA5TEST01999901020304059999"), "no charge of this platform"),
]


@pytest.mark.parametrize(("edit", "reason"), DISPUTED)
async def test_order_that_does_not_add_up_is_disputed(
    world: World, edit: Edit, reason: str
) -> None:
    seq = await world.started()
    body = order(seq)
    edit(body)
    ret, msg, answer = await world.operator.push(ORDER, body)
    assert (ret, answer["ConfirmResult"]) == (0, 1)
    assert reason in msg
    assert any(reason in item for item in world.reasons())
    assert (await world.charge(seq))["bill"] is None


async def test_energy_that_falls_is_4004_but_an_old_sample_is_only_ignored(world: World) -> None:
    seq = await world.started()
    push = world.operator.push
    assert (await push(STATUS, charge_status(seq, "0.50", "2026-01-02 03:10:05")))[0] == 0
    ret, msg, _ = await push(STATUS, charge_status(seq, "0.49", "2026-01-02 03:11:05"))
    assert (ret, "0.50 was reported before" in msg) == (4004, True)
    assert (await push(STATUS, charge_status(seq, "0.40", "2026-01-02 03:09:05")))[0] == 0
    # Of two samples of one second nobody knows which one came first
    assert (await push(STATUS, charge_status(seq, "0.49", "2026-01-02 03:10:05")))[0] == 0
    assert (await world.charge(seq))["energy_kwh"] == "0.50"


async def test_order_below_the_live_energy_is_disputed(world: World) -> None:
    seq = await world.started()
    await world.operator.push(STATUS, charge_status(seq, "1.25"))
    _, msg, answer = await world.operator.push(ORDER, order(seq, energy="1.23"))
    assert (answer["ConfirmResult"], "1.25 was reported live" in msg) == (1, True)
    # A hundredth per line is rounding
    _, _, answer = await world.operator.push(ORDER, order(seq, energy="1.24"))
    assert answer["ConfirmResult"] == 0


async def test_order_pushed_again_is_confirmed_only_when_identical(world: World) -> None:
    seq = await world.started()
    results = [
        (await world.operator.push(ORDER, body))[2]["ConfirmResult"]
        for body in (order(seq), order(seq), order(seq, energy="1.24"), order(seq))
    ]
    assert results == [0, 0, 1, 0]
    assert (await world.charge(seq))["bill"]["energy_kwh"] == "1.23"


async def test_disputed_order_can_be_corrected(world: World) -> None:
    seq = await world.started()
    wrong = order(seq) | {"TotalMoney": Decimal("1.36")}
    assert (await world.operator.push(ORDER, wrong))[2]["ConfirmResult"] == 1
    assert len((await world.charge(seq))["disputes"]) == 1
    assert (await world.operator.push(ORDER, order(seq)))[2]["ConfirmResult"] == 0
    charge = await world.charge(seq)
    assert (charge["disputes"], charge["bill"]["total_yuan"]) == ([], "1.35")
