"""Bad and repeated messages from above, taken by the whole station: counted, answered, no effect."""

import asyncio
import json

import pytest

from evse.core import mac, messages
from rig import SECRET, rig

NOW_S = 1_763_600_000
# A command counts only from the second after the first answer of the bridge on
GREETED_S = NOW_S - 1
KEY = mac.Mac(mac.derive(SECRET, mac.COMMAND))
COMMAND = "pile/P001/command"
ACK = "pile/P001/ack"


def command(name="start", args=None, command_id="start:X", utc=NOW_S, ttl_s=30, **more):
    args = {"connector": 1, "ref": "X", "by": "tcec102"} if args is None else args
    body = {"v": 1, "id": command_id, "name": name, "args": args, "utc": utc, "ttl_s": ttl_s}
    return json.dumps({**body, **more}).encode()


def tell(r, topic, payload):
    """Deliver one message, signed where it must be; the reply it got, or None."""
    if topic in (COMMAND, ACK) and payload:
        payload = messages.sign(topic, payload, KEY)
    return deliver(r, topic, payload)


def deliver(r, topic, payload):
    """Deliver one message as it is; the reply it got, or None."""
    downlink = r.station.downlink
    downlink.receive(topic, payload)
    return json.loads(downlink.replies.pop(0)) if downlink.replies else None


def plugged(story, clock=True, settings=None):
    """Run a story with a vehicle plugged, the meter read and the clock known."""

    async def whole(r):
        r.world.vehicle.plug()
        await r.until(lambda: r.station.register.wh is not None)
        if clock:
            r.greet(GREETED_S)
        return await story(r)

    with rig() as r:
        return r.play(whole, settings)


def test_same_command_twice_acts_once_and_gets_the_same_answer():
    async def story(r):
        first = tell(r, COMMAND, command())
        tx = r.station.session.tx
        second = tell(r, COMMAND, command())
        assert first == second
        assert first["result"] == "accepted"
        assert r.station.session.tx is tx
        assert r.station.counts["repeated"] == 1
        assert len(r.records("tx_start")) == 1

    plugged(story)


@pytest.mark.parametrize("age_s", [31, 3600, -31])
def test_stale_command_does_nothing(age_s):
    async def story(r):
        reply = tell(r, COMMAND, command(utc=NOW_S - age_s))
        assert reply["result"] == "stale"
        assert r.station.session.tx is None
        assert r.station.counts["stale"] == 1
        assert tell(r, COMMAND, command())["result"] == "accepted"

    plugged(story)


def test_command_before_the_time_is_known_does_nothing():
    async def story(r):
        reply = tell(r, COMMAND, command())
        assert (reply["result"], reply["reason"]) == ("stale", "clock unknown")
        assert r.station.session.tx is None

    plugged(story, clock=False)


@pytest.mark.parametrize(
    ("payload", "result", "said"),
    [
        (command(name="explode", args={}), "unknown", "explode"),
        (command(args={}), "malformed", "connector"),
        (command(args={"connector": "1", "ref": "X", "by": "t"}), "malformed", "connector"),
        (command(args={"connector": 1, "ref": "", "by": "t"}), "malformed", "ref"),
        (command(args={"connector": 1, "ref": 5, "by": "t"}), "malformed", "ref"),
        (command(args={"connector": True, "ref": "X", "by": "t"}), "malformed", "connector"),
        (command(ttl_s=0), "malformed", "ttl_s"),
        (command(utc="now"), "malformed", "utc"),
        (command(v=2), "malformed", "v"),
        (b'{"id":"x"}', "malformed", "v"),
        (command(args={"connector": 7, "ref": "X", "by": "t"}), "refused", "no_connector"),
        (command(name="stop", args={"connector": 1, "ref": "X"}), "refused", "no_transaction"),
    ],
)
def test_bad_command_is_answered_with_the_field(payload, result, said):
    async def story(r):
        reply = tell(r, COMMAND, payload)
        assert reply["result"] == result
        assert said in reply["reason"]
        assert r.station.session.tx is None

    plugged(story)


@pytest.mark.parametrize(
    "payload", [b"", b"\xff\xfe", b"{", b"[]", b"5", b"null", b'"x"', b"{}" * 900, None]
)
@pytest.mark.parametrize("topic", [COMMAND, ACK])
def test_malformed_payload_is_counted_and_dropped(topic, payload):
    async def story(r):
        assert deliver(r, topic, payload) is None
        # What is signed is read; this never is
        assert r.station.counts["malformed" if payload is None else "forged"] == 1
        await r.run(1000)
        assert r.station.session.status() == "preparing"

    plugged(story)


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        (ACK, b"[1]"),
        (ACK, b'{"v":1}'),
        (ACK, b'{"v":1,"life":"a55a41c3","upto":-1}'),
        (ACK, b'{"v":1,"life":"a55a41c3","upto":"1"}'),
        (ACK, b'{"v":1,"life":5,"upto":1}'),
        (COMMAND, b"{nonsense}"),
        (COMMAND, b'{"v":1}'),
    ],
)
def test_signed_nonsense_is_counted_and_dropped(topic, body):
    async def story(r):
        assert tell(r, topic, body) is None
        assert r.station.counts["malformed"] == 1

    plugged(story)


def test_unknown_topic_is_counted():
    async def story(r):
        for topic in ("pile/P002/command", "pile/P001/state", "x", ""):
            assert tell(r, topic, command()) is None
        assert r.station.counts["unknown"] == 4
        assert r.station.session.tx is None

    plugged(story)


def test_start_while_unplugged_is_refused():
    async def story(r):
        await r.until(lambda: r.station.register.wh is not None)
        r.greet(GREETED_S)
        reply = tell(r, COMMAND, command())
        assert (reply["result"], reply["reason"]) == ("refused", "not_plugged")
        assert r.station.session.tx is None

    with rig() as r:
        r.play(story)


def test_stop_of_another_transaction_is_refused():
    async def story(r):
        tell(r, COMMAND, command())
        args = {"connector": 1, "ref": "Y"}
        reply = tell(r, COMMAND, command(name="stop", args=args, command_id="stop:Y"))
        assert (reply["result"], reply["reason"]) == ("refused", "other_transaction")
        assert r.station.session.tx.wants_energy()

    plugged(story)


def test_second_start_is_refused_as_busy():
    async def story(r):
        tell(r, COMMAND, command())
        args = {"connector": 1, "ref": "Y", "by": "tcec102"}
        reply = tell(r, COMMAND, command(args=args, command_id="start:Y"))
        assert (reply["result"], reply["reason"]) == ("refused", "busy")

    plugged(story)


def test_flood_of_commands_does_not_grow_the_replies():
    async def story(r):
        for number in range(100):
            payload = messages.sign(COMMAND, command(command_id=str(number)), KEY)
            r.station.downlink.receive(COMMAND, payload)
        assert len(r.station.downlink.replies) == 8
        assert len(r.station.commands.answers) <= 16

    plugged(story)


def test_start_is_not_repeated_by_a_replay_behind_other_commands():
    async def story(r):
        start = command(ttl_s=300)
        assert tell(r, COMMAND, start)["result"] == "accepted"
        stop = {"connector": 1, "ref": "X"}
        tell(r, COMMAND, command(name="stop", args=stop, command_id="stop:X", ttl_s=300))
        await r.until(lambda: r.station.session.tx is None, 15000)
        for number in range(40):
            tell(r, COMMAND, command(name="report", args={}, command_id=f"r{number}", ttl_s=300))
        assert tell(r, COMMAND, start)["result"] == "accepted"
        assert r.station.session.tx is None
        assert r.station.counts["repeated"] == 1

    plugged(story)


def loop_offer(r):
    return r.station.loop.limits.offered_a10()


def test_site_limit_holds_for_its_time_and_falls_back():
    async def story(r):
        topic = "site/lot/limit"
        await r.charge()
        r.greet(GREETED_S)
        limit = {"v": 1, "a10": 160, "utc": NOW_S, "ttl_s": 30}
        assert loop_offer(r) == 60, "the fallback holds until the site speaks"
        tell(r, topic, json.dumps({**limit, "utc": NOW_S - 31}).encode())
        assert (loop_offer(r), r.station.counts["stale"]) == (60, 1)
        tell(r, topic, json.dumps(limit).encode())
        await r.run(6000)
        loop = r.station.loop
        assert (loop.duty_permille, loop.limits.holder_name()) == (266, "site")
        await r.run(32000)
        assert loop.duty_permille == 100
        for broken in ({"a10": -1}, {"ttl_s": 0}, {"utc": None}):
            bad = json.dumps({**limit, **broken}).encode()
            tell(r, topic, bad)
        assert r.station.counts["malformed"] == 3
        assert loop.limits.offered_a10() == 60

    with rig() as r:
        r.play(story, {"site": "lot"})


def test_same_seed_gives_the_same_story():
    async def story(r):
        # A real socket answers when the host pleases
        r.station.uplink.run = asyncio.Event().wait
        await r.charge()
        await r.run(10000)
        r.station.stop_local()
        await r.until(lambda: r.station.session.tx is None, 15000)

    told = []
    for _ in range(2):
        with rig(seed=7) as r:
            r.play(story)
            told.append((r.lines, r.world.trace))
    assert told[0] == told[1]
