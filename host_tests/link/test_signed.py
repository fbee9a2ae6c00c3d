"""What is forged, replayed, expired or meant for another does nothing and is counted, also across restarts."""

import json

import pytest

from evse.core import faults, mac, messages
from rig import SECRET, rig

NOW_S = 1_763_600_000
GREETED_S = NOW_S - 1
TOPIC = "pile/P001/command"
OTHER = bytes(range(32, 64))


def start(utc=NOW_S, ttl_s=300, ref="X"):
    args = {"connector": 1, "ref": ref, "by": "tcec102"}
    return {"id": "start:" + ref, "name": "start", "args": args, "utc": utc, "ttl_s": ttl_s}


def signed(message, secret=SECRET, topic=TOPIC):
    key = mac.Mac(mac.derive(secret, mac.COMMAND))
    return messages.sign(topic, messages.encode(message), key)


def tell(r, payload, topic=TOPIC):
    downlink = r.station.downlink
    downlink.receive(topic, payload)
    return json.loads(downlink.replies.pop(0)) if downlink.replies else None


def plugged(story, settings=None):
    async def whole(r):
        r.world.vehicle.plug()
        await r.until(lambda: r.station.register.wh is not None)
        r.greet(GREETED_S)
        return await story(r)

    with rig() as r:
        return r.play(whole, settings)


@pytest.mark.parametrize(
    "payload",
    [
        messages.encode(start()),
        signed(start(), OTHER),
        signed(start(), topic="pile/P002/command"),
        signed(start(), topic="pile/P001/ack"),
        signed(start())[:-30] + b'"}',
        signed(start()).replace(b'"ref":"X"', b'"ref":"Y"'),
        messages.sign(TOPIC, messages.encode(start()), mac.Mac(mac.derive(SECRET, mac.PSK))),
        messages.sign(TOPIC, messages.encode(start()), mac.Mac(SECRET)),
    ],
)
def test_forged_command_does_nothing_is_not_answered_and_is_reported(payload):
    async def story(r):
        assert tell(r, payload) is None
        assert r.station.session.tx is None
        assert r.station.counts["forged"] == 1
        r.station.report.refresh()
        assert json.loads(r.station.report.state())["counts"] == {"forged": 1}
        assert tell(r, signed(start()))["result"] == "accepted"

    plugged(story)


def test_command_of_before_a_restart_does_nothing_after_it():
    command = signed(start())

    async def before(r):
        r.world.vehicle.plug()
        await r.until(lambda: r.station.register.wh is not None)
        r.greet(GREETED_S)
        assert tell(r, command)["result"] == "accepted"
        r.station.session.stop("X", "remote")
        await r.until(lambda: r.station.session.tx is None, 15000)

    async def after(r):
        await r.until(lambda: r.station.register.wh is not None)
        assert tell(r, command)["reason"] == "clock unknown"
        r.greet(NOW_S + 20)
        assert tell(r, command)["reason"] == "from before this start"
        assert r.station.session.tx is None
        assert r.station.counts["stale"] == 2
        later = signed(start(utc=NOW_S + 21, ref="Z"))
        assert tell(r, later)["result"] == "accepted"

    with rig() as r:
        r.play(before)
        r.world.replace_chip(1)
        r.restart(after)


def test_only_the_answer_to_the_last_hello_brings_the_time():
    async def story(r):
        life = r.station.journal.life
        _topic, old = r.signed("ack", {"life": life, "upto": 0, "utc": NOW_S, "nonce": "0" * 16})
        tell(r, old, "pile/P001/ack")
        assert not r.station.clock.known
        assert not r.station.uplink.online
        r.station.report.hello()
        first = {"life": life, "upto": 0, "utc": NOW_S, "nonce": r.station.report.nonce}
        r.station.report.hello()
        tell(r, signed(first, topic="pile/P001/ack"), "pile/P001/ack")
        assert not r.station.clock.known
        second = signed({**first, "nonce": r.station.report.nonce}, topic="pile/P001/ack")
        tell(r, second, "pile/P001/ack")
        assert r.station.clock.utc_s() == NOW_S
        assert r.station.uplink.online
        # The same answer again: its nonce is used up
        await r.run(5000)
        before = r.station.clock.utc_s()
        tell(r, second, "pile/P001/ack")
        assert r.station.clock.utc_s() == before

    with rig() as r:
        r.play(story)


def test_acknowledgement_of_another_life_or_of_what_was_never_given_frees_nothing():
    async def story(r):
        journal = r.station.journal
        waiting = journal.figures()["waiting"]
        assert waiting > 0
        for message in (
            {"life": "00000000", "upto": journal.next_seq - 1},
            {"life": journal.life, "upto": journal.next_seq},
            {"life": journal.life, "upto": 0xFFFFFFFF},
        ):
            tell(r, signed(message, topic="pile/P001/ack"), "pile/P001/ack")
            assert journal.figures()["waiting"] == waiting
        assert r.station.counts["stale"] == 3
        unsigned = messages.encode({"life": journal.life, "upto": journal.next_seq - 1})
        tell(r, unsigned, "pile/P001/ack")
        assert journal.figures()["waiting"] == waiting
        good = {"life": journal.life, "upto": journal.next_seq - 1}
        tell(r, signed(good, topic="pile/P001/ack"), "pile/P001/ack")
        assert journal.figures()["waiting"] == 0

    plugged(story)


def test_bridge_whose_clock_was_put_back_is_obeyed_again():
    async def story(r):
        assert tell(r, signed(start(utc=NOW_S - 3600)))["result"] == "stale"
        r.greet(NOW_S - 3601)
        assert tell(r, signed(start(utc=NOW_S - 3600)))["result"] == "accepted"
        assert [x["step_s"] for x in r.records("clock")] == [-3600]

    plugged(story)


def test_time_server_sets_the_clock_but_lets_no_command_act():
    async def story(r):
        r.world.vehicle.plug()
        await r.until(lambda: r.station.register.wh is not None)
        clock = r.station.clock
        assert clock.set_by_server(NOW_S) == 0
        assert clock.known
        assert tell(r, signed(start()))["reason"] == "clock unknown"
        r.greet(NOW_S + 100)
        for far_s in (61, -61, 86400):
            now_s = clock.utc_s()
            assert clock.set_by_server(now_s + far_s) == 0
            assert clock.utc_s() == now_s
        assert clock.set_by_server(clock.utc_s() - 30) == -30

    with rig() as r:
        r.play(story)


def test_pile_without_a_key_says_so_charges_nobody_and_believes_nobody():
    async def story(r):
        assert faults.names(r.station.loop.faults.active & faults.KEY_MISSING) == ["key_missing"]
        assert any("provision" in note for note in r.station.report.notes)
        assert tell(r, signed(start())) is None
        assert r.station.authorize_local() == "unavailable"
        await r.run(5000)
        assert not r.world.contactor.operations
        assert r.station.counts["forged"] > 0

    plugged(story, {"key": ""})


def rotation(number, secret=SECRET, new=OTHER):
    nonce = "00112233445566%02x" % number
    args = {
        "number": number,
        "nonce": nonce,
        "cover": mac.cover(secret, nonce.encode(), new).hex(),
    }
    return {"id": f"key:{number}", "name": "rotate", "args": args, "utc": NOW_S, "ttl_s": 300}


def test_rotated_key_is_in_force_at_once_and_after_a_restart():
    async def before(r):
        # Not within the self-test, which a write to the file would hold up
        await r.until(lambda: r.station.register.wh and not r.station.permit.energised)
        r.greet(GREETED_S)
        assert tell(r, signed(rotation(2)))["result"] == "accepted"
        assert tell(r, signed(rotation(2))) is None, "the old key is over"
        assert r.station.counts["forged"] == 1
        assert [x["number"] for x in r.records("key")] == [2]

    async def after(r):
        r.world.vehicle.plug()
        await r.until(lambda: r.station.register.wh is not None)
        assert r.station.keys.number == 2
        assert json.loads(r.station.report.hello())["key"] == 2
        nonce = r.station.report.nonce
        ack = {"life": r.station.journal.life, "upto": 0, "utc": GREETED_S, "nonce": nonce}
        tell(r, signed(ack, OTHER, "pile/P001/ack"), "pile/P001/ack")
        assert tell(r, signed(start(), OTHER))["result"] == "accepted"

    async def provisioned_anew(r):
        assert r.station.keys.number == 1
        assert not r.station.keys.problem

    with rig() as r:
        r.play(before)
        r.world.replace_chip(1)
        r.restart(after)
        r.world.replace_chip(1)
        r.play(provisioned_anew, {"key": bytes(range(64, 96)).hex()})


def test_key_file_that_is_damaged_is_named_and_the_provisioned_key_holds():
    async def story(r):
        return r.station.keys.number, r.station.keys.problem

    with rig() as r:
        follows = mac.Mac(SECRET).tag(b"pilelink key file 1").hex()
        short = json.dumps({"number": 2, "key": "00", "follows": follows})
        for text in ("", "{", "[]", '{"number":2}', short):
            (r.folder / "key.json").write_text(text)
            number, problem = r.play(story)
            assert number == 1
            assert "key.json" in problem, text


def test_rotation_is_refused_while_energised_and_when_it_goes_back():
    async def story(r):
        assert tell(r, signed(rotation(1)))["result"] == "malformed"
        assert r.station.authorize_local() == ""
        await r.until(lambda: r.station.session.status() == "charging")
        command = {**rotation(2), "utc": r.station.clock.utc_s()}
        assert tell(r, signed(command))["reason"] == "busy"
        assert r.station.keys.number == 1

    plugged(story)
