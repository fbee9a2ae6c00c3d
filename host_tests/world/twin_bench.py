"""Two connectors of one station: what a test does to one of them and asks about it."""

import json

from evse.core import faults, messages

GREETED_S = 1_763_600_000
BOTH = (1, 2)


def connector(r, number):
    """The station's own object."""
    return r.station.connectors[number]


def active(r, number):
    """Names of the faults that stand, without the clock's."""
    bits = connector(r, number).loop.faults.active
    return [name for name in faults.names(bits) if name != "clock_unknown"]


def of(r, number, *kinds):
    """Records of one connector."""
    return [record for record in r.records(*kinds) if record["c"] == number]


def meter_wh(r, number):
    """Register of the connector's own meter."""
    meter = r.world.outlet(number).meter
    return meter.register_units() * meter.unit_wh


def opened_us(r, number, begun_us):
    """From `begun_us` to the last open command of the connector's contactor."""
    return r.world.outlet(number).contactor.last_open_command_us - begun_us


def charging(r, number):
    """True while the connector says so and its contactor is closed."""
    return (
        r.station.connector_status(number) == "charging"
        and r.world.outlet(number).contactor.closed
    )


async def plug(r, *numbers):
    """Plug in; meter and pilot have spoken."""
    for number in numbers:
        r.world.outlet(number).vehicle.plug()
    for number in numbers:
        loop = connector(r, number).loop
        await r.until(lambda loop=loop: loop.register.wh is not None and loop.vehicle_seen)


async def charge(r, *numbers):
    """Plug in, authorise at the pile, wait for current at each."""
    await plug(r, *numbers)
    for number in numbers:
        refusal = r.station.authorize_local(number, "local-%d" % number)
        assert refusal == "", (refusal, active(r, number))
    for number in numbers:
        await r.until(lambda number=number: charging(r, number))


async def stopped(r, number):
    """Stop at the pile; the tx_stop record."""
    assert r.station.stop_local(number) == ""
    await r.until(lambda: connector(r, number).session.tx is None, 40000)
    return of(r, number, "tx_stop")[-1]


def tell(r, name, now_s, **args):
    """Hand a signed command to the downlink; the reply as (result, reason)."""
    message = {
        "id": "%s:%d" % (name, now_s),
        "name": name,
        "args": args,
        "utc": now_s,
        "ttl_s": 300,
    }
    r.station.downlink.receive(*r.signed("command", message))
    reply = json.loads(r.station.downlink.replies.pop(0))
    return reply["result"], reply.get("reason", "")


def limit_site(r, a10, ttl_s=3600):
    """The limit of site S, as the bridge sends it."""
    message = {"a10": a10, "utc": r.station.clock.utc_s() or GREETED_S, "ttl_s": ttl_s}
    r.station.downlink.receive(messages.site_topic("S"), messages.encode(message))
