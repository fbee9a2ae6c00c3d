"""Uplink against a scripted broker: login, greeting, journal until acknowledged, reconnect with back-off."""

import asyncio
import struct
from itertools import pairwise

import pytest
from uplink_bench import Downlink, play


def test_says_who_it_is_and_holds_the_journal_until_the_bridge_answers():
    async def story(bench, _running):
        await bench.until(lambda: bench.brokers and "hello" in bench.names())
        await asyncio.sleep(5)
        assert "journal" not in bench.names()
        bench.uplink.acknowledged(0)
        await bench.until(lambda: "journal" in bench.names())
        assert bench.names()[:2] == ["online", "hello"]
        assert bench.uplink.online

    play(story)


def test_hello_is_repeated_while_nobody_answers():
    async def story(bench, _running):
        await bench.until(lambda: bench.brokers and bench.names().count("hello") >= 2)

    play(story)


def test_says_hello_again_when_the_time_is_doubted_but_not_all_the_time():
    async def story(bench, _running):
        await bench.until(lambda: bench.brokers and "hello" in bench.names())
        bench.uplink.acknowledged(0)
        await asyncio.sleep(30)
        assert bench.names().count("hello") == 1
        for _ in range(20):
            bench.uplink.ask_time()
            await asyncio.sleep(1)
        assert 2 <= bench.names().count("hello") <= 3
        await asyncio.sleep(30)
        assert bench.names().count("hello") <= 4

    play(story)


def test_records_go_out_again_without_an_acknowledgement_and_stop_with_it():
    async def story(bench, _running):
        await bench.until(lambda: bench.brokers and "hello" in bench.names())
        bench.uplink.acknowledged(0)
        await bench.until(lambda: bench.names().count("journal") == 2)
        assert bench.journals() == [[1, 2], [1, 2]]
        bench.source.waiting = []
        bench.uplink.acknowledged(2)
        await asyncio.sleep(15)
        assert bench.names().count("journal") == 2

    play(story)


def test_an_ack_of_less_than_was_sent_brings_the_rest_again_soon():
    async def story(bench, _running):
        await bench.until(lambda: bench.brokers and "hello" in bench.names())
        bench.source.waiting = [1, 2, 3]
        bench.uplink.acknowledged(0)
        await bench.until(lambda: bench.journals() == [[1, 2, 3]])
        bench.source.waiting = [2, 3]
        bench.uplink.acknowledged(1)
        began_s = asyncio.get_running_loop().time()
        await bench.until(lambda: bench.journals() == [[1, 2, 3], [2, 3]])
        waited_s = asyncio.get_running_loop().time() - began_s
        assert waited_s < 5, "the whole time for an answer was waited"
        bench.source.waiting = []
        bench.uplink.acknowledged(3)

    play(story)


def test_a_late_second_ack_of_an_earlier_message_does_not_double_what_follows():
    async def story(bench, _running):
        await bench.until(lambda: bench.brokers and "hello" in bench.names())
        bench.uplink.acknowledged(0)
        for number in range(3, 13):
            await bench.until(lambda n=number: bench.journals()[-1:] == [list(range(n - 2, n))])
            sent = len(bench.journals())
            bench.uplink.acknowledged(number - 3)  # of the message before, once more
            await asyncio.sleep(0.2)
            assert len(bench.journals()) == sent
            bench.source.waiting = [number - 1, number]
            bench.uplink.acknowledged(number - 1)
        await bench.until(lambda: bench.journals()[-1:] == [[11, 12]])
        assert len(bench.journals()) == 11

    play(story)


def test_logs_in_with_the_identity_of_its_secret_and_anew_after_a_change():
    async def story(bench, _running):
        from evse.core import mac

        def login(number, identity, secret):
            key = mac.derive(secret, mac.PSK).hex().encode()
            kind, body = bench.brokers[number].packets[0]
            assert kind == 0x10
            tail = struct.pack("!H", len(identity)) + identity + struct.pack("!H", 64) + key
            assert body.endswith(tail)

        await bench.until(lambda: bench.brokers and "hello" in bench.names())
        login(0, b"P", bytes(32))
        bench.security.use(2, b"\x01" * 32)
        await asyncio.sleep(5)
        assert len(bench.brokers) == 1
        bench.uplink.reconnect()
        await bench.until(lambda: len(bench.brokers) == 2 and "hello" in bench.names())
        login(1, b"P.2", b"\x01" * 32)

    play(story)


def test_without_a_key_nothing_is_sent_and_the_reason_is_named():
    async def story(bench, _running):
        await bench.until(lambda: bench.brokers and "hello" in bench.names())
        bench.security.use(1, b"")
        bench.uplink.reconnect()
        await bench.until(lambda: bench.uplink.last_error.startswith("key = nothing"))
        await asyncio.sleep(20)
        assert len(bench.brokers) == 1

    play(story)


def test_lost_connection_is_made_anew_and_begins_with_the_greeting():
    async def story(bench, _running):
        await bench.until(lambda: bench.brokers and "hello" in bench.names())
        bench.uplink.acknowledged(0)
        assert bench.uplink.last_error == ""
        bench.brokers[0].writer.close()
        await bench.until(lambda: bench.uplink.last_error)
        await bench.until(lambda: len(bench.brokers) == 2 and "hello" in bench.names())
        assert not bench.uplink.online
        assert bench.source.refreshed == 2
        # What the bridge does not answer is no error of the way to it
        assert bench.uplink.last_error == ""

    play(story)


def test_reply_that_was_not_taken_is_kept_for_the_next_connection():
    async def story(bench, _running):
        await bench.until(lambda: bench.brokers and "hello" in bench.names())
        bench.brokers[0]._acknowledge = False
        bench.downlink.replies.append(b'{"id":"x"}')
        await bench.until(lambda: "reply" in bench.names(0))
        bench.brokers[0].writer.close()
        await bench.until(lambda: len(bench.brokers) == 2 and "reply" in bench.names())
        await bench.until(lambda: bench.downlink.replies == [])

    play(story)


def test_who_tells_of_an_update_takes_chunks_on_that_connection():
    def subscriptions(bench, number=-1):
        return [body[4:-1] for kind, body in bench.brokers[number].packets if kind & 0xF0 == 0x80]

    async def story(bench, _running):
        await bench.until(lambda: bench.brokers and "hello" in bench.names())
        assert subscriptions(bench) == [b"pile/P/command", b"pile/P/ack"]
        bench.downlink.updates += [{"phase": "paused"}, {"phase": "fetch"}]
        await bench.until(lambda: bench.downlink.updates == [])
        assert bench.names()[-2:] == ["update", "update"]
        assert subscriptions(bench)[2:] == [b"pile/P/chunk"]
        bench.brokers[0]._acknowledge = False
        bench.downlink.updates.append({"phase": "refused"})
        await bench.until(lambda: bench.names(0)[-3:] == ["update"] * 3)
        bench.brokers[0].writer.close()
        await bench.until(lambda: len(bench.brokers) == 2 and "update" in bench.names())
        await bench.until(lambda: bench.downlink.updates == [])
        assert subscriptions(bench)[2:] == [b"pile/P/chunk"]

    play(story)


def test_error_in_the_station_closes_the_link_and_comes_out():
    async def story(bench, running):
        def broken(_topic, _payload):
            raise KeyError("the station's own")

        bench.downlink.on_message = broken
        await bench.until(lambda: bench.brokers and "hello" in bench.names())
        bench.brokers[0].send(b"pile/P/ack", b"x")
        with pytest.raises(KeyError, match="the station's own"):
            await running
        await bench.until(bench.brokers[0].writer.is_closing)

    play(story)


def test_waits_between_attempts_grow_to_their_bound_and_are_jittered():
    async def story(_bench, running):
        running.cancel()
        from evse.link.secure import Security
        from evse.link.uplink import Uplink

        waits = []

        class Dialer:
            security = Security("P")

            async def open(self, _first):
                waits.append(asyncio.get_running_loop().time())
                raise OSError("down")

        for fraction in (0.0, 0.999):
            waits.clear()
            uplink = Uplink("P", 10, Dialer(), None, Downlink(), lambda f=fraction: f)
            task = asyncio.create_task(uplink.run())
            await asyncio.sleep(60)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            gaps = [round(later - earlier, 2) for earlier, later in pairwise(waits)]
            assert gaps == sorted(gaps)
            low, high = (2.4, 2.6) if fraction == 0 else (4.9, 5.1)
            assert low <= gaps[-1] <= high

    play(story)
