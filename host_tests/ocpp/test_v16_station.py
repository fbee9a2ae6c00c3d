"""The station of 1.6 itself: boot, heartbeat, announcement, cards, security events, actions it does not serve."""

import pytest
from fakes16 import TAG, UTC, UTC_TEXT, Bench
from schemas16 import actions

from pilebridge.platforms.ocpp.context import CallError, NotDeliveredError
from pilebridge.platforms.ocpp.v16.station import OURS
from pilebridge.station_services import Authorization


async def test_boot_says_who_the_pile_is_and_takes_the_interval():
    bench = Bench()
    bench.pile.hello["update"] = {"slot": "a", "version": "1.2.3", "trial": False}
    boot = await bench.station.boot("PowerUp")
    assert (boot.status, boot.interval_s, boot.utc) == ("Accepted", 300, UTC)
    assert bench.context.named("BootNotification") == [
        {
            "chargePointVendor": "PileLink",
            "chargePointModel": "PileLink",
            "chargePointSerialNumber": "P001",
            "firmwareVersion": "1.2.3",
        }
    ]
    answer = {"status": "Accepted", "currentTime": UTC_TEXT, "interval": 77}
    bench.context.answers["BootNotification"] = answer
    await bench.station.boot("PowerUp")
    assert await bench.value_of("HeartbeatInterval") == "77"


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
async def test_a_boot_that_is_not_accepted_changes_no_interval(status):
    bench = Bench()
    bench.pile.hello = None
    answer = {"status": status, "currentTime": UTC_TEXT, "interval": 0}
    bench.context.answers["BootNotification"] = answer
    boot = await bench.station.boot("PowerUp")
    assert (boot.status, boot.interval_s) == (status, 0)
    assert await bench.value_of("HeartbeatInterval") == "300"
    assert "firmwareVersion" not in bench.context.named("BootNotification")[0]


async def test_heartbeat_gives_the_central_systems_clock():
    bench = Bench()
    assert await bench.station.heartbeat() == UTC
    assert bench.context.sent == [("Heartbeat", {})]


async def test_announce_tells_all_after_a_boot_and_what_differs_after_a_break():
    bench = Bench(connectors=2)
    await bench.station.boot("PowerUp")
    await bench.station.announce()
    told = bench.context.named("StatusNotification")
    assert [each["connectorId"] for each in told] == [0, 1, 2]
    bench.context.sent.clear()
    bench.again()
    bench.pile.put(2, status="preparing")
    await bench.station.announce()
    told = bench.context.named("StatusNotification")
    assert [(each["connectorId"], each["status"]) for each in told] == [(2, "Preparing")]
    bench.context.sent.clear()
    await bench.station.boot("PowerUp")
    await bench.station.announce()
    assert len(bench.context.named("StatusNotification")) == 3


async def test_an_announcement_that_was_not_taken_is_made_again_as_a_whole():
    bench = Bench()
    await bench.station.boot("PowerUp")
    await bench.station.announce()
    await bench.station.boot("PowerUp")
    bench.context.answers["StatusNotification"] = [{}, NotDeliveredError("link"), {}, {}]
    with pytest.raises(NotDeliveredError):
        await bench.station.announce()
    bench.context.sent.clear()
    await bench.station.announce()
    assert len(bench.context.named("StatusNotification")) == 2


@pytest.mark.parametrize(
    ("info", "wanted"),
    [
        ({"status": "Accepted"}, Authorization("accepted")),
        (
            {"status": "Accepted", "expiryDate": UTC_TEXT, "parentIdTag": "fleet"},
            Authorization("accepted", UTC, "FLEET"),
        ),
        ({"status": "Blocked"}, Authorization("blocked")),
        ({"status": "Expired"}, Authorization("expired")),
        ({"status": "Invalid"}, Authorization("invalid")),
        ({"status": "ConcurrentTx"}, Authorization("concurrent")),
    ],
)
async def test_authorize_gives_the_verdict(info, wanted):
    bench = Bench()
    bench.context.answers["Authorize"] = {"idTagInfo": info}
    assert await bench.station.authorize(TAG) == wanted
    assert bench.context.sent == [("Authorize", {"idTag": TAG})]


@pytest.mark.parametrize("failure", [CallError("InternalError"), NotDeliveredError("link")])
async def test_authorize_without_an_answer_is_no_verdict(failure):
    bench = Bench()
    bench.context.answers["Authorize"] = failure
    assert await bench.station.authorize(TAG) is None


async def test_a_card_too_long_for_the_message_is_not_asked_about():
    bench = Bench()
    assert await bench.station.authorize("0" * 21) is None
    assert bench.context.sent == []


async def test_a_security_event_is_told_and_kept():
    bench = Bench()
    await bench.station.security("FirmwareUpdated", UTC, "1.2.3")
    assert bench.context.named("SecurityEventNotification") == [
        {"type": "FirmwareUpdated", "timestamp": UTC_TEXT, "techInfo": "1.2.3"}
    ]
    assert bench.context.values.get("security_log") == [[UTC, "FirmwareUpdated", "1.2.3"]]


async def test_a_central_system_without_the_extensions_is_not_an_error():
    bench = Bench()
    bench.context.answers["SecurityEventNotification"] = CallError("NotImplemented")
    await bench.station.security("FirmwareUpdated", UTC, "")
    bench.context.answers["SecurityEventNotification"] = CallError("InternalError")
    with pytest.raises(CallError):
        await bench.station.security("FirmwareUpdated", UTC, "")
    # Told twice, it happened once
    assert len(bench.context.values.get("security_log")) == 1


async def test_an_unknown_action_is_not_implemented():
    with pytest.raises(CallError) as caught:
        await Bench().station.answer("FlyAway", {})
    assert caught.value.code == "NotImplemented"


@pytest.mark.parametrize("action", OURS)
async def test_our_own_actions_are_not_supported_the_other_way(action):
    assert action in actions()
    with pytest.raises(CallError) as caught:
        await Bench().station.answer(action, {})
    assert caught.value.code == "NotSupported"


async def test_data_transfer_knows_no_vendor():
    bench = Bench()
    assert (
        await bench.status_of("DataTransfer", vendorId="org.else", data="x") == "UnknownVendorId"
    )
    assert await bench.status_of("DataTransfer", vendorId="PileLink") == "UnknownMessageId"
