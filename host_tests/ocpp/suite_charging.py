"""Charges from start to end: by card, from afar, ended by a plug, a fault, a loss of power, a reset."""

from suite_bench import CARD, LIVELY, OTHER, PILE
from suite_registry import scenario
from suite_told import charges, ended, state_told


@scenario(settings=LIVELY)
async def card_charge(b):
    b.central.judge(OTHER, "Blocked")
    await b.plug()
    await state_told(b, "Preparing", "Occupied")
    await b.show(OTHER)
    await b.heard("Authorize")
    assert b.session.tx is None
    await b.show(CARD)
    await b.until(b.charging)
    await state_told(b, "Charging")
    await b.run(11)
    # The vehicle is full, and then wants more
    b.world.vehicle.set_need_wh(1)
    await state_told(b, "SuspendedEV")
    b.world.vehicle.set_need_wh(20_000)
    await b.until(b.charging)
    await b.run(6)
    await b.show(CARD)
    await b.idle()
    await b.unplug()
    await state_told(b, "Available")
    (charge,) = charges(b)
    assert (charge.token, charge.reason) == (CARD, "Local")
    assert charge.end_wh > charge.start_wh
    assert len(charge.samples) >= 3
    assert charge.is_in_order
    assert charge.times == sorted(charge.times)
    assert len(b.said("Authorize")) == 2


@scenario()
async def ended_by_plug_and_by_fault(b):
    await b.charge()
    await b.unplug()
    assert (await ended(b, 1)).reason == "EVDisconnected"
    await b.charge()
    b.world.set_fault("emergency_stop", True)
    assert (await ended(b, 2)).reason == "EmergencyStop"
    await state_told(b, "Faulted")
    if b.new:
        event = await b.heard("NotifyEvent")
        assert event["eventData"][0]["trigger"] == "Alerting"
    else:
        assert (await b.heard("StatusNotification", status="Faulted"))["errorCode"] != "NoError"
    b.world.set_fault("emergency_stop", False)
    await b.unplug()
    await state_told(b, "Available", count=2)


async def _goes_on(b):
    await b.until(b.charging, 120)
    await b.run(6)
    await b.show(CARD)
    charge = await ended(b, 1)
    assert charge.reason == "Local"
    assert charge.is_in_order
    await b.idle()
    assert len(charges(b)) == 1


@scenario(_goes_on, settings=LIVELY)
async def power_lost_and_resumed(b):
    await b.charge()
    await b.run(6)


async def _over_with(b):
    reason = "ImmediateReset" if b.new else "SoftReset"
    assert (await ended(b, 1)).reason == reason
    await b.idle()
    if b.new:
        await b.heard("BootNotification", reason="RemoteReset")
    else:
        await b.heard("BootNotification", 2)


@scenario(_over_with)
async def reset_during_a_charge(b):
    if b.new:
        await b.heard("BootNotification")
    await b.charge()
    await b.run(2)
    answer = await b.ask.reset(PILE, hard=b.new)
    assert answer["status"] == "Accepted"
    await b.until(lambda: b.place.resets)


async def _back(b):
    await b.heard("BootNotification", 2)
    await state_told(b, "Available", count=2)


@scenario(_back)
async def reset_at_rest(b):
    await state_told(b, "Available")
    assert (await b.ask.reset(PILE, hard=True))["status"] == "Accepted"
    await b.until(lambda: b.place.resets)


@scenario(board="smartevse_v3", settings=LIVELY)
async def unlock_of_a_socket(b):
    await b.charge()
    await b.run(2)
    answer = await b.ask.unlock(PILE)
    if b.new:
        # 2.0.1 leaves a transaction alone
        assert answer["status"] == "OngoingAuthorizedTransaction"
        await b.show(CARD)
        assert (await ended(b, 1)).reason == "Local"
        await b.until(lambda: not b.services.state(1).tx)
        answer = await b.ask.unlock(PILE)
    else:
        assert (await ended(b, 1)).reason == "UnlockCommand"
    assert answer["status"] == "Unlocked", b.picture()
    assert not b.world.lock.locked
