"""What a central system orders: starts and stops, messages, availability, reservations, cards it lists."""

import json

import httpx
import pytest
from suite_bench import CARD, LIVELY, OTHER, PILE
from suite_registry import scenario
from suite_told import charges, ended, state_told

from bridge.fake_platform import PEER_KEYS
from bridge.fakes import seq
from pilebridge.platforms.tcec102.client import PeerClient
from sandbox.csms.link import NoAnswerError

SIXTEEN_A = {"id": 9, "connector": 1, "purpose": "tx", "periods": [[0, 16]]}


def transaction(b):
    """The central system's id of the charge that runs."""
    return b.charger.transactions()[-1].transaction_id


@scenario(prepare=lambda central: central.boots("Rejected", "Pending", interval_s=8))
async def cold_boot(b):
    assert b.charger.boot.status == "Rejected"
    if b.server == "sandbox":
        with pytest.raises(NoAnswerError):
            await b.ask.call(PILE, "GetLocalListVersion", {}, 3)
    await b.until(lambda: b.charger.boot.status == "Pending")
    await b.plug()
    assert (await b.ask.remote_start(PILE, CARD, 1))["status"] == "Rejected"
    assert (await b.ask.trigger(PILE, "Heartbeat"))["status"] == "Accepted"
    await b.heard("Heartbeat")
    assert b.said("StatusNotification") == []
    await state_told(b, "Preparing", "Occupied")
    assert len(b.said("BootNotification")) == 3
    # The interval of the accepted one is that of heartbeats
    await b.run(9)
    assert len(b.said("Heartbeat")) >= 2


@scenario(settings=LIVELY)
async def start_before_the_plug_in(b):
    assert (await b.ask.remote_start(PILE, CARD, 1))["status"] == "Accepted"
    await b.run(3)
    assert not charges(b)
    await b.plug()
    await b.until(b.charging)
    await b.until(lambda: charges(b))
    await b.until(lambda: transaction(b))
    assert (await b.ask.remote_stop(PILE, transaction(b)))["status"] == "Accepted"
    charge = await ended(b, 1)
    assert (charge.reason, charge.token) == ("Remote", CARD)


@scenario(settings=LIVELY)
async def remote_start_and_stop(b):
    assert (await b.ask.unlock(PILE))["status"] in {"NotSupported", "UnlockFailed"}
    key = "AuthCtrlr.AuthorizeRemoteStart" if b.new else "AuthorizeRemoteTxRequests"
    await b.ask.change_configuration(PILE, key, "true")
    assert (await b.ask.data_transfer(PILE, "other"))["status"] == "UnknownVendorId"
    await b.plug()
    assert (await b.ask.remote_start(PILE, CARD, 1, SIXTEEN_A))["status"] == "Accepted"
    await b.heard("Authorize")
    await b.until(b.charging)
    await b.follows(160)
    await b.until(lambda: charges(b))
    await b.until(lambda: transaction(b))
    assert (await b.ask.remote_start(PILE, OTHER, 1))["status"] == "Rejected"
    for message in (
        "MeterValues",
        "Heartbeat",
        "FirmwareStatusNotification",
        "StatusNotification",
    ):
        await _triggered(b, message)
    await _triggered(b, "LogStatusNotification" if b.new else "DiagnosticsStatusNotification")
    if not b.new:
        payload = {"requestedMessage": "LogStatusNotification"}
        assert (await b.ask.call(PILE, "ExtendedTriggerMessage", payload))["status"] == "Accepted"
        await b.heard("LogStatusNotification")
    number = transaction(b)
    if b.new:
        asked = {"transactionId": number}
        answer = await b.ask.call(PILE, "GetTransactionStatus", asked)
        assert answer["ongoingIndicator"] is True
    assert (await b.ask.remote_stop(PILE, 999999))["status"] == "Rejected"
    assert (await b.ask.remote_stop(PILE, number))["status"] == "Accepted"
    charge = await ended(b, 1)
    assert (charge.reason, charge.token) == ("Remote", CARD)
    assert charge.is_in_order
    # The profile went with its transaction
    await b.until(lambda: not b.services.profiles())


async def _triggered(b, message):
    before = len(b.said(message))
    if b.new and message == "StatusNotification":
        payload = {"requestedMessage": message, "evse": {"id": 1, "connectorId": 1}}
        answer = await b.ask.call(PILE, "TriggerMessage", payload)
    else:
        answer = await b.ask.trigger(PILE, message, 1)
    assert answer["status"] == "Accepted", message
    await b.until(lambda: len(b.said(message)) > before)


@scenario(others=True)
async def another_platform_holds(b):
    connector = b.bridge.hub.connectors[0]
    async with httpx.AsyncClient(trust_env=False) as http:
        url = f"http://127.0.0.1:{b.bridge.http_port}/evcs/v1"
        client = PeerClient(url, PEER_KEYS, http, b.now)
        await b.plug()
        order = {"StartChargeSeq": seq(), "ConnectorID": connector.connector_id}
        assert (await client.call("query_start_charge", order))["SuccStat"] == 0
        assert b.bridge.hub.holder(connector) == "sandbox"
        assert (await b.ask.remote_start(PILE, CARD, 1))["status"] == "Rejected"
        assert b.bridge.hub.holder(connector) == "sandbox"
        await b.until(b.charging)
        assert (await client.call("query_stop_charge", order))["SuccStat"] == 0
        await b.until(lambda: not b.bridge.hub.holder(connector))
        # A charge of others is a state of the connector here, and no transaction
        assert charges(b) == []
        assert (await b.ask.remote_start(PILE, CARD, 1))["status"] == "Accepted"
        await b.until(lambda: b.bridge.hub.holder(connector) == "csms")
        refused = await client.call("query_start_charge", {**order, "StartChargeSeq": seq(2)})
        assert refused["FailReason"] == 4


@scenario(settings=LIVELY)
async def availability_waits_for_the_end(b):
    await b.charge()
    assert (await b.ask.availability(PILE, False, 1))["status"] == "Scheduled"
    await b.run(3)
    assert b.charging()
    await b.show(CARD)
    await ended(b, 1)
    await state_told(b, "Unavailable")
    assert (await b.ask.remote_start(PILE, CARD, 1))["status"] == "Rejected"
    assert (await b.ask.availability(PILE, True, 1))["status"] == "Accepted"
    await b.until(lambda: b.session.status() == "finishing")
    b.world.vehicle.unplug()
    await state_told(b, "Available", count=2)
    assert (await b.ask.availability(PILE, False))["status"] == "Accepted"
    await state_told(b, "Unavailable", count=2)


@scenario(settings=LIVELY)
async def reservations(b):
    async def reserve(number, token, for_s=600):
        return (await b.ask.reserve(PILE, number, token, int(b.now()) + for_s, 1))["status"]

    assert await reserve(1, OTHER) == "Accepted"
    await state_told(b, "Reserved")
    assert (await b.ask.cancel_reservation(PILE, 1))["status"] == "Accepted"
    assert (await b.ask.cancel_reservation(PILE, 1))["status"] == "Rejected"
    await state_told(b, "Available", count=2)
    # One that nobody uses runs out
    assert await reserve(2, OTHER, 6) == "Accepted"
    await state_told(b, "Available", count=3)
    if b.new:
        told = await b.heard("ReservationStatusUpdate")
        assert told == {"reservationId": 2, "reservationUpdateStatus": "Expired"}
    assert await reserve(3, OTHER) == "Accepted"
    await b.plug()
    await b.show(CARD)
    await b.run(2)
    assert b.session.tx is None
    assert (await b.ask.remote_start(PILE, CARD, 1))["status"] == "Rejected"
    await b.show(OTHER)
    await b.until(b.charging)
    assert await reserve(4, CARD) == "Occupied"
    await b.show(OTHER)
    await ended(b, 1)
    action = "TransactionEvent" if b.new else "StartTransaction"
    assert [r for r in b.said(action) if r.get("reservationId") == 3], json.dumps(b.said(action))


@scenario(settings={"pre_authorize": True, **LIVELY})
async def list_and_cache_before_the_central_system(b):
    assert (await b.ask.clear_cache(PILE))["status"] == "Accepted"
    rows = [{"token": CARD, "status": "Accepted"}, {"token": OTHER, "status": "Blocked"}]
    assert (await b.ask.send_list(PILE, 7, rows))["status"] == "Accepted"
    version = await b.ask.list_version(PILE)
    assert version == {"versionNumber" if b.new else "listVersion": 7}
    b.central.judge(OTHER, "Blocked")
    await b.plug()
    # A card that the list does not accept may have been renewed: it is asked about
    await b.show(OTHER)
    await b.heard("Authorize")
    assert b.session.tx is None
    await b.show(CARD)
    await b.until(b.charging)
    assert len(b.said("Authorize")) == 1
    await b.show(CARD)
    await ended(b, 1)
    # What the list does not know any more, the central system is asked about, and the cache after that
    assert (await b.ask.send_list(PILE, 8, [], full=True))["status"] == "Accepted"
    await b.show(CARD)
    await b.heard("Authorize", 2)
    await b.until(lambda: b.session.tx is not None)
    await b.show(CARD)
    await ended(b, 2)
    await b.central.leave()
    await b.show(CARD)
    await b.until(lambda: b.session.tx is not None)
    assert len(b.said("Authorize")) == 2
    await b.show(CARD)
    await b.until(lambda: b.session.tx is None)
    await b.central.come_back()
    await ended(b, 3)


@scenario(settings=LIVELY)
async def profiles_and_the_duty(b):
    async def install(number, periods, **more):
        row = {"id": number, "connector": 1, "purpose": "default", "periods": periods, **more}
        assert (await b.ask.set_profile(PILE, row))["status"] == "Accepted"

    await b.charge()
    await b.follows(320)
    await install(1, [[0, 16], [18, 10]], start_utc=int(b.now()) - 10)
    await b.follows(160)
    answer = await b.ask.composite_schedule(PILE, 1, 60)
    schedule = answer["schedule" if b.new else "chargingSchedule"]
    limits = [row["limit"] for row in schedule["chargingSchedulePeriod"]]
    assert limits == [16, 10]
    # Without the bridge the profile goes on
    b.place.cut()
    await b.run(8)
    await b.follows(100)
    b.place.up = True
    await b.until(lambda: b.services.reachable)
    await b.until(lambda: b.place.link and b.r.station.uplink.online)
    await install(2, [[0, 0]], stack=1)
    await b.follows(0)
    await state_told(b, "SuspendedEVSE")
    if b.new:
        asked = {"requestId": 5, "chargingProfile": {}, "evseId": 1}
        assert (await b.ask.call(PILE, "GetChargingProfiles", asked))["status"] == "Accepted"
        report = await b.heard("ReportChargingProfiles")
        assert {row["id"] for row in report["chargingProfile"]} <= {1, 2}
    assert (await b.ask.clear_profiles(PILE, 2))["status"] == "Accepted"
    await b.until(b.charging)
    await b.follows(100)
    assert (await b.ask.clear_profiles(PILE))["status"] == "Accepted"
    await b.follows(320)
    await b.show(CARD)
    assert (await ended(b, 1)).is_in_order
