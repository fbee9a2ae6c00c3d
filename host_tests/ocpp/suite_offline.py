"""The central system is away, answers nothing, answers twice or with no: what was told comes once and in order."""

from suite_bench import CARD, LIVELY, OTHER, PILE
from suite_registry import scenario
from suite_told import charges, ended, state_told


@scenario(settings={"allow_unknown_offline": True, **LIVELY})
async def charge_without_the_central_system(b):
    await b.central.leave()
    await b.until(lambda: b.charger.rpc is None)
    # Nobody can be asked: the pile's own rules decide
    await b.plug()
    await b.show(CARD)
    await b.until(b.charging, 30)
    await b.run(12)
    await b.show(CARD)
    await b.until(lambda: b.session.tx is None)
    end_utc = b.now()
    await b.unplug()
    await b.run(10)
    await b.central.come_back()
    charge = await ended(b, 1)
    assert abs(charge.end_utc - end_utc) <= 2
    assert charge.start_utc < charge.end_utc - 12
    assert charge.is_in_order
    assert charge.again == 0
    assert len(charge.samples) >= 2
    assert len(b.said("BootNotification")) == 1
    if b.new:
        events = b.said("TransactionEvent")
        assert all(event["offline"] for event in events)
    await b.idle()
    # The next one is told at once
    await b.charge(OTHER)
    await b.show(OTHER)
    second = await ended(b, 2)
    assert second.start_wh == charge.end_wh
    assert not b.new or not b.said("TransactionEvent")[-1].get("offline")


@scenario(settings=LIVELY)
async def charge_without_the_bridge(b):
    await b.charge()
    await b.run(6)
    b.place.cut()
    await b.run(20)
    assert b.charging()
    await b.show(CARD)
    await b.until(lambda: b.session.tx is None)
    end_utc = b.now()
    await b.run(10)
    b.place.up = True
    charge = await ended(b, 1)
    assert abs(charge.end_utc - end_utc) <= 2
    assert charge.is_in_order
    assert len(charge.samples) >= 5
    await b.idle()


@scenario(settings=LIVELY)
async def answers_that_are_lost(b):
    if b.new:
        await b.ask.call(PILE, "SetVariables", _attempts())
        b.central.lose("TransactionEvent")
    else:
        await b.ask.change_configuration(PILE, "TransactionMessageRetryInterval", "1")
        b.central.lose("StartTransaction")
    await b.charge()
    await b.until(lambda: charges(b) and charges(b)[0].again == 1)
    # A refusal is tried again as well
    if b.new:
        b.central.fail("TransactionEvent", "InternalError")
    else:
        b.central.lose("StopTransaction")
        b.central.fail("MeterValues", "InternalError")
    await b.run(6)
    await b.show(CARD)
    charge = await ended(b, 1)
    await b.idle()
    assert charge.is_in_order
    assert len(charges(b)) == 1


def _attempts():
    name = {"component": {"name": "OCPPCommCtrlr"}}
    variable = {"name": "MessageAttemptInterval", "instance": "TransactionEvent"}
    return {"setVariableData": [{**name, "variable": variable, "attributeValue": "1"}]}


@scenario(settings=LIVELY)
async def early_invalid_and_number_zero(b):
    await b.ask.change_configuration(PILE, "TransactionMessageRetryInterval", "1")
    b.central.starts(("Invalid", 0), ("Invalid", 77))
    await b.charge()
    await b.until(lambda: charges(b) and charges(b)[0].again == 2)
    await b.run(6)
    assert b.charging()
    await b.show(CARD)
    assert (await ended(b, 1)).reason == "Local"
    await b.idle()


@scenario(settings=LIVELY)
async def taken_back_while_charging(b):
    # The list of the pile lets it in, the central system does not
    await b.ask.send_list(PILE, 1, [{"token": CARD, "status": "Accepted"}])
    b.central.judge(CARD, "Blocked")
    b.central.silence("Authorize")
    await b.plug()
    await b.show(CARD)
    await b.until(lambda: b.session.tx is not None, 20)
    assert (await ended(b, 1)).reason == "DeAuthorized"
    await b.idle()
    if b.new:
        return
    # Or it goes on without energy
    await b.ask.change_configuration(PILE, "StopTransactionOnInvalidId", "false")
    await b.unplug()
    b.central.silence("Authorize")
    await b.plug()
    await b.show(CARD)
    await b.until(lambda: b.session.tx is not None, 20)
    await state_told(b, "SuspendedEVSE")
    await b.follows(0)
    await b.unplug()
    assert (await ended(b, 2)).reason == "EVDisconnected"
    await b.until(lambda: not b.services.profiles())
