"""Who may do what at a real mosquitto: each key its own topics, nobody without a key."""

import asyncio
import contextlib

import pytest

from bridge.broker_bench import KINDS, LONG_S, ONE, TWO, bench, login, running, until
from evse.core import messages
from pilebridge import broker_access

pytestmark = pytest.mark.processes


@pytest.mark.parametrize("kind", KINDS)
async def test_a_station_writes_its_own_topics_only(tmp_path, kind):
    async with bench(tmp_path) as (broker, bridge, stack):
        pile = await stack.enter_async_context(login(broker, "P001", ONE, kind))
        assert await pile.outcome() == "connected"
        forbidden = [messages.topic("P002", name) for name in messages.UP_TOPICS]
        forbidden += [messages.topic("P001", name) for name in messages.DOWN_TOPICS]
        forbidden += [
            "pile/P001",
            "pile/P001/x",
            "pile/P001/hello/x",
            "site/lot/limit",
            "other/x",
        ]
        for topic in forbidden:
            await pile.publish(topic, "forged", retain=True)
        for name in messages.UP_TOPICS:
            await pile.publish(messages.topic("P001", name), "own")
        own = [(messages.topic("P001", name), "own") for name in messages.UP_TOPICS]
        await until(lambda: len(bridge.heard) >= len(own))
        await asyncio.sleep(LONG_S)
        assert bridge.heard == own


@pytest.mark.parametrize("kind", KINDS)
async def test_a_station_reads_its_own_topics_only(tmp_path, kind):
    async with bench(tmp_path) as (broker, bridge, stack):
        # Retained ones too, which lie there when it comes
        bridge.client.publish("pile/P002/hello", b"secret", retain=True)
        pile = await stack.enter_async_context(login(broker, "P001", ONE, kind))
        assert await pile.outcome() == "connected"
        for topic in ("#", "+/+/+", "pile/P002/command", "pile/P002/hello", "$SYS/#"):
            await pile.subscribe(topic)
        for name in (*messages.UP_TOPICS, *messages.DOWN_TOPICS):
            bridge.tell(messages.topic("P002", name), "secret")
        for name in messages.UP_TOPICS:
            bridge.tell(messages.topic("P001", name), "echo")
        bridge.tell("other/x", "secret")
        mine = {
            ("pile/P001/command", "own"),
            ("pile/P001/ack", "own"),
            ("pile/P001/chunk", "own"),
            ("site/lot/limit", "own"),
        }
        for topic, payload in sorted(mine):
            bridge.tell(topic, payload)
        await until(lambda: set(pile.got()) >= mine)
        await asyncio.sleep(LONG_S)
        assert set(pile.got()) == mine


@pytest.mark.parametrize(
    ("kind", "said"),
    [("psk", "TLS handshake broken off"), ("password", "broker refused: not authorised")],
)
@pytest.mark.parametrize(
    ("station", "secret", "number"),
    [("P001", TWO, 1), ("P002", ONE, 1), ("P003", ONE, 1), ("P001", ONE, 2), ("bridge", ONE, 1)],
    ids=("another key", "another station", "unknown", "another number", "the bridge"),
)
async def test_a_wrong_key_or_an_unknown_identity_is_refused(
    tmp_path, kind, said, station, secret, number
):
    async with (
        running(tmp_path) as broker,
        login(broker, station, secret, kind, number=number) as pile,
    ):
        assert said in await pile.outcome()


async def exchange(port, data):
    """What a port answers to bytes, b"" when it closes or stays silent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        return await asyncio.wait_for(reader.read(100), 2)
    except (ConnectionError, TimeoutError):
        return b""
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def connect_packet(client_id=b"P001", user=None, password=None):
    def text(data):
        return len(data).to_bytes(2, "big") + data

    flags = 2 | (0x80 if user is not None else 0) | (0x40 if password is not None else 0)
    body = text(b"MQTT") + bytes((4, flags, 0, 10)) + text(client_id)
    for field in (user, password):
        body += b"" if field is None else text(field)
    return bytes((0x10, len(body))) + body


async def test_nobody_gets_in_without_a_password_or_in_clear_at_the_psk_port(tmp_path):
    key = broker_access.psk_key(ONE).hex().encode()
    async with running(tmp_path) as broker:
        good = connect_packet(user=b"P001", password=key)
        assert await exchange(broker.port, good) == b"\x20\x02\x00\x00"
        refused = (
            connect_packet(),
            connect_packet(user=b"P001"),
            connect_packet(user=b"P001", password=b""),
            connect_packet(user=b"P001", password=key[:-1]),
            connect_packet(user=b"P001", password=key.upper()),
            connect_packet(user=b"", password=key),
            connect_packet(user=b"bridge", password=key),
            connect_packet(user=b"bridge", password=b"bridge"),
        )
        for packet in refused:
            answer = await exchange(broker.port, packet)
            assert answer[:4] in (b"", b"\x20\x02\x00\x04", b"\x20\x02\x00\x05"), packet
        for packet in (good, connect_packet()):
            assert b"\x20\x02" not in await exchange(broker.psk_port, packet)


@pytest.mark.parametrize("kind", KINDS)
async def test_another_stations_client_id_takes_nothing_from_it(tmp_path, kind):
    async with bench(tmp_path) as (broker, bridge, stack):
        victim = await stack.enter_async_context(login(broker, "P001", ONE, kind))
        assert await victim.outcome() == "connected"
        await victim.subscribe("pile/P001/command")
        for stolen in ("P001", "pilebridge", "bridge", ""):
            async with login(broker, "P002", TWO, kind, client_id=stolen) as thief:
                assert await thief.outcome() == "connected"
                await thief.publish("pile/P002/hello", stolen)
        await victim.publish("pile/P001/hello", "still here")
        await until(lambda: ("pile/P001/hello", "still here") in bridge.heard)
        bridge.tell("pile/P001/command", "for P001")
        await until(lambda: victim.got() == [("pile/P001/command", "for P001")])
        assert ("pile/P001/online", "0") not in bridge.heard
        assert bridge.links == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_a_station_that_comes_again_ends_its_own_old_connection(tmp_path, kind):
    async with bench(tmp_path) as (broker, bridge, stack):
        first = await stack.enter_async_context(login(broker, "P001", ONE, kind))
        assert await first.outcome() == "connected"
        async with login(broker, "P001", ONE, kind) as second:
            assert await second.outcome() == "connected"
            await first.line("lost")
            await until(lambda: ("pile/P001/online", "0") in bridge.heard)
            await second.publish("pile/P001/online", "1", retain=True)
            await until(lambda: bridge.heard[-1] == ("pile/P001/online", "1"))


@pytest.mark.parametrize("kind", KINDS)
async def test_a_last_will_on_a_foreign_topic_is_never_published(tmp_path, kind):
    async with bench(tmp_path) as (broker, bridge, _stack):
        for will in ("pile/P002/online", "pile/P001/command", "site/lot/limit"):
            async with login(broker, "P001", ONE, kind, will=will) as pile:
                await pile.outcome()
        async with login(broker, "P001", ONE, kind) as pile:
            assert await pile.outcome() == "connected"
        await until(lambda: ("pile/P001/online", "0") in bridge.heard)
        await asyncio.sleep(LONG_S)
        assert bridge.heard == [("pile/P001/online", "0")]
