"""Keys of a real mosquitto: changed while it runs, in files that are only ours, or for an operator's own."""

import asyncio
import signal
import stat

import pytest

from bridge.broker_bench import (
    KEYS,
    KINDS,
    LONG_S,
    ONE,
    THREE,
    TWO,
    bench,
    bridge_of,
    login,
    running,
    until,
)
from evse.core import mac
from pile_client import pile_client
from pilebridge import broker_access
from pilebridge.broker import Broker, find_mosquitto, free_port
from pilebridge.broker_access import AccessError
from pilebridge.broker_config import MissingPasswordError, write_operator_files
from pilebridge.settings import BrokerChild, Mqtt

pytestmark = pytest.mark.processes


async def outcome_when(expected, make_login):
    """Log in again until the broker has read its files anew and it ends as expected."""
    for _ in range(20):
        async with make_login() as pile:
            said = await pile.outcome()
        if said.startswith(expected):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(said)


async def test_keys_change_without_dropping_a_connection(tmp_path):
    async with bench(tmp_path) as (broker, bridge, stack):
        piles = []
        for station, secret, kind in (
            ("P001", ONE, "psk"),
            ("P002", TWO, "password"),
        ):
            pile = await stack.enter_async_context(login(broker, station, secret, kind))
            assert await pile.outcome() == "connected"
            await pile.subscribe(f"pile/{station}/command")
            piles.append(pile)
        broker.set_keys([*KEYS, ("P001", 2, THREE), ("P003", 1, THREE)])
        for kind in KINDS:
            await outcome_when("connected", lambda k=kind: login(broker, "P003", THREE, k))
        for number, pile in enumerate(piles, 1):
            await pile.publish(f"pile/P00{number}/hello", "after")
            await until(lambda n=number: (f"pile/P00{n}/hello", "after") in bridge.heard)
            assert not [line for line in pile.said if line.startswith("lost")]
        # The new secret, beside the old one and then alone; both are one station
        new = await stack.enter_async_context(login(broker, "P001", THREE, number=2))
        assert await new.outcome() == "connected"
        await new.publish("pile/P001/hello", "new")
        await until(lambda: ("pile/P001/hello", "new") in bridge.heard)
        broker.set_keys([("P001", 2, THREE), ("P002", 1, TWO)])
        await outcome_when("TLS handshake broken off", lambda: login(broker, "P001", ONE))
        await new.publish("pile/P001/hello", "newer")
        await until(lambda: ("pile/P001/hello", "newer") in bridge.heard)
        await piles[0].publish("pile/P001/hello", "with the old key")
        for station in ("P001", "P002"):
            bridge.tell(f"pile/{station}/command", "after")
        await until(lambda: piles[1].got() == [("pile/P002/command", "after")])
        await asyncio.sleep(LONG_S)
        assert ("pile/P001/hello", "with the old key") not in bridge.heard
        assert piles[0].got() == []
        assert (bridge.links, broker.restarts) == (1, 0)


async def test_keys_of_a_broker_that_was_killed_are_there_again(tmp_path):
    async with running(tmp_path) as broker:
        broker.set_keys([("P003", 1, THREE)])
        broker._process.send_signal(signal.SIGKILL)
        await until(lambda: broker.restarts == 1)
        async with login(broker, "P003", THREE) as pile:
            assert await pile.outcome() == "connected"
        async with login(broker, "P001", ONE) as pile:
            assert await pile.outcome() != "connected"


def modes(folder):
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


async def test_files_with_secrets_are_ours_alone(tmp_path):
    folder = tmp_path / "broker"
    folder.mkdir(mode=0o755)
    (folder / "psk").write_text("P009:00\n")
    (folder / "psk").chmod(0o644)
    async with running(tmp_path) as broker:
        broker.set_keys([*KEYS, ("P001", 2, THREE)])
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        found = modes(folder)
        secret = ("psk", "passwords", "acl", "mosquitto.conf")
        assert {found[name] for name in secret} == {0o600}
        assert not [name for name in found if name.endswith(".new")]
        for path in folder.iterdir():
            text = path.read_text("utf-8", "replace")
            for secret in (ONE, TWO, THREE):
                assert secret.hex() not in text
                derived = broker_access.psk_key(secret).hex()
                assert (derived in text) == (path.name == "psk")
            assert broker.credentials[1] not in text


async def test_the_bridges_password_is_another_at_each_start(tmp_path):
    passwords = {Broker(tmp_path).credentials[1] for _ in range(10)}
    assert len(passwords) == 10
    assert min(len(password) for password in passwords) >= 32


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ([("P.2", 1, ONE)], "station 'P.2': allowed"),
        ([("P/1", 1, ONE)], "station 'P/1': allowed"),
        ([("#", 1, ONE)], "station '#': allowed"),
        ([("P1\nuser bridge", 1, ONE)], "allowed 1..32 letters"),
        ([("P1:", 1, ONE)], "allowed 1..32 letters"),
        ([("", 1, ONE)], "station '': allowed"),
        ([("bridge", 1, ONE)], "and not 'bridge'"),
        ([("P1", 0, ONE)], "secret 0 of 32 bytes"),
        ([("P1", 1, ONE[:31])], "secret 1 of 31 bytes"),
        ([("P1", 1, ONE), ("P1", 1, TWO)], "secret 1 stands twice"),
    ],
)
def test_keys_that_cannot_be_let_in_are_named_and_change_no_file(tmp_path, keys, said):
    broker_access.write(tmp_path, KEYS, "bridge", "x")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(AccessError) as refused:
        broker_access.write(tmp_path, [*KEYS, *keys], "bridge", "x")
    assert said in str(refused.value)
    assert ONE.hex() not in str(refused.value)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


async def test_an_operators_own_mosquitto_takes_the_files(tmp_path):
    child = BrokerChild(psk_port=free_port())
    mqtt = Mqtt(port=free_port(), username="cloud", password="of the operator", broker=child)
    home = tmp_path / "files"
    included = write_operator_files(mqtt, KEYS, home)
    assert set(modes(home).values()) == {0o600}
    own = tmp_path / "own.conf"
    own.write_text(f"user root\nlog_dest stdout\n{included.read_text()}")
    program, environment = find_mosquitto()
    process = await asyncio.create_subprocess_exec(
        program,
        "-c",
        str(own),
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with bridge_of(mqtt.port, ("cloud", "of the operator")) as bridge:
            options = {"secret": ONE.hex(), "kind": "psk", "port": child.psk_port}
            async with pile_client(station="P001", **options) as pile:
                assert await pile.outcome() == "connected"
                await pile.publish("pile/P001/hello", "hi")
                await until(lambda: ("pile/P001/hello", "hi") in bridge.heard)
        write_operator_files(mqtt, [("P002", 1, TWO)], home)
        process.send_signal(signal.SIGHUP)
        options = {"secret": TWO.hex(), "kind": "psk", "port": child.psk_port}
        await outcome_when("connected", lambda: pile_client(station="P002", **options))
    finally:
        process.terminate()
        await process.wait()


def test_files_for_an_operator_need_a_password_for_the_bridge(tmp_path):
    with pytest.raises(MissingPasswordError, match=r"mqtt\.password: empty"):
        write_operator_files(Mqtt(), KEYS, tmp_path)


def test_the_password_of_a_key_is_not_the_secret_nor_another_key():
    keys = {mac.derive(ONE, use) for use in (mac.PSK, mac.COMMAND, mac.JOURNAL, mac.ROTATE)}
    assert len(keys) == 4
    assert broker_access.psk_key(ONE) == mac.derive(ONE, mac.PSK) != ONE
