"""The bridge as a program, with a real mosquitto, killed and restarted."""

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

import httpx
import pytest

from bridge.fake_platform import PEER_KEYS, FakePlatform, until
from bridge.fakes import CONNECTOR, EXAMPLE, PILE, SECRET, MqttPile, running, seq, settings
from pilebridge.application import Application
from pilebridge.broker import Broker, BrokerError, find_mosquitto
from pilebridge.platforms.tcec102.client import PeerClient

pytestmark = pytest.mark.processes

START = {"StartChargeSeq": seq(), "ConnectorID": CONNECTOR}
ROOT = Path(__file__).parents[2]


@contextlib.asynccontextmanager
async def connected_pile(port):
    pile = MqttPile(port, SECRET)
    await pile.open()
    try:
        yield pile
    finally:
        await pile.close()


def is_idle(bridge):
    return bridge.hub.connectors and not bridge.hub.reachable(PILE)


async def test_charge_over_mosquitto_and_last_will(tmp_path):
    async with contextlib.AsyncExitStack() as stack:
        peer = await stack.enter_async_context(FakePlatform().serve())
        bridge = await stack.enter_async_context(
            running(Application(settings(tmp_path, peer.port)))
        )
        pile = await stack.enter_async_context(connected_pile(bridge.mqtt_port))
        client = await stack.enter_async_context(peer.calling(bridge))
        await until(lambda: peer.statuses()[-1:] == [2])
        answer = await client.call("query_start_charge", START)
        assert answer["SuccStat"] == 0
        pile.charging()
        pile.wh = 2000
        pile.stop("unplugged")
        await until(lambda: peer.of("notification_charge_order_info"))
        order = peer.of("notification_charge_order_info")[0]
        assert str(order["TotalPower"]) == "1.00"
        assert order["StopReason"] == 4
        await until(lambda: pile.acked == pile.seq)
        # The socket breaks without a farewell: the broker sends the last will
        pile.client._connection._transport.abort()
        await until(lambda: peer.statuses()[-1:] == [0])


async def test_broker_death_is_reported_after_the_grace_and_repaired(tmp_path):
    async with contextlib.AsyncExitStack() as stack:
        peer = await stack.enter_async_context(FakePlatform().serve())
        configured = settings(tmp_path, peer.port, grace_s=1)
        bridge = await stack.enter_async_context(running(Application(configured)))
        pile = await stack.enter_async_context(connected_pile(bridge.mqtt_port))
        await until(lambda: peer.statuses()[-1:] == [2])
        first = bridge.broker.pid
        os.kill(first, signal.SIGKILL)
        await until(lambda: bridge.broker.restarts == 1)
        assert bridge.broker.pid != first
        await until(lambda: peer.statuses()[-1:] == [0], 8)
        await pile.close()
        pile = await stack.enter_async_context(connected_pile(bridge.mqtt_port))
        await until(lambda: peer.statuses()[-1:] == [2], 8)


async def test_killed_bridge_bills_what_the_pile_still_holds(tmp_path):
    peer = FakePlatform()
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(peer.serve())
        broker = Broker(tmp_path / "broker", keys=[(PILE, 1, SECRET)])
        await broker.start()
        stack.push_async_callback(broker.stop)
        config = program_settings(tmp_path, peer.port, broker)
        program, http_port = await start_program(config)
        stack.push_async_callback(end_program, program)
        pile = await stack.enter_async_context(connected_pile(broker.port))
        await until(lambda: peer.statuses()[-1:] == [2])
        http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
        client = PeerClient(f"http://127.0.0.1:{http_port}/evcs/v1", PEER_KEYS, http)
        assert (await client.call("query_start_charge", START))["SuccStat"] == 0
        pile.charging()
        await until(lambda: peer.of("notification_start_charge_result"))
        # Confirmed on disk too, or it is rightly pushed again
        await until_unconfirmed(http, http_port, 0)
        program.send_signal(signal.SIGKILL)
        await program.wait()
        peer.down = True
        pile.wh = 3450
        pile.stop("vehicle")
        program, http_port = await start_program(config)
        stack.push_async_callback(end_program, program)
        await until(lambda: pile.acked == pile.seq, 10)
        # Acknowledged is stored; what follows for the platform is committed right behind it
        await until_unconfirmed(http, http_port, 2)
        assert await end_program(program) == 0
        program, http_port = await start_program(config)
        stack.push_async_callback(end_program, program)
        peer.down = False
        await until(lambda: peer.of("notification_charge_order_info"), 10)
        orders = peer.of("notification_charge_order_info")
        assert [str(order["TotalPower"]) for order in orders] == ["2.45"]
        rows = (await http.get(f"http://127.0.0.1:{http_port}/admin/transactions")).json()
        assert [row["cdr"]["energy_wh"] for row in rows["transactions"]] == [2450]


async def until_unconfirmed(http, http_port, count):
    """Wait until that many messages wait for the platform, as the operator is told."""
    for _ in range(100):
        answer = await http.get(f"http://127.0.0.1:{http_port}/admin/platforms")
        (row,) = answer.json()["platforms"]
        if row["unconfirmed"] == count:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{row['unconfirmed']} messages wait, expected {count}")


async def test_check_names_the_key_and_the_value(tmp_path):
    broken = tmp_path / "bridge.toml"
    broken.write_text(EXAMPLE.read_text("utf-8").replace('"310101"', '"x"'), "utf-8")
    for path, code, text in ((EXAMPLE, 0, "is valid"), (broken, 2, "station[0].area_code = 'x'")):
        program = await asyncio.create_subprocess_exec(
            *command("check", str(path)),
            env=environment(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await program.communicate()
        assert text in output.decode()
        assert program.returncode == code


async def test_a_port_in_use_is_an_error_and_not_a_foreign_broker(tmp_path):
    first = Broker(tmp_path / "first")
    await first.start()
    try:
        with pytest.raises(BrokerError, match="did not start on port"):
            await Broker(tmp_path / "second", first.port).start()
    finally:
        await first.stop()


def test_missing_mosquitto_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(BrokerError, match="install the package `mosquitto`"):
        find_mosquitto(tmp_path)


def program_settings(folder, peer_port, broker):
    user, password = broker.credentials
    text = EXAMPLE.read_text("utf-8")
    for old, new in (
        ("port = 8102", "port = 0"),
        (
            "port = 1883",
            f'port = {broker.port}\nusername = "{user}"\npassword = "{password}"',
        ),
        ("start = true", "start = false"),
        ("127.0.0.1:8202", f"127.0.0.1:{peer_port}"),
        ('tariff = "day and night"\n', 'tariff = "day and night"\nretry_max_s = 0.5\n'),
    ):
        assert old in text, old
        text = text.replace(old, new)
    config = folder / "bridge.toml"
    config.write_text(text, "utf-8")
    return config


def command(*words):
    return [sys.executable, "-m", "pilebridge", *words]


def environment():
    path = os.pathsep.join(str(ROOT / name) for name in ("firmware", "tools"))
    return {**os.environ, "PYTHONPATH": path}


async def start_program(config):
    """(process, http port) once the bridge says that it is ready."""
    program = await asyncio.create_subprocess_exec(
        *command(str(config)),
        env=environment(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    line = (await asyncio.wait_for(program.stdout.readline(), 15)).decode()
    assert line.startswith("pilebridge: ready http://127.0.0.1:"), line
    return program, int(line.split()[2].rsplit(":", 1)[1])


async def end_program(program):
    if program.returncode is None:
        program.terminate()
    return await asyncio.wait_for(program.wait(), 10)
