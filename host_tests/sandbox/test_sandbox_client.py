"""What the platform does with the bridge's answers: tokens, retries, and no trust in any field."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest
from sandbox_world import World
from tcec_bodies import PLUGGED

from pilebridge.platforms.tcec102 import envelope
from sandbox.client import CallError
from sandbox.config import BRIDGE_SECRETS, PLATFORM_SECRETS

INFO, STATES = "query_stations_info", "query_station_status"
POLICY, AUTH, GO, HALT = (
    "query_equip_business_policy",
    "query_equip_auth",
    "query_start_charge",
    "query_stop_charge",
)


def asked(world: World, interface: str) -> int:
    """How often the platform called this interface."""
    return sum(name == interface for name, _ in world.operator.asked)


async def test_parallel_calls_log_in_once(world: World) -> None:
    world.clock.now += 8000
    before = asked(world, "query_token")
    await asyncio.gather(*(world.platform.poll_statuses() for _ in range(5)))
    assert asked(world, "query_token") == before + 1


async def test_refused_token_is_renewed_once_and_the_call_repeated(world: World) -> None:
    world.operator.tokens.revoke()
    await world.platform.poll_statuses()
    assert asked(world, "query_token") == 2


async def test_endless_4002_is_not_retried_for_ever(world: World) -> None:
    world.operator.ret[STATES] = 4002
    before = asked(world, STATES)
    with pytest.raises(CallError) as error:
        await world.platform.poll_statuses()
    assert error.value.ret == 4002
    assert asked(world, STATES) == before + 2


async def test_refused_login_is_an_error_not_an_empty_token(world: World) -> None:
    world.clock.now += 8000
    world.operator.change["query_token"] = lambda answer: answer.update(SuccStat=1, FailReason=2)
    with pytest.raises(CallError, match="login refused, FailReason 2"):
        await world.platform.poll_statuses()


async def test_every_page_of_stations_is_read(world: World) -> None:
    first = world.operator.stations[0]
    plug = first["EquipmentInfos"][0]["ConnectorInfos"][0]
    world.operator.stations = [
        first
        | {
            "StationID": f"S{number}",
            "EquipmentInfos": [
                first["EquipmentInfos"][0]
                | {"ConnectorInfos": [plug | {"ConnectorID": f"C{number}"}]}
            ],
        }
        for number in range(101)
    ]
    world.operator.statuses = {f"C{number}": 1 for number in range(101)}
    before = asked(world, INFO), asked(world, STATES)
    await world.platform.discover()
    assert len(world.platform.piles()) == 101
    # 50 stations to a page and to a status question
    assert (asked(world, INFO), asked(world, STATES)) == (before[0] + 3, before[1] + 3)
    assert world.reasons() == []


def station(**fields: Any) -> Callable[[dict[str, Any]], object]:
    return lambda answer: answer["StationInfos"].__setitem__(0, answer["StationInfos"][0] | fields)


def plug(**fields: Any) -> Callable[[dict[str, Any]], object]:
    def edit(answer: dict[str, Any]) -> None:
        first = answer["StationInfos"][0]
        pile = first["EquipmentInfos"][0]
        changed = pile | {"ConnectorInfos": [pile["ConnectorInfos"][0] | fields]}
        answer["StationInfos"][0] = first | {"EquipmentInfos": [changed]}

    return edit


BAD_STATIONS: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda answer: answer.pop("PageCount"), "PageCount: missing"),
    (lambda answer: answer.update(PageNo=2), "PageNo: 2, asked for 1"),
    (lambda answer: answer.update(ItemSize=9), "ItemSize: 9, but 3 came"),
    (lambda answer: answer.update(StationInfos={}), "is not an array"),
    (lambda answer: answer["StationInfos"].append(answer["StationInfos"][0]), "is there twice"),
    (station(StationID="1" * 21), "allowed 1 to 20"),
    (station(OperatorID="MA5OTHER1"), "MA5OTHER1 is not"),
    (station(OperatorID="ma5pile01"), "wrong form"),
    (station(StationName="x" * 51), "allowed 1 to 50"),
    (station(CountryCode="cn"), "wrong form"),
    (station(AreaCode="31"), "allowed 6 to 20"),
    (station(StationType=2), "allowed 1, 50"),
    (station(StationStatus=51), "allowed 0, 1, 5, 6, 50"),
    (station(Construction=12), "Construction: 12"),
    (station(StationLng=Decimal("121.4900001")), "more than 6 decimal places"),
    (station(StationLat=91), "allowed -90 to 90"),
    (station(StationLat="31.23"), "is not a number"),
    (station(ServiceTel=""), "allowed 1 to 30"),
    (station(Pictures="url"), "is not an array"),
    (station(EquipmentInfos=[]), "0 items"),
    (plug(ConnectorID="3" * 27), "allowed 1 to 26"),
    (plug(ConnectorType=7), "ConnectorType: 7"),
    (plug(Power=Decimal("7.04")), "more than 1 decimal places"),
    (plug(Current=Decimal("32.0")), "is not a whole number"),
    (plug(NationalStandard=0), "NationalStandard: 0"),
]


@pytest.mark.parametrize(("edit", "reason"), BAD_STATIONS)
async def test_bad_station_answer_is_refused_whole(world: World, edit: Any, reason: str) -> None:
    world.operator.change[INFO] = edit
    with pytest.raises(CallError, match="query_stations_info"):
        await world.platform.discover()
    assert any(reason in item for item in world.reasons()), world.reasons()
    # What was known before stays
    assert len(world.platform.connectors) == 5


BAD_POLICIES: list[tuple[dict[str, Any], str]] = [
    ({"SumPeriod": 2}, "SumPeriod: 2, but PolicyInfos has 1"),
    ({"EquipBizSeq": "MA5TEST01202601020304059999"}, "asked for"),
    ({"ConnectorID": "other"}, "asked for"),
    ({"FailReason": 1}, "FailReason: 1 beside SuccStat 0"),
    ({"PolicyInfos": [], "SumPeriod": 0}, "empty beside SuccStat 0"),
    (
        {"PolicyInfos": [{"StartTime": "010000", "ElecPrice": 1, "SevicePrice": 1}]},
        "the day begins at 000000",
    ),
    (
        {
            "PolicyInfos": [{"StartTime": "000000", "ElecPrice": 1, "SevicePrice": 1}] * 2,
            "SumPeriod": 2,
        },
        "does not rise",
    ),
    (
        {"PolicyInfos": [{"StartTime": "240000", "ElecPrice": 1, "SevicePrice": 1}]},
        "wrong form",
    ),
    (
        {"PolicyInfos": [{"StartTime": "000000", "ElecPrice": 1, "ServicePrice": 1}]},
        "SevicePrice: missing",
    ),
    (
        {
            "PolicyInfos": [
                {"StartTime": "000000", "ElecPrice": Decimal("0.12345"), "SevicePrice": 1}
            ]
        },
        "more than 4 decimal places",
    ),
]


@pytest.mark.parametrize(("fields", "reason"), BAD_POLICIES)
async def test_bad_price_table_is_no_price(
    world: World, fields: dict[str, Any], reason: str
) -> None:
    world.operator.change[POLICY] = lambda answer: answer.update(fields)
    answer = await world.start()
    assert answer.status_code == 502
    assert answer.json()["error"]["code"] == "bridge_refused"
    assert any(reason in item for item in world.reasons()), world.reasons()
    assert asked(world, GO) == 0


SHARED: list[tuple[dict[str, Any], str]] = [
    ({"SuccStat": 2}, "allowed 0, 1"),
    ({"SuccStat": "0"}, "is not a whole number"),
    ({"FailReason": 4}, "FailReason: 4 beside SuccStat 0"),
]
OTHER_SEQ, OTHER_PLUG = "MA5TEST01202601020304059999", {"ConnectorID": "other"}


@pytest.mark.parametrize(
    ("interface", "fields", "reason"),
    [
        *((name, fields, reason) for name in (AUTH, GO, HALT) for fields, reason in SHARED),
        (AUTH, {"EquipAuthSeq": OTHER_SEQ}, "asked for"),
        (AUTH, OTHER_PLUG, "asked for"),
        (GO, {"StartChargeSeq": OTHER_SEQ}, "asked for"),
        (GO, OTHER_PLUG, "asked for"),
        (HALT, {"StartChargeSeq": OTHER_SEQ}, "asked for"),
        (HALT, {"StartChargeSeqStat": 0}, "allowed 1, 2, 3, 4, 5"),
    ],
)
async def test_bad_answer_to_a_wish_is_refused(
    world: World, interface: str, fields: dict[str, Any], reason: str
) -> None:
    world.operator.change[interface] = lambda answer: answer.update(fields)
    answer = await world.start()
    if interface == HALT:
        answer = await world.driver.post(f"/api/charges/{answer.json()['seq']}/stop")
    assert answer.status_code == 502
    assert answer.json()["error"]["interface"] == interface
    assert any(reason in item for item in world.reasons()), world.reasons()


def sealed(**fields: Any) -> dict[str, Any]:
    """A right answer envelope with some fields changed."""
    return envelope.seal_response(PLATFORM_SECRETS, 0, "", {}) | fields


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (sealed(Sig="0" * 32), "signature"),
        (sealed(Ret=None), "Ret"),
        (envelope.seal_response(BRIDGE_SECRETS, 0, "", {}), "signature"),
        ([], "not a JSON object"),
        ({}, "envelope"),
    ],
)
async def test_answer_envelope_is_checked(world: World, raw: Any, reason: str) -> None:
    world.operator.raw[STATES] = raw
    with pytest.raises(CallError):
        await world.platform.poll_statuses()
    assert reason in world.reasons()[0]


async def test_ret_as_text_is_a_violation_even_when_signed(world: World) -> None:
    data = envelope.encrypt(PLATFORM_SECRETS, b"{}")
    sig = envelope.sign(PLATFORM_SECRETS, "0", "", data)
    world.operator.raw[STATES] = {"Ret": "0", "Msg": "", "Data": data, "Sig": sig}
    with pytest.raises(CallError, match="Ret: '0' is not a number"):
        await world.platform.poll_statuses()


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_http_status_other_than_200_is_a_violation(world: World, status: int) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status))
    world.platform.bridge._http = httpx.AsyncClient(transport=transport)
    with pytest.raises(CallError, match=f"HTTP status {status}"):
        await world.platform.poll_statuses()


async def test_bridge_out_of_reach_makes_every_state_unknown_and_start_honest(
    world: World,
) -> None:
    def unreachable(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    world.platform.bridge._http = httpx.AsyncClient(transport=httpx.MockTransport(unreachable))
    assert not await world.platform._attempt(world.platform.poll_statuses)
    assert {pile["state"] for pile in world.platform.piles()} == {"unknown"}
    bench = (await world.driver.get("/api/bench")).json()
    assert bench["trouble"]["code"] == "bridge_down"
    answer = await world.start(PLUGGED)
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "bridge_down")
    assert world.reasons() == []


async def test_same_violation_is_counted_not_repeated(world: World) -> None:
    world.operator.change[STATES] = lambda answer: answer.pop("Total")
    for _ in range(3):
        with pytest.raises(CallError):
            await world.platform.poll_statuses()
    (only,) = world.platform.calls.violations
    assert (only.reason, only.count) == ("Total: missing", 3)
