"""The sandbox's central system with scripted stations of both versions, and the frames that both sides say most."""

import contextlib

from scripted_station import scripted_station

from sandbox.csms.commands import Commands
from sandbox.csms.system import CentralSystem

T0 = "2026-03-04T05:00:00Z"
V16, V201 = "ocpp1.6", "ocpp2.0.1"
BOOT = {
    V16: {"chargePointVendor": "PileLink", "chargePointModel": "devkitc"},
    V201: {"reason": "PowerUp", "chargingStation": {"vendorName": "PileLink", "model": "devkitc"}},
}


def at(minute, second=0):
    """A time so long after T0."""
    return f"2026-03-04T{5 + minute // 60:02}:{minute % 60:02}:{second:02}Z"


def start(minute=0, wh=1000, tag="CARD1", connector=1):
    """StartTransaction of 1.6."""
    return {"connectorId": connector, "idTag": tag, "meterStart": wh, "timestamp": at(minute)}


def stop(transaction, minute, wh, **more):
    """StopTransaction of 1.6."""
    return {"transactionId": transaction, "meterStop": wh, "timestamp": at(minute), **more}


def values(transaction, minute, wh, amps=None):
    """MeterValues of 1.6."""
    rows = [{"value": str(wh), "unit": "Wh", "context": "Sample.Periodic"}]
    if amps is not None:
        rows += [
            {"value": str(amps), "measurand": "Current.Import", "unit": "A", "phase": phase}
            for phase in ("L1", "L2", "L3")
        ]
    value = {"timestamp": at(minute), "sampledValue": rows}
    return {"connectorId": 1, "transactionId": transaction, "meterValue": [value]}


def event(kind, number, minute, wh=None, tx="t1", **more):
    """TransactionEvent of 2.0.1; `Started` names the EVSE."""
    payload = {
        "eventType": kind,
        "timestamp": at(minute),
        "triggerReason": "RemoteStart" if kind == "Started" else "MeterValuePeriodic",
        "seqNo": number,
        "transactionInfo": {"transactionId": tx, "chargingState": "Charging"},
        **({"evse": {"id": 1, "connectorId": 1}} if kind == "Started" else {}),
        **more,
    }
    if wh is not None:
        payload["meterValue"] = [{"timestamp": at(minute), "sampledValue": [{"value": wh}]}]
    return payload


@contextlib.asynccontextmanager
async def central_system(store=None, **options):
    """A started CentralSystem."""
    system = CentralSystem(store, **options)
    await system.start()
    try:
        yield system
    finally:
        await system.stop()


@contextlib.asynccontextmanager
async def joined(version, *, boot=True, identity="P1", **options):
    """(system, commands, station) with a station that has said its boot."""
    async with (
        central_system(**options) as system,
        scripted_station(system.url, identity, version) as station,
    ):
        if boot:
            await station.call("BootNotification", BOOT[version])
        yield system, Commands(system), station


def rules(system):
    """The rules that were broken, in order."""
    return [complaint.rule for complaint in system.books.complaints]
