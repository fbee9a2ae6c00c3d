"""Requests of a T/CEC 102 peer that must be refused, and the questions it may ask."""

import json

import httpx
import pytest

from bridge.fake_platform import PEER_KEYS, until
from bridge.fakes import CONNECTOR, PILE, charging_station, local_bridge, seq
from pilebridge.platforms.tcec102 import envelope
from pilebridge.platforms.tcec102.client import PeerError
from pilebridge.platforms.tcec102.envelope import Secrets, TimestampSeq
from pilebridge.platforms.tcec102.server import MAX_BODY_BYTES

STAMPS = TimestampSeq()
POLICY = {"EquipBizSeq": seq(), "ConnectorID": CONNECTOR}
LOGIN = {"OperatorID": "MA5TEST01", "OperatorSecret": "OpSecretExample1"}


class Raw:
    """Posts whatever it is given, and opens the answer."""

    def __init__(self, bridge, http):
        self.url = f"http://127.0.0.1:{bridge.http_port}/evcs/v1"
        self.http = http
        self.token = ""

    async def post(self, interface, content, token=None):
        token = self.token if token is None else token
        headers = {"Authorization": f"Bearer {token}".strip()}
        response = await self.http.post(
            f"{self.url}/{interface}", content=content, headers=headers
        )
        assert response.status_code == 200
        return envelope.open_response(PEER_KEYS, response.json())

    async def call(self, interface, body, token=None, keys=PEER_KEYS, **changes):
        sealed = envelope.seal_request(keys, body, *STAMPS.next())
        sealed.update(changes)
        sealed = {key: value for key, value in sealed.items() if value is not None}
        return await self.post(interface, json.dumps(sealed), token)

    async def login(self):
        _, _, answer = await self.call("query_token", LOGIN)
        self.token = answer["AccessToken"]


@pytest.fixture
async def raw(tmp_path):
    async with (
        local_bridge(tmp_path) as (bridge, pile),
        httpx.AsyncClient(trust_env=False) as http,
    ):
        caller = Raw(bridge, http)
        caller.pile = pile
        await caller.login()
        yield caller


async def test_wrong_signature_is_4001(raw):
    ret, _, _ = await raw.call("query_equip_business_policy", POLICY, Sig="0" * 32)
    assert ret == 4001
    other = Secrets("MA5TEST01", "x", "0123456789ABCDEF", "FEDCBA9876543210", "another")
    assert (await raw.call("query_equip_business_policy", POLICY, keys=other))[0] == 4001


async def test_lower_case_signature_is_accepted(raw):
    sealed = envelope.seal_request(PEER_KEYS, POLICY, *STAMPS.next())
    sealed["Sig"] = sealed["Sig"].lower()
    assert (await raw.post("query_equip_business_policy", json.dumps(sealed)))[0] == 0


@pytest.mark.parametrize("token", ["", "wrong"])
async def test_wrong_token_is_4002(raw, token):
    assert (await raw.call("query_equip_business_policy", POLICY, token=token))[0] == 4002


@pytest.mark.parametrize("name", ["OperatorID", "Data", "TimeStamp", "Seq", "Sig"])
async def test_missing_envelope_field_is_4003_and_named(raw, name):
    ret, msg, _ = await raw.call("query_equip_business_policy", POLICY, **{name: None})
    assert ret == 4003
    assert name in msg


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OperatorID", "MA5OTHER1"),
        ("OperatorID", 5),
        ("TimeStamp", "2026"),
        ("TimeStamp", "20261340999999"),
        ("TimeStamp", "20200101000000"),
        ("Seq", "1"),
    ],
)
async def test_illegal_envelope_field_is_4003(raw, name, value):
    sealed = envelope.seal_request(PEER_KEYS, POLICY, *STAMPS.next())
    sealed[name] = value
    if isinstance(value, str):
        parts = (sealed["OperatorID"], sealed["Data"], sealed["TimeStamp"], sealed["Seq"])
        sealed["Sig"] = envelope.sign(PEER_KEYS, *parts)
    ret, _, _ = await raw.post("query_equip_business_policy", json.dumps(sealed))
    assert ret == 4003


async def test_data_that_is_no_cipher_text_is_4003(raw):
    stamp, number = STAMPS.next()
    for data in ("????", "AAAA", envelope.encrypt(PEER_KEYS, b"x")[:-4] + "AAA="):
        sig = envelope.sign(PEER_KEYS, "MA5TEST01", data, stamp, number)
        sealed = {"OperatorID": "MA5TEST01", "Data": data, "TimeStamp": stamp}
        sealed.update({"Seq": number, "Sig": sig})
        assert (await raw.post("query_equip_business_policy", json.dumps(sealed)))[0] == 4003


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7", b"\xff", b"[" * 50000])
async def test_requests_that_are_no_object_are_4003(raw, content):
    assert (await raw.post("query_equip_auth", content))[0] == 4003


async def test_oversized_request_is_4003(raw):
    ret, msg, _ = await raw.post("query_equip_auth", b" " * (MAX_BODY_BYTES + 1))
    assert ret == 4003
    assert str(MAX_BODY_BYTES) in msg


async def test_the_same_envelope_twice_is_4003(raw):
    content = json.dumps(envelope.seal_request(PEER_KEYS, POLICY, *STAMPS.next()))
    assert (await raw.post("query_equip_business_policy", content))[0] == 0
    assert (await raw.post("query_equip_business_policy", content))[0] == 4003


async def test_unknown_interface_is_4004(raw):
    assert (await raw.call("query_everything", {}))[0] == 4004


START = {"StartChargeSeq": seq(), "ConnectorID": CONNECTOR}

WRONG = [
    ("query_start_charge", {"ConnectorID": CONNECTOR}, "StartChargeSeq"),
    ("query_start_charge", {"StartChargeSeq": seq()}, "ConnectorID"),
    ("query_start_charge", {**START, "StartChargeSeq": seq()[:-1]}, "StartChargeSeq"),
    ("query_start_charge", {**START, "StartChargeSeq": "MA5OTHER1" + "0" * 18}, "StartChargeSeq"),
    ("query_start_charge", {**START, "StartChargeSeq": "MA5TEST01" + "/" * 18}, "StartChargeSeq"),
    ("query_start_charge", {**START, "StartChargeSeq": 5}, "StartChargeSeq"),
    ("query_start_charge", {**START, "ConnectorID": 5}, "ConnectorID"),
    ("query_start_charge", {**START, "ConnectorID": "3" * 27}, "ConnectorID"),
    ("query_start_charge", {**START, "QRCode": 5}, "QRCode"),
    ("query_stop_charge", {"StartChargeSeq": seq()}, "ConnectorID"),
    ("query_equip_auth", {"EquipAuthSeq": "short", "ConnectorID": "x"}, "EquipAuthSeq"),
    ("query_equip_charge_status", {}, "StartChargeSeq"),
    ("query_equip_charge_status", {"StartChargeSeq": seq(404)}, "StartChargeSeq"),
    ("query_station_status", {"StationIDs": "CP0001"}, "StationIDs"),
    ("query_station_status", {"StationIDs": [5]}, "StationIDs"),
    ("query_station_status", {"StationIDs": ["x"] * 51}, "StationIDs"),
    ("query_stations_info", {"PageNo": 0}, "PageNo"),
    ("query_stations_info", {"PageNo": "1"}, "PageNo"),
    ("query_stations_info", {"PageSize": True}, "PageSize"),
    ("query_stations_info", {"LastQueryTime": "yesterday"}, "LastQueryTime"),
]


@pytest.mark.parametrize(("interface", "body", "name"), WRONG)
async def test_wrong_business_field_is_4004_and_named(raw, interface, body, name):
    ret, msg, _ = await raw.call(interface, body)
    assert ret == 4004
    assert msg.startswith(name)
    assert raw.pile.commands == []


async def test_login_with_wrong_operator_or_secret(raw):
    wrong = await raw.call("query_token", {**LOGIN, "OperatorSecret": "guess"})
    assert (wrong[2]["SuccStat"], wrong[2]["FailReason"]) == (1, 2)
    other = await raw.call("query_token", {**LOGIN, "OperatorID": "MA5OTHER1"})
    assert (other[2]["SuccStat"], other[2]["FailReason"]) == (1, 1)
    assert other[2]["AccessToken"] == ""


async def test_a_second_login_gets_the_same_token(raw):
    first = raw.token
    await raw.login()
    assert raw.token == first


async def test_admin_is_for_this_machine_only(raw):
    url = raw.url.replace("/evcs/v1", "/admin")
    assert (await raw.http.get(f"{url}/stations")).json()["piles"][0]["pile"] == PILE
    forwarded = await raw.http.get(f"{url}/stations", headers={"X-Forwarded-For": "1.2.3.4"})
    assert forwarded.status_code == 403
    assert (await raw.http.get(f"{url}/transactions/999")).status_code == 404


async def test_stations_are_listed_in_pages_and_by_time_of_change(raw):
    ret, _, answer = await raw.call("query_stations_info", {})
    assert ret == 0
    assert (answer["PageNo"], answer["PageCount"], answer["ItemSize"]) == (1, 1, 1)
    station = answer["StationInfos"][0]
    assert str(station["StationLng"]) == "121.473701"
    equipment = station["EquipmentInfos"][0]
    assert str(equipment["Power"]) == "7.0"
    connector = equipment["ConnectorInfos"][0]
    assert connector["ConnectorID"] == CONNECTOR
    assert (connector["ConnectorType"], connector["Current"]) == (3, 32)
    _, _, beyond = await raw.call("query_stations_info", {"PageNo": 7})
    assert (beyond["PageNo"], beyond["StationInfos"]) == (7, [])
    _, _, later = await raw.call("query_stations_info", {"LastQueryTime": "2099-01-01 00:00:00"})
    assert later["ItemSize"] == 0


async def test_policy_has_four_places(raw):
    _, _, answer = await raw.call("query_equip_business_policy", POLICY)
    assert answer["SumPeriod"] == 3
    rows = [(row["StartTime"], str(row["ElecPrice"])) for row in answer["PolicyInfos"]]
    assert rows == [("000000", "0.3500"), ("080000", "0.6500"), ("220000", "0.3500")]
    assert str(answer["PolicyInfos"][0]["SevicePrice"]) == "0.4000"
    _, _, unknown = await raw.call("query_equip_business_policy", {**POLICY, "ConnectorID": "x"})
    assert (unknown["SuccStat"], unknown["FailReason"]) == (1, 1)


@pytest.mark.parametrize(
    ("status", "reason", "number"),
    [("available", 1, 1), ("preparing", 0, 2), ("faulted", 2, 255), ("charging", 4, 3)],
)
async def test_status_and_authorisation_follow_the_pile(raw, status, reason, number):
    raw.pile.state(status=status)
    _, _, answer = await raw.call(
        "query_equip_auth", {"EquipAuthSeq": seq(), "ConnectorID": CONNECTOR}
    )
    assert answer["FailReason"] == reason
    assert answer["SuccStat"] == (1 if reason else 0)
    _, _, answer = await raw.call("query_station_status", {"StationIDs": ["CP0001", "none"]})
    assert answer["Total"] == 1
    row = answer["StationStatusInfos"][0]["ConnectorStatusInfos"][0]
    assert (row["Status"], row["ParkStatus"], row["LockStatus"]) == (number, 0, 0)


async def test_our_client_logs_in_once_and_again_after_4002(tmp_path):
    async with charging_station(tmp_path) as (peer, _, pile, _):
        await until(lambda: peer.statuses() == [2])
        peer.tokens.revoke()
        pile.state(status="available")
        await until(lambda: peer.statuses() == [2, 1])


async def test_refusals_reach_the_caller_as_errors(tmp_path):
    async with charging_station(tmp_path) as (_, _, _, client):
        with pytest.raises(PeerError, match="Ret 4004 StartChargeSeq"):
            await client.call("query_equip_charge_status", {"StartChargeSeq": "x"})
