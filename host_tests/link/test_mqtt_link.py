"""MqttLink against a scripted broker on loopback: every defect of umqtt.simple that it works around."""

import asyncio
import struct

import pytest

from pilesim import host
from pilesim.world import World
from scripted_broker import Broker


def with_broker(story, keepalive_s=10, speed=20, receive=True, login=(), **options):
    """Run story(link, broker, messages) with a connected link, in time that runs `speed` times."""
    world = World(1)
    host.install(world)
    world.clock.pace(host.RealTime(), speed * 1000)

    async def main():
        from evse.link.mqtt import MqttLink

        broker = Broker(**options)
        server = await asyncio.start_server(broker.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        messages = []
        link = MqttLink(
            "P001",
            lambda topic, payload: messages.append((topic, payload)),
            ("w", b"0"),
            keepalive_s,
            *login,
        )

        async def plain(packet):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(packet)
            return reader, writer

        try:
            await link.connect(plain)
            running = asyncio.create_task(link.run()) if receive else None
            try:
                return await story(link, broker, messages)
            finally:
                if running:
                    running.cancel()
                    await asyncio.gather(running, return_exceptions=True)
        finally:
            await link.close()
            server.close()
            await server.wait_closed()

    try:
        return host.run(main())
    finally:
        host.uninstall()


async def received(link):
    """Receive until the connection fails, and by what."""
    await link.run()
    raise link.failure


async def looked_after(link, send=lambda: asyncio.sleep(0)):
    """Watch as the uplink does."""
    while True:
        link.watch(200)
        await send()
        await asyncio.sleep(0.2)


async def eventually(condition):
    for _ in range(400):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("never happened")


def test_connect_carries_the_last_will_and_the_keep_alive():
    async def story(_link, broker, _messages):
        kind, body = broker.packets[0]
        assert kind == 0x10
        assert body[:6] == b"\x00\x04MQTT"
        flags, keepalive_s = body[7], struct.unpack("!H", body[8:10])[0]
        assert flags == 0b00101110  # retained will, QoS 1, clean session
        assert keepalive_s == 10
        assert body[10:] == b"\x00\x04P001\x00\x01w\x00\x010"

    with_broker(story)


def test_login_carries_user_and_password_as_bytes():
    async def story(_link, broker, _messages):
        _kind, body = broker.packets[0]
        assert body[7] == 0b11101110  # user and password beside the retained will
        user = "充电.2".encode()
        assert body[10:16] == b"\x00\x04P001"
        assert body.endswith(b"\x00\x08" + user + b"\x00\x40" + b"5a" * 32)

    with_broker(story, login=("充电.2".encode(), b"5a" * 32))


def test_packet_ids_wrap_and_never_are_zero():
    async def story(link, broker, _messages):
        link._codec.pid = 65533
        for _ in range(4):
            await link.publish("t", b"x")
        assert [packet_id for _topic, packet_id, _payload in broker.published()] == [
            65534,
            65535,
            1,
            2,
        ]

    with_broker(story)


def test_lengths_are_bytes_for_text_that_is_not_ascii():
    async def story(link, broker, _messages):
        await link.publish("pile/充电/state", "充电桩".encode())
        assert broker.published()[0][0::2] == ("pile/充电/state".encode(), "充电桩".encode())

    with_broker(story)


def test_long_payloads_and_topics_keep_their_length():
    async def story(link, broker, _messages):
        for size in (1, 126, 127, 128, 1000, 3000):
            await link.publish("t" * 130, b"x" * size)
        await link.subscribe("s" * 100)
        assert [len(row[2]) for row in broker.published()] == [1, 126, 127, 128, 1000, 3000]
        assert broker.packets[-1] == (0x82, broker.packets[-1][1])

    with_broker(story)


def test_message_while_a_publish_waits_is_delivered_and_acknowledged_and_answered():
    async def story(link, broker, messages):
        broker.send(b"down", b"1")
        answer, broker._answer = broker._answer, lambda _kind, _body: None
        publishing = asyncio.create_task(link.publish("outer", b"x"))
        await eventually(lambda: (0x40, b"\x00\x07") in broker.packets)
        assert not publishing.done()
        assert messages == [("down", b"1")]
        broker._answer = answer
        answer(*next(packet for packet in broker.packets if packet[0] == 0x32))
        await publishing
        await link.publish("answer", messages[0][1])
        assert [row[0] for row in broker.published()] == [b"outer", b"answer"]

    with_broker(story)


def test_half_a_packet_blocks_nobody():
    async def story(link, broker, messages):
        broker.writer.write(b"\x32\x0a\x00\x04do")
        await asyncio.sleep(1)
        await asyncio.sleep(1)
        assert messages == []
        broker.writer.write(b"wn\x00\x07hi")
        await eventually(lambda: messages)
        assert messages == [("down", b"hi")]

    with_broker(story)


def test_unanswered_publish_fails():
    async def story(link, _broker, _messages):
        publishing = asyncio.create_task(link.publish("t", b"x"))
        try:
            with pytest.raises(OSError, match="no acknowledgement"):
                await asyncio.wait_for(looked_after(link), 12)
            assert not publishing.done()
        finally:
            publishing.cancel()
            await asyncio.gather(publishing, return_exceptions=True)

    with_broker(story, acknowledge=False, keepalive_s=60)


def test_unanswered_ping_fails_and_an_answered_one_goes_on():
    async def dead(link, _broker, _messages):
        with pytest.raises(OSError, match="no answer to ping"):
            await looked_after(link, link.send)

    async def alive(link, broker, _messages):
        task = asyncio.create_task(looked_after(link, link.send))
        await asyncio.sleep(30)
        assert not task.done()
        task.cancel()
        assert sum(1 for kind, _body in broker.packets if kind == 0xC0) >= 3

    with_broker(dead, pong=False)
    with_broker(alive)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"\x30\x06\x00\xf0ab", "closed by the broker"),
        (b"\x30\x03\x00\xf0a", "broken packet"),
        (b"\x30\x04\x00\x02\xff\xfe", "broken packet"),
        (b"\x30\xff\xff\xff\xff\x7f", "packet length"),
        (b"\x20\xff\xff\x7f", "packet length"),
        (b"\xf0\x00", "packet type"),
        (b"", "closed by the broker"),
    ],
)
def test_broken_packets_and_end_of_stream_are_oserror(sent, said):
    async def story(link, broker, _messages):
        broker.writer.write(sent)
        await broker.writer.drain()
        if said == "closed by the broker":
            broker.writer.close()
        await received(link)

    with pytest.raises(OSError, match=said):
        with_broker(story, receive=False)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"\x20\x02\x00\x01", "version"),
        (b"\x20\x02\x00\x02", "client id"),
        (b"\x20\x02\x00\x03", "not ready"),
        (b"\x20\x02\x00\x04", "user or password"),
        (b"\x20\x02\x00\x05", "not authorised"),
        (b"\x20\x02\x00\x80", "answer 80"),
        (b"\x20\x01\x00", "answer ff"),
        (b"\xd0\x00", "answer ff"),
    ],
)
def test_refused_connection_is_oserror_and_named(answer, said):
    async def story(*_unused):
        raise AssertionError("connected")

    with pytest.raises(OSError, match=f"broker refused: {said}$"):
        with_broker(story, answer_connect=answer)


def test_oversized_message_is_read_past_acknowledged_and_counted():
    async def story(link, broker, messages):
        broker.send(b"down", b"x" * 5000)
        broker.send(b"down", b"small", qos=0)
        await eventually(lambda: len(messages) == 2)
        assert messages == [("down", None), ("down", b"small")]
        await link.send()
        await eventually(lambda: (0x40, b"\x00\x07") in broker.packets)

    with_broker(story)


def test_refused_subscription_is_oserror():
    async def story(link, broker, _messages):
        broker._answer = lambda _kind, body: broker.writer.write(b"\x90\x03" + body[:2] + b"\x80")
        subscribing = asyncio.create_task(link.subscribe("x"))
        try:
            with pytest.raises(OSError, match="subscription refused"):
                await received(link)
        finally:
            subscribing.cancel()
            await asyncio.gather(subscribing, return_exceptions=True)

    with_broker(story, receive=False)


def test_broker_that_does_not_read_is_noticed():
    async def story(link, broker, _messages):
        broker.writer.transport.pause_reading()

        async def flood():
            while True:
                await link.publish("t", b"x" * 60000, qos=0)

        flooding = asyncio.create_task(flood())
        try:
            with pytest.raises(OSError, match="does not read"):
                await looked_after(link)
        finally:
            flooding.cancel()
            await asyncio.gather(flooding, return_exceptions=True)
            broker.writer.transport.resume_reading()

    with_broker(story)


def test_error_in_the_station_is_not_called_a_broken_packet():
    async def story(link, broker, _messages):
        def on_message(_topic, _payload):
            raise IndexError("the station's own")

        link._on_message = on_message
        broker.send(b"down", b"x")
        with pytest.raises(IndexError, match="the station's own"):
            await received(link)

    with_broker(story, receive=False)
