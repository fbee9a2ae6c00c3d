"""The driver API's edges and the page's files: bad requests, the log, the policy headers."""

import re
from typing import Any

import pytest
from sandbox_world import World
from tcec_bodies import PLUGGED

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


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b'{"connector_id": "x"}', "text/plain", 415),
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"{}", "application/json", 400),
        (b'{"connector_id": 7}', "application/json", 400),
        (b'{"connector_id": "' + b"x" * 5000 + b'"}', "application/json", 400),
    ],
)
async def test_bad_start_request_is_refused_with_a_sentence(
    world: World, content: bytes, kind: str, status: int
) -> None:
    headers = {"Content-Type": kind}
    answer = await world.driver.post("/api/charges", content=content, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, "bad_request")


async def test_unknown_charge_is_404_or_200_for_the_page(world: World) -> None:
    for path in ("/api/charges/nothing", "/api/charges/nothing?errors=body"):
        answer = await world.driver.get(path)
        assert answer.status_code == (200 if "?" in path else 404)
        assert answer.json()["error"]["code"] == "unknown_charge"
    assert (await world.driver.post("/api/charges/nothing/stop")).status_code == 404


async def test_log_lists_calls_both_ways_with_ret(world: World) -> None:
    seq = await world.started()
    await world.operator.push(RESULT, started(seq))
    log = (await world.driver.get("/api/log")).json()
    last = log["calls"][-1]
    assert (last["direction"], last["interface"], last["ret"]) == ("in", RESULT, 0)
    assert {"out", "in"} == {call["direction"] for call in log["calls"]}
    assert log["violations"] == []


async def test_page_and_its_files_carry_the_strict_policy(world: World) -> None:
    index = await world.driver.get("/")
    assert "测试台" in index.text
    names = re.findall(r'(?:src|href)="(/[^"]+\.(?:js|css))"', index.text)
    assert names
    script = (await world.driver.get("/page.js")).text
    for path in ["/", *names, *re.findall(r'from "(/[^"]+)"', script)]:
        answer = await world.driver.get(path)
        assert answer.status_code == 200, path
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert (await world.driver.get("/../config.py")).status_code == 404
