"""Settings of the broker: refused ones are named, paths start at the file, the configuration follows them."""

import os
from pathlib import Path

import pytest

from bridge.fakes import EXAMPLE
from pilebridge import config
from pilebridge.broker_config import Listeners, child_configuration
from pilebridge.config import ConfigError

TEXT = EXAMPLE.read_text("utf-8")
BROKER = 'broker = { start = true, data = "build/broker" }'
CERTIFICATE = """
[mqtt.broker]
start = true
psk_host = "0.0.0.0"
psk_port = 8893

[mqtt.broker.certificate]
certificate = "tls/server.pem"
private_key = "tls/server.key"
port = 8894
"""


def parse(broker, folder):
    assert BROKER in TEXT
    return config.parse(TEXT.replace(BROKER, broker), folder)


def with_files(folder):
    (folder / "tls").mkdir()
    for name in ("server.pem", "server.key"):
        (folder / "tls" / name).write_text("x")
    return folder


def test_the_listeners_of_the_settings_stand_in_the_configuration(tmp_path):
    mqtt = parse(CERTIFICATE, with_files(tmp_path)).mqtt
    listeners = Listeners(
        plain_port=mqtt.port,
        psk_host=mqtt.broker.psk_host,
        psk_port=mqtt.broker.psk_port,
        certificate=mqtt.broker.certificate,
    )
    lines = child_configuration(listeners, Path("/data"), as_root=False).splitlines()
    assert [line for line in lines if line.startswith("listener ")] == [
        "listener 8893 0.0.0.0",
        "listener 8894 127.0.0.1",
        "listener 1883 127.0.0.1",
    ]
    assert f"certfile {tmp_path}/tls/server.pem" in lines
    assert f"keyfile {tmp_path}/tls/server.key" in lines
    assert lines.count("use_username_as_clientid true") == 3
    assert "allow_anonymous false" in lines
    assert "user root" not in lines


def test_piles_are_on_loopback_unless_told_otherwise(tmp_path):
    broker = parse(BROKER, tmp_path).mqtt.broker
    assert (broker.psk_host, broker.psk_port, broker.certificate) == ("127.0.0.1", 8883, None)
    assert broker.data == os.path.join(tmp_path, "build/broker")


REFUSED = (
    ("psk_port = 8893", "psk_port = 70000", "mqtt.broker.psk_port = 70000"),
    ("psk_port = 8893", "psk_port = 1883", "mqtt.broker.psk_port = 1883: mqtt.port has it"),
    ("port = 8894", "port = 8893", "mqtt.broker.certificate.port = 8893: mqtt.broker.psk_port"),
    ("port = 8894", "port = 0", "mqtt.broker.certificate.port = 0"),
    ("tls/server.key", "tls/none", "tls/none': no such file"),
    ('private_key = "tls/server.key"', "", "missing required field `private_key`"),
    ("psk_host", "psk_hosts", "unknown field `psk_hosts`"),
)


@pytest.mark.parametrize(("old", "new", "message"), REFUSED)
def test_refused_settings_say_where_and_what(tmp_path, old, new, message):
    assert old in CERTIFICATE
    with pytest.raises(ConfigError) as refused:
        parse(CERTIFICATE.replace(old, new), with_files(tmp_path))
    assert message in str(refused.value)
