"""What an operator's platform tells a pile: signed commands, and what the pile answers and asks."""

import itertools
import json
from types import SimpleNamespace

from twin_bench import GREETED_S

from evse.core import messages

_NUMBERS = itertools.count(1)
A_TOKEN, B_TOKEN, C_TOKEN = "04A1B2C3D4E5F6", "11223344", "0455667788990A"


def greet(r, utc_s=GREETED_S):
    """The bridge's first answer, and its first order: from then on the pile is operated."""
    r.greet(utc_s)
    if not r.station.operator:
        assert told(r, "clear_profiles", revision=0, ids=[]) == ("accepted", "")


def order(r, name, **args):
    """One command; the whole reply, None while there is none."""
    utc = r.station.clock.utc_s()
    message = {"id": "%s:%d" % (name, next(_NUMBERS)), "name": name, "args": args}
    # Nothing is older than the greeting
    message.update(utc=utc + 1, ttl_s=300)
    r.station.downlink.receive(*r.signed("command", message))
    replies = r.station.downlink.replies
    return json.loads(replies.pop(0)) if replies else None


def told(r, name, **args):
    """(result, reason) of one command."""
    reply = order(r, name, **args)
    messages.check(reply, messages.rows("id token 1 64, result str 1 16, ?reason str 0 64"))
    return reply["result"], reply.get("reason", "")


def install(r, number, periods, **more):
    """Send profile `number` in step with the pile; (result, reason)."""
    args = {"connector": 1, "purpose": "default", "stack": 0, "id": number, "periods": periods}
    args.update(more)
    return told(r, "profile", revision=own_revision(r) + 1, **args)


def own_revision(r):
    """Revision of the profiles that the pile holds."""
    return r.station.operator.held.revision if r.station.operator else 0


def duty(r, number=1):
    """Duty on the pilot in permille, 1000 while pausing."""
    return r.station.connectors[number].loop.duty_permille


def duty_of(a10):
    """Permille that offers this current (6 A to 51 A)."""
    return round(a10 / 0.6) if a10 else 1000


async def follows(r, a10, number=1, within_ms=10_000):
    """Wait until the duty says `a10`, 10 s at the most."""
    await r.until(lambda: abs(duty(r, number) - duty_of(a10)) <= 1, within_ms)


def go_online(r):
    """As after the bridge's answer on a connection: it may be asked."""
    # The one that runs finds no broker, and says so again and again
    r.station.uplink = SimpleNamespace(
        online=True, ask_time=int, acknowledged=bool, run=r.station.uplink.run
    )


def asked(r):
    """The question about a card that waits for the link, None without one."""
    data, r.station.downlink.asking = r.station.downlink.asking, None
    return json.loads(data) if data else None


def list_tokens(r, version, *entries):
    """Send a whole local list in one part."""
    return told(
        r, "tokens", version=version, total=len(entries), entries=list(entries), **{"from": 0}
    )
