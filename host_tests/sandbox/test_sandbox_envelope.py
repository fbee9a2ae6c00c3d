"""T/CEC 102.4 from the receiving platform's side: fields, signature, replay, token."""

from typing import Any

import pytest
from sandbox_world import World
from tcec_bodies import OPERATOR, PLUGGED

from pilebridge.platforms.tcec102 import envelope
from sandbox.config import BRIDGE_SECRETS, PLATFORM_SECRETS

STATUS = {"ConnectorStatusInfo": {"ConnectorID": PLUGGED, "Status": 1}}
PUSH = "notification_stationStatus"


async def bearer(world: World) -> str:
    """A valid Authorization header."""
    await world.operator.push(PUSH, STATUS)
    return f"Bearer {world.operator.token}"


async def test_login_gives_a_token_that_opens_the_other_interfaces(world: World) -> None:
    login = {"OperatorID": OPERATOR, "OperatorSecret": BRIDGE_SECRETS.operator_secret}
    ret, _, answer = await world.operator.post("query_token", world.operator.seal(login))
    assert (ret, answer["SuccStat"], answer["FailReason"]) == (0, 0, 0)
    assert answer["TokenAvailableTime"] == 7200
    header = f"Bearer {answer['AccessToken']}"
    ret, _, answer = await world.operator.post(PUSH, world.operator.seal(STATUS), header)
    assert (ret, answer) == (0, {"Status": 0})
    assert world.reasons() == []


@pytest.mark.parametrize(
    ("login", "reason"),
    [
        ({"OperatorID": "MA5OTHER1", "OperatorSecret": "x"}, 1),
        ({"OperatorID": OPERATOR, "OperatorSecret": "wrong"}, 2),
    ],
)
async def test_login_with_wrong_operator_or_secret_gets_no_token(
    world: World, login: dict[str, Any], reason: int
) -> None:
    ret, _, answer = await world.operator.post("query_token", world.operator.seal(login))
    assert (ret, answer["SuccStat"], answer["FailReason"]) == (0, 1, reason)
    assert answer["AccessToken"] == ""
    assert world.reasons() == [f"login refused, FailReason {reason}"]


@pytest.mark.parametrize("name", ["OperatorID", "Data", "TimeStamp", "Seq", "Sig"])
@pytest.mark.parametrize("value", [None, "", 7])
async def test_envelope_without_one_of_its_five_fields_is_4003(
    world: World, name: str, value: Any
) -> None:
    sealed = world.operator.seal(STATUS)
    if value is None:
        del sealed[name]
    else:
        sealed[name] = value
    ret, msg, _ = await world.operator.post(PUSH, sealed, await bearer(world))
    assert ret == 4003
    assert name in msg
    assert len(world.reasons()) == 1


async def test_body_that_is_not_json_is_4003(world: World) -> None:
    response = await world.driver.post(f"/evcs/v1/{PUSH}", content=b"{not json")
    assert response.status_code == 200
    assert envelope.open_response(BRIDGE_SECRETS, response.json())[0] == 4003


async def test_body_beyond_256_kib_is_4003(world: World) -> None:
    response = await world.driver.post(f"/evcs/v1/{PUSH}", content=b" " * 300_000)
    assert envelope.open_response(BRIDGE_SECRETS, response.json())[:2] == (
        4003,
        "the request is too long",
    )


async def test_signature_over_other_data_is_4001(world: World) -> None:
    sealed = world.operator.seal(STATUS)
    sealed["Seq"] = "9999"
    ret, _, _ = await world.operator.post(PUSH, sealed, await bearer(world))
    assert ret == 4001
    assert world.platform.statuses[PLUGGED]["Status"] == 1


async def test_secrets_of_the_other_direction_are_refused(world: World) -> None:
    sealed = envelope.seal_request(PLATFORM_SECRETS, STATUS, *world.operator.stamps.next())
    ret, _, _ = await world.operator.post(PUSH, sealed, await bearer(world))
    assert ret == 4003


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer wrong", "Basic dGVzdA=="])
async def test_call_without_a_valid_token_is_4002(world: World, header: str | None) -> None:
    ret, _, _ = await world.operator.post(PUSH, world.operator.seal(STATUS), header)
    assert ret == 4002


async def test_token_ends_with_its_lifetime(world: World) -> None:
    header = await bearer(world)
    world.clock.now += 7201
    ret, _, _ = await world.operator.post(PUSH, world.operator.seal(STATUS), header)
    assert ret == 4002


async def test_same_envelope_twice_is_refused_and_acts_once(world: World) -> None:
    sealed, header = world.operator.seal(STATUS), await bearer(world)
    assert (await world.operator.post(PUSH, sealed, header))[0] == 0
    assert (await world.operator.post(PUSH, sealed, header))[0] == 4003


@pytest.mark.parametrize("shift_s", [-301, 301])
async def test_time_stamp_five_minutes_off_is_4003(world: World, shift_s: int) -> None:
    header = await bearer(world)
    stamp = envelope.format_timestamp(int(world.clock.now) + shift_s)
    sealed = envelope.seal_request(BRIDGE_SECRETS, STATUS, stamp, "0001")
    assert (await world.operator.post(PUSH, sealed, header))[0] == 4003


async def test_unknown_interface_is_4004(world: World) -> None:
    ret, msg, _ = await world.operator.push("notification_nothing", {})
    assert (ret, msg) == (4004, "there is no such interface")


async def test_secrets_and_tokens_never_reach_the_log(world: World) -> None:
    await world.operator.push(PUSH, STATUS)
    text = (await world.driver.get("/api/log")).text
    assert "query_token" in text
    for secret in (
        BRIDGE_SECRETS.operator_secret,
        PLATFORM_SECRETS.operator_secret,
        world.operator.token,
    ):
        assert secret not in text
