"""Settings files of the bench's parts. The secrets are public: they protect nothing but this bench."""

from __future__ import annotations

from typing import NamedTuple

from pilebridge.broker_access import BRIDGE_USER

STATION = "P001"
SECRET = "8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"
CONNECTOR_ID = "31010100010101"
SAMPLE_INTERVAL_S = 5


class BrokerPorts(NamedTuple):
    """Where the broker listens on loopback: without encryption, and for TLS-PSK."""

    plain: int
    psk: int


# (start, yuan/kWh energy, yuan/kWh service) of each period
Periods = list[tuple[str, str, str]]
PERIODS: Periods = [("00:00", "0.3500", "0.4000"), ("08:00", "0.6500", "0.4000")]

# Platforms of the bridge: the version they speak, and who the pile is there
CENTRALS = {
    "central16": ("ocpp1.6", f"{STATION}-16"),
    "central201": ("ocpp2.0.1", f"{STATION}-201"),
}

_PLATFORM_KEYS = """operator_id = "MA5TEST01"
operator_secret = "OpSecretExample1"
data_secret = "0123456789ABCDEF"
data_iv = "FEDCBA9876543210"
sig_secret = "SigSecretExample"
"""
_OPERATOR_KEYS = """operator_id = "MA5PILE01"
operator_secret = "OpSecretExample2"
data_secret = "ABCDEF0123456789"
data_iv = "9876543210FEDCBA"
sig_secret = "SigSecretExampl2"
"""


def bridge_toml(http_port: int, page_port: int, mqtt: str, periods: Periods) -> str:
    """Settings of the bridge: one station, one tariff, the sandbox as its platform."""
    rows = "\n".join(
        f'    {{ from = "{start}", energy = "{energy}", service = "{service}" }},'
        for start, energy, service in periods
    )
    return f"""[bridge]
database = "bridge.sqlite"
http = {{ host = "127.0.0.1", port = {http_port} }}

{mqtt}

[operator]
id = "MA5PILE01"
name = "示例充电"
service_tel = "400-000-0000"

[[pile]]
id = "{STATION}"
key = "{SECRET}"

[[station]]
id = "CP0001"
name = "示例充电站"
address = "示例路1号"
area_code = "310101"
lng = 121.473701
lat = 31.230416
site = "demo"

[[station.connector]]
pile = "{STATION}"
number = 1
connector_id = "{CONNECTOR_ID}"
equipment_id = "310101000101"
kind = "cable"
rated_a = 32
volts = 220
power_kw = 7.0

[[site]]
name = "demo"
limit_a = 32

[[tariff]]
name = "demo"
utc_offset_minutes = 480
periods = [
{rows}
]

[[platform]]
kind = "tcec102"
name = "sandbox"
url = "http://127.0.0.1:{page_port}/evcs/v1"
tariff = "demo"
status_interval_s = 5

[platform.inbound]
{_PLATFORM_KEYS}
[platform.outbound]
{_OPERATOR_KEYS}"""


def central_toml(ocpp_port: int) -> str:
    """The pile as two stations of one central system, one for each version of OCPP."""
    return "".join(
        f"""
[[platform]]
kind = "ocpp"
name = "{name}"
url = "ws://127.0.0.1:{ocpp_port}/ocpp"
versions = ["{version}"]
identities = {{ {STATION} = "{identity}" }}
accept_cards = false
"""
        for name, (version, identity) in CENTRALS.items()
    )


def sandbox_toml(http_port: int, page_port: int, start_result_s: int) -> str:
    """Settings of the sandbox: quick questions, so that a demo is quick."""
    return f"""[listen]
address = "127.0.0.1:{page_port}"

[bridge]
url = "http://127.0.0.1:{http_port}/evcs/v1"

[times]
discovery_s = 5
status_poll_s = 5
charge_poll_s = 1
start_result_s = {start_result_s}

[calls_to_bridge]
{_PLATFORM_KEYS}
[calls_from_bridge]
{_OPERATOR_KEYS}"""


def mqtt_toml(ports: BrokerPorts, password: str) -> str:
    """The bridge's side of the broker: its own child, or with a password one that is there already."""
    if password:
        return f"""[mqtt]
port = {ports.plain}
username = "{BRIDGE_USER}"
password = "{password}\""""
    return f"""[mqtt]
port = {ports.plain}
broker = {{ start = true, data = "broker", psk_port = {ports.psk} }}"""


def pile_settings(ports: BrokerPorts, link_security: str) -> dict[str, object]:
    """The pile's settings.json."""
    return {
        "station_id": STATION,
        "key": SECRET,
        "site": "demo",
        "link_security": link_security,
        "broker_port": ports.psk if link_security == "psk" else ports.plain,
        "sample_interval_s": SAMPLE_INTERVAL_S,
        "meter_interval_s": 1,
        "meter_address": "210012345678",
    }
